"""MAC addresses that a bridge is told are behind a port of its: a table has one place for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.schema import Attribute, Mac

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

STATIC = Attribute(
    "static",
    Mac(what="a list of MAC addresses", many=True, ordered=False),
    "The MAC addresses that are behind it for good: its bridge learns them at no other port.",
    otherwise="none",
    column=False,
    backends=("linux",),
)


def problem(port: Resource, settler: Settling) -> Diagnostic | None:
    """A MAC address that would be behind two ports of a bridge."""
    macs = port.get(STATIC.name)
    if not isinstance(macs, tuple):
        return None
    there = {one.name: one for one in settler.fleet.of_kind("port", port.place)}
    there |= {one.name: one for one in settler.said if one.kind == "port" and one.place == port.place}
    for other in there.values():
        earlier = settler.fleet.get("port", port.place, other.name)
        theirs = other.get(STATIC.name, earlier.get(STATIC.name) if earlier else None)
        if (
            other.name == port.name
            or other.get("bridge") != port.get("bridge")
            or not isinstance(theirs, tuple)
        ):
            continue
        for mac in sorted(map(str, {*macs} & {*theirs})):
            return Diagnostic(
                "E527",
                f"the MAC address {mac} is `static` at port `{other.name}` of the same bridge, too",
                port.at(STATIC.name, "name"),
                help="a bridge knows one port for each: take it away there, with `static none` or others",
            )
    return None
