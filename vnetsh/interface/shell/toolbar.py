"""The lines below the prompt: what is wrong with what is typed, and how the fleet is."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from prompt_toolkit.application import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples

from vnetsh.diagnostics import Diagnostic
from vnetsh.interface.shell.background import Background
from vnetsh.interface.shell.inventory import Known
from vnetsh.plain_text import plain

_NAMED = 8  # hosts that are named one by one


class Toolbar:
    """Reads memory only."""

    def __init__(
        self,
        hosts: Collection[str],
        known: Callable[[], Known],
        jobs: Background,
        problem: Callable[[str], Diagnostic | None],
    ) -> None:
        self._hosts = hosts
        self._known = known
        self._jobs = jobs
        self._problem = problem

    def __call__(self) -> StyleAndTextTuples:
        """The lines, cut to the terminal's width."""
        app = get_app()
        width = app.output.get_size().columns
        found = self._problem(app.current_buffer.text)
        lines: list[StyleAndTextTuples] = []
        if found:
            wrong = plain(f"✗ {found.message}{f': {found.label}' if found.label else ''}")
            lines.append(_cut([("class:problem", wrong), ("class:help", f"  {plain(found.help)}")], width))
        lines.append(_cut(self._fleet(), width))
        return [
            piece for number, line in enumerate(lines) for piece in ([("", "\n")] if number else []) + line
        ]

    def _fleet(self) -> StyleAndTextTuples:
        known = self._known()
        silent = sorted(known.silent.items(), key=lambda one: -one[1].since)
        answering = len({*self._hosts} - known.silent.keys() - {*known.waiting})
        parts: StyleAndTextTuples = [("class:toolbar", f"{answering} of {len(self._hosts)} hosts")]
        for name, about in silent[:_NAMED]:
            parts.append(("class:silent", f"  {plain(name)} ✗ {_ago(time.monotonic() - about.since)}"))
        if len(silent) > _NAMED:
            parts.append(("class:silent", f"  and {len(silent) - _NAMED} more ✗"))
        looking = [one for one in known.waiting if one not in known.silent]
        if looking:
            many = ", ".join(map(plain, looking[:3])) + (" …" if len(looking) > 3 else "")
            parts.append(("class:toolbar", f"  looking at {many}"))
        for number in self._jobs.under_way:
            parts.append(("class:toolbar", f"  job {number}"))
        return parts


def _ago(seconds: float) -> str:
    """A time that has passed, in the largest unit of which there is one."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def _cut(parts: StyleAndTextTuples, width: int) -> StyleAndTextTuples:
    left, cut = width - 1, list[tuple[str, str]]()
    for style, text, *_ in parts:
        if len(text) > left:
            cut.append((style, text[: max(0, left - 1)] + "…"))
            break
        cut.append((style, text))
        left -= len(text)
    return list(cut)
