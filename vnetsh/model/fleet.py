"""The fleet: what the places hold, observed or predicted from that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from vnetsh.model.resource import Host, Inventory, Key, Resource, hosts_in

if TYPE_CHECKING:
    from vnetsh.errors import VnetshError
    from vnetsh.model.change import Change


@dataclass(frozen=True)
class Facts:
    """What a backend found at a place besides resources. Each backend has a class of its own, all with defaults."""


@dataclass(frozen=True)
class LinkFacts(Facts):
    """What a backend that sees a host's links tells of them, for checks of what fits through.

    `mtus` of all links in bytes; `addresses` of those that have some, each with its prefix; `underlay_link`: the one
    by which packets from the host's underlay address leave; `unset_mtu`: the MTU that is shown as none, where the
    backend cannot tell one that was set from one that was not.
    """

    mtus: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    underlay_link: str = ""
    unset_mtu: int | None = None


Told = TypeVar("Told", bound=Facts)


@dataclass(frozen=True)
class Fleet:
    """What the places hold: observed, or predicted from that.

    `facts` are a backend's findings at a place beyond resources (free memory, images); `absent` says why a
    backend has nothing to say of a place that does answer; `unreachable` why a place does not answer.
    """

    places: Inventory
    resources: Mapping[Key, Resource] = field(default_factory=dict)
    facts: Mapping[tuple[str, str], Facts] = field(default_factory=dict)
    absent: Mapping[tuple[str, str], VnetshError] = field(default_factory=dict)
    unreachable: Mapping[str, VnetshError] = field(default_factory=dict)

    @cached_property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among its places."""
        return hosts_in(self.places)

    def get(self, kind: str, host: str, name: str) -> Resource | None:
        """The resource of that kind, host and name."""
        return self.resources.get((kind, host, name))

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], list[Resource]]:
        index: dict[tuple[str, str], list[Resource]] = {}
        for resource in self.resources.values():
            index.setdefault((resource.kind, resource.name), []).append(resource)
        return index

    @cached_property
    def _by_parent(self) -> Mapping[tuple[str, str, str], list[Resource]]:
        index: dict[tuple[str, str, str], list[Resource]] = {}
        for resource in self.resources.values():
            if resource.parent:
                index.setdefault((*resource.parent, resource.place), []).append(resource)
        return index

    @cached_property
    def _riders(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], set[str]] = {}
        for port in self.of_kind("port"):
            if port.parent and port.parent[0] == "vm":
                found.setdefault((port.place, port.text("bridge")), set()).add(port.parent[1])
        return {bridge: tuple(sorted(vms)) for bridge, vms in found.items()}

    def vms_on(self, host: str, bridge: str) -> tuple[str, ...]:
        """The vms that have a NIC on a bridge, by name."""
        return self._riders.get((host, bridge), ())

    def interface(self, host: str, name: str) -> Resource | None:
        """The bridge, tunnel or port of that name on a host: each is a network interface there."""
        found = (self.get(kind, host, name) for kind in ("bridge", "tunnel", "port"))
        return next((resource for resource in found if resource), None)

    def named(self, kind: str, name: str) -> list[Resource]:
        """The resources of that kind and name, over all hosts."""
        return self._by_name.get((kind, name), [])

    def parts(self, resource: Resource) -> list[Resource]:
        """The resources whose parent is `resource` (a vm's ports)."""
        return self._by_parent.get((resource.kind, resource.name, resource.place), [])

    def of_kind(self, kind: str, host: str | None = None) -> Iterator[Resource]:
        """All resources of a kind, of one host if it is given."""
        return (r for r in self.resources.values() if r.kind == kind and host in (None, r.place))

    def facts_of(self, place: str, backend: str, kind: type[Told]) -> Told:
        """What a backend found at a place, as its class of facts; that class's defaults where it found nothing."""
        found = self.facts.get((place, backend))
        return found if isinstance(found, kind) else kind()

    def after(self, changes: Iterable[Change]) -> Fleet:
        """The fleet as it will be when these changes are made."""
        resources = dict(self.resources)
        for change in changes:
            if change.before:
                resources.pop(change.before.key, None)
            if change.after:
                resources[change.after.key] = change.after
            if change.before and change.before.kind in self._parents:
                self._follow(change, resources)
        return replace(self, resources=resources)

    @cached_property
    def _parents(self) -> frozenset[str]:
        return frozenset(r.parent[0] for r in self.resources.values() if r.parent)

    @staticmethod
    def _follow(change: Change, resources: dict[Key, Resource]) -> None:
        """Parts go where their parent goes, and with it."""
        before, after = change.before, change.after
        if before is None or (after and after.place == before.place):
            return
        for part in [r for r in resources.values() if r.parent == (before.kind, before.name)]:
            if part.place == before.place:
                del resources[part.key]
                if after:
                    moved = replace(part, place=after.place)
                    resources[moved.key] = moved
