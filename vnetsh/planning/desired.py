"""What only the observed fleet tells: where a vm is, which bridge is meant, what is implied. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Inventory, Key, Resource
from vnetsh.nouns.tunnel import ambiguous_bridge
from vnetsh.schema import Scope, Vocabulary


class Settler:
    """Settles one segment's wanted resources, or an action, on a fleet."""

    def __init__(self, fleet: Fleet, vocabulary: Vocabulary) -> None:
        self.fleet = fleet
        self.vocabulary = vocabulary
        self.problems: list[Diagnostic] = []
        self._said: dict[Key, Resource] = {}
        self._settled: dict[Key, Resource] = {}
        self.kept = frozenset(
            h.name for h in fleet.hosts.values() if h.flag("readonly") or h.flag("protected")
        )
        """The hosts where not everything may be done."""

    @property
    def inventory(self) -> Inventory:
        """All hosts."""
        return self.fleet.hosts

    def refuse(self, problem: Diagnostic) -> None:
        """Note a problem (once): the plan will not run."""
        if problem not in self.problems:
            self.problems.append(problem)

    def find(self, kind: str, host: str, name: str) -> Resource | None:
        """A resource of this segment or, else, of the fleet."""
        key = (kind, host, name)
        return self._settled.get(key) or self._said.get(key) or self.fleet.resources.get(key)

    def settle(self, resources: Iterable[Resource]) -> Sequence[Resource]:
        """The resources with all that the fleet adds. Given in an order where parents come first."""
        pending = list(resources)
        self._said = {r.key: r for r in pending if r.host}
        place: dict[tuple[str, str], str] = {}
        for resource in pending:
            kind = self.vocabulary.kinds[resource.kind]
            if resource.parent and self.vocabulary.kinds[resource.parent[0]].scope is Scope.FLEET:
                if resource.parent not in place:
                    continue  # the parent was refused, and that is said
                resource = replace(resource, host=place[resource.parent])
            for settled in kind.settle(resource, self) if kind.settle else (resource,):
                self._settled[settled.key] = settled
                if kind.scope is Scope.FLEET:
                    place[settled.kind, settled.name] = settled.host
        return list(self._settled.values())

    def only_bridge(self, tunnel: Resource) -> str:
        """The bridge that the hosts leave no doubt about; refuses and returns nothing when they do.

        One with an uplink is not for tunnels: it carries the hosts' own traffic.
        """
        hosts = {r.host for r in self._said.values() if (r.kind, r.name) == (tunnel.kind, tunnel.name)}
        everything = [*self.fleet.resources.values(), *self._said.values()]
        names = {r.name for r in everything if r.kind == "bridge" and r.host in hosts and not r.get("uplink")}
        if len(names) == 1:
            return names.pop()
        if names:
            self.refuse(ambiguous_bridge(tunnel.name, tunnel.span, sorted(names)))
        else:
            self.refuse(
                Diagnostic(
                    "E205",
                    f"there is no bridge for tunnel `{tunnel.name}` to join",
                    tunnel.span,
                    help="say one, and it is made at both ends: `on vswitch02`",
                )
            )
        return ""
