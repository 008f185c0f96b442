"""A host for each vm that must go somewhere. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vnetsh.placement.seating import Guest, Move, Seating

MOST_STEPS = 20_000
"""Tries after which the search for a host for everyone is given up: half a second or so."""

Fits = Callable[[Guest, str], bool]
"""Whether a host can take a guest, whatever else is there: its bridges, images, names."""


@dataclass(frozen=True)
class Choice:
    """Where the guests go; else the one that found no host, with what each host has against it in words."""

    moves: tuple[Move, ...] = ()
    stuck: Guest | None = None
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Clump:
    """Guests that go to one host, whichever."""

    guests: tuple[Guest, ...]
    hosts: tuple[str, ...]

    @property
    def memory(self) -> int:
        return sum(guest.memory for guest in self.guests)


def choose(seating: Seating, going: Iterable[Guest], to: Sequence[str], fits: Fits) -> Choice:
    """A host for each guest, so that nobody has too little memory and bonds are kept; the least loaded first.

    Those that must be together go together, and where some of them stay, to these. `seating` is as it was afterwards.
    """
    clumps = _clumps(seating, tuple(going), to, fits)
    search = _Search(seating)
    for tightly in (False, True):
        found = search.of(clumps, tightly)
        if found is not None:
            return Choice(tuple(Move(guest, host) for clump, host in found for guest in clump.guests))
    stuck, why = search.stuck
    return Choice(stuck=stuck, why=why)


def _clumps(seating: Seating, going: Sequence[Guest], to: Sequence[str], fits: Fits) -> list[_Clump]:
    """The hardest first: those with the fewest hosts and, of these, the largest."""
    left = {guest.key: guest for guest in going}
    found = []
    for guest in going:
        if guest.key not in left:
            continue
        names = seating.bonds.together(guest.name)
        guests = tuple(one for one in going if one.name in names and one.key in left)
        for one in guests:
            del left[one.key]
        staying = {
            one.host
            for name in names
            for one in seating.of_name.get(name, ())
            if one not in going and one.name != guest.name
        }
        hosts = [host for host in to if not staying or host in staying]
        found.append(_Clump(guests, tuple(h for h in hosts if all(fits(one, h) for one in guests))))
    return sorted(found, key=lambda clump: (len(clump.hosts), -clump.memory, clump.guests[0].key))


class _Search:
    """A search in depth: the first host that will do for each clump in its turn, back where none does."""

    def __init__(self, seating: Seating) -> None:
        self._seating = seating
        self._depth = -1
        self.stuck: tuple[Guest | None, Mapping[str, str]] = None, {}

    def of(self, clumps: Sequence[_Clump], tightly: bool) -> list[tuple[_Clump, str]] | None:
        """A host for each; None where none was found. `tightly`: hosts are filled one after the other."""
        placed: list[tuple[_Clump, str]] = []
        tries: list[Iterator[str]] = []
        steps = 0
        while len(placed) < len(clumps) and steps <= MOST_STEPS:
            clump = clumps[len(placed)]
            if len(tries) == len(placed):
                tries.append(iter(self._ordered(clump, tightly)))
            for host in tries[-1]:
                steps += 1
                if self._seat(clump, host):
                    placed.append((clump, host))
                    break
            else:
                self._note(clump, len(placed))
                tries.pop()
                if not placed:
                    return None
                self._leave(*placed.pop())
        for clump, host in reversed(placed):
            self._leave(clump, host)
        return placed if len(placed) == len(clumps) else None

    def _note(self, clump: _Clump, depth: int) -> None:
        """Remember the one that nobody took, when all that come before it had a host."""
        if depth > self._depth:
            self._depth = depth
            self.stuck = clump.guests[0], {host: self._why(clump, host) for host in clump.hosts}

    def _ordered(self, clump: _Clump, tightly: bool) -> list[str]:
        seating = self._seating
        if tightly:
            return sorted(clump.hosts, key=lambda host: (seating.left(host), host))
        loads = {host: seating.load(host, clump.memory) for host in clump.hosts}
        return sorted(clump.hosts, key=lambda host: (loads[host], host))

    def _seat(self, clump: _Clump, host: str) -> bool:
        """Have the guests there, where all of them fit."""
        for number, guest in enumerate(clump.guests):
            if not self._seating.takes(guest, host):
                self._leave(replace(clump, guests=clump.guests[:number]), host)
                return False
            self._seating.arrive(guest, host)
        return True

    def _leave(self, clump: _Clump, host: str) -> None:
        for guest in clump.guests:
            self._seating.depart(guest, host)

    def _why(self, clump: _Clump, host: str) -> str:
        enemies = (enemy for guest in clump.guests if (enemy := self._seating.enemy(guest, host)))
        if enemy := next(enemies, ""):
            where = "there" if self._seating.has(host, enemy) else "in its zone"
            return f"`{enemy}` is or would be {where}, and they are to be apart"
        left, asked = max(0, int(min(self._seating.left(host), 2**62))), clump.memory
        return f"{left // 2**20} MiB of memory would be left for it, and it has {asked // 2**20} MiB"
