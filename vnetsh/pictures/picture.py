"""What a picture shows: things, some inside of others, and lines between them. Without places on the paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

from vnetsh.model import Key, Value


@dataclass(frozen=True)
class Thing:
    """Something drawn as a box.

    `id` stays the same as long as it is the same thing at the same place. `within` is the id of the box that it is in;
    empty: it stands by itself. `state` is the word of its kind (`running`, `stopped`), `wrong` what is wrong with it in
    words, `change` what a plan does to it: `add`, `change`, `move` where it comes to, `leave` where it goes from,
    `remove`. `tags` are short words about it (VLANs, networks), by which it is coloured; `about` is what a click tells.
    """

    id: str
    kind: str
    name: str
    place: str = ""
    within: str = ""
    state: str = ""
    wrong: str = ""
    change: str = ""
    tags: Sequence[str] = ()
    about: Mapping[str, Value] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What it is, for somebody who does not see it."""
        told = (f"{self.kind} {self.name}", self.state, *self.tags, self.wrong, _CHANGES.get(self.change, ""))
        return ", ".join(filter(None, told))


@dataclass(frozen=True)
class Line:
    """What joins two things, by their ids.

    `kind` is `tunnel`, `patch`, `uplink`, `nic`, `move` (from where a vm is to where it goes) or `refers` (one names
    the other). Not `sure`: so it is assumed.
    """

    one: str
    other: str
    kind: str
    label: str = ""
    wrong: str = ""
    change: str = ""
    sure: bool = True

    @property
    def id(self) -> str:
        """The same as long as it joins the same by the same."""
        return f"{self.kind} {self.label} {self.one} {self.other}"


_BOXES = ("host", "cluster", "bridge", "tenant")

STROKES = {"add": "#1b7f3b", "change": "#8a5a00", "move": "#1f5fbf", "leave": "#1f5fbf", "remove": "#b3261e"}
"""The colours of what a plan does, for formats without a style of their own (the page's are in picture.css)."""

WRONG = "#b3261e"
"""The colour of what is wrong."""

_CHANGES = {
    "add": "is made",
    "change": "is changed",
    "move": "comes here",
    "leave": "moves away",
    "remove": "is removed",
}


@dataclass(frozen=True)
class Picture:
    """Things and lines, in an order that does not depend on how they were found; `title` says of what."""

    title: str
    things: Sequence[Thing]
    lines: Sequence[Line]

    @cached_property
    def inside(self) -> Mapping[str, Sequence[Thing]]:
        """What is within each box, by its id; what stands by itself by the empty one."""
        found: dict[str, list[Thing]] = {}
        for thing in self.things:
            found.setdefault(thing.within, []).append(thing)
        return found

    def is_box(self, thing: Thing) -> bool:
        """Whether it is drawn with room for others in it, be there any or not."""
        return thing.id in self.inside or thing.kind in _BOXES

    @cached_property
    def boxes(self) -> Sequence[Thing]:
        """All boxes, each after the one that it is in."""
        found = [one for one in self.inside.get("", ()) if self.is_box(one)]
        for box in found:  # it grows meanwhile
            found += [one for one in self.inside.get(box.id, ()) if self.is_box(one)]
        return found

    def as_json(self) -> Mapping[str, object]:
        """For a program."""
        things, lines = map(as_json, self.things), map(as_json, self.lines)
        return {"title": self.title, "things": [*things], "lines": [*lines]}


def as_json(one: Thing | Line) -> Mapping[str, object]:
    """A thing or a line for a program."""
    return asdict(one) if isinstance(one, Thing) else {"id": one.id, **asdict(one)}


def id_of(kind: str, place: str, name: str) -> str:
    """The id of a resource; a place is called by its name alone."""
    return f"{kind}:{place}/{name}" if place != name else f"{kind}:{name}"


def natural(text: str) -> tuple[tuple[bool, int, str], ...]:
    """Sorts web2 before web10."""
    words: list[str] = []
    for char in text:
        if words and words[-1][-1].isdecimal() == char.isdecimal():
            words[-1] += char
        else:
            words.append(char)
    return tuple((True, int(w), w) if w.isdecimal() else (False, 0, w) for w in words)


def only(picture: Picture, keys: Iterable[Key]) -> Picture:
    """Of a picture these resources, with the boxes that they are in and what their lines lead to."""
    kept = {id_of(*key) for key in keys}
    kept |= {end for line in picture.lines if kept & {line.one, line.other} for end in (line.one, line.other)}
    boxes = {thing.id: thing.within for thing in picture.things}
    for id in [*kept]:
        while id := boxes.get(id, ""):
            kept.add(id)
    things = [one for one in picture.things if one.id in kept]
    lines = [one for one in picture.lines if {one.one, one.other} <= kept]
    return Picture(picture.title, things, lines)
