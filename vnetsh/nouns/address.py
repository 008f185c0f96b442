"""The noun `address`: what a host itself is called on a network of its own. Said inside `bridge` sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_interface
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource, given_addresses
from vnetsh.schema import BRIDGE, PORT, Attribute, InterfaceAddress, Kind, Name, Text
from vnetsh.schema.reboot import SURVIVES_REBOOT

if TYPE_CHECKING:
    from vnetsh.schema.lent import Resolving, Settling
    from vnetsh.schema.phrase import Phrase

_SAID = "address"
_KEPT = "addresses"

_TYPE = InterfaceAddress(what="addresses with their prefixes", many=True, ordered=False)

ADDRESS = Attribute(
    _SAID,
    _TYPE,
    "The addresses that the host itself has there, besides those that others gave it.",
    otherwise="none",
    apart=True,
)
"""Of a bridge, and of an internal port."""


def apart(resources: Iterable[Resource], declaration: Phrase, resolver: Resolving) -> Iterator[Resource]:
    """A bridge and its ports, and what each of them says of addresses as something of its own."""
    for one in resources:
        if _SAID not in one.attributes:
            yield one
            continue
        yield replace(one, attributes={k: v for k, v in one.attributes.items() if k != _SAID})
        if len(declaration.names("on")) > 1 and one.get(_SAID):
            resolver.refuse(_on_several(one, declaration))
            return
        values = {"bridge": declaration.name, _KEPT: one.get(_SAID)}
        if one.kind == "port":
            values["port"] = one.name
        words = {key: span for key, span in (one.words or {}).items() if key in ("", "name")}
        if one.words and _SAID in one.words:
            words[_KEPT] = one.words[_SAID]
        bridge = ("bridge", declaration.name)
        yield Resource("address", one.name, one.place, values, bridge, span=one.span, words=words)


def _on_several(one: Resource, declaration: Phrase) -> Diagnostic:
    hosts = declaration.names("on")
    return Diagnostic(
        "E513",
        f"{one.kind} `{one.name}` would have the same address on {' and '.join(hosts)}",
        one.at(_SAID),
        "an address is one host's",
        f"say it of each host by itself: `bridge {declaration.name} on {hosts[0]} address …`",
    )


def with_addresses(one: Resource, fleet: Fleet) -> Resource:
    """A bridge or port as its sentence says it, with the addresses that we gave the host there."""
    there = fleet.get("address", one.place, one.name)
    return one.with_attributes(**{_SAID: there.get(_KEPT)}) if there else one


def _settle(address: Resource, settler: Settling) -> Sequence[Resource]:
    there = settler.fleet.get("address", address.place, address.name)
    if not address.get(_KEPT):
        if there:
            settler.remove(there, f"{address.name} is to have none")
        return []
    if problem := _no_device(address, settler) or _clash(address, there, settler):
        settler.refuse(problem)
        return []
    return [address.with_attributes(error=None)] if there and there.get("error") else [address]


def _no_device(address: Resource, settler: Settling) -> Diagnostic | None:
    """A port by which the host itself sends nothing: its bridge has what comes there, or it is no device at all."""
    if not address.get("port"):
        return None
    key = ("port", address.place, address.name)
    sides = (settler.find(*key), settler.fleet.get(*key))
    type = next((one.text("type") for one in sides if one and one.get("type")), "system")
    if type == "internal":
        return None
    bridge = address.text("bridge")
    return Diagnostic(
        "E513",
        f"port `{address.name}` on {address.place} is of the type `{type}`: the host cannot be reached there itself",
        address.at(_KEPT),
        help=f"give the bridge the address, `bridge {bridge} on {address.place} address …`, or a port of "
        "`type internal`",
    )


def _clash(address: Resource, there: Resource | None, settler: Settling) -> Diagnostic | None:
    """An address in a network that the host has already elsewhere: where would its packets go?"""
    ours = given_addresses(there)
    others = [
        (link, ip_interface(text))
        for link, texts in settler.fleet.addresses(address.place).items()
        for text in texts
        if not (link == address.name and text in ours) and not ip_interface(text).ip.is_link_local
    ]
    for said in settler.said:
        if said.kind == "address" and said.place == address.place and said.name != address.name:
            others += [(said.name, ip_interface(text)) for text in given_addresses(said)]
    for one in map(ip_interface, given_addresses(address)):
        for link, other in others:
            if one.version == other.version and one.network.overlaps(other.network):
                return Diagnostic(
                    "E513",
                    f"{one} of `{address.name}` on {address.place} is in the network of {other}, "
                    f"which `{link}` has there",
                    address.at(_KEPT),
                    help="take an address of another network"
                    if link != address.name
                    else "others gave it that: leave it out, or take it away by hand first: "
                    f"`ip address delete {other} dev {link}`",
                )
    return None


ADDRESS_KIND = Kind(
    "address",
    plural="addresses",
    subject=replace(PORT, what="a bridge or an internal port"),
    help="A host's own addresses on a bridge or an internal port. Said by `address` in `bridge` sentences.",
    attributes=(
        Attribute("bridge", BRIDGE, "The bridge."),
        Attribute("port", Name(what="a port", ref="port"), "Its internal port, where it is that's."),
        Attribute(_KEPT, _TYPE, "The addresses, each with its prefix."),
        SURVIVES_REBOOT,
        Attribute("error", Text(), "What is not so on the host (any more).", settable=False),
    ),
    rides_on=("port",),
    sayable=False,
    brings=(),
    settle=_settle,
)
