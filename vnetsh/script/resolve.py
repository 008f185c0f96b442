"""Phrases into a script: segments of wanted resources and of actions, on a known inventory. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from vnetsh.schema.phrase import Phrase
from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.model import Host, Inventory, Resource
from vnetsh.schema import Kind, Scope, Verb, Vocabulary
from vnetsh.language.syntax import Sentence, text_of
from vnetsh.language.variables import Variables

Claim = tuple[str, str, str]
"""Kind, host and name of what a script says; without the host where it may be on any."""


_NO_HOSTS = "no host is known: a file `hosts.vnet` or `--hosts FILE` says them; `--demo` has some in memory"


@dataclass(frozen=True)
class Segment:
    """Neighbouring declarations, merged; one action; or what prunes."""

    resources: tuple[Resource, ...] = ()
    action: Phrase | None = None
    owner: str = ""
    keep: frozenset[Claim] | None = None
    """Of the segment that prunes: all that the script says. What else its owner made goes."""

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], list[Resource]]:
        index: dict[tuple[str, str], list[Resource]] = {}
        for resource in self.resources:
            index.setdefault((resource.kind, resource.name), []).append(resource)
        return index

    def of_name(self, kind: str, name: str) -> Sequence[Resource]:
        """What it declares of that kind and name, over all hosts."""
        return self._by_name.get((kind, name), ())

    @property
    def query(self) -> bool:
        """Whether it only looks (`show`)."""
        return (
            self.action is not None and isinstance(self.action.schema, Verb) and not self.action.schema.plan
        )


@dataclass(frozen=True)
class Script:
    """A checked script: what it wants, segment by segment, and the inventory it was resolved against."""

    inventory: Inventory
    segments: tuple[Segment, ...]
    vocabulary: Vocabulary = field(repr=False)
    variables: Variables = field(default_factory=dict)
    sentences: tuple[Sentence, ...] = field(default=(), repr=False)
    names: tuple[str, ...] = ()
    """Those of its sources."""

    @property
    def text(self) -> str:
        """Plain sentences: variables, loops, ranges and includes replaced by what they stand for."""
        return "".join(f"{text_of(sentence)}\n" for sentence in self.sentences)

    @property
    def resources(self) -> Iterator[Resource]:
        """Everything that any segment declares."""
        return (resource for segment in self.segments for resource in segment.resources)

    def hosts(self) -> set[str]:
        """The hosts that must be looked at: those named, or all where something may be anywhere."""
        anywhere = {kind.name for kind in self.vocabulary.kinds.values() if kind.scope is Scope.FLEET}
        found: set[str] = set()
        for segment in self.segments:
            if (
                segment.action
                or segment.keep is not None
                or any(r.kind in anywhere or not r.host for r in segment.resources)
            ):
                return set(self.inventory)
            found |= {resource.host for resource in segment.resources}
        return found


class Resolver:
    """Makes a script of phrases; collects what is wrong with it."""

    def __init__(
        self, phrases: Sequence[Phrase], inventory: Inventory, vocabulary: Vocabulary, owner: str = ""
    ) -> None:
        self._owner = owner
        self.vocabulary = vocabulary
        self.problems: list[Diagnostic] = []
        self._phrases = phrases
        self.inventory: dict[str, Host] = dict(inventory)

    def refuse(self, problem: Diagnostic) -> None:
        """Note a problem: the script will not run."""
        self.problems.append(problem)

    def resolve(self) -> Script:
        """The script; worth something only when there are no `problems`."""
        for phrase in self._phrases:
            if _is_host(phrase):
                self._add_host(phrase)
        segments: list[Segment] = []
        declared: list[Phrase] = []
        for phrase in self._phrases:
            if _is_host(phrase) or not self._hosts_known(phrase):
                continue
            if isinstance(phrase.schema, Kind):
                declared.append(phrase)
            else:
                segments += self._declarations(declared)
                segments.append(Segment(action=phrase))
                declared = []
        segments += self._declarations(declared)
        return Script(self.inventory, tuple(segments), self.vocabulary)

    def _add_host(self, phrase: Phrase) -> None:
        attributes = {name: said.value for name, said in phrase.attributes.items()}
        known = self.inventory.get(phrase.name)
        if known and known.span and known.span.source == phrase.span.source:
            line, _ = known.span.source.position(known.span.start)
            self.refuse(
                Diagnostic(
                    "E201",
                    f"host `{phrase.name}` is declared twice",
                    phrase.span,
                    help=f"first in line {line}: keep one",
                )
            )
            return
        # In a world without hardware a script's own hosts are of that world too.
        world = next((host.world for host in self.inventory.values()), "")
        base = known or Host(phrase.name, world=world)
        address = str(attributes.pop("address", None) or base.address)
        self.inventory[phrase.name] = replace(
            base, address=address, attributes={**base.attributes, **attributes}, span=phrase.span
        )

    def _hosts_known(self, phrase: Phrase) -> bool:
        """Whether every host that a phrase names is in the inventory."""
        unknown = [found for one in (phrase, *phrase.parts) for found in _unknown_hosts(one, self.inventory)]
        known = "`show hosts` lists them all" if self.inventory else _NO_HOSTS
        for name, span in unknown:
            self.refuse(
                Diagnostic(
                    "E102",
                    f"unknown host `{name}`",
                    span,
                    "not in the inventory",
                    did_you_mean(name, list(self.inventory), known),
                )
            )
        return not unknown

    def _declarations(self, phrases: Sequence[Phrase]) -> list[Segment]:
        merged: dict[tuple[str, str, str], Resource] = {}
        for phrase in phrases:
            assert isinstance(phrase.schema, Kind)
            expand = phrase.schema.expand or expand_on_hosts
            for resource in expand(phrase, self):
                self._merge(merged, resource)
        return [Segment(tuple(merged.values()), owner=self._owner)] if merged else []

    def _merge(self, merged: dict[tuple[str, str, str], Resource], new: Resource) -> None:
        """Add a resource; said twice it is one, with all that was said."""
        fleet_wide = self.vocabulary.kinds[new.kind].scope is Scope.FLEET
        key = (new.kind, "" if fleet_wide else new.host, new.name)
        old = merged.get(key)
        if old is None:
            merged[key] = new
            return
        clash = next(
            (name for name, value in new.attributes.items() if old.attributes.get(name, value) != value), ""
        )
        if old.parent != new.parent:
            self.refuse(_twice("E203", f"the name `{new.name}` is given to two ports", old, new))
        elif clash or (old.host and new.host and old.host != new.host):
            self.refuse(
                _twice("E201", f"{new.kind} `{new.name}` is declared twice, differently", old, new, clash)
            )
        else:
            merged[key] = replace(
                old, host=old.host or new.host, attributes={**old.attributes, **new.attributes}
            )

    def only_bridge(self, declaration: Phrase, hosts: Sequence[str]) -> str:
        """The one bridge that the script declares on any of these hosts; empty when it declares none.

        One with an uplink is not for tunnels: it carries the hosts' own traffic.
        """
        names = [
            p.name
            for p in self._phrases
            if p.schema.name == "bridge" and not p.value("uplink") and set(p.names("on")) & set(hosts)
        ]
        candidates = list(dict.fromkeys(names))
        if len(candidates) > 1:
            self.refuse(ambiguous_bridge(declaration.name, declaration.span, candidates))
        return candidates[0] if len(candidates) == 1 else ""


def ambiguous_bridge(tunnel: str, span: Span | None, candidates: Sequence[str]) -> Diagnostic:
    """The problem of a tunnel that could join several bridges."""
    return Diagnostic(
        "E204",
        f"tunnel `{tunnel}` could join " + " or ".join(f"`{name}`" for name in candidates),
        span,
        "which bridge?",
        f"say it: `on {candidates[0]}`",
    )


def expand_on_hosts(declaration: Phrase, resolver: Resolver) -> Sequence[Resource]:
    """A kind's usual expansion: one resource on each host of `on`, and its parts there."""
    attributes = {name: said.value for name, said in declaration.attributes.items() if name != "on"}
    whole = (declaration.schema.name, declaration.name)
    parts = []
    for part in declaration.parts:
        values = {name: said.value for name, said in (*part.operands.items(), *part.attributes.items())}
        name = str(values.pop("name"))
        values[declaration.schema.name] = declaration.name
        parts.append((part.schema.kind, name, values, part.span))  # type: ignore[attr-defined]
    resources = []
    for host in declaration.names("on"):
        resources.append(Resource(*whole, host, attributes, span=declaration.span))
        resources += [
            Resource(kind, name, host, values, whole, span=span) for kind, name, values, span in parts
        ]
    return resources


def _is_host(phrase: Phrase) -> bool:
    return isinstance(phrase.schema, Kind) and phrase.schema.scope is Scope.INVENTORY


def _unknown_hosts(phrase: Phrase, known: Inventory) -> Iterator[tuple[str, Span]]:
    for attribute in phrase.schema.naming_hosts:
        said = phrase.operands.get(attribute.name) or phrase.attributes.get(attribute.name)
        if not said or said.value is None:
            continue
        values = said.value if isinstance(said.value, tuple) else (str(said.value),)
        yield from ((name, span) for name, span in zip(values, said.words, strict=False) if name not in known)


def _twice(code: str, message: str, old: Resource, new: Resource, clash: str = "") -> Diagnostic:
    where = ""
    if old.span:
        line, column = old.span.source.position(old.span.start)
        where = f"the other is in line {line}, column {column}"
    if clash:
        where += f"; they differ in `{clash}`"
    return Diagnostic(code, message, new.span, help=where)
