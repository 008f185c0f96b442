"""Bonds: ports of a bridge that are several NICs of the host, one for another or side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.nouns.nic import UsualChoice
from vnetsh.schema import NIC, Attribute

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

BOND = "bond"
BY_TCP = "balance-tcp"


NICS, MODE, LACP = (
    Attribute(
        "nics",
        replace(NIC, what="a list of NICs", many=True, ordered=False),
        "Of a `bond`: the host's NICs that it is.",
        otherwise="none",
        clearable=False,
        backends=("ovs",),
    ),
    Attribute(
        "mode",
        UsualChoice(what="a bond's mode", choices=("active-backup", "balance-slb", BY_TCP)),
        f"Of a `bond`: one NIC at a time, or all, shared out by senders or (`{BY_TCP}`, with `lacp`) by connections.",
        otherwise="`active-backup`",
        column=False,
        backends=("ovs",),
    ),
    Attribute(
        "lacp",
        UsualChoice(what="LACP", choices=("off", "passive", "active")),
        "Of a `bond`: whether it comes to terms with the switch at the other end by LACP.",
        otherwise="`off`",
        column=False,
        backends=("ovs",),
    ),
)
OF_BONDS = (NICS, MODE, LACP)


def problem(port: Resource, settler: Settling) -> Diagnostic | None:
    """What is wrong with a bond, or with what is said of a port that is none."""
    there = settler.fleet.get("port", port.place, port.name)
    have = {**(there.attributes if there else {}), **port.attributes}
    said = [one.name for one in OF_BONDS if port.get(one.name) is not None]
    if have.get("type") != BOND:
        if not said:
            return None
        help = f"say `type {BOND}` of it, or leave `{said[0]}` out"
        return _refused(port, f"port `{port.name}` is no bond: it has no `{said[0]}`", said[0], help)
    nics = have.get(NICS.name)
    if not isinstance(nics, tuple) or len(nics) < 2:
        help = f"say them: `port {port.name} type {BOND} nics eth1, eth2`; one NIC is a port of its own name"
        return _refused(port, f"bond `{port.name}` is fewer than two NICs", NICS.name, help)
    if have.get(MODE.name) == BY_TCP and have.get(LACP.name) is None:
        help = f"say `{LACP.name} active`, which the switch at the other end has to do as well, or `mode balance-slb`"
        return _refused(port, f"bond `{port.name}` cannot be `{BY_TCP}` without LACP", MODE.name, help)
    if port.get("mtu") is not None:
        return _refused(
            port, f"bond `{port.name}` has no MTU of its own", "mtu", "set that of its NICs on the host"
        )
    return None


def _refused(port: Resource, message: str, word: str, help: str) -> Diagnostic:
    return Diagnostic("E312", message, port.at(word, "name"), help=help)
