"""Moves at the same time, so many as their hosts take at once. When one fails the others are broken off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from dataclasses import dataclass

from vnetsh.backend import ApplyFailed, JobState
from vnetsh.errors import HostUnreachable
from vnetsh.hosts.workers import Workers
from vnetsh.model import Change
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import HostNamed, LibvirtHost
from vnetsh_libvirt.means import MIB

LOOK = 0.25
"""Seconds between two words on how far they are, and two looks for a free place."""


@dataclass(frozen=True)
class Going:
    """One move: `work` makes it, and raises as `Connection.apply` does; what it says is told `tell`."""

    change: Change
    work: Callable[[Tell], None]
    at: HostNamed


class _Crowd:
    """Moves under way: how far each is, and whether they are to end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, JobState] = {}
        self.broken_off = threading.Event()
        self._interrupted: set[str] = set()

    def tell(self, name: str, state: JobState) -> None:
        """How far one is; raises `KeyboardInterrupt`, once, where it is to end."""
        with self._lock:
            self._states[name] = state
            if self.broken_off.is_set() and name not in self._interrupted:
                self._interrupted.add(name)
                raise KeyboardInterrupt

    def ended(self, name: str) -> None:
        """One is over."""
        with self._lock:
            self._states.pop(name, None)

    def state(self, done: int, count: int) -> JobState:
        """How far all are."""
        with self._lock:
            states = list(self._states.values())
        moved, total = sum(one.moved for one in states), sum(one.total for one in states)
        rate = sum(one.rate for one in states)
        words = [f"{done} of {count} moved"]
        if len(states) > 1 and total:
            words[0] += f", {moved // MIB} of {total // MIB} MiB"
            words[0] += f", {rate // MIB} MiB/s, about {(total - moved) / rate:.0f} s to go" if rate else ""
        return JobState("; ".join([*words, *(state.text for state in states)]), moved, total, rate)


def at_once(all: Sequence[Going], done: Sequence[Change], tell: Tell) -> None:
    """Make all these moves, each as soon as both its hosts have a place for it; those that are made come to `done`.

    Raises what the first one that failed raised, when none is under way any more; `HostUnreachable` where of any of
    them nobody knows how it ended. Broken off, it raises where one has not moved.
    """
    crowd, workers = _Crowd(), Workers("moves", len(all))
    running = {workers.submit(_go, going, crowd): going for going in all}
    workers.stop()
    errors: list[BaseException] = []
    while running:
        ended, _ = wait(running, LOOK, FIRST_COMPLETED)
        for future in ended:
            del running[future]
            error = future.exception()
            if error is not None:
                errors.append(error)
                crowd.broken_off.set()
        try:
            tell(crowd.state(len(all) - len(running) - len(errors), len(all)))
        except KeyboardInterrupt:
            crowd.broken_off.set()
    if errors:
        raise _worst(errors, done)


def _go(going: Going, crowd: _Crowd) -> None:
    name, source = going.change.resource.name, going.at(going.change.place)
    while not source.under_way.acquire(timeout=LOOK):
        if crowd.broken_off.is_set():
            raise ApplyFailed(f"{name} stays on {source.name}", change=going.change)
    try:
        if crowd.broken_off.is_set():
            raise ApplyFailed(f"{name} stays on {source.name}", change=going.change)
        going.work(lambda state: crowd.tell(name, state))
    finally:
        source.under_way.release()
        crowd.ended(name)


@contextmanager
def on_the_way(name: str, source: LibvirtHost, target: LibvirtHost, tell: Tell) -> Iterator[None]:
    """While its data goes a VM has a place at both its hosts; before and after it only makes ready and looks.

    Raises what `tell` does.
    """
    held = []
    try:
        for places in (source.leaving, target.coming):  # in this order everywhere: nobody waits for ever
            while not places.acquire(timeout=LOOK):
                tell(JobState(f"{name}: waiting until another one has left"))
            held.append(places)
        yield
    finally:
        for places in held:
            places.release()


def _worst(errors: Sequence[BaseException], done: Sequence[Change]) -> BaseException:
    """The one that all of them come to, in the order in which they came."""
    for error in errors:
        if isinstance(error, HostUnreachable):
            return error
    failed = [error for error in errors if isinstance(error, ApplyFailed)]
    if len(failed) < len(errors):
        return next(error for error in errors if error not in failed)
    first = failed[0]
    leftovers = list(dict.fromkeys(left for error in failed for left in error.leftovers))
    found = ApplyFailed(first.message, change=first.change, done=done, leftovers=leftovers, help=first.help)
    found.__cause__ = first
    return found
