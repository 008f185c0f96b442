"""One operator at a time at a place: a lock that dies with its holder."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

from vnetsh.engine.connections import Connections
from vnetsh.errors import HostHung, HostUnreachable, PluginBroken, VnetshError
from vnetsh.hosts.transport import Busy, Held
from vnetsh.hosts.workers import at_once
from vnetsh.model import Host, Inventory, Place

FOREIGN = 10.0
"""Seconds that root waits for a process of an ordinary user's: who has no rights there must not keep root from it."""

_Key = tuple[str, str]
"""What tells locks apart."""
_Taken = Held | Busy | VnetshError | Literal["silent"] | None
"""What came of asking for a lock; None where there is none."""


class Locks:
    """The locks of one session. `say` is told whom it waits for."""

    def __init__(self, connections: Connections, patience: float, say: Callable[[str, str], None]) -> None:
        self._connections = connections
        self.patience = patience
        self._say = say
        self._held: dict[_Key, Held] = {}
        self._hosts: dict[_Key, str] = {}
        self._looked: set[_Key] = set()
        self.overruled: list[str] = []
        """A sentence for each lock that was taken from somebody else."""

    def acquire(self, inventory: Inventory, names: Iterable[str], who: str) -> None:
        """Lock all of these places, or none. Raises `VnetshError` when another one keeps them too long.

        A place without a lock of its own is locked by those of the hosts that lead to it. Whoever does not get all
        lets go of all and tries again, so that two never wait for each other. A place that does not answer is not
        locked: nothing is done there either.
        """
        places = [inventory[name] for name in names]
        hosts = [place for place in places if isinstance(place, Host)]
        began = time.monotonic()
        overrule = False
        while True:
            found = self._take([place for place in places if not isinstance(place, Host)], who)
            leading = {name for place, taken in found.values() if taken is None for name in place.hosts}
            at = [*hosts, *(inventory[name] for name in sorted(leading & {*inventory}))]
            found |= self._take(at, who, overrule=overrule)
            held = {at: taken for at, (_, taken) in found.items() if isinstance(taken, Held)}
            busy = [(place, taken) for place, taken in found.values() if isinstance(taken, Busy)]
            broken = [taken for _, taken in found.values() if isinstance(taken, VnetshError)]
            if not busy and not broken:
                self._held |= held
                self._hosts |= {at: found[at][0].name for at in held}
                return
            _release(held.values())
            if broken:
                raise broken[0]
            waited = time.monotonic() - began
            if waited > min(self.patience, FOREIGN) and all(one.foreign for _, one in busy):
                overrule = True
                self.overruled = [f"{at.name}: the lock of {one.who} was overruled" for at, one in busy]
                continue
            place, holder = busy[0]
            if waited > self.patience:
                raise VnetshError(
                    f"{place.name} is being changed by {holder.who}",
                    help=f"nothing was done; it did not end in {self.patience:g} s: try again when it has",
                )
            self._say(place.name, f"waits for {holder.who}")
            time.sleep(random.uniform(0.05, 0.3))

    def _take(
        self, places: Iterable[Place], who: str, *, overrule: bool = False
    ) -> dict[_Key, tuple[Place, _Taken]]:
        """What came of the locks of these places that are not held yet."""
        # Two names of one machine have one lock.
        wanted = {_lock_of(place): place for place in places if _lock_of(place) not in self._held}
        taken = at_once("lock", lambda place: self._one(place, who, overrule), wanted.values())
        return dict(zip(wanted, zip(wanted.values(), taken, strict=True), strict=True))

    def _one(self, place: Place, who: str, overrule: bool) -> _Taken:
        try:
            return self._connections.lock(place, who, overrule=overrule)
        except HostUnreachable as error:
            if isinstance(error, HostHung):
                self._connections.give_up(place.name, error)
            return "silent"
        except VnetshError as error:
            return error
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            broken = PluginBroken(f"{place.name}: its lock cannot be taken: {type(error).__name__}: {error}")
            broken.__cause__ = error
            return broken

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
        self.overruled = []
        held, self._held = self._held, {}
        self._hosts, self._looked = {}, set()
        _release(held.values())

    def holds(self, place: Place) -> bool:
        """Whether a place is locked by itself."""
        return _lock_of(place) in self._held

    def leading_to(self, place: Place) -> Mapping[_Key, tuple[str, Held]]:
        """The hosts that lead to a place and are locked, by what tells locks apart; each with its name and its lock."""
        names = {place.name} if isinstance(place, Host) else {*place.hosts}
        own = {_lock_of(place)} if isinstance(place, Host) else set()
        keys = own | {key for key, name in self._hosts.items() if name in names}
        return {key: (self._hosts[key], self._held[key]) for key in keys if key in self._held}

    def kept_there(self) -> Mapping[str, Sequence[str]]:
        """The hosts that were locked since this was asked last: which records were open there, or told."""
        new = {key: held for key, held in self._held.items() if key not in self._looked}
        self._looked |= {*new}
        return {self._hosts[key]: held.scribe.names for key, held in new.items() if held.scribe}


def _lock_of(place: Place) -> _Key:
    """The key of a place's lock: a machine has one, as far as the inventory knows where the way to it leads."""
    if not isinstance(place, Host):
        return place.sort, place.name
    host = place
    if host.flag("local"):
        return "", ""
    return host.text("ssh") or host.address or host.name, host.text("ssh-config")


def _release(held: Iterable[Held]) -> None:
    at_once("release", lambda one: one.release(), held)
