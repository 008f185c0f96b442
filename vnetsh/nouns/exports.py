"""Observed resources as what their sentences will say: a bridge of several hosts, a tunnel's two ends, a vm. Pure.

A plugin's kind needs nothing of this when its sentence is a noun, a name, `on` and attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vnetsh.model import Attributes, Fleet, Resource, Value

if TYPE_CHECKING:
    from vnetsh.schema import Kind


@dataclass(frozen=True, eq=False)
class Declared:
    """A sentence to be written: its name, its operands' and attributes' values by key.

    `of` are the resources that it stands for: of a bridge, one a host. `parts`, what is said in its block, are
    theirs in their order.
    """

    name: str
    values: Attributes
    of: tuple[Resource, ...]
    parts: tuple[Resource, ...] = ()


@dataclass(frozen=True, eq=False)
class Unsaid:
    """What no sentence says of a resource, and why, in words. `whole`: there is no sentence for it at all."""

    resource: Resource
    reason: str
    whole: bool = False


Exported = Declared | Unsaid


def settable(kind: Kind, resource: Resource) -> dict[str, Value]:
    """What a sentence can say, with its observed value; where the resource is, is not among it."""
    words = (*kind.operands, *kind.attributes)
    found = {word.name: resource.get(word.name) for word in words if word.settable and word.name != "on"}
    return {name: value for name, value in found.items() if value is not None and value is not False}


def export_on_hosts(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterable[Exported]:
    """One sentence for all the hosts that have it with the same attributes. `resources` come by name and host."""
    where = kind.attribute("on")
    together: dict[tuple[object, ...], list[Resource]] = {}
    for resource in resources:
        apart = "" if where and where.type.many else resource.host
        key = (resource.name, apart, *settable(kind, resource).items())
        together.setdefault(key, []).append(resource)
    for same in together.values():
        first = same[0]
        hosts: Value = tuple(resource.host for resource in same) if where and where.type.many else first.host
        values = {**({"on": hosts} if where else {}), **settable(kind, first)}
        parts = sorted((part for r in same for part in fleet.parts(r)), key=lambda part: part.name)
        yield Declared(first.name, values, tuple(same), tuple(parts))


def export_fleet_wide(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterable[Exported]:
    """One sentence a name: of several that bear it, the one that a plan would take."""
    for resource in resources:
        first = fleet.named(kind.name, resource.name)[0]
        if resource.host != first.host:
            yield Unsaid(resource, f"`{first.host}` has a {kind.name} of that name too", whole=True)
            continue
        values = {**({"on": resource.host} if kind.attribute("on") else {}), **settable(kind, resource)}
        # Not sorted: a vm's first port is its guest's first NIC.
        yield Declared(resource.name, values, (resource,), tuple(fleet.parts(resource)))


def export_vms(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    """The vms; a sentence makes one that runs."""
    for said in export_fleet_wide(kind, resources, fleet):
        if isinstance(said, Declared):
            said = replace(said, parts=tuple(_without_its_bridges_mtu(part, fleet) for part in said.parts))
        yield said
        state = said.of[0].text("state") if isinstance(said, Declared) else ""
        if isinstance(said, Declared) and state not in ("", "running"):
            yield Unsaid(said.of[0], f"it is {state}; anew it would be started")


def _without_its_bridges_mtu(nic: Resource, fleet: Fleet) -> Resource:
    """A NIC that has no MTU though its bridge has one: anew it would get that unless its sentence says `none`."""
    bridge = fleet.get("bridge", nic.host, nic.text("bridge"))
    if nic.get("mtu") is not None or not bridge or bridge.get("mtu") is None:
        return nic
    return nic.with_attributes(mtu=())


def export_tunnels(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    """One sentence for two ends that lead to each other and are alike."""
    place = {name: number for number, name in enumerate(fleet.hosts)}
    hosts = {host.address: host.name for host in fleet.hosts.values() if host.address}
    for end in resources:
        there = hosts.get(end.text("remote"), "")
        other = fleet.get(kind.name, there, end.name)
        reason = _no_pair(end, there, other, hosts, fleet)
        if reason or other is None:
            yield Unsaid(end, reason, whole=True)
        elif place[end.host] < place[there]:
            values = {"ends": (end.host, there), "on": end.get("bridge"), **settable(kind, end)}
            yield Declared(end.name, values, (end, other))


def _no_pair(end: Resource, there: str, other: Resource | None, hosts: dict[str, str], fleet: Fleet) -> str:
    """Why an end is not one of a tunnel between two hosts; empty when it is."""
    remote = end.text("remote")
    if not remote:
        return "it leads to no fixed address"
    if not there:
        return f"no host of the inventory has the address {remote}"
    if there == end.host:
        return "it leads to its own host"
    if other is None:
        down = there in fleet.unreachable
        return f"`{there}` does not answer" if down else f"`{there}` has no tunnel of that name"
    if hosts.get(other.text("remote")) != end.host:
        return f"its end on `{there}` leads elsewhere: to {other.text('remote') or 'no fixed address'}"
    for name in ("bridge", "type", "key"):
        if end.get(name) != other.get(name):
            here, far = (resource.text(name) or "none" for resource in (end, other))
            return f"its ends differ: {name} {here} on `{end.host}`, {far} on `{there}`"
    return ""
