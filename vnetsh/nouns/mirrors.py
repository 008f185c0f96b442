"""Ports that are sent copies of what others carry: a bridge's own ones, for a mirror of a vm's NIC would not last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Resource
from vnetsh.schema import PORT, Attribute, Text

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

ALL = "all"

MIRRORS = Attribute(
    "mirrors",
    replace(PORT, what=f"a list of ports, or `{ALL}`", many=True, ordered=False),
    f"The ports of its bridge of whose packets, both ways, it is sent copies, or `{ALL}`. It carries nothing else.",
    otherwise="none",
    column=False,
    backends=("ovs",),
)


THEIRS = Attribute(
    "mirror",
    Text(),
    "The mirror of others' that sends it copies of what no sentence says.",
    column=False,
    settable=False,
    backends=("ovs",),
)


def problem(port: Resource, settler: Settling) -> Diagnostic | None:
    """What is wrong with what a port mirrors: it is not there, or would not stay."""
    said = port.get(MIRRORS.name)
    there = settler.fleet.get("port", port.place, port.name)
    theirs = there.text(THEIRS.name) if there else ""
    if theirs and MIRRORS.name in port.attributes and said is None:
        return _refused(
            port,
            f"port `{port.name}` on {port.place} is sent copies by the mirror `{theirs}` of others, which no sentence "
            "says",
            f"take it away there: `ovs-vsctl -- --id=@m get mirror {theirs.split(', ')[0]} -- remove bridge "
            f"{port.text('bridge')} mirrors @m`",
        )
    if not isinstance(said, tuple) or (there and there.get(MIRRORS.name) == said):
        return None
    kind = port.get("type", there.get("type") if there else None) or "system"
    if kind not in ("internal", "system"):
        return _refused(
            port, f"port `{port.name}` cannot be sent copies: it is of type {kind}", "say an `internal` one"
        )
    bridge = port.text("bridge")
    uplink = next(
        (b.text("uplink") for b in _versions("bridge", port, bridge, settler) if b.get("uplink")), ""
    )
    for name in map(str, said if said != (ALL,) else ()):
        found = [one for kind in ("port", "tunnel") for one in _versions(kind, port, name, settler)]
        if name == port.name:
            return _refused(port, f"port `{name}` cannot be sent copies of its own packets", "leave it out")
        if any(one.parent and one.parent[0] == "vm" for one in found):
            return _refused(
                port,
                f"`{name}` is a vm's NIC, which Open vSwitch forgets each time that the vm stops, and its mirror too",
                f"mirror its whole bridge: `port {port.name} mirrors {ALL}`",
            )
        if name not in (uplink, bridge) and not any(one.text("bridge") == bridge for one in found):
            here = (one for one in settler.fleet.of_kind("port", port.place) if one.text("bridge") == bridge)
            names = [one.name for one in here if one.name != port.name]
            return _refused(
                port,
                f"bridge `{bridge}` on {port.place} has no port `{name}`",
                did_you_mean(name, names, f"its ports, or `{ALL}`"),
            )
    return None


def _versions(kind: str, port: Resource, name: str, settler: Settling) -> list[Resource]:
    """A thing beside a port as it is said, and as it is."""
    found = (settler.find(kind, port.place, name), settler.fleet.get(kind, port.place, name))
    return [one for one in found if one]


def _refused(port: Resource, message: str, help: str) -> Diagnostic:
    return Diagnostic("E311", message, port.at(MIRRORS.name, "name"), help=help)
