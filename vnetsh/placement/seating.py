"""Who is on which host, and what room is left there. Pure.

Nothing here knows a fleet: so it can be tried on thousands of imagined ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf


@dataclass(frozen=True)
class Guest:
    """A vm on a host. `memory` is what it takes there in bytes, the most that it may come to have: 0 while it is off.

    It is never on one host with those of `apart`, in one zone with those of `apart_zones`, and always on one host with
    those of `together`: names, and to say it of one of two is enough.
    """

    name: str
    host: str
    memory: int
    apart: frozenset[str] = frozenset()
    together: frozenset[str] = frozenset()
    apart_zones: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others: there may be two of a name, each on its host."""
        return self.host, self.name


@dataclass(frozen=True)
class Room:
    """A host: all of its memory, and what is free there now, in bytes; None where nobody knows. The zones it is in."""

    name: str
    memory: int | None = None
    free: int | None = None
    zones: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Move:
    """A guest that goes to another host."""

    guest: Guest
    to: str


class Bonds:
    """Who must be apart, and who together, by name."""

    def __init__(self, guests: Iterable[Guest]) -> None:
        self._apart: dict[str, set[str]] = {}
        self._zones: dict[str, set[str]] = {}
        self._friends: dict[str, set[str]] = {}
        for guest in guests:
            for found, others in (
                (self._apart, guest.apart | guest.apart_zones),
                (self._zones, guest.apart_zones),
            ):
                for other in others - {guest.name}:
                    found.setdefault(guest.name, set()).add(other)
                    found.setdefault(other, set()).add(guest.name)
            for other in guest.together:
                mine = self._friends.setdefault(guest.name, {guest.name})
                mine |= self._friends.get(other, {other})
                for one in mine:
                    self._friends[one] = mine

    def apart(self, name: str) -> set[str]:
        """Those that it must not be with."""
        return self._apart.get(name, set())

    def in_other_zones(self, name: str) -> set[str]:
        """Those of them that must not be in its zones either."""
        return self._zones.get(name, set())

    def together(self, name: str) -> set[str]:
        """Those that it must be with, itself among them."""
        return self._friends.get(name, {name})


class Seating:
    """The guests on their hosts, to be moved about. One that is under way counts at both ends."""

    def __init__(self, rooms: Iterable[Room], guests: Iterable[Guest]) -> None:
        self.rooms: Mapping[str, Room] = {room.name: room for room in rooms}
        self.guests = tuple(guests)
        self.bonds = Bonds(self.guests)
        self._used: Counter[str] = Counter()
        self._come: Counter[str] = Counter()
        self._names: dict[str, Counter[str]] = {name: Counter() for name in self.rooms}
        for guest in self.guests:
            self._used[guest.host] += guest.memory
            self._names.setdefault(guest.host, Counter())[guest.name] += 1

    def copy(self) -> Seating:
        """Another one of who sat where at first."""
        return Seating(self.rooms.values(), self.guests)

    @cached_property
    def of_name(self) -> Mapping[str, list[Guest]]:
        """The guests by name."""
        found: dict[str, list[Guest]] = {}
        for guest in self.guests:
            found.setdefault(guest.name, []).append(guest)
        return found

    def used(self, host: str) -> int:
        """Bytes that the guests of a host take, or may come to take."""
        return self._used[host]

    def left(self, host: str) -> float:
        """Bytes that one more may take on a host: of all its memory, and of what is really free of it."""
        room = self.rooms[host]
        whole = inf if room.memory is None else room.memory - self._used[host]
        free = inf if room.free is None else room.free - self._come[host]
        return min(whole, free)

    def load(self, host: str, more: int = 0) -> float:
        """The part of a host's memory that is taken, with so much more."""
        memory = self.rooms[host].memory
        return (self._used[host] + more) / memory if memory else inf

    def has(self, host: str, name: str) -> bool:
        """Whether one of that name is on a host."""
        return bool(self._names[host][name])

    def enemy(self, guest: Guest, host: str) -> str:
        """One on a host, or in a zone of it, that the guest must be apart from; empty when there is none."""
        there = self._names[host]
        found = [name for name in self.bonds.apart(guest.name) if there[name]]
        if not found and (others := self.bonds.in_other_zones(guest.name)):
            near = [
                self._names[one.name] for one in self.rooms.values() if one.zones & self.rooms[host].zones
            ]
            found = [name for name in others if any(names[name] for names in near)]
        return min(found, default="")

    def takes(self, guest: Guest, host: str) -> bool:
        """Whether a host has room for one more guest, and nobody there that it must be apart from."""
        return (not guest.memory or guest.memory <= self.left(host)) and not self.enemy(guest, host)

    def arrive(self, guest: Guest, host: str) -> None:
        """Count a guest at a host."""
        self._used[host] += guest.memory
        self._come[host] += guest.memory
        self._names[host][guest.name] += 1

    def depart(self, guest: Guest, host: str) -> None:
        """Count a guest at a host no longer."""
        self._used[host] -= guest.memory
        self._come[host] -= guest.memory
        self._names[host][guest.name] -= 1

    def move(self, guest: Guest, host: str) -> None:
        """Have it there, and no longer where it was."""
        self.arrive(guest, host)
        self.depart(guest, guest.host)

    def unmove(self, guest: Guest, host: str) -> None:
        """As before it was moved there."""
        self.arrive(guest, guest.host)
        self.depart(guest, host)
