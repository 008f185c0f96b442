"""The noun `zone`: hosts that are chassis of a cluster, in one zone of availability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.schema import HOSTS, Attribute, Choice, Kind, Name, Text
from vnetsh.schema.value_names import LINK_LENGTH
from vnetsh_ovn.sort import INTEGRATION, SORT, southbound_of

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

REMOTE = "remote"
"""The attribute of where its chassis reach the southbound database."""
TAKEN = "E557"
"""Code: the host is a chassis already."""


def _settle(zone: Resource, settler: Settling) -> Sequence[Resource]:
    """A chassis needs the bridge that all its NICs are on; it is in one zone."""
    others = (*settler.fleet.of_kind("zone", zone.place), *settler.said)
    if other := next(
        (o for o in others if (o.kind, o.place) == ("zone", zone.place) and o.name != zone.name), None
    ):
        says = f"host `{zone.place}` is in zone `{other.name}` already, and can be in one only"
        help = f"`delete zone {other.name} on {zone.place}` first: no vm there may be on a network then"
        settler.refuse(Diagnostic(TAKEN, says, zone.at("on", "name"), help=help))
        return []
    bridge = Resource(
        "bridge", INTEGRATION, zone.place, {}, because=f"implied by zone {zone.name}", span=zone.span
    )
    cluster = settler.inventory.get(zone.text("cluster"))
    remote = southbound_of(cluster, settler.hosts) if cluster else ""
    return [bridge, zone.with_attributes(**({REMOTE: remote} if remote else {}))]


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
        Attribute(
            REMOTE,
            Text(),
            "Where its chassis reach the southbound database, as the cluster's sentence says.",
            settable=False,
            column=False,
            inner=True,
        ),
    ),
    requires=("bridge",),
    brings=("bridge",),
    settle=_settle,
    example="zone a on kvm1, kvm2 cluster region1 bridges vswitch01",
)
