"""The static check of what a script deletes and uses all the same; and what an action may undo. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vnetsh.diagnostics import Diagnostic, Span, place_of
from vnetsh.model import Host, Key, Resource
from vnetsh.schema import Effect, Scope, Verb, Vocabulary
from vnetsh.schema.phrase import Phrase
from vnetsh.script.script import Script

Thing = tuple[str, str]
"""Kind and name of what is one in all, such as a vm."""


def effect_of(action: Phrase) -> Effect | None:
    """What an action does; None when it may do anything."""
    verb = action.schema
    assert isinstance(verb, Verb)
    if verb.asks and action.value(verb.asks):  # it only answers: what it names must be there all the same
        return Effect(needs=bool(verb.effect and verb.effect.needs))
    return verb.effect or (Effect() if verb.answer else None)


def deleted(action: Phrase, vocabulary: Vocabulary) -> Thing | None:
    """Kind and name of what an action deletes; None when it is another one."""
    effect = effect_of(action)
    kind = vocabulary.kind_of_word(action.name) if effect and effect.deletes else None
    return (kind.name, str(action.value("name"))) if kind else None


def may_undo(action: Phrase, thing: Resource, vocabulary: Vocabulary) -> bool:
    """Whether an action may change what was said of a thing: it deletes it, or nobody knows what it does."""
    return effect_of(action) is None or deleted(action, vocabulary) == (thing.kind, thing.name)


@dataclass
class _Known:
    """What is certain at a point of a script, whatever the hosts held before."""

    script: Script
    gone: dict[Key, Phrase] = field(default_factory=dict)
    """What is at a place no longer, and what deleted it."""
    place: dict[Thing, str] = field(default_factory=dict)
    """Where a thing that is one in all is."""
    needs: dict[Thing, dict[Thing, list[Thing]]] = field(default_factory=dict)
    """What the parts of such a thing must have where it is, by the part: a vm's ports their bridges."""

    def deletion(self, thing: Thing, place: str = "") -> Phrase | None:
        """What has deleted it at that place; at all places where none is said."""
        if not self.gone:
            return None
        kind, name = thing
        sort = self.script.vocabulary.kinds[kind].sort or Host.sort
        anywhere = (one.name for one in self.script.inventory.values() if one.sort == sort)
        found = [self.gone.get((kind, at, name)) for at in ([place] if place else anywhere)]
        return found[-1] if found and all(found) else None

    def declare(self, resources: tuple[Resource, ...]) -> Iterator[Diagnostic]:
        """Declarations of one segment: what they are about is there again."""
        kinds = self.script.vocabulary.kinds
        others = [resource for resource in resources if not self._whole(resource)]
        made = {(r.kind, r.name) for r in resources if self._whole(r) == (r.kind, r.name) and r.place}
        if any(kinds[resource.kind].brings is None for resource in others):
            self.gone = {}
        # A declaration may bring about something else at its place: a tunnel its bridge.
        changed = {resource.place for resource in others}
        self.gone = {
            (kind, place, name): by
            for (kind, place, name), by in self.gone.items()
            if ((kind, name) not in made if self._one_in_all(kind) else place not in changed)
        }
        for resource in resources:
            whole = self._whole(resource)
            if whole == (resource.kind, resource.name):
                yield from self.use(whole, resource.at("name"))
            elif whole:
                needed = self._needed(resource)
                self.needs.setdefault(whole, {})[resource.kind, resource.name] = needed
                for thing in needed:
                    yield from self.reach(whole, thing, resource.at(thing[0]))

    def act(self, action: Phrase) -> Iterator[Diagnostic]:
        """A verb."""
        effect, gone = effect_of(action), deleted(action, self.script.vocabulary)
        if effect is None:
            self.gone, self.place, self.needs = {}, {}, {}
        elif gone:
            places = action.names("on") or tuple(self.script.inventory)
            self.gone |= {(gone[0], place, gone[1]): action for place in places}
            self.place.pop(gone, None)
            self.needs.pop(gone, None)
            for parts in self.needs.values():
                parts.pop(gone, None)
        elif effect.needs:
            whole = (action.schema.subject.ref if action.schema.subject else "", action.name)
            yield from self.use(whole, action.name_span)
            if effect.moves_to:
                self.place[whole] = str(action.value(effect.moves_to))
                needed = [thing for parts in self.needs.get(whole, {}).values() for thing in parts]
                for thing in dict.fromkeys(needed):
                    yield from self.reach(whole, thing, action.place(effect.moves_to))

    def use(self, thing: Thing, span: Span | None) -> Iterator[Diagnostic]:
        """A thing that must be there."""
        by = self.deletion(thing)
        if by:
            kind, name = thing
            yield Diagnostic(
                "E215",
                f"{kind} `{name}` is gone: it is deleted in {place_of(by.span, span)}",
                span,
                help=f"leave that out, or have the {kind} made anew: `{kind} {name} on HOST …`",
            )

    def reach(self, whole: Thing, needed: Thing, span: Span | None) -> Iterator[Diagnostic]:
        """What must be where a thing is."""
        place = self.place.get(whole, "")
        by = self.deletion(needed, place)
        if by:
            (kind, name), where = needed, f"on {place}" if place else "on every host"
            yield Diagnostic(
                "E215",
                f"{whole[0]} `{whole[1]}` needs {kind} `{name}`, which is deleted {where} in {place_of(by.span, span)}",
                span,
                help=f"leave that out, or have the {kind} made anew: `{kind} {name} on {place or 'HOST'}`",
            )

    def _one_in_all(self, kind: str) -> bool:
        return self.script.vocabulary.kinds[kind].scope is Scope.FLEET

    def _whole(self, resource: Resource) -> Thing | None:
        """What is one in all and this resource is, or is a part of."""
        kind, name = resource.parent or (resource.kind, resource.name)
        return (kind, name) if self._one_in_all(kind) else None

    def _needed(self, part: Resource) -> list[Thing]:
        """What a part refers to that each place has for itself."""
        kinds = self.script.vocabulary.kinds
        named = [a for a in kinds[part.kind].attributes if a.type.ref in kinds and part.text(a.name)]
        return [(a.type.ref, part.text(a.name)) for a in named if kinds[a.type.ref].scope is Scope.HOST]


def nothing_is_used_once_deleted(script: Script) -> Iterator[Diagnostic]:
    """No vm, and no bridge of one, is needed after the script itself has deleted it for certain."""
    if not any(segment.action for segment in script.segments):
        return
    known = _Known(script)
    for segment in script.segments:
        yield from known.act(segment.action) if segment.action else known.declare(segment.resources)
