"""What a journal says of a block that had to be confirmed: at which places, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vnetsh.journal.encoding import change_from_json


@dataclass
class Block:
    """The last such block of a run; `begins` is its first segment, `steps` its steps with their places."""

    tokens: Mapping[str, str]
    begins: int
    seconds: float
    steps: dict[int, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)

    @property
    def waits(self) -> Mapping[str, str]:
        """The guards of which it is not written down how they ended, by place."""
        return {
            place: token for place, token in self.tokens.items() if place not in self.confirmed | self.back
        }

    @property
    def whole(self) -> bool:
        """Whether all of it was confirmed."""
        return self.confirmed >= self.tokens.keys()

    @staticmethod
    def of(records: Iterable[Mapping[str, Any]]) -> Block | None:
        """The last one that the records of a run tell of; None where there was none."""
        found: Block | None = None
        for record in records:
            if "unconfirmed" in record:
                found = Block(record["unconfirmed"], int(record["block"]), float(record["seconds"]))
            elif found and not found.whole and "step" in record:
                found.steps[int(record["step"])] = str(record["place"]["name"])
            elif found and "confirmed" in record:
                found.confirmed |= {*record["confirmed"]}
            elif found and "gone back" in record:
                found.back |= {*record["gone back"]}
        return found


def segment_of(records: Iterable[Mapping[str, Any]], block: Block | None) -> int:
    """The segment of the plan that a run had come to; of a block that was not confirmed all is done anew."""
    if block and not block.whole:
        return block.begins
    number, acts = 0, set[int]()
    for record in records:
        if "step" in record:
            if any(change_from_json(one).traceless for one in record["changes"]):
                acts.add(record["step"])
        elif "segment" in record:
            number, acts = int(record["segment"]), set()
        elif record.get("done") in acts:
            number += 1
    return number
