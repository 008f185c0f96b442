"""The noun `bridge`: a virtual switch on one or several hosts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.model import Fleet, LinkFacts, Resource
from vnetsh.nouns import qinq
from vnetsh.nouns.address import ADDRESS, apart, with_addresses
from vnetsh.nouns.bond import BOND, OF_BONDS
from vnetsh.nouns.defaults import expand, export_on_hosts
from vnetsh.nouns.mirrors import MIRRORS
from vnetsh.nouns.mtu import MTU
from vnetsh.nouns.patch import PATCH, PEER
from vnetsh.nouns.port import ERROR, IMPAIRED, ISOLATED, LIMITS, VLANS
from vnetsh.nouns.statics import STATIC
from vnetsh.schema import (
    BRIDGE,
    HOSTS,
    NIC,
    PORT,
    Attribute,
    Choice,
    Integer,
    Kind,
    Name,
    Part,
    Text,
)
from vnetsh.schema.declared import Declared, Exported, Unsaid
from vnetsh.schema.lent import Resolving, Settling
from vnetsh.schema.phrase import Phrase
from vnetsh.schema.reboot import SURVIVES_REBOOT

_LINUX = ("linux",)


def _expand(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    """A bridge at each place with its ports; the host's own addresses there are something of their own."""
    return [*apart(expand(declaration, resolver), declaration, resolver)]


def settle_bridge(bridge: Resource, settler: Settling) -> Sequence[Resource]:
    """An MTU that the bridge has without being told is no change.

    A backend that cannot tell the one from the other says by its fact `unset_mtu` which it shows as none.
    """
    existing = settler.fleet.get("bridge", bridge.place, bridge.name)
    if existing is None or existing.get("mtu") is not None or bridge.get("mtu") is None:
        return [bridge]
    anyway = bridge.get("mtu") == settler.fleet.facts_of(bridge.place, existing.backend, LinkFacts).unset_mtu
    return [bridge.with_attributes(mtu=None) if anyway else bridge]


def _export_bridges(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    """The bridges with their ports; what is a part of one without being a port that a sentence makes is told."""
    for said in export_on_hosts(kind, [with_addresses(one, fleet) for one in resources], fleet):
        if not isinstance(said, Declared):
            yield said
            continue
        said = replace(said, parts=tuple(part for part in said.parts if part.kind != "address"))
        parts = [with_addresses(part, fleet) for part in said.parts if not _unsayable(part)]
        yield replace(said, parts=tuple(parts))
        yield from (Unsaid(part, reason, whole=True) for part in said.parts if (reason := _unsayable(part)))


def _unsayable(part: Resource) -> str:
    if part.kind == "bridge":
        return "no sentence makes a bridge that is a VLAN of another one"
    left = part.get("type") == "vm"
    return "a vm left it behind: `delete port` removes it" if left else ""


BRIDGE_KIND = Kind(
    "bridge",
    subject=BRIDGE,
    help="A virtual switch on one or several hosts.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "backend",
            Name(what="a backend", offers="backend"),
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
        Attribute(
            "vlan-filtering",
            Choice(what="whether it filters VLANs", choices=("yes",)),
            "It knows VLANs: its ports may have a `vlan` and a `trunk`, and without them take what is untagged alone.",
            otherwise="no: it passes all tags",
            column=False,
            backends=_LINUX,
        ),
        Attribute(
            "stp",
            Choice(what="whether it takes part in a spanning tree", choices=("yes",)),
            "It takes part in a spanning tree (STP): of links that make a ring one does not forward.",
            otherwise="no",
            column=False,
            backends=_LINUX,
        ),
        Attribute(
            "priority",
            Integer(what="a priority", most=65535),
            "With `stp`: of all bridges the one with the smallest becomes the root of the tree.",
            otherwise="32768",
            column=False,
            backends=_LINUX,
        ),
        Attribute(
            "forward-delay",
            Integer(what="a delay in seconds", most=30),
            "With `stp`: how long a port listens, and then learns, before it forwards; 2 to 30 s.",
            otherwise="15",
            column=False,
            backends=_LINUX,
        ),
        Attribute(
            "ageing",
            Integer(what="a time in seconds", most=1_000_000),
            "How long it remembers by which port a MAC address is reached that is silent; with 0 it floods all.",
            otherwise="300",
            column=False,
            backends=_LINUX,
        ),
        ADDRESS,
        Attribute("network", Text(), "Whose network it is, where one of libvirt's makes it.", settable=False),
        Attribute("parent", BRIDGE, "The bridge of which it is a VLAN.", settable=False),
        Attribute("vlan", Integer(), "The VLAN of its parent that it is.", settable=False),
        SURVIVES_REBOOT,
        ERROR,
    ),
    parts=(
        Part(
            "port",
            help="A port of the bridge.",
            kind="port",
            operands=(Attribute("name", PORT, "The interface's name.", required=True),),
            attributes=(
                *VLANS,
                *qinq.OF_PORTS,
                *LIMITS,
                *IMPAIRED,
                ISOLATED,
                STATIC,
                Attribute(
                    "type",
                    Choice(what="a port type", choices=("internal", "system", PATCH, BOND)),
                    "`internal`: the switch makes the interface; `system`: it is there; `patch`: it leads to `peer`; "
                    "`bond`: it is several `nics`.",
                    default="system",
                    immutable=True,
                ),
                PEER,
                MIRRORS,
                *OF_BONDS,
                Attribute(
                    "mtu", MTU, "The MTU of its device.", otherwise="the switch's choice", backends=("ovs",)
                ),
                ADDRESS,
            ),
        ),
    ),
    brings=("port", "address"),
    expand=_expand,
    settle=settle_bridge,
    export=_export_bridges,
    example="bridge vswitch01 on kvm1, kvm2 uplink eth0",
)
