"""The noun `collector`: where the packets go that a bridge's flows sample (IPFIX). It rides on a bridge.

It is realised by a backend of its own in the database of Open vSwitch, whose rows refer to the bridge's: so it can
be made only after its bridge, and must be gone before it.
"""

from __future__ import annotations

from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl
from vnetsh.schema import BRIDGE, HOSTS, Attribute, Integer, Kind
from vnetsh_collector.backend import CollectorBackend
from vnetsh_collector.targets import Target

COLLECTOR = Kind(
    "collector",
    help="Where the packets go that a bridge's flows sample by its number.",
    attributes=(
        Attribute("bridge", BRIDGE, "Its bridge.", required=True, immutable=True, clearable=False),
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "number", Integer(what="a number"), "What the flows call it.", required=True, clearable=False
        ),
        Attribute(
            "targets", Target(many=True, ordered=False), "Who is told, in no order.", otherwise="nobody"
        ),
    ),
    requires=("bridge",),
    rides_on=("bridge",),
    brings=(),
    example="collector c1 bridge br0 on kvm1 number 7 targets 192.0.2.9:4739",
)


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The noun."""
    kinds.add(COLLECTOR)


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend."""
    backends.add(CollectorBackend())
