"""The noun `bridge`: a virtual switch on one or several hosts."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import LinkFacts, Resource
from vnetsh.nouns.mtu import MTU
from vnetsh.nouns.port import VLANS
from vnetsh.schema import (
    BRIDGE,
    HOSTS,
    NIC,
    PORT,
    Attribute,
    Choice,
    Kind,
    Name,
    Part,
)
from vnetsh.schema.lent import Settling


def settle_bridge(bridge: Resource, settler: Settling) -> Sequence[Resource]:
    """An MTU that the bridge has without being told is no change.

    A backend that cannot tell the one from the other says by its fact `unset_mtu` which it shows as none.
    """
    existing = settler.fleet.get("bridge", bridge.place, bridge.name)
    if existing is None or existing.get("mtu") is not None or bridge.get("mtu") is None:
        return [bridge]
    anyway = bridge.get("mtu") == settler.fleet.facts_of(bridge.place, existing.backend, LinkFacts).unset_mtu
    return [bridge.with_attributes(mtu=None) if anyway else bridge]


BRIDGE_KIND = Kind(
    "bridge",
    subject=BRIDGE,
    help="A virtual switch on one or several hosts.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "backend",
            Name(what="a backend"),
            "What realises it.",
            otherwise="`ovs`",
            immutable=True,
            clearable=False,
        ),
        Attribute("uplink", NIC, "The host's NIC that becomes its port.", otherwise="none"),
        Attribute(
            "mtu",
            MTU,
            "The largest packet on this network: the bridge's own MTU, and that of NICs made on it.",
            otherwise="the switch's choice: that of its ports",
        ),
    ),
    parts=(
        Part(
            "port",
            help="A port of the bridge.",
            kind="port",
            operands=(Attribute("name", PORT, "The interface's name.", required=True),),
            attributes=(
                *VLANS,
                Attribute(
                    "type",
                    Choice(what="a port type", choices=("internal", "system")),
                    "`internal`: the switch makes the interface; `system`: it is there.",
                    default="system",
                    immutable=True,
                ),
            ),
        ),
    ),
    brings=("port",),
    settle=settle_bridge,
    example="bridge vswitch01 on kvm1, kvm2 uplink eth0",
)
