"""What hosts keep of runs, brought together with what is known here: of others' runs, and of our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vnetsh.journal.folder import run_files
from vnetsh.journal.record_file import append, read, whole_file

_Record = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """What one host keeps of a run: whether it has `ended` there, and whether we have that host's lock."""

    ended: bool
    locked: bool
    records: Sequence[_Record]


def believed(records: Sequence[_Record], host: str) -> list[_Record]:
    """Of what a host says of a run, what it can know: no step that does not touch it, and what is no record at all.

    Whoever has taken a host over could else have others do on other hosts what they never meant to.
    """
    return [r for r in records if _sound(r) and ("step" not in r or host in touched(r))]


def _sound(record: _Record) -> bool:
    """Whether what all records say is of the kind that it is in a journal's."""
    return all(fits(record[name]) for name, fits in _FITS.items() if name in record)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e12


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _tokens(value: Any) -> bool:
    return isinstance(value, dict) and all(_text(token) and token.isalnum() for token in value.values())


_FITS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("who", "what", "script", "typed", "time", "end", "name", "backend"), _text),
    **dict.fromkeys(("n", "journal", "segment", "block", "step", "taken back by", "by"), _whole),
    **dict.fromkeys(("at", "confirmed", "gone back"), _texts),
    "undoes": lambda value: _whole(value) or (isinstance(value, list) and all(map(_whole, value))),
    "seconds": _number,
    "unconfirmed": _tokens,
}


def touched(step: _Record) -> set[str]:
    """The hosts that a step touches."""
    try:
        sides = [side for change in step["changes"] for side in change[1:3] if side]
        place = step["place"]
        return {place["name"], *place.get("hosts", ()), *(side[2] for side in sides)}
    except (LookupError, TypeError, AttributeError):
        return set()


def bring_home(folder: Path, number: int, there: Sequence[_Record]) -> None:
    """Write into a run of ours what others have told of it."""
    path = run_files(folder).get(number)
    if path is None:
        return
    known, alive = read(path)
    if alive:
        return
    have = {_key(record, at) for at, record in enumerate(known)}
    for record in sorted(there, key=lambda one: int(one.get("n", 0))):
        ours = "step" in record and "mends" not in record
        if record.get("n") and not ours and _key(record, 0) not in have:
            have.add(_key(record, 0))
            append(path, record)
            if "end" in record and path.suffix == ".open":
                path.rename(path.with_suffix(".run"))
                path = path.with_suffix(".run")


def _key(record: _Record, at: int) -> tuple[int, str]:
    """What makes a record of a run itself."""
    number = int(record.get("n", at))
    content = {name: value for name, value in record.items() if name != "n"} if number else {}
    return number, json.dumps(content, sort_keys=True)


def bring_together(folder: Path, number: int, parts: Sequence[Part]) -> None:
    """Write down what hosts keep of another's run, with what was known of it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = run_files(folder).get(number)
    known, mended = read(path) if path else ((), False)
    if mended:  # just now, by another process of ours
        return
    found = {_key(record, at): record for at, record in enumerate(known)}
    for part in parts:
        found |= {_key(record, 0): record for record in part.records if "n" in record}
    all_ = [found[key] for key in sorted(found)]
    if not all_ or "journal" not in all_[0]:  # not its first record: another host may have that
        return
    if any("end" in record for record in all_) or any(part.ended for part in parts):
        ending = ".run"
    else:
        cut_off = any(part.locked for part in parts) or (path is not None and path.suffix == ".open")
        ending = ".open" if cut_off else ".live"
    new = folder / f"{number}{ending}"
    whole_file(new, all_)
    if path and path != new:
        path.unlink(missing_ok=True)
