"""One operator at a time at a place: a lock that dies with its holder."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from vnetsh.engine.connections import Connections
from vnetsh.errors import HostHung, HostUnreachable, VnetshError
from vnetsh.hosts.transport import Busy, Held
from vnetsh.hosts.workers import at_once
from vnetsh.model import Host, Place


class Locks:
    """The locks of one session. `say` is told whom it waits for."""

    def __init__(self, connections: Connections, patience: float, say: Callable[[str, str], None]) -> None:
        self._connections = connections
        self._patience = patience
        self._say = say
        self._held: dict[tuple[str, str], Held] = {}

    def acquire(self, places: Mapping[str, Place], who: str) -> None:
        """Lock all of these places, or none. Raises `VnetshError` when another one keeps them too long.

        Whoever does not get all lets go of all and tries again, so that two never wait for each other. A place
        that does not answer is not locked: nothing is done there either.
        """
        # Two names of one machine have one lock.
        wanted = {_lock_of(place): place for place in places.values() if _lock_of(place) not in self._held}
        if not wanted:
            return
        deadline = time.monotonic() + self._patience
        while True:
            results = at_once("lock", lambda place: self._one(place, who), wanted.values())
            found = dict(zip(wanted, results, strict=True))
            busy = {wanted[at].name: result for at, result in found.items() if isinstance(result, Busy)}
            held = {at: result for at, result in found.items() if isinstance(result, Held)}
            if not busy:
                self._held |= held
                return
            _release(held.values())
            name, holder = next(iter(busy.items()))
            if time.monotonic() > deadline:
                raise VnetshError(
                    f"{name} is being changed by {holder.who}",
                    help=f"nothing was done; it did not end in {self._patience:g} s: try again when it has",
                )
            self._say(name, f"waits for {holder.who}")
            time.sleep(random.uniform(0.05, 0.3))

    def _one(self, place: Place, who: str) -> Held | Busy | None:
        try:
            return self._connections.lock(place, who)
        except HostUnreachable as error:
            if isinstance(error, HostHung):
                self._connections.give_up(place.name, error)
            return None

    @contextmanager
    def only_if_it_succeeds(self) -> Iterator[None]:
        """Keep what is locked in here; let go of all where it raises, for then nothing will be done."""
        try:
            yield
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let go of all."""
        held, self._held = self._held, {}
        _release(held.values())


def _lock_of(place: Place) -> tuple[str, str]:
    """What tells locks apart: a machine has one, as far as the inventory knows where the way to it leads."""
    if not isinstance(place, Host):
        return place.sort, place.name
    host = place
    if host.flag("local"):
        return "", ""
    return host.text("ssh") or host.address or host.name, host.text("ssh-config")


def _release(held: Iterable[Held]) -> None:
    at_once("release", lambda one: one.release(), held)
