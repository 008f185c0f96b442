"""A real terminal for the shell: a pseudo-terminal whose screen is emulated."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence

import pyte

_BAR = re.compile(r"\d+ of \d+ hosts")
ROWS, COLUMNS = 50, 140
PATIENCE = 60.0
"""Seconds for what comes in a moment where nobody else needs the cores."""


class _Screen(pyte.HistoryScreen):
    """A screen that answers the program's questions (where is the cursor?)."""

    def __init__(self, master: int, rows: int, columns: int) -> None:
        super().__init__(columns, rows)
        self._master = master

    def write_process_input(self, data: str) -> None:
        os.write(self._master, data.encode())


class Terminal:
    """A program on a terminal: what is typed, and what stands on the screen."""

    def __init__(self, pid: int, master: int, rows: int = ROWS, columns: int = COLUMNS) -> None:
        self.pid = pid
        self._master = master
        self._screen = _Screen(master, rows, columns)
        self._stream = pyte.ByteStream(self._screen)
        self.status: int | None = None

    @property
    def text(self) -> str:
        """The screen, without blank ends, and without the shell's lines at its bottom."""
        lines = self._lines()
        return "\n".join(lines[: len(lines) - len(self.bar)]).rstrip()

    @property
    def bar(self) -> list[str]:
        """The shell's lines at the bottom of the screen."""
        lines = self._lines()
        if not lines or not _BAR.match(lines[-1]):
            return []
        return lines[-2:] if len(lines) > 1 and lines[-2].startswith("✗ ") else lines[-1:]

    def _lines(self) -> list[str]:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    @property
    def said(self) -> str:
        """What was scrolled off at the top, and the screen: a long answer has gone by before one looks."""
        off = (
            "".join(line[column].data for column in range(self._screen.columns)).rstrip()
            for line in self._screen.history.top
        )
        return "\n".join([*off, self.text])

    def type(self, keys: str) -> None:
        """Type these keys."""
        os.write(self._master, keys.encode())

    def wait_for(self, text: str, seconds: float = PATIENCE, times: int = 1) -> None:
        """Wait until a text stands on the screen (so many times), or has gone by there."""
        deadline = time.monotonic() + seconds
        while self.said.count(text) < times:
            if time.monotonic() > deadline or not self._read(0.2):
                assert self.said.count(text) >= times, f"no {text!r} on the screen:\n{self.said}"

    def wait_bar(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until a text stands in the lines at the bottom."""
        deadline = time.monotonic() + seconds
        while text not in "\n".join(self.bar):
            assert time.monotonic() < deadline, f"no {text!r} at the bottom:\n{self._lines()}"
            self._read(0.1)

    def underlined(self) -> list[str]:
        """The words that are underlined."""
        found = []
        for line in self._screen.buffer.values():
            cells = (line[x].data if line[x].underscore else " " for x in range(self._screen.columns))
            found += "".join(cells).split()
        return found

    def styles(self) -> dict[str, list[str]]:
        """The pieces that are coloured, bold or underlined, by how they are."""
        found: dict[str, list[str]] = {}
        for row in range(self._screen.lines):
            before = ""
            for cell in (self._screen.buffer[row][x] for x in range(self._screen.columns)):
                ways = [cell.fg] * (cell.fg != "default") + ["bold"] * cell.bold
                style = " ".join(ways + ["underlined"] * cell.underscore)
                if style and style == before:
                    found[style][-1] += cell.data
                elif style:
                    found.setdefault(style, []).append(cell.data)
                before = style
        return found

    def resize(self, rows: int, columns: int) -> None:
        """Give the window another size."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def modes(self) -> object:
        """How the terminal treats what is typed: whether it shows it, waits for whole lines, and so on."""
        return termios.tcgetattr(self._master)

    def pass_time(self, seconds: float) -> None:
        """Take in what the program writes meanwhile."""
        self._read(seconds)

    def close(self) -> None:
        """Close the window: the program is told by SIGHUP."""
        self._master = os.dup2(os.open(os.devnull, os.O_RDWR), self._master)

    def wait_underlined(self, words: Sequence[str], seconds: float = PATIENCE) -> None:
        """Wait until these words are underlined, and no others."""
        deadline = time.monotonic() + seconds
        while self.underlined() != list(words):
            assert time.monotonic() < deadline, f"underlined: {self.underlined()}\n{self.text}"
            self._read(0.1)

    def wait_prompt(self, seconds: float = PATIENCE) -> None:
        """Wait until the prompt stands alone on the last line: what was typed is done."""
        deadline = time.monotonic() + seconds
        while not self.text.endswith("\nvnetsh>"):
            assert time.monotonic() < deadline, f"no prompt:\n{self.text}"
            self._read(0.1)

    def wait_empty(self, seconds: float = PATIENCE) -> None:
        """Wait until nothing but the prompt is on the screen, as after Ctrl-L; what had gone by is forgotten."""
        deadline = time.monotonic() + seconds
        while self.text.strip() != "vnetsh>":
            assert time.monotonic() < deadline, f"not empty:\n{self.text}"
            self._read(0.1)
        self._screen.history.top.clear()

    def leave(self) -> int:
        """End the shell by Ctrl-D; its exit code."""
        self.wait_prompt()
        self.type("\x04")
        return self.wait_end()

    def wait_end(self, seconds: float = PATIENCE) -> int:
        """Wait until the program has ended; its exit code."""
        deadline = time.monotonic() + seconds
        while self.status is None:
            assert time.monotonic() < deadline, f"still running:\n{self.text}"
            self._read(0.1)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def _read(self, seconds: float) -> bool:
        """Take in what the program wrote; False when it has closed the terminal."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        self.take(data)
        return bool(data)

    def take(self, data: bytes) -> None:
        """Take in what the program wrote."""
        self._stream.feed(data)


@contextlib.contextmanager
def terminal(
    argv: Sequence[str], environment: Mapping[str, str], rows: int = ROWS, columns: int = COLUMNS
) -> Iterator[Terminal]:
    """Run a program on a terminal of its own; it is ended in any case, and what it left in its /tmp goes."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"TERM": "xterm-256color", "TMPDIR": folder, **environment}
        yield from _terminal(argv, environment, rows, columns)


def _terminal(
    argv: Sequence[str], environment: Mapping[str, str], rows: int, columns: int
) -> Iterator[Terminal]:
    size = struct.pack("HHHH", rows, columns, 0, 0)
    pid, master = pty.fork()
    if pid == 0:
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)  # before the program can ask for it
            os.execvpe(argv[0], list(argv), {**os.environ, **environment})
        finally:
            os._exit(127)
    found = Terminal(pid, master, rows, columns)
    try:
        yield found
    finally:
        if found.status is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(master)
