"""`watch`: an answer that is given anew whenever the fleet changes; in place on a terminal, else a line a change."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from vnetsh.engine.watched import Watched
from vnetsh.engine.watching import Watching
from vnetsh.errors import UsageError, VnetshError
from vnetsh.interface.answers import answer_text
from vnetsh.interface.fitting import cut, screen_width
from vnetsh.interface.output import control, lines_text
from vnetsh.interface.render import Style
from vnetsh.interface.stopping import heeding, while_drawn
from vnetsh.interface.tables import rows_of, shown_row
from vnetsh.plain_text import plain
from vnetsh.schema import Answer
from vnetsh.schema.lent import Asking
from vnetsh.session import Session

LOOK = 1.0
"""Seconds after which places are looked at again that cannot tell of changes themselves."""
FIRST = 2.0
"""Seconds that the first answer waits for places that hang."""

OF_RUNS = frozenset(("job", "migration", "run"))
"""Kinds of things of which nothing tells that they have changed."""

Again = Callable[[Asking], Answer]
Rows = Mapping[tuple[str, str, str], Mapping[str, object]]


def watch(again: Again, session: Session, format: str, style: Style) -> None:
    """Tell an answer, and what changes of it, until Ctrl-C. Raises `UsageError`, `VnetshError`, `OutputFailed`."""
    screen = sys.stdout.isatty() and format == "table" and screen_width() is not None
    if format not in ("table", "json"):
        raise UsageError("what is watched is told as a table or as JSON", help="`-o json`: one object a line")
    changed = threading.Event()
    watching = Watching(session.inventory, session.backends, session.connections.timeout, changed.set)
    watching.start()
    told: _Screen | _Lines = _Screen(session, style) if screen else _Lines(session, format)
    ticking = threading.Event()
    try:
        with told.kept(changed.set) if isinstance(told, _Screen) else nullcontext():
            watching.seen.wait(FIRST)
            for seen in _changes(watching, changed, ticking):
                asking = Watched(session, watching)
                answer = again(asking)
                if OF_RUNS & answer.found.keys():
                    ticking.set()
                told.tell(answer, [*_silent(asking, seen, watching)])
    except KeyboardInterrupt:
        if screen:
            print()
    finally:
        watching.close()


def _changes(watching: Watching, changed: threading.Event, ticking: threading.Event) -> Iterator[bool]:
    """Once at first, and whenever something else was found than before: whether all had been looked at by then.

    Where it is `ticking`, each second.
    """
    looked = time.monotonic()
    changed.clear()
    yield watching.seen.is_set()
    while True:
        if changed.wait(LOOK) or ticking.is_set():
            changed.clear()
            yield watching.seen.is_set()
        if time.monotonic() - looked >= LOOK:
            looked = time.monotonic()
            watching.look_again()


def _silent(asking: Watched, all_seen: bool, watching: Watching) -> Iterator[str]:
    """Who does not answer, in words."""
    for place, error in watching.fleet.unreachable.items():
        yield f"✗ {place}: {error.message.removeprefix(f'{place}: ')}"
    if not all_seen:
        yield f"waiting for {', '.join(watching.waiting)}"
    asking.left_out.clear()


@dataclass
class _Screen:
    """Draws in place; what has changed since the last time stands out."""

    session: Session
    style: Style
    height: int = 0
    before: Sequence[str] = ()
    lost: str | None = None
    """What begins the next drawing, where what was drawn is not where it was."""

    @contextmanager
    def kept(self, again: Callable[[], None]) -> Iterator[None]:
        """Have it drawn anew after Ctrl-Z, and when the window gets another size; on the main thread."""

        def lost(begin: str) -> None:
            self.lost = begin
            again()

        @contextmanager
        def stopped() -> Iterator[None]:
            yield
            lost("\r\x1b[J")

        with while_drawn(stopped), heeding(signal.SIGWINCH, lambda: lost("\x1b[H\x1b[2J")):
            yield

    def tell(self, answer: Answer, silent: Sequence[str]) -> None:
        """Draw over what was drawn before, if it is different."""
        from shutil import get_terminal_size

        begin, self.lost = self.lost, None
        if begin is not None:
            self.before = ()
        width, room = get_terminal_size()
        plain_style = Style.plain()
        try:
            text = answer_text(answer, self.session, "table", plain_style, width - 1)
        except VnetshError as error:
            text = error.message
        lines = [*text.split("\n"), *silent]
        if lines == list(self.before):
            return
        fresh = {" ".join(line.split()) for line in self.before}
        shown = [self._marked(line, fresh) for line in lines[: max(room - 2, 1)]]
        if len(lines) > len(shown):
            shown.append(f"… {len(lines) - len(shown)} lines more")
        gone = len(fresh - {" ".join(line.split()) for line in lines})
        told = f", {gone} line{'s' * (gone != 1)} gone or otherwise" if gone else ""
        self.before = lines
        shown.append(self.style(cut(f"{datetime.now():%H:%M:%S}{told}  Ctrl-C ends", width - 1), "2"))
        up = begin if begin is not None else f"\x1b[{self.height}A\r\x1b[J" if self.height else ""
        print(control(up) + lines_text(shown), flush=True)
        self.height = len(shown)

    def _marked(self, line: str, before: set[str]) -> str:
        """A line, set off where it was not there before."""
        line = cut(plain(line), max(1, (screen_width() or 80) - 1))
        return self.style(line, "1;33") if before and " ".join(line.split()) not in before else line


@dataclass
class _Lines:
    """Prints a line for each thing that is there at first, and for each change."""

    session: Session
    format: str
    before: Rows = field(default_factory=dict)
    begun: bool = False
    silent: Sequence[str] = ()

    def tell(self, answer: Answer, silent: Sequence[str]) -> None:
        """Print what is otherwise than before."""
        rows = self._rows(answer)
        for key in sorted({**self.before, **rows}):
            old, new = self.before.get(key), rows.get(key)
            if old != new:
                change = (
                    "gone" if new is None else "changed" if old is not None else "new" if self.begun else "is"
                )
                self._print(key, change, old, new)
        for line in silent:
            if line not in self.silent:
                print(line, file=sys.stderr, flush=True)
        self.before, self.begun, self.silent = rows, True, silent

    def _rows(self, answer: Answer) -> Rows:
        known = self.session.vocabulary.kinds
        found = {
            (kind, one.place, one.name): rows_of(known[kind], [one], answer.columns)[1][0]
            for kind, some in answer.found.items()
            for one in some
        }
        if answer.tree:
            text = answer_text(answer, self.session, "table", Style.plain(), None)
            found = {("tree", "", f"{n:06}"): {"line": line} for n, line in enumerate(text.split("\n"))}
        return found

    def _print(
        self,
        key: tuple[str, str, str],
        change: str,
        old: Mapping[str, object] | None,
        new: Mapping[str, object] | None,
    ) -> None:
        kind, place, name = key
        if self.format == "json":
            now = datetime.now().astimezone().isoformat(timespec="milliseconds")
            about = {"time": now, "change": change, "kind": kind, "name": name, "host": place}
            print(json.dumps({**about, "before": old, "after": new}), flush=True)
            return
        said = self._said(kind, old, new)
        print(
            f"{datetime.now():%H:%M:%S}  {change:<7}  {kind} {name} on {place}  {said}".rstrip(), flush=True
        )

    def _said(self, kind: str, old: Mapping[str, object] | None, new: Mapping[str, object] | None) -> str:
        """What it has; of a change what is otherwise."""
        noun = self.session.vocabulary.kinds.get(kind)
        one, other = (shown_row(noun, row, all=True) if noun and row else row or {} for row in (old, new))
        if old is not None and new is not None:
            differing = (name for name in {**one, **other} if one.get(name) != other.get(name))
            return "  ".join(
                f"{name} {one.get(name) or '-'} → {other.get(name) or '-'}" for name in differing
            )
        told = {**one, **other}
        return "  ".join(
            f"{name} {text}" for name, text in told.items() if text and name not in ("name", "host")
        )
