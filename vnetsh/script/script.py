"""A checked script: segments of wanted resources and of actions, on a known inventory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from vnetsh.diagnostics import Source
from vnetsh.language.syntax import Sentence, text_of
from vnetsh.language.variables import Variables
from vnetsh.model import Host, Inventory, Resource, hosts_in
from vnetsh.schema import Kind, Scope, Verb, Vocabulary
from vnetsh.schema.phrase import Phrase

Claim = tuple[str, str, str]
"""Kind, host and name of what a script says; without the host where it may be on any."""


@dataclass(frozen=True)
class Segment:
    """Neighbouring declarations, merged; one action; or what prunes."""

    resources: tuple[Resource, ...] = ()
    action: Phrase | None = None
    ended: bool = False
    """Of an action: its block has come to its end."""
    within: tuple[Phrase, ...] = ()
    """The verbs in whose blocks it stands, the outermost first."""
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
        verb = self.action.schema if self.action else None
        if not (self.action and isinstance(verb, Verb) and verb.answer):
            return False
        return not verb.asks or bool(self.action.value(verb.asks))

    @property
    def locks(self) -> bool:
        """Whether its places are locked for it: it changes something, or looks at what would be changed."""
        return not self.query or bool(getattr(self.action and self.action.schema, "asks", ""))

    @property
    def keeps(self) -> bool:
        """Whether it says what is to be kept from here on."""
        return bool(getattr(self.action and self.action.schema, "keeps", None))

    @property
    def bounds(self) -> bool:
        """Whether it begins or ends a block that has to be confirmed, and is nothing else."""
        return bool(getattr(self.action and self.action.schema, "confirms", ""))

    @property
    def unconfirmed(self) -> Phrase | None:
        """The sentence whose block has to be confirmed, if it stands in such a one, or begins or ends it."""
        around = (*self.within, *([self.action] if self.action else []))
        return next((one for one in around if getattr(one.schema, "confirms", "")), None)

    @property
    def foreseen(self) -> bool:
        """Whether it only looks, and a plan can say what will be seen."""
        return self.query and self.action is not None and bool(getattr(self.action.schema, "foresee", None))


@dataclass(frozen=True)
class Script:
    """A checked script: what it wants, segment by segment, and the inventory it was resolved against."""

    inventory: Inventory
    segments: tuple[Segment, ...]
    vocabulary: Vocabulary = field(repr=False)
    variables: Variables = field(default_factory=dict)
    sentences: tuple[Sentence, ...] = field(default=(), repr=False)
    names: tuple[str, ...] = ()
    """Those of its sources; of what was typed, its words on one line."""
    typed: str = ""
    """What was typed, whole."""

    @property
    def text(self) -> str:
        """Plain sentences: variables, loops, ranges and includes replaced by what they stand for."""
        return "".join(f"{text_of(sentence)}\n" for sentence in self.sentences)

    @property
    def resources(self) -> Iterator[Resource]:
        """Everything that any segment declares."""
        return (resource for segment in self.segments for resource in segment.resources)

    @cached_property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts of its inventory."""
        return hosts_in(self.inventory)

    def without(self, places: set[str]) -> Script:
        """The script without what it says of these places; its actions stay, and fail by themselves."""
        segments = tuple(
            segment
            if segment.action
            else replace(segment, resources=tuple(r for r in segment.resources if r.place not in places))
            for segment in self.segments
        )
        return replace(self, segments=segments)

    def places(self) -> set[str]:
        """The places that must be looked at: those named, or all where something may be anywhere."""
        kinds = self.vocabulary.kinds.values()
        anywhere = {kind.name for kind in kinds if kind.scope is Scope.FLEET or kind.of_hosts}
        found: set[str] = set()
        for segment in self.segments:
            if segment.bounds:
                continue
            going = self._what_goes(segment.action) if segment.action else None
            if going and going.sort and not going.of_hosts:
                found |= {place.name for place in self.inventory.values() if place.sort == going.sort}
            elif (
                segment.action
                or segment.keep is not None
                or any(r.kind in anywhere or not r.place or self._is_part(r) for r in segment.resources)
            ):
                return set(self.inventory)
            else:
                found |= {resource.place for resource in segment.resources}
        return found

    def _is_part(self, resource: Resource) -> bool:
        """Whether it is a part of what may have others anywhere."""
        return resource.get(self.vocabulary.kinds[resource.kind].part_of) is not None

    def needed(self) -> set[str]:
        """The places without an answer of which it cannot be planned: those that it names, or all it may be about."""
        found: set[str] = set()
        for segment in self.segments:
            if segment.action and not segment.query:
                found |= self._needed_by(segment.action)
            elif segment.keep is not None:
                return set(self.inventory)
            found |= {resource.place for resource in segment.resources if resource.place}
        return found

    def _needed_by(self, action: Phrase) -> set[str]:
        """Of an action about what is one in all, the hosts that it names; else all where it may do something."""
        verb, effect = action.schema, action.schema.effect if isinstance(action.schema, Verb) else None
        named = {name for one in verb.naming_hosts for name in action.texts(one.name)}
        if verb.subject and verb.subject.ref == "host":
            named |= {*action.subjects}
        if effect and effect.others:
            return named
        about = verb.subject.ref if effect and effect.needs and verb.subject else ""
        kind = self.vocabulary.kind_of_word(action.name if effect and effect.deletes else about)
        if kind and (named or kind.scope is Scope.FLEET):
            return named
        going = self._what_goes(action)
        sort = going.sort if going else ""
        return {place.name for place in self.inventory.values() if not sort or place.sort == sort}

    def _what_goes(self, action: Phrase) -> Kind | None:
        """Of an action that only deletes things of one kind, and what rides on them: the kind."""
        effect = action.schema.effect if isinstance(action.schema, Verb) else None
        return self.vocabulary.kind_of_word(action.name) if effect and effect.deletes else None


def owner_of(sources: Sequence[Source]) -> str:
    """The name by which a script owns what it makes: its first file's, without the folder."""
    if not sources or is_typed(sources[0]):
        return ""
    return re.sub(r"[^\w.-]", "_", Path(sources[0].name).name)


SHOWN = 50
"""Characters that are shown of what was typed."""


def title_of(source: Source) -> str:
    """How people know a source: by its file, or by what was typed, shortened to one line."""
    if not is_typed(source):
        return source.name
    lines = [line for line in map(str.strip, source.text.splitlines()) if line and not line.startswith("#")]
    text = "; ".join(lines).replace("{; ", "{ ").replace("; }", " }").replace("\\; ", "")
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1].rstrip()}…"


def is_typed(source: Source) -> bool:
    """Whether a source has no file."""
    return source.name.startswith("<")
