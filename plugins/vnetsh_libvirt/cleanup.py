"""What is done when work on a host fails half-way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vnetsh.backend import ApplyFailed
from vnetsh.errors import VnetshError


def with_cleanup(work: Callable[[], object], clean_up: Callable[[], Sequence[str]]) -> None:
    """Do work; when it fails clean up, and raise `ApplyFailed` with what could not be cleaned."""
    try:
        work()
    except (VnetshError, KeyboardInterrupt) as error:
        message = error.message if isinstance(error, VnetshError) else "interrupted"
        leftovers = (*(error.leftovers if isinstance(error, ApplyFailed) else ()), *clean_up())
        raise ApplyFailed(message, leftovers=leftovers, help=getattr(error, "help", "")) from error


def leftovers_of(otherwise: str, work: Callable[[], object]) -> list[str]:
    """Do a part of a clean-up; when it fails, a sentence that says what that leaves, and why."""
    try:
        work()
    except VnetshError as error:
        return [f"{otherwise}: {error.message}"]
    return []
