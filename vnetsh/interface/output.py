"""The way out: all that is printed goes through here, and nothing that others control acts on the terminal.

Names, errors and files are data. Whatever of them is not printable is spelled out (`\\x1b`), by whoever it is printed.
What vnetsh itself wants of a terminal, a colour say, stands between marks that nobody else can know.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, TypeVar, cast

from vnetsh.interface.stopping import while_drawn
from vnetsh.plain_text import plain

_MARK = f"\x1b<{os.urandom(8).hex()}>"
_Told = TypeVar("_Told")
_HARMLESS = ("\t", "\ufeff")
_OURS = re.compile(f"({_MARK}.*?{_MARK})")


def dumb_terminal() -> bool:
    """Whether the terminal prints and can do nothing else, as far as it says: no colours, bars or pages are for it."""
    return os.environ.get("TERM", "").lower() in ("", "dumb", "unknown")


def control(sequence: str) -> str:
    """A control sequence of vnetsh's own, to be printed as it is."""
    return f"{_MARK}{sequence}{_MARK}"


def one_line(text: str) -> str:
    """A text of which only `control` makes something act on a terminal; line ends are spelled out too.

    Tabs stay, and the mark that editors put before a text: `Outlet` sees to them.
    """
    if text.isprintable():
        return text
    parts = _OURS.split(text) if _MARK in text else [text]
    return "".join(part if part.startswith(_MARK) else _but_marks(part) for part in parts)


def _but_marks(text: str) -> str:
    return "".join(part if part in _HARMLESS else plain(part) for part in re.split("([\t\ufeff])", text))


def lines_text(lines: Iterable[str]) -> str:
    """Lines as a text: each is one, whatever the names in it hold."""
    return "\n".join(map(one_line, lines))


def spelled(text: str) -> str:
    """A text of which the line ends alone act, and what `control` marks. A tab becomes blanks."""
    if text.isprintable():
        return text
    return "\n".join(map(one_line, text.split("\n"))).replace("\ufeff", "\\ufeff").expandtabs()


def for_terminal(text: str) -> str:
    """A text as an `Outlet` writes it, for another program that writes to the terminal."""
    return spelled(text).replace(_MARK, "")


class OutputFailed(Exception):
    """What was to be printed cannot be: the disk is full, or nobody reads."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"the output cannot be written: {getattr(error, 'strerror', None) or error}")
        self.nobody_reads = isinstance(error, BrokenPipeError)
        self.note = ""


class Outlet(io.TextIOBase):
    """Standard output or standard error, through which only harmless text goes. Raises `OutputFailed`.

    `careless`: what cannot be written is lost, as there is nobody else to tell.
    """

    def __init__(self, stream: TextIO | None, *, careless: bool = False) -> None:
        self._stream = stream
        self._careless = careless
        self.copy: TextIO | None = None
        """A file into which all of it goes, too, without what acts on the terminal."""

    def write(self, text: str) -> int:
        """Write a text; of its characters the line ends alone act. A tab becomes blanks."""
        text = spelled(text)
        self._write(text)
        self.copied(text)
        return len(text)

    def fleeting(self, text: str) -> None:
        """Write what stands there for a moment only."""
        self._write(spelled(text))

    def copied(self, text: str) -> None:
        """Write into the copy alone; that one may fail without anything else."""
        if self.copy:
            try:
                self.copy.write(_OURS.sub("", text) if _MARK in text else text)
                self.copy.flush()
            except (OSError, ValueError) as error:
                name, self.copy = self.copy.name, None
                self.write(
                    f"error: {name} cannot be written any more: {getattr(error, 'strerror', '') or error}\n"
                )

    def data(self, text: str) -> None:
        """Write a file's text: as it is, but not to a terminal."""
        self.write(text) if self.isatty() else self._write(text)

    def _write(self, text: str) -> None:
        try:
            if self._stream is None:
                raise OSError(9, "it is closed")
            self._stream.write(text.replace(_MARK, ""))
        except (OSError, ValueError) as error:
            self._failed(error)

    def flush(self) -> None:
        """Have all of it written."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except (OSError, ValueError) as error:
            self._failed(error)

    def _failed(self, error: OSError | ValueError) -> None:
        if self._stream is not None:
            with suppress(OSError, ValueError):  # what is left of it is not tried again at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        if not self._careless:
            raise OutputFailed(error) from error

    def isatty(self) -> bool:
        """Whether a person reads along."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor."""
        return self._open.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """How characters become bytes."""
        return self._open.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What becomes of characters that the encoding has not."""
        return self._open.errors

    @property
    def buffer(self) -> io.BufferedWriter:
        """The stream of bytes, for protocols and for the prompt, which spells out control characters itself."""
        return cast(io.BufferedWriter, self._open.buffer)

    @property
    def _open(self) -> TextIO:
        if self._stream is None:
            raise io.UnsupportedOperation("it is closed")
        return self._stream

    def writable(self) -> bool:
        """It is."""
        return True


@contextmanager
def noting(note: str) -> Iterator[None]:
    """What has to be said besides, should the output fail in here."""
    try:
        yield
    except OutputFailed as failed:
        failed.note = note
        raise


class Lost:
    """Remembers that the output has failed, so that what is under way can first come to its end."""

    def __init__(self) -> None:
        self._failed: OutputFailed | None = None

    def unless(self, tell: Callable[[_Told], None]) -> Callable[[_Told], None]:
        """What tells, but raises nothing."""

        def told(what: _Told) -> None:
            try:
                tell(what)
            except OutputFailed as failed:
                self._failed = failed

        return told

    def raise_it(self) -> None:
        """Raise `OutputFailed`, if it has failed."""
        if self._failed:
            raise self._failed


def file_text(text: str) -> None:
    """Print a file's text: to a terminal like any other, else as it is."""
    out = sys.stdout
    out.data(text) if isinstance(out, Outlet) else out.write(text)


def answered(question: str) -> str:
    """What a person answers; nothing at the end of the input. After Ctrl-Z the question stands there again."""

    @contextmanager
    def around() -> Iterator[None]:
        yield
        if isinstance(sys.stdout, Outlet):
            sys.stdout.fleeting(question)
            sys.stdout.flush()

    try:
        with while_drawn(around):
            said = input(question).strip()
    except EOFError:
        print()
        return ""
    except KeyboardInterrupt:
        print()
        raise
    if isinstance(sys.stdout, Outlet):
        sys.stdout.copied(f"{question}{said}\n")
    return said


def asked(question: str) -> str:
    """What a person answers, in small letters."""
    return answered(question).lower()


def asked_yes(question: str) -> bool:
    """Whether a person says yes; the end of the input is a no."""
    return asked(question) in ("y", "yes")


@contextmanager
def harmless_output() -> Iterator[None]:
    """All that is printed meanwhile goes through an `Outlet`. Raises `OutputFailed`."""
    before = sys.stdout, sys.stderr, sys.stdin
    _have_descriptors()
    for stream in before[:2]:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = Outlet(before[0]), Outlet(before[1], careless=True)
    sys.stdin = before[2] or io.StringIO()
    try:
        yield
    finally:
        out = sys.stdout
        sys.stdout, sys.stderr, sys.stdin = before
        out.flush()


def _have_descriptors() -> None:
    """No file that is opened later gets the number of a standard stream that is closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
