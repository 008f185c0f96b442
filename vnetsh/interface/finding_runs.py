"""The runs that words name: `12`, or another's, `alice@desk:12`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from vnetsh.engine import finding_runs
from vnetsh.errors import UsageError, VnetshError
from vnetsh.journal import Run
from vnetsh.plain_text import said

if TYPE_CHECKING:
    from vnetsh.interface.face import Face


def run_of(face: Face, word: str, *, look: bool = True) -> Run:
    """The run that a word names; for another's its hosts are asked, or with `look` false only what is known of them.

    Raises `UsageError`.
    """
    if look and ":" in word:
        say_silent(face, face.session.past.look())
    return finding_runs.named(face.session.runs, word)


def hosts_of(face: Face, words: Sequence[str]) -> Iterable[str]:
    """The hosts that words name: `on kvm1, kvm2`, or none for `all`. Raises `UsageError`."""
    if words == ["all"]:
        return ()
    if words and words[0] != "on":
        raise UsageError(
            f"`{' '.join(words)}` is no run",
            help=f"{finding_runs.NUMBER}; `all`, or `on kvm1`, asks the hosts what everybody has done",
        )
    names = [name for word in words[1:] for name in word.split(",") if name]
    unknown = next((name for name in names if name not in face.session.hosts), "")
    if unknown or not names:
        raise UsageError(
            f"there is no host {unknown}" if unknown else "on which hosts?",
            help="`vnetsh show hosts` lists them",
        )
    return names


def say_silent(face: Face, silent: Mapping[str, VnetshError]) -> None:
    """Say which hosts could not be asked what they keep of runs."""
    face.line.clear()
    for error in silent.values():
        print(f"{face.errors('warning', '1;33')}: {said(error.message)}", file=sys.stderr)
