"""Ports that give what they take a tag more (QinQ, 802.1ad): so a customer's VLANs are within one of the switch's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource, Value
from vnetsh.nouns.nic import UsualChoice
from vnetsh.schema import Attribute, RangesOr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetsh.schema.lent import Settling

ALL = "all"

QINQ, ETHTYPE = (
    Attribute(
        "qinq",
        RangesOr(what="a list of a customer's VLANs", most=4094, word=ALL),
        f"`{ALL}`: what comes in, tagged or not, is wrapped into its `vlan` by a tag more, and what is in that goes "
        "out as it came (802.1ad). A list, of the VLANs that it takes (0: untagged), is shown where others made it.",
        otherwise="none",
        backends=("libvirt", "ovs"),
    ),
    Attribute(
        "qinq-ethtype",
        UsualChoice(what="an Ethernet type", choices=("802.1ad", "802.1q")),
        "The Ethernet type of that tag.",
        otherwise="`802.1ad`",
        column=False,
        backends=("ovs",),
    ),
)
OF_PORTS = (QINQ, ETHTYPE)
_VLANS = ("vlan", "trunk", QINQ.name)


def problem(port: Resource, settler: Settling) -> Diagnostic | None:
    """What is wrong with a port that wraps, or with what is said of one beside such a port."""
    if port.parent and port.parent[0] == "vm":
        return None  # whoever makes NICs refuses it
    there = settler.fleet.get("port", port.place, port.name)
    have = _have(port, there)
    if have.get(QINQ.name) is None:
        if port.get(ETHTYPE.name) is not None:
            help = f"say `vlan 100 {QINQ.name} {ALL}` of it, or leave `{ETHTYPE.name}` out"
            return _refused(port, f"port `{port.name}` gives nothing a tag more", help, ETHTYPE.name)
    elif have.get("vlan") is None:
        help = f"say it: `port {port.name} vlan 100 {QINQ.name} {ALL}`; or `{QINQ.name} none`"
        return _refused(port, f"port `{port.name}` has no VLAN into which it could wrap", help, QINQ.name)
    elif have.get("trunk") is not None:
        help = f"leave one of them out: with `{QINQ.name}` all of a customer's VLANs come in"
        return _refused(port, f"port `{port.name}` cannot be a trunk and wrap what it takes", help, QINQ.name)
    if there and all(there.get(name) == have.get(name) for name in (*_VLANS, "bridge")):
        return None
    return _mixed(port, have, settler)


def _mixed(port: Resource, have: Mapping[str, Value], settler: Settling) -> Diagnostic | None:
    """A trunk whose native VLAN is one that others wrap into: what is wrapped would leave by it as if it were none."""
    others = {one.name: one for one in settler.fleet.of_kind("port", port.place)}
    others |= {one.name: one for one in settler.said if one.kind == "port" and one.place == port.place}
    for name, other in others.items():
        theirs = _have(other, settler.fleet.get("port", port.place, name))
        if name == port.name or any(theirs.get(word) != have.get(word) for word in ("bridge", "vlan")):
            continue
        wraps, trunk = (have, theirs) if have.get(QINQ.name) else (theirs, have)
        if wraps.get(QINQ.name) and trunk.get("trunk") and not trunk.get(QINQ.name):
            return _refused(
                port,
                f"what {port.name if wraps is have else name} wraps into VLAN {have.get('vlan')} would leave by the "
                f"trunk {name if wraps is have else port.name} unwrapped, in other VLANs: it is its native one",
                "wrap into a VLAN that is nobody's native one, or say it in the `trunk` instead of as its `vlan`",
                "vlan",
            )
    return None


def settled(port: Resource, there: Resource | None) -> Resource:
    """A port that wraps nothing any more has no Ethernet type for that."""
    off = QINQ.name in port.attributes and port.get(QINQ.name) is None
    return port.with_attributes(**{ETHTYPE.name: None}) if off and there and there.get(ETHTYPE.name) else port


def _have(port: Resource, there: Resource | None) -> Mapping[str, Value]:
    return {**(there.attributes if there else {}), **port.attributes}


def _refused(port: Resource, message: str, help: str, word: str) -> Diagnostic:
    return Diagnostic("E313", message, port.at(word, QINQ.name, "name"), help=help)
