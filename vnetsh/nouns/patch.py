"""Patch ports: two of one host that lead to each other, and join their bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.schema import PORT, Attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vnetsh.model import Change, Fleet, Resource, Value
    from vnetsh.schema.lent import Settling

PATCH = "patch"
"""The type of a port that leads to another one of the same host."""

PEER = Attribute(
    "peer",
    PORT,
    "Of a `patch` port: the one that it leads to, of another bridge of the host, which leads back.",
    otherwise="none",
    column=False,
    clearable=False,
    backends=("ovs",),
)


def problem(port: Resource, settler: Settling) -> Diagnostic | None:
    """What is wrong with a patch port: one that leads nowhere is in error, and joins nothing."""
    there = settler.fleet.get("port", port.place, port.name)
    kind = port.get("type", there.get("type") if there else None)
    peer = port.text("peer") or (there.text("peer") if there else "")
    for back in peers(there, settler.fleet) if there else ():
        will = _have(back, settler)
        if (kind, peer) != (PATCH, back.name) and (will.get("type"), will.get("peer")) == (PATCH, port.name):
            return _parted(port, back)
    if kind != PATCH:
        if not port.text("peer"):
            return None
        return Diagnostic(
            "E309",
            f"port `{port.name}` is no patch port: it has no peer",
            port.at("peer"),
            "a peer",
            f"say `type {PATCH}` of it, or leave `peer` out",
        )
    other = settler.find("port", port.place, peer) if peer else None
    if other and _have(other, settler).get("peer") == port.name:
        return None
    bridge = port.text("bridge") or "BRIDGE"
    says = f"`{peer}` does not lead back" if other else f"no port `{peer}` there"
    return Diagnostic(
        "E309",
        f"patch port `{port.name}` leads nowhere: {says if peer else 'no `peer` is said'}",
        port.at("peer", "name"),
        help="say both ports, each with the other one as its peer: "
        f"`bridge {bridge} on {port.place} port {port.name} type {PATCH} peer {peer or 'OTHER'}` …",
    )


def peers(port: Resource, fleet: Fleet) -> Sequence[Resource]:
    """The patch port that leads back: without this one it would be in error."""
    other = fleet.get("port", port.place, port.text("peer")) if port.get("peer") else None
    return [other] if other and other.text("peer") == port.name else []


def _have(port: Resource, settler: Settling) -> Mapping[str, Value]:
    """What a port will have: as it is said, else as it is."""
    found = (settler.fleet.get("port", port.place, port.name), settler.find("port", port.place, port.name))
    return {name: value for one in found if one for name, value in one.attributes.items()}


def _parted(port: Resource, other: Resource) -> Diagnostic:
    return Diagnostic(
        "E314",
        f"port `{other.name}` on {port.place} leads to `{port.name}`, and would lead nowhere",
        port.at("peer", "type", "name"),
        "its other end goes",
        f"say in the same script where `{other.name}` leads then, or delete both first: "
        f"`delete port {port.name} on {port.place}`",
    )


def pruned(changes: Iterable[Change], said: Callable[[Resource], bool]) -> Iterator[Diagnostic]:
    """What would go of what a script still says, because it leads to a port of which it says nothing any more."""
    for change in changes:
        port = change.resource
        if port.get("peer") and said(port):
            yield Diagnostic(
                "E314",
                f"the script says port `{port.name}` on {port.place}, and no longer `{port.get('peer')}`, which leads "
                "to it",
                help="leave both out, or say both",
            )
