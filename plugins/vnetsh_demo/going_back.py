"""Hosts in memory that go back by themselves: their guards are timers of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from vnetsh.hosts.going_back import Guard, WayBack
from vnetsh.model import Change
from vnetsh_demo.host import DemoHost


def alone(change: Change) -> str:
    """Why a host cannot take a change back alone, as real ones could not."""
    kind, parent = change.resource.kind, change.resource.parent
    if kind in ("bridge", "tunnel") or (kind == "port" and parent and parent[0] == "bridge"):
        return ""
    return f"no host does that with a {kind}"


@contextmanager
def promised(guard: Guard, mutex: RLock, host: DemoHost) -> Iterator[None]:
    """What is made in here goes back when the guard says so. Raises `Over`."""
    before = dict(host.resources)
    after: dict[tuple[str, str], object] = {}

    def back() -> None:
        with mutex:
            for slot in {*before, *after}:
                if before.get(slot) is after.get(slot):
                    continue
                if slot in before:
                    host.resources[slot] = before[slot]
                else:
                    host.resources.pop(slot, None)

    guard.promise(WayBack(here=back))
    try:
        yield
    finally:
        after.update(host.resources)
