"""The noun `eip`: an address outside that is a vm's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from vnetsh.schema import Address, Kind
from vnetsh_ovn.names import mac_of
from vnetsh_ovn.nouns.known import known, worked_out_as
from vnetsh_ovn.nouns.renaming import in_word
from vnetsh_ovn.nouns.targets import BY, TO, Target, everywhere, target_of
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling


def _settle(eip: Resource, settler: Settling) -> Sequence[Resource]:
    """Where it leads, and whether its vm's own host can answer for it."""
    there = settler.fleet.get("eip", eip.place, eip.name)
    if there and not there.marked and all(there.get(word) == value for word, value in eip.attributes.items()):
        return [eip]  # as others have it
    target = target_of(eip, eip.name, settler, shares=False)
    if target is None:
        return []
    as_it_is = target.router.name, target.address
    if there and not there.marked and as_it_is == (there.text("router"), there.text("inside")):
        return [eip.with_attributes(to=there.get("to"))]  # whose it is, no row of others says
    spread = (
        bool(target.interface)
        and everywhere(eip, target.router, settler)
        and not _forwarded(eip, target, settler)
    )
    return [
        eip.with_attributes(
            router=target.router.name,
            inside=target.address,
            interface=target.interface if spread else None,
            mac=mac_of(f"{eip.place} eip {eip.name}") if spread else None,
        )
    ]


def _forwarded(eip: Resource, target: Target, settler: Settling) -> bool:
    """Whether a forward leads there, too: its answers must come by the gateway, and would leave by the vm's host."""
    led = settler.once(
        ("ovn forwarded", eip.place),
        lambda: {one.text("inside") for one in known(settler, "forward", eip.place).values()},
    )
    return target.address in led


EIP_KIND = Kind(
    "eip",
    subject=Address(what="an address outside"),
    help="An address outside that leads to one vm and to no other, and by which that is known outside. Where every "
    "chassis has the bridge outside, the vm's own host answers for it; else the router's gateway does.",
    sort=SORT,
    attributes=(
        CLUSTER,
        TO,
        BY,
        worked_out_as("inside", "The address that it leads to.", many=False),
        worked_out_as("interface", "The port in OVN at whose host it is.", many=False),
        worked_out_as("beyond", "What it has that no sentence says."),
        worked_out_as("mac", "The MAC address that it has there.", many=False),
    ),
    requires=(
        "network",
        "port",
        "forward",
    ),  # its answers come by the gateway where a forward leads there, too
    rides_on=("router", "to"),
    brings=(),
    settle=_settle,
    renamed=partial(in_word, "to"),
    example="eip 203.0.113.20 to web01",
)
