"""What a verb that only reads has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh.model import Resource


@dataclass(frozen=True)
class Answer:
    """What is printed for a person, and what for a program.

    `text` is for a terminal, `data` the same for `-o json` (JSON-able). `found` are resources by the name of their
    kind: shown as tables, in every format. `ok` False: what was expected is not so; the run fails there, and what it
    did before is taken back.
    """

    text: str = ""
    data: object = None
    found: Mapping[str, Sequence[Resource]] = field(default_factory=dict)
    ok: bool = True
