"""What a verb that only reads has found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh.model import Fleet, Resource, Value
from vnetsh.schema.lent import Asking


@dataclass(frozen=True)
class Going:
    """Something that goes on being looked at until the run ends: `end` stops it, and gives the last answer, once."""

    end: Callable[[], Answer]


@dataclass(frozen=True)
class Branch:
    """A thing in a tree, in words and for a program, with what hangs on it.

    One without a text is said by the words of what it hangs on. `wrong`: something is wrong with it.
    """

    text: str
    branches: Sequence[Branch] = ()
    about: Mapping[str, Value] = field(default_factory=dict)
    wrong: bool = False

    def as_json(self) -> Mapping[str, object]:
        """For a program: what it is, and `branches`."""
        plain = {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.about.items()
        }
        below = [branch.as_json() for branch in self.branches]
        return {**plain, "branches": below} if below else plain


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
    again: Callable[[Asking], Answer] | None = None
    """What gives the answer that is to be told, and told again whenever something changes."""
    tree: Sequence[Branch] = ()
    """Drawn for a person."""
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
