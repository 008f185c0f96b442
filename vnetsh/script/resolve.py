"""Phrases into a script: segments of wanted resources and of actions, on a known inventory. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.model import Host, Inventory, Place, Resource, hosts_in
from vnetsh.nouns.defaults import expand
from vnetsh.nouns.places import make_place, unknown_places
from vnetsh.schema import Block, Kind, Scope, SentenceSchema, Verb, Vocabulary, naming
from vnetsh.schema.phrase import Phrase
from vnetsh.script.scoping import steps
from vnetsh.script.script import Script, Segment

_NO_HOSTS = "no host is known: a file `hosts.vnet` or `--hosts FILE` says them; `--demo` has some in memory"


class Resolver:
    """Makes a script of phrases; collects what is wrong with it."""

    def __init__(
        self, phrases: Sequence[Phrase], inventory: Inventory, vocabulary: Vocabulary, owner: str = ""
    ) -> None:
        self._owner = owner
        self.vocabulary = vocabulary
        self.problems: list[Diagnostic] = []
        self._steps = tuple(steps(phrases, vocabulary))
        self.inventory: dict[str, Place] = dict(inventory)
        self._hosts: Mapping[str, Host] | None = None
        self._sorts = {kind.sort for kind in vocabulary.kinds.values()} - {""}

    @property
    def phrases(self) -> Sequence[Phrase]:
        """Every sentence of the script, also those in blocks."""
        return [step.phrase for step in self._steps]

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among the places."""
        if self._hosts is None:
            self._hosts = hosts_in(self.inventory)
        return self._hosts

    def refuse(self, problem: Diagnostic) -> None:
        """Note a problem: the script will not run."""
        self.problems.append(problem)

    def resolve(self) -> Script:
        """The script; worth something only when there are no `problems`."""
        for step in self._steps:
            schema = step.phrase.schema
            if isinstance(schema, Kind) and names_places(schema) and self._hosts_known(step.phrase):
                self._add_place(step.phrase, schema)
        self.problems += naming.undecided([step.phrase for step in self._steps])
        segments: list[Segment] = []
        declared: list[Phrase] = []
        for step in self._steps:
            phrase = step.phrase
            if names_places(phrase.schema) or (not step.ended and not self._hosts_known(phrase)):
                continue
            if any(_names_unknown_hosts(holder, self.hosts) for holder in phrase.within):
                continue  # said of the holder already
            if isinstance(phrase.schema, Kind):
                if declared and _verbs_around(declared[-1]) != _verbs_around(phrase):
                    segments += self._declarations(declared)
                    declared = []
                declared.append(phrase)
                continue
            segments += self._declarations(declared)
            declared = []
            schema = phrase.schema
            if (
                step.ended
                or not isinstance(schema, Verb)
                or schema.plan
                or schema.block is not Block.SENTENCES
            ):
                segments.append(Segment(action=phrase, ended=step.ended, within=_verbs_around(phrase)))
        segments += self._declarations(declared)
        return Script(self.inventory, tuple(segments), self.vocabulary)

    def _add_place(self, phrase: Phrase, kind: Kind) -> None:
        known = self.inventory.get(phrase.name)
        again = known and known.span and known.span.source == phrase.span.source
        if known and (again or known.noun != kind.name):
            self.refuse(_declared_twice(phrase, known))
            return
        # In a world without hardware a script's own places are of that world too.
        world = next((place.world for place in self.inventory.values()), "")
        try:
            made = (kind.place or make_place)(phrase, self)
            if made is not None and not isinstance(made, Place):
                raise TypeError(f"{made!r} is no place")
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise self.vocabulary.broken(kind, "place", error) from error
        if made:
            self.inventory[phrase.name] = made if known else replace(made, world=world)
            self._hosts = None

    def _hosts_known(self, phrase: Phrase) -> bool:
        """Whether every host, and of a verb every other place, that a phrase names is in the inventory."""
        unknown = [found for one in (phrase, *phrase.parts) for found in _unknown_hosts(one, self.hosts)]
        known = "`show hosts` lists them all" if self.hosts else _NO_HOSTS
        elsewhere = self._unknown_elsewhere(phrase)
        self.problems += elsewhere
        for name, span in unknown:
            self.refuse(
                Diagnostic(
                    "E102",
                    f"unknown host `{name}`",
                    span,
                    "not in the inventory",
                    did_you_mean(name, list(self.hosts), known),
                )
            )
        return not (unknown or elsewhere)

    def _unknown_elsewhere(self, phrase: Phrase) -> Sequence[Diagnostic]:
        """The problems of places that are no hosts, and that a verb names."""
        words = phrase.schema.attributes if isinstance(phrase.schema, Verb) else ()
        return [
            problem
            for word in words
            if word.type.ref in self._sorts
            for problem in unknown_places(phrase, word.name, word.type.ref, self.inventory)
        ]

    def _declarations(self, phrases: Sequence[Phrase]) -> list[Segment]:
        merged: dict[tuple[str, str, str], Resource] = {}
        for phrase in phrases:
            assert isinstance(phrase.schema, Kind)
            try:
                for resource in (phrase.schema.expand or expand)(phrase, self):
                    if resource.place and resource.place not in self.inventory:
                        raise LookupError(f"there is no place {resource.place}")
                    self._merge(merged, resource)
            except (Exception, SystemExit) as error:  # a plugin can raise anything
                raise self.vocabulary.broken(phrase.schema, "expand", error) from error
        if not merged:
            return []
        return [Segment(tuple(merged.values()), owner=self._owner, within=_verbs_around(phrases[0]))]

    def _merge(self, merged: dict[tuple[str, str, str], Resource], new: Resource) -> None:
        """Add a resource; said twice it is one, with all that was said."""
        kind = self.vocabulary.kinds[new.kind]
        fleet_wide = kind.scope is Scope.FLEET
        key = (new.kind, "" if fleet_wide else new.place, new.name)
        old = merged.get(key)
        if old is None:
            merged[key] = new
            return
        clash = next(
            (
                name
                for name, value in new.attributes.items()
                if not kind.same(name, old.attributes.get(name, value), value)
            ),
            "",
        )
        if old.parent != new.parent:
            self.refuse(_twice("E203", f"the name `{new.name}` is given to two ports", old, new))
        elif clash or (old.place and new.place and old.place != new.place):
            self.refuse(
                _twice("E201", f"{new.kind} `{new.name}` is declared twice, differently", old, new, clash)
            )
        else:
            merged[key] = replace(
                old,
                place=old.place or new.place,
                attributes={**old.attributes, **new.attributes},
                words={**(old.words or {}), **(new.words or {}), "": old.span} if old.span else None,
            )


def names_places(schema: SentenceSchema) -> bool:
    """Whether a sentence says how a place is reached: those are known before all others."""
    return isinstance(schema, Kind) and schema.scope is Scope.INVENTORY


def _declared_twice(phrase: Phrase, known: Place) -> Diagnostic:
    line = known.span.source.position(known.span.start)[0] if known.span else 0
    where = f"first in line {line}: keep one" if line else "places have names of their own: choose another"
    return Diagnostic("E201", f"{known.noun} `{phrase.name}` is declared twice", phrase.name_span, help=where)


def _verbs_around(phrase: Phrase) -> tuple[Phrase, ...]:
    """The verbs in whose blocks a phrase stands."""
    return tuple(holder for holder in phrase.within if isinstance(holder.schema, Verb))


def _names_unknown_hosts(phrase: Phrase, known: Mapping[str, Host]) -> bool:
    return next(_unknown_hosts(phrase, known), None) is not None


def _unknown_hosts(phrase: Phrase, known: Mapping[str, Host]) -> Iterator[tuple[str, Span]]:
    named = [phrase.subject] if phrase.schema.subject and phrase.schema.subject.ref == "host" else []
    for attribute in phrase.schema.naming_hosts:
        said = phrase.operands.get(attribute.name) or phrase.attributes.get(attribute.name)
        if said and said.value in attribute.type.words():  # `any` host
            continue
        named.append(said)
    for said in named:
        if not said or said.value is None:
            continue
        values = map(str, said.value if isinstance(said.value, tuple) else (said.value,))
        yield from ((name, span) for name, span in zip(values, said.words, strict=False) if name not in known)


def _twice(code: str, message: str, old: Resource, new: Resource, clash: str = "") -> Diagnostic:
    where = ""
    if old.span:
        line, column = old.span.source.position(old.span.start)
        where = f"the other is in line {line}, column {column}"
    if clash:
        where += f"; they differ in `{clash}`"
    return Diagnostic(code, message, new.at(clash or "name"), help=where)
