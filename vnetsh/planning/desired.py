"""What only the observed fleet tells: where a vm is, which bridge is meant, what is implied. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, TypeVar, cast

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import ActionKind, Change, Fleet, Host, Inventory, Key, Resource
from vnetsh.nouns.defaults import settle
from vnetsh.planning.riding import riding
from vnetsh.schema import Scope, Vocabulary, naming

T = TypeVar("T")


class Settler:
    """Settles one segment's wanted resources, or an action, on a fleet."""

    def __init__(
        self,
        fleet: Fleet,
        vocabulary: Vocabulary,
        against: Callable[[Change, Settler], Diagnostic | None] = lambda change, settler: None,
    ) -> None:
        self.fleet = fleet
        self._against = against
        self.vocabulary = vocabulary
        self.problems: list[Diagnostic] = []
        self.leaving: dict[Key, tuple[Resource, str]] = {}
        self._once: dict[tuple[str, str], Any] = {}
        self._said: dict[Key, Resource] = {}
        self._parts: dict[tuple[str, str] | None, list[Resource]] = {}
        self._settled: dict[Key, Resource] = {}
        self._settled_of: dict[str, dict[Key, Resource]] = {}
        self._names: set[tuple[str, str]] = set()
        self.kept = frozenset(
            h.name for h in fleet.places.values() if h.flag("readonly") or h.flag("protected")
        )
        """The places where not everything may be done."""

    @property
    def inventory(self) -> Inventory:
        """All places."""
        return self.fleet.places

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among the places."""
        return self.fleet.hosts

    @property
    def settled(self) -> Iterable[Resource]:
        """What this segment declares that is settled already."""
        return self._settled.values()

    def settled_of(self, kind: str) -> Iterable[Resource]:
        """Those of them that are of a kind."""
        return self._settled_of.get(kind, {}).values()

    def parts_said(self, resource: Resource) -> Sequence[Resource]:
        """The parts that this segment declares of something, before they are settled."""
        return self._parts.get((resource.kind, resource.name), ())

    def against(self, change: Change, first: Sequence[Change] = ()) -> Diagnostic | None:
        """What would refuse a change on the fleet as it is, or as it is when others were made `first`; not noted."""
        if first:
            later = copy(self)
            later.fleet = self.fleet.after(first)
            return later.against(change)
        unescorted = (
            () if change.action is not ActionKind.MOVE else self._refusing(lambda: self.escorts(change))
        )
        return self._against(change, self) or next(iter(unescorted), None)

    def _refusing(self, work: Callable[[], object]) -> Sequence[Diagnostic]:
        """What some work refuses, which is not noted."""
        before, self.problems = self.problems, []
        try:
            work()
            return self.problems
        finally:
            self.problems = before

    def escorts(self, move: Change) -> Sequence[tuple[Resource, Resource, Resource]]:
        """What has to know where a vm is that moves: each as it is, while that moves, and afterwards."""
        vm, found = move.before, []
        if move.action is not ActionKind.MOVE or vm is None or vm.kind != "vm":
            return ()
        riders = {one.key: one for there in (vm, *self.fleet.nics(vm)) for one in self.riding(there)}
        for rider in riders.values():
            if escorts := self.vocabulary.kinds[rider.kind].escorts:
                found += [(rider, during, after) for during, after in [escorts(rider, move, self)]]
        return found

    def unescorted(self, moves: Sequence[Change]) -> Sequence[tuple[Resource, Resource]]:
        """What knows wrongly where a vm is that these do not move: as it is, and as it is to be.

        A move was cut off before its end, or others made it.
        """
        moved, found = {change.before.key for change in moves if change.before}, []
        for kind in self.vocabulary.kinds.values():
            for rider in self.fleet.of_kind(kind.name) if kind.escorts else ():
                vms = [vm for vm in self.fleet.named("vm", rider.text("vm")) if vm.key not in moved]
                if len(vms) == 1 and rider.marked:
                    found += [(rider, after) for after in self._staying(rider, vms[0])]
        return found

    def _staying(self, rider: Resource, vm: Resource) -> Sequence[Resource]:
        """What has to know where a vm is, as it is to be where that stays; nothing where it is so already."""
        found: list[Resource] = []
        escorts = self.vocabulary.kinds[rider.kind].escorts
        assert escorts
        stays = Change(ActionKind.MOVE, vm, vm)
        refused = self._refusing(lambda: found.extend(escorts(rider, stays, self)))
        return [] if refused or found[-1].attributes == rider.attributes else found[-1:]

    def once(self, key: tuple[str, str], make: Callable[[], T]) -> T:
        """What is worked out once for the whole segment."""
        if key not in self._once:
            self._once[key] = make()
        return cast(T, self._once[key])

    def remove(self, resource: Resource, because: str) -> None:
        """Note that something of the fleet is to go: what is declared says so, in words."""
        self.leaving.setdefault(resource.key, (resource, because))

    def refuse(self, problem: Diagnostic) -> None:
        """Note a problem (once): the plan will not run."""
        if problem not in self.problems:
            self.problems.append(problem)

    @property
    def said(self) -> Iterable[Resource]:
        """What this segment declares and where, before it is settled."""
        return self._said.values()

    def held_kinds(self) -> Sequence[str]:
        """The kinds of which places can hold something, by name."""
        return [kind.name for kind in self.vocabulary.held()]

    def kind_of_word(self, word: str) -> str:
        """The kind whose name or plural is `word`, of those that places can hold; empty when there is none."""
        kind = self.vocabulary.kind_of_word(word)
        return kind.name if kind and kind in self.vocabulary.held() else ""

    def one_in_all(self, kind: str) -> bool:
        """Whether things of a kind are one in all, living at some place (a vm)."""
        return self.vocabulary.kinds[kind].scope is Scope.FLEET

    def there(self, kind: str, name: str) -> Sequence[Resource]:
        """What the fleet has of a kind by that name, be it as what stands for others (a mesh for its tunnels)."""
        gather = self.vocabulary.kinds[kind].gather
        if gather:
            return [one for one in gather(self.fleet) if one.name == name]
        return self.fleet.named(kind, name)

    def stands_for(self, resource: Resource) -> Sequence[Resource] | None:
        """The objects for which one stands; None of one that is there itself."""
        members = self.vocabulary.kinds[resource.kind].members
        return members(resource, self.fleet) if members else None

    def renamed(self, names: Mapping[tuple[str, str], str]) -> Sequence[tuple[Resource, Resource]]:
        """What else is called after things that get other names, or names them: each before and after."""
        follows = {kind.name: kind.renamed for kind in self.vocabulary.kinds.values() if kind.renamed}
        all = [(one, follow) for one in self.fleet.resources.values() if (follow := follows.get(one.kind))]
        found = [(one, follow(one, names)) for one, follow in all]
        return [(before, after) for before, after in found if before != after]

    def riding(self, resource: Resource) -> Sequence[Resource]:
        """What rides on a resource by name: a bridge's tunnels."""
        return riding(resource, self.fleet, self.vocabulary)

    def find(self, kind: str, host: str, name: str) -> Resource | None:
        """A resource of this segment or, else, of the fleet."""
        key = (kind, host, name)
        return self._settled.get(key) or self._said.get(key) or self.fleet.resources.get(key)

    def meant(
        self, said: str, kinds: Sequence[str], span: Span | None, place: str = ""
    ) -> tuple[str, str] | None:
        """Kind and name of what is said where several kinds fit, at a place or anywhere; refuses what is not clear."""
        kind, name = naming.apart(said, kinds)
        found = [one for one in kinds if kind in ("", one) and self._is_there(one, name, place)]
        if len(found) == 1:
            return found[0], name
        if found:
            self.refuse(naming.ambiguous(name, found, span))
        else:
            asked = [self.vocabulary.kinds[one] for one in ([kind] if kind else kinds)]
            self.refuse(naming.nothing(name, asked, self.fleet, span))
        return None

    def joined(self, nic: Resource) -> Sequence[Resource] | None:
        """A NIC that is to be on something else than a bridge, and what there is of it elsewhere; None of others."""
        said, span = nic.text("bridge"), nic.at("bridge")
        kinds = {kind.name: kind for kind in self.vocabulary.kinds.values() if kind.joins}
        word, name = naming.apart(said, ("bridge", *kinds))
        others = [kind for kind in kinds if word in ("", kind) and self._is_there(kind, name, "")]
        if word == "bridge" or not said or not (others or word or "/" in name):
            return None
        both = not word and self.find("bridge", nic.place, name) is not None
        if both or len(others) > 1:
            self.refuse(naming.ambiguous(name, ["bridge", *others] if both else others, span))
            return []
        if not others:
            self.refuse(naming.nothing(name, [kinds[word]] if word else [*kinds.values()], self.fleet, span))
            return []
        [kind] = others
        here = [self._whole(one) for one in self.settled_of(kind) if one.name == name]
        join, there = kinds[kind].joins, [*here, *self.fleet.named(kind, name)]
        assert join
        return join(nic, there[0], self) if there else []  # it was refused, and that is said

    def off_bridges(self, nic: Resource) -> Sequence[Diagnostic] | None:
        """What refuses a NIC that is to be on something else than a bridge, which is not noted; None of others."""
        found: list[Sequence[Resource] | None] = []
        refusing = self._refusing(lambda: found.append(self.joined(nic)))
        return None if found == [None] else refusing

    def _whole(self, resource: Resource) -> Resource:
        """What is said of something, on what it is already."""
        there = self.fleet.resources.get(resource.key)
        return there.with_attributes(**resource.attributes) if there else resource

    def _is_there(self, kind: str, name: str, place: str) -> bool:
        if place:
            return self.find(kind, place, name) is not None
        return (kind, name) in self._names or bool(self.fleet.named(kind, name))

    def settle(self, resources: Iterable[Resource]) -> Sequence[Resource]:
        """The resources with all that the fleet adds. Given in an order where parents come first."""
        pending = list(resources)
        for part in pending:
            self._parts.setdefault(part.parent, []).append(part)
        self._said = {r.key: r for r in pending if r.place}
        self._names = {(r.kind, r.name) for r in pending}
        place: dict[tuple[str, str], str] = {}
        for resource in pending:
            kind = self.vocabulary.kinds[resource.kind]
            if resource.parent and self.vocabulary.kinds[resource.parent[0]].scope is Scope.FLEET:
                if resource.parent not in place:
                    continue  # the parent was refused, and that is said
                resource = replace(resource, place=place[resource.parent])
            try:
                for settled in (kind.settle or settle)(resource, self):
                    if settled.kind not in self.vocabulary.kinds or settled.place not in self.inventory:
                        raise LookupError(f"there is no {settled.kind} at {settled.place or 'no place'}")
                    if twice := self._settled.get(settled.key):  # one follows several: each says a part of it
                        settled = replace(settled, attributes={**twice.attributes, **settled.attributes})
                    self._settled[settled.key] = settled
                    self._settled_of.setdefault(settled.kind, {})[settled.key] = settled
                    if kind.scope is Scope.FLEET:
                        place[settled.kind, settled.name] = settled.place
            except (Exception, SystemExit) as error:  # a plugin can raise anything
                raise self.vocabulary.broken(kind, "settle", error) from error
        return list(self._settled.values())
