"""What a verb that only reads has found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh.model import Fleet, Resource


@dataclass(frozen=True)
class Going:
    """Something that goes on being looked at until the run ends: `end` stops it, and gives the last answer, once."""

    end: Callable[[], Answer]


@dataclass(frozen=True)
class Answer:
    """What is printed for a person, and what for a program.

    `text` is for a terminal, `data` the same for `-o json` (JSON-able). `found` are resources by the name of their
    kind: shown as tables, in every format. `ok` False: what was expected is not so; the run ends there. `code` explains
    that (`vnetsh explain`), and `help` is the remedy.
    """

    text: str = ""
    data: object = None
    found: Mapping[str, Sequence[Resource]] = field(default_factory=dict)
    ok: bool = True
    code: str = ""
    help: str = ""
    failed: str = ""
    """What the report says where it is not so, in place of the text: that is printed like any other then."""
    going: Going | None = None
    columns: Sequence[str] = ()
    """Of `found`: only these, in this order."""
    fleet: Fleet | None = None
    """What `found` was found in, where not a table is wanted but all that can be told of each."""


@dataclass(frozen=True)
class Foreseen:
    """What a plan says of an answer that is yet to be given: the question in words, and whether it will be as expected.

    `holds` is None where nobody can tell; `why` says it in words.
    """

    question: str
    holds: bool | None = None
    why: str = ""
