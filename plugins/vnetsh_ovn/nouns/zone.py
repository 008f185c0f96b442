"""The noun `zone`: hosts that are chassis of a cluster, in one zone of availability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.model import Resource
from vnetsh.schema import HOSTS, Attribute, Choice, Kind, Name
from vnetsh.schema.value_names import LINK_LENGTH
from vnetsh_ovn.sort import INTEGRATION, SORT

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling


def _settle(zone: Resource, settler: Settling) -> Sequence[Resource]:
    """A chassis needs the bridge that all its NICs are on."""
    bridge = Resource(
        "bridge", INTEGRATION, zone.place, {}, because=f"implied by zone {zone.name}", span=zone.span
    )
    return [bridge, zone]


ZONE_KIND = Kind(
    "zone",
    help="Hosts that are chassis of a cluster of OVN: their vms can be on its networks.",
    attributes=(
        Attribute("on", HOSTS, "The hosts.", required=True, column=False, clearable=False),
        Attribute(
            "cluster",
            Name(what="a cluster of the type `ovn`", ref=SORT),
            "The cluster.",
            required=True,
            immutable=True,
        ),
        Attribute(
            "encap",
            Choice(what="a way to wrap packets", choices=("geneve", "vxlan")),
            "How its chassis wrap what they send each other.",
            default="geneve",
            clearable=False,
        ),
        Attribute(
            "bridges",
            Name(what="a list of bridges", longest=LINK_LENGTH, many=True, ordered=False, offers="bridge"),
            "The bridges by which `external` networks lead outside here.",
            otherwise="none",
        ),
    ),
    requires=("bridge",),
    brings=("bridge",),
    settle=_settle,
    example="zone a on kvm1, kvm2 cluster region1 bridges vswitch01",
)
