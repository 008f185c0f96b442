"""What is wrong with a line while it is typed: read on a thread of its own, told below the line."""

from __future__ import annotations

import threading
from collections.abc import Callable

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source
from vnetsh.interface.shell.lines import OWN
from vnetsh.language.scanning import unfinished
from vnetsh.session import Session

_PAUSE = 0.15  # seconds in which nothing is typed
_LONGEST = 4000  # characters of a text that is looked at


class Checking:
    """Reads what stands at the prompt, as `vnetsh check` does. `told` is called when something else is wrong.

    What is only not finished yet is not wrong. No host is asked.
    """

    def __init__(
        self, session: Callable[[], Session], is_command: Callable[[str], bool], told: Callable[[], None]
    ) -> None:
        self._session = session
        self._is_command = is_command
        self._told = told
        self._text = ""
        self._wanted = threading.Event()
        self._found: tuple[str, Diagnostic | None] = ("", None)
        self._closed = False

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._work, name="check", daemon=True).start()

    def look(self, text: str) -> None:
        """This stands at the prompt now."""
        self._text = text
        self._wanted.set()

    def problem(self, text: str) -> Diagnostic | None:
        """What is wrong with a text, as far as that is known."""
        about, found = self._found
        return found if about == text else None

    def close(self) -> None:
        """Look no longer."""
        self._closed = True
        self._wanted.set()

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            while self._wanted.is_set() and not self._closed:
                self._wanted.clear()
                self._wanted.wait(_PAUSE)
            if self._closed:
                return
            text = self._text
            before = self._found[1]
            self._found = text, self._wrong(text)
            if self._found[1] is not before:
                self._told()

    def _wrong(self, text: str) -> Diagnostic | None:
        first, _, rest = text.strip().partition(" ")
        if first == "plan" and rest:
            text = " " * (len(text) - len(text.lstrip()) + len("plan ")) + rest
            first = rest.split(maxsplit=1)[0] if rest.strip() else ""
        # A loop can stand for a million sentences, and an `include` for any file.
        if not first or first in OWN or self._is_command(text) or {"for", "include"} & {*text.split()}:
            return None
        if len(text) > _LONGEST or unfinished(text):
            return None
        try:
            self._session().check(Source("<line>", text.removesuffix("&")))
        except ProblemsFound as found:
            typed = len(text) - len(text.split()[-1]) if not text[-1].isspace() else len(text.rstrip())
            whole = (
                p for p in found.problems if p.span and p.span.end <= typed and p.code not in _UNFINISHED
            )
            return next(whole, None)
        except Exception:  # it is said by whoever runs the line
            return None
        return None


_UNFINISHED = frozenset({"E105", "E003", "E004"})
"""Something is missing: it may be about to be typed."""
