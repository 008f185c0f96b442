"""The noun `forward`: a port of an address outside that leads to a port of a vm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import Address, Attribute, Choice, Integer, Kind
from vnetsh_ovn.nouns.known import over, worked_out_as
from vnetsh_ovn.nouns.renaming import in_word
from vnetsh_ovn.nouns.targets import BY, NOBODY, TO, target_of
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Settling

_PORT = Integer(what="a port", least=1, most=65535)


def _settle(forward: Resource, settler: Settling) -> Sequence[Resource]:
    """Where it leads."""
    target = target_of(forward, forward.text("address"), settler, shares=True)
    if target is None:
        return []
    whole = over(settler.fleet.get("forward", forward.place, forward.name), forward)
    port = whole.get("port") or whole.get("number")
    networks = tuple(sorted({*listed(target.router.get("networks"))})) or None
    forward = forward.with_attributes(
        router=target.router.name, inside=target.address, port=port, networks=networks
    )
    eips = settler.once(("ovn spread eips", forward.place), lambda: _spread(forward.place, settler)).get(
        target.address, ()
    )
    if theirs := next((one for one in eips if not one.marked), None):
        words = f"forward `{forward.name}` leads to {target.address}, whose answers leave as {theirs.name}"
        help = f"take `eip {theirs.name}` away, which others made"
        settler.refuse(Diagnostic(NOBODY, words, forward.at("to", "name"), help=help))
        return []
    because = f"forward {forward.name} leads there, too"
    by_gateway = {"interface": None, "mac": None}
    return [
        forward,
        *(replace(one, attributes=by_gateway, because=because, span=forward.span) for one in eips),
    ]


def _spread(place: str, settler: Settling) -> Mapping[str, Sequence[Resource]]:
    """The eips that vms' own hosts answer for, by the address inside: a forward's answers would leave there, too.

    What the segment says of an eip heeds its forwards by itself.
    """
    said = {one.key for one in settler.said if one.kind == "eip"}
    found: dict[str, list[Resource]] = {}
    for one in settler.fleet.of_kind("eip", place):
        if one.get("interface") and one.key not in said:
            found.setdefault(one.text("inside"), []).append(one)
    return found


FORWARD_KIND = Kind(
    "forward",
    help="A port of an address outside, the router's own or another one, that leads to a port of a vm.",
    sort=SORT,
    operands=(
        Attribute("address", Address(), "The address outside.", required=True),
        Attribute(
            "protocol",
            Choice(what="a protocol", choices=("tcp", "udp", "sctp")),
            "Its protocol.",
            required=True,
        ),
        Attribute("number", _PORT, "Its port outside.", required=True),
    ),
    attributes=(
        CLUSTER,
        TO,
        Attribute("port", _PORT, "The port there.", otherwise="the same as outside", clearable=False),
        BY,
        worked_out_as("inside", "The address that it leads to.", many=False),
        worked_out_as("networks", "The networks of the router: from there it is reached, too."),
    ),
    identity=("address", "protocol", "number"),
    requires=("network", "port"),
    rides_on=("router", "to"),
    brings=(),
    settle=_settle,
    renamed=partial(in_word, "to"),
    example="forward 203.0.113.21 tcp 80 to web01 port 8080",
)
