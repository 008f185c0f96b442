"""The running state as a script: planning it again gives an empty plan.

Sentences are written from the schemas and then planned. One that has a problem, or that would change anything,
becomes a comment that says why. So an export holds for every kind there is, and for hosts in any state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Protocol, runtime_checkable

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source, did_you_mean
from vnetsh.errors import UsageError
from vnetsh.export_kinds import Declared, Unsaid, export_fleet_wide, export_on_hosts
from vnetsh.formatting import formatted
from vnetsh.model import Fleet, Resource, Value
from vnetsh.plan import ActionKind, Change
from vnetsh.schema import BadValue, Kind, Scope, Vocabulary
from vnetsh.session import HostsDown, Session
from vnetsh.wording import plain, sentence_text


@runtime_checkable
class Telling(Protocol):
    """What a backend may have besides that of `vnetsh.backend.Backend`."""

    def unsaid(self, resource: Resource) -> Sequence[str]:
        """What one of its resources has that no sentence can say (trunks, QoS), each in a few words."""


@dataclass(frozen=True)
class Export:
    """The script, the resources it was made of, and what it does not say of them.

    `hidden` are the hosts and services that did not answer, in sentences.
    """

    text: str
    resources: tuple[Resource, ...]
    unsaid: tuple[Unsaid, ...]
    hidden: tuple[str, ...]

    def as_json(self) -> Mapping[str, object]:
        """The stable JSON form."""
        return {
            "resources": [
                {
                    **_key(resource),
                    "parent": list(resource.parent) if resource.parent else None,
                    "backend": resource.backend,
                    "marked": resource.marked,
                    "attributes": {k: v for k, v in resource.attributes.items() if v is not None},
                }
                for resource in self.resources
            ],
            "unsaid": [{**_key(u.resource), "reason": u.reason, "whole": u.whole} for u in self.unsaid],
            "hidden": list(self.hidden),
        }


def _key(resource: Resource) -> dict[str, object]:
    return {"kind": resource.kind, "name": resource.name, "host": resource.host}


def export(session: Session, words: Sequence[str], *, keep_going: bool = False) -> Export:
    """Everything of these kinds that the hosts have; without any: of all kinds, but not the hosts themselves.

    Raises `UsageError` for a word that is no kind, `HostsDown` unless `keep_going`.
    """
    kinds = _kinds(words, session.vocabulary)
    fleet = session.observe()
    if fleet.unreachable and not keep_going:
        raise HostsDown(list(fleet.unreachable.values()))
    writer = _Writer(session, fleet, kinds)
    page = writer.page()
    while problems := _problems(session, fleet, page.text):
        refused = {owner: plain(p.message) for p in problems[::-1] if (owner := page.owner(p))}
        if not refused:  # about no sentence of the page's: a rule of a plugin's, or about the hosts file
            writer.hidden += [plain(problem.message) for problem in problems]
            page = writer.page()
            break
        writer.refused.update(refused)
        page = writer.page()
    text = formatted(Source("<export>", page.text))
    return Export(text, tuple(writer.resources), tuple(page.unsaid), tuple(writer.hidden))


def _kinds(words: Sequence[str], vocabulary: Vocabulary) -> list[Kind]:
    """The kinds meant, in the order in which they need one another."""
    sayable = [kind for kind in vocabulary.kinds.values() if kind.sayable and kind.scope is not Scope.SCRIPT]
    asked = {_kind(word, sayable, vocabulary).name for word in words}
    asked = asked or {kind.name for kind in sayable if kind.scope is not Scope.INVENTORY}
    order = TopologicalSorter({kind.name: kind.requires for kind in vocabulary.kinds.values()})
    return [vocabulary.kinds[name] for name in order.static_order() if name in asked]


def _kind(word: str, sayable: Sequence[Kind], vocabulary: Vocabulary) -> Kind:
    kind = vocabulary.kind_of_word(word)
    if kind and kind in sayable:
        return kind
    plurals = [known.plural for known in sayable]
    if kind:
        message = f"{kind.plural} have no sentences of their own"
        help = "they are said with " + ", ".join(plurals)
    else:
        message = f"there is nothing called `{word}` to export"
        help = did_you_mean(word, plurals, ", ".join(plurals))
    raise UsageError(message, help=help)


def _problems(session: Session, fleet: Fleet, text: str) -> list[Diagnostic]:
    """Why planning a script on the fleet gives something else than an empty plan."""
    try:
        script = session.check(Source("<export>", text))
    except ProblemsFound as found:
        return list(found.problems)
    plan, problems = session.planner.plan(script, fleet)
    return problems or [Diagnostic("", _change_text(change), change.resource.span) for change in plan.changes]


def _change_text(change: Change) -> str:
    if change.action is not ActionKind.CHANGE:
        return f"planning it would {change}"
    differing = (f"{name} from {old} to {new}" for name, (old, new) in change.differing().items())
    return f"planning it would change {', '.join(differing)}"


@dataclass(frozen=True, eq=False)
class _Said:
    """A sentence or, in a block, a part: its text, the resources that it stands for, its block."""

    text: str
    of: tuple[Resource, ...]
    parts: tuple[_Said, ...] = ()


@dataclass
class _Page:
    """Lines, the sentence or part that each of them says, and all that is said in comments only."""

    lines: list[str] = field(default_factory=list)
    owners: list[_Said | None] = field(default_factory=list)
    unsaid: list[Unsaid] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def add(self, line: str, owner: _Said | None = None) -> None:
        self.lines.append(line)
        self.owners.append(owner)

    def comment(self, unsaid: Unsaid) -> None:
        self.unsaid.append(unsaid)
        self.add(_comment(unsaid))

    def owner(self, problem: Diagnostic) -> _Said | None:
        """What a problem is about; None when it is not about a sentence of the page."""
        span = problem.span
        if span is None or span.source.text != self.text:
            return None
        return self.owners[span.source.position(span.start)[0] - 1]


def _comment(unsaid: Unsaid) -> str:
    resource = unsaid.resource
    name = f"{resource.kind} {resource.name}"
    if resource.parent:
        name += f" of {' '.join(resource.parent)}"
    if resource.host != resource.name:
        name += f" on {resource.host}"
    if not unsaid.whole:
        return f"# unsaid: {plain(name)}: {plain(unsaid.reason)}"
    values = (f"{key} {value}" for key, value in resource.attributes.items() if value not in (None, False))
    known = ", ".join(value for value in values if value != " ".join(resource.parent or ()))
    return plain(f"# left out: {name}{f' ({known})' if known else ''}: {unsaid.reason}")


class _Writer:
    """Writes the page; what is `refused` as a comment."""

    def __init__(self, session: Session, fleet: Fleet, kinds: Sequence[Kind]) -> None:
        self._session = session
        self._fleet = fleet
        self._places = {name: number for number, name in enumerate(fleet.hosts)}
        self.refused: dict[_Said, str] = {}
        self.hidden = [*self._what_is_hidden(kinds)]
        self.resources: list[Resource] = []
        self._chapters = [[*self._chapter(kind)] for kind in kinds]

    def page(self) -> _Page:
        """The page as far as is known what it can say."""
        page = _Page()
        for sentence in self.hidden:
            page.add(f"# {sentence}")
        for chapter in filter(None, self._chapters):
            if page.lines:
                page.add("")
            for said in chapter:
                if isinstance(said, Unsaid):
                    page.comment(said)
                else:
                    self._write(said, page)
        return page

    def _write(self, said: _Said, page: _Page) -> None:
        reason = self.refused.get(said)
        parts = [] if reason else [part for part in said.parts if part not in self.refused]
        if reason:
            for resource in said.of:
                page.comment(Unsaid(resource, reason, whole=True))
        elif said.of or parts:
            page.add(said.text + " {" * bool(parts), said)
            for part in parts:
                page.add("    " + part.text, part)
            if parts:
                page.add("}")
        for part in said.parts:
            why = self.refused.get(part, "what it is a part of is left out" if reason else "")
            for resource in part.of if why else ():
                page.comment(Unsaid(resource, why, whole=True))

    def _what_is_hidden(self, kinds: Sequence[Kind]) -> Iterator[str]:
        for host, error in self._fleet.unreachable.items():
            yield plain(f"left out: all of {host}, which does not answer: {error.message}")
        names = {part.kind for kind in kinds for part in kind.parts} | {kind.name for kind in kinds}
        for (host, backend), error in self._fleet.absent.items():
            if self._session.plugins.backends[backend].kinds & names:
                yield plain(f"left out: what {backend} has on {host}: {error.message}")

    def _chapter(self, kind: Kind) -> Iterator[_Said | Unsaid]:
        """All that there is of a kind."""
        found = self._of_kind(kind)
        default = export_fleet_wide if kind.scope is Scope.FLEET else export_on_hosts
        for one in (kind.export or default)(kind, found, self._fleet):
            if isinstance(one, Unsaid):
                yield one
                for part in self._fleet.parts(one.resource) if one.whole else ():
                    yield Unsaid(part, "what it is a part of is left out", whole=True)
            else:
                yield from self._sentences(kind, one)
        for root in found:
            for resource in (root, *sorted(self._fleet.parts(root), key=lambda part: part.name)):
                self.resources.append(resource)
                yield from self._told(resource)

    def _of_kind(self, kind: Kind) -> Sequence[Resource]:
        """The resources of a kind that are no part of another's, by name and host."""
        if kind.scope is Scope.INVENTORY:
            found: Iterable[Resource] = self._session.look(kind.name)
        else:
            found = (resource for resource in self._fleet.of_kind(kind.name) if not resource.parent)
        return sorted(found, key=lambda r: (r.name, self._places[r.host]))

    def _told(self, resource: Resource) -> Iterator[Unsaid]:
        """What its backend says that no sentence says."""
        backend = self._session.plugins.backends.get(resource.backend)
        if isinstance(backend, Telling):
            for text in backend.unsaid(resource):
                yield Unsaid(resource, text)

    def _sentences(self, kind: Kind, declared: Declared) -> Iterator[_Said | Unsaid]:
        """A sentence with the parts that all its hosts have alike; then one for each other set of hosts."""
        same: dict[str, list[Resource]] = {}
        for part in declared.parts:
            schema = next((schema for schema in kind.parts if schema.kind == part.kind), None)
            try:
                text = sentence_text(schema, {**part.attributes, "name": part.name}) if schema else ""
            except BadValue as bad:
                yield Unsaid(part, bad.message, whole=True)
                continue
            same.setdefault(text, []).append(part)
        blocks: dict[tuple[str, ...], list[_Said]] = {tuple(r.host for r in declared.of): []}
        for text, parts in same.items():
            blocks.setdefault(tuple(r.host for r in parts), []).append(_Said(text, tuple(parts)))
        must = {attribute.name for attribute in kind.attributes if attribute.required}
        values, of = declared.values, declared.of
        for hosts, block in blocks.items():
            try:
                yield _Said(sentence_text(kind, values, declared.name), of, tuple(block))
            except BadValue as bad:
                yield from (Unsaid(resource, bad.message, whole=True) for resource in of)
                return
            values = {name: value for name, value in declared.values.items() if name in must}
            values, of = {**values, "on": ()}, ()
