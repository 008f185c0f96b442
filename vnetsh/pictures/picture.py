"""What a picture shows: things, some inside of others, and lines between them. Without places on the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

from vnetsh.model import Value


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

    def as_json(self) -> Mapping[str, object]:
        """For a program."""
        lines = [{"id": one.id, **asdict(one)} for one in self.lines]
        return {"title": self.title, "things": [asdict(one) for one in self.things], "lines": lines}
