"""Tunnels as sentences, for `vnetsh export`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Fleet, Resource
from vnetsh.nouns.defaults import settable
from vnetsh.nouns.headers import OUTER
from vnetsh.nouns.meshes import not_as_said, unsaid_of, whole_meshes
from vnetsh.schema import Kind
from vnetsh.schema.declared import Declared, Exported, Unsaid


def export_tunnels(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    """One sentence for two ends that lead to each other and are alike."""
    place = {name: number for number, name in enumerate(fleet.places)}
    hosts = {address: host.name for host in fleet.hosts.values() for address in host.addresses}
    of_meshes = whole_meshes(fleet)
    for end in resources:
        if end.text("mesh") in of_meshes:
            continue
        there = hosts.get(end.text("remote"), "")
        other = fleet.get(kind.name, there, end.name)
        reason = _no_pair(end, there, other, hosts, fleet)
        if reason or other is None:
            yield Unsaid(end, reason, whole=True)
        elif place[end.place] < place[there]:
            yield from unsaid_of((end, other), fleet)
            alike = {
                name: value
                for name, value in settable(kind, end).items()
                if name not in (*OUTER, "link") or other.get(name) == value
            }
            yield Declared(
                end.name, {"ends": (end.place, there), "on": end.get("bridge"), **alike}, (end, other)
            )


def _no_pair(end: Resource, there: str, other: Resource | None, hosts: dict[str, str], fleet: Fleet) -> str:
    """Why an end is not one of a tunnel between two hosts; empty when it is."""
    remote = end.text("remote")
    if not remote:
        return "it leads to no fixed address"
    if not there:
        return f"no host of the inventory has the address {remote}"
    if there == end.place:
        return "it leads to its own host"
    if other is None:
        down = there in fleet.unreachable
        return f"`{there}` does not answer" if down else f"`{there}` has no tunnel of that name"
    if hosts.get(other.text("remote")) != end.place:
        return f"its end on `{there}` leads elsewhere: to {other.text('remote') or 'no fixed address'}"
    for one, far in ((end, there), (other, end.place)):
        if reason := not_as_said(one, fleet.hosts[far], fleet):
            return f"it {reason}"
    for name in ("bridge", "type", "key"):
        if end.get(name) != other.get(name):
            here, far = (resource.text(name) or "none" for resource in (end, other))
            return f"its ends differ: {name} {here} on `{end.place}`, {far} on `{there}`"
    return ""
