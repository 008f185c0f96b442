"""A pager, where somebody reads at a terminal and there is more than fits on it."""

from __future__ import annotations

import os
import shlex
import sys

from vnetsh.interface.output import Outlet, dumb_terminal, for_terminal

USUAL = "less -FRX"
_LEAST = 4  # rows in which leafing through something is of any use


def print_paged(text: str, *, allowed: bool) -> None:
    """Print a text, by `$PAGER` where it is taller than the terminal; off a terminal never."""
    pager = _pager(text) if allowed else []
    if not pager or not _paged(for_terminal(text), pager):
        print(text)
    elif isinstance(sys.stdout, Outlet):
        sys.stdout.copied(f"{text}\n")


def _pager(text: str) -> list[str]:
    """The command that shows a text; none where it is to be printed as it is."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or dumb_terminal():
        return []
    from shutil import get_terminal_size

    rows = get_terminal_size().lines
    if rows < _LEAST or text.count("\n") + 2 <= rows:  # a prompt follows it
        return []
    try:
        return shlex.split(os.environ.get("PAGER", USUAL))
    except ValueError:  # quotes that are not closed
        return []


def _paged(text: str, pager: list[str]) -> bool:
    """Whether a pager has shown a text. Ctrl-C is the pager's own while it runs."""
    import signal
    import subprocess

    try:
        shown = subprocess.Popen(pager, stdin=subprocess.PIPE, text=True, errors="backslashreplace")
    except OSError:
        return False
    ours = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        shown.communicate(text + "\n")
    except BrokenPipeError:  # it was left before it had read all
        pass
    finally:
        shown.wait()
        signal.signal(signal.SIGINT, ours)
    return shown.returncode == 0
