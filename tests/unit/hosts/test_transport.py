"""The lock of this very machine, as this process takes it and as a shell on a host does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from vnetsh.hosts.local import LOCK, hold, hold_here
from vnetsh.hosts.transport import Busy, Held

Take = Callable[[str], Held | Busy | None]


def here(who: str) -> Held | Busy | None:
    return hold_here("this", who)


def by_shell(who: str) -> Held | Busy | None:
    return hold(["sh", "-c", LOCK, "sh", who], "this")


def taken(take: Take, who: str) -> Held:
    """The lock, as soon as no other test has it."""
    deadline = time.monotonic() + 60
    while not isinstance(found := take(who), Held):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("first", [here, by_shell])
@pytest.mark.parametrize("second", [here, by_shell])
def test_one_holds_it_and_the_other_is_told_who(first: Take, second: Take) -> None:
    held = taken(first, "anna@here, process 1")
    try:
        assert second("otto@there, process 2") == Busy("anna@here, process 1")
    finally:
        held.release()
    taken(second, "otto@there, process 2").release()
