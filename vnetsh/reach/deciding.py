"""Networks in which flows decide who reaches whom, which nobody models: what is said where that is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vnetsh.model import End, Fleet
from vnetsh.reach.addresses import plain_address, seen
from vnetsh.reach.joints import Spot
from vnetsh.reach.segments import Reach, device_of


def deciding(fleet: Fleet, reach: Reach) -> Mapping[Spot, Sequence[str]]:
    """The networks of bridges that have flows, each with these bridges in words."""
    found: dict[Spot, dict[str, None]] = {}
    for flow in fleet.of_kind("flow"):
        where = f"{flow.text('bridge')} of {flow.place}"
        found.setdefault(reach.network(flow.place, flow.text("bridge")), {})[where] = None
    return {network: tuple(where) for network, where in found.items()}


def between(one: End, other: End, fleet: Fleet) -> str:
    """The flows, in words, that decide whether one end reaches another one; empty where none do."""
    if not any(fleet.of_kind("flow")):
        return ""
    reach = Reach(fleet)
    both = {*_networks(one, fleet, reach)} & {*_networks(other, fleet, reach)}
    where = [one for network, bridges in deciding(fleet, reach).items() if network in both for one in bridges]
    return f"flows on {', '.join(where)}" if where else ""


def _networks(end: End, fleet: Fleet, reach: Reach) -> Iterator[Spot]:
    if end.kind == "vm":
        bridges = [(nic.place, nic.text("bridge")) for nic in end.nics]
    else:
        places = seen(fleet).get(plain_address(end.address), ()) if end.address else ()
        ports = ((host, link, fleet.get("port", host, link)) for host, link in places)
        bridges = [(host, port.text("bridge") if port else link) for host, link, port in ports]
    yield from (reach.network(*device_of(fleet, host, bridge)[0]) for host, bridge in bridges)
