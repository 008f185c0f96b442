"""MTUs that only the fleet settles: a new NIC's, which is its bridge's, and what a bridge has anyway. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.model import Resource
from vnetsh.nouns.mtu import number, too_large_a_nic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetsh.planning.desired import Settler


def settle_bridge(bridge: Resource, settler: Settler) -> Sequence[Resource]:
    """An MTU that the bridge has without being told is no change.

    A backend that cannot tell the one from the other says by its fact `unset_mtu` which it shows as none.
    """
    existing = settler.fleet.get("bridge", bridge.host, bridge.name)
    if existing is None or existing.get("mtu") is not None or bridge.get("mtu") is None:
        return [bridge]
    anyway = bridge.get("mtu") == settler.fleet.fact(bridge.host, existing.backend, "unset_mtu")
    return [bridge.with_attributes(mtu=None) if anyway else bridge]


def fitted_nic(port: Resource, settler: Settler) -> Resource:
    """A vm's NIC with its bridge's MTU when it is made and none is said; one that is there keeps its own."""
    existing = settler.fleet.get("port", port.host, port.name)
    limit = _bridge_mtu(port, settler)
    if limit is None:
        return port
    if "mtu" not in port.attributes:
        return port if existing else port.with_attributes(mtu=limit)
    mtu = number(port.get("mtu"))
    same = existing is not None and existing.get("mtu") == mtu
    if mtu and mtu > limit and not same:
        settler.refuse(too_large_a_nic(port.name, mtu, port.text("bridge"), limit, port.span))
    return port


def _bridge_mtu(port: Resource, settler: Settler) -> int | None:
    """What the bridge will have: as said, else as observed."""
    place = ("bridge", port.host, port.text("bridge"))
    for bridge in (settler.find(*place), settler.fleet.get(*place)):
        if bridge and "mtu" in bridge.attributes:
            return number(bridge.get("mtu"))
    return None
