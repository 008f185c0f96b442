"""The least moves that bring every host under a limit and, of these, the smallest largest load. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from random import Random

from vnetsh.placement.seating import Guest, Move, Seating
from vnetsh.placement.waves import waves

MOST_STEPS = 16_000
"""Steps of a search for one number of moves, after which it is given up."""

MORE = 4
"""How many moves more than the fewest thinkable are looked for, one after the other, before any number will do."""

DEEPEST = 150
"""The most moves of which the fewest are looked for: beyond that the first that do are taken."""

Fits = Callable[[Guest, str], bool]


@dataclass(frozen=True)
class _Party:
    """Guests of one host that go together: one, or those that must be."""

    guests: tuple[Guest, ...]
    host: str
    memory: int

    @property
    def bound(self) -> bool:
        """Whether it is about more than how much memory it takes, where it may be."""
        return len(self.guests) > 1 or bool(self.guests[0].apart | self.guests[0].apart_zones)


def _size(party: _Party) -> tuple[int, str]:
    return party.memory, party.guests[0].name


@dataclass(frozen=True)
class _Way:
    """A way to search: also `through` hosts that others must leave first; in an order of chance, where it has a `seed`.

    A search that takes a bad turn at its beginning never comes back from it: so a few others are made.
    """

    through: bool = False
    seed: int = 0
    steps: int = MOST_STEPS


_WAYS = (_Way(), _Way(through=True), *(_Way(seed % 2 == 0, seed, MOST_STEPS // 8) for seed in range(1, 11)))

_Step = tuple[_Party, str]
"""A party, and the host where it goes."""


def balance(seating: Seating, hosts: Sequence[str], limit: float, fits: Fits) -> tuple[Move, ...] | None:
    """Moves between hosts after which none of them has more than `limit` of its memory in use; None: none were found.

    First as few as can be; then the largest load is made as small as it gets by exchanging what moves and where to.
    Who must be together goes together. `seating` is as it was afterwards.
    """
    table = _Table(seating, hosts, limit, fits)
    search = _Search(table)
    if search.fewest == inf:
        return None
    fewest = int(search.fewest)
    for most in range(fewest, fewest + MORE) if fewest <= DEEPEST else ():
        for way in _WAYS:
            moves = _moves(table, search.of(most, way))
            if moves is not None:
                return moves
    return _moves(table, search.straight())


def _moves(table: _Table, steps: list[_Step] | None) -> tuple[Move, ...] | None:
    """The moves of steps, if there is an order in which nobody has too little memory on the way."""
    if steps is None:
        return None
    for found in (_smoothed(table, list(steps)), steps):
        moves = tuple(Move(guest, to) for party, to in found for guest in party.guests)
        if not waves(table.seating.copy(), moves)[1]:
            return moves
    return None


class _Table:
    """The seating as parties see it."""

    def __init__(self, seating: Seating, hosts: Sequence[str], limit: float, fits: Fits) -> None:
        self.seating, self.hosts, self.limit, self._fits = seating, list(hosts), limit, fits
        self.parties = {
            host: sorted(self._of(host), key=lambda one: (one.memory, one.guests[0].name)) for host in hosts
        }

    def _of(self, host: str) -> Iterator[_Party]:
        known: set[str] = set()
        for guest in self.seating.guests:
            if guest.host != host or guest.name in known:
                continue
            names = self.seating.bonds.together(guest.name)
            all = [one for name in names for one in self.seating.of_name.get(name, ())]
            known |= names
            memory = sum(one.memory for one in all)
            if memory and all and {one.host for one in all} == {host}:
                yield _Party(tuple(sorted(all, key=lambda one: one.name)), host, memory)

    def excess(self, host: str) -> float:
        """Bytes by which a host is over the limit; below 0 when it is under it."""
        memory = self.seating.rooms[host].memory
        return 0 if memory is None else self.seating.used(host) - self.limit * memory

    def takes(self, party: _Party, host: str) -> bool:
        """Whether a host has room for a party, and nobody there that one of them must be apart from."""
        left = party.memory <= self.seating.left(host)
        return left and not any(self.seating.enemy(guest, host) for guest in party.guests)

    def fits(self, party: _Party, host: str) -> bool:
        """Whether nothing else speaks against it."""
        return all(self._fits(guest, host) for guest in party.guests)

    def move(self, party: _Party, to: str) -> None:
        """Have it there."""
        for guest in party.guests:
            self.seating.move(guest, to)

    def unmove(self, party: _Party, to: str) -> None:
        """As before it was moved there."""
        for guest in reversed(party.guests):
            self.seating.unmove(guest, to)

    def targets(self, party: _Party, *, through: bool = False, chance: Random | None = None) -> Iterator[str]:
        """The hosts that it may go to and that stay under the limit, the least loaded first; `through`: then others."""
        hosts = [host for host in self.hosts if host != party.host]
        loads = {host: self.seating.load(host, party.memory) for host in hosts}
        if chance:
            chance.shuffle(hosts)
        else:
            hosts.sort(key=lambda host: (loads[host], host))
        yield from (host for host in hosts if loads[host] <= self.limit and self.takes(party, host))
        for host in hosts if through else ():
            memory = self.seating.rooms[host].memory or 0
            if loads[host] > self.limit and party.memory <= self.limit * memory:
                yield host


class _Search:
    """A search in depth for moves, so many at most."""

    def __init__(self, table: _Table) -> None:
        self._table = table
        self._gone: set[_Party] = set()
        self._tried, self._way = 0, _Way()
        self._chance: Random | None = None
        self._hosts = list(table.hosts)
        self._needs = {host: self._need(host) for host in table.hosts}

    @property
    def fewest(self) -> float:
        """So many moves it takes at least: from each host the largest, until it is under the limit."""
        return sum(self._needs.values())

    def _need(self, host: str) -> float:
        excess = self._table.excess(host)
        if excess <= 0:
            return 0
        left = (one for one in self._table.parties[host] if one not in self._gone)
        sizes = sorted((guest.memory for one in left for guest in one.guests), reverse=True)
        freed = enumerate(accumulate(sizes), 1)
        return next((count for count, memory in freed if memory >= excess), inf)

    def of(self, most: float, way: _Way) -> list[_Step] | None:
        """Moves, `most` of them at most; None where none were found in time."""
        self._tried, self._way = 0, way
        self._chance = Random(way.seed) if way.seed else None
        self._hosts = list(self._table.hosts)
        if self._chance:
            self._chance.shuffle(self._hosts)
        return self._from(most, [], {})

    def _from(self, left: float, steps: list[_Step], last: dict[str, int]) -> list[_Step] | None:
        """`left` moves are left. Of a host the parties go by size, so that no order is tried but one."""
        host = next((host for host in self._hosts if self._needs[host]), None)
        if host is None:
            return list(steps)
        if self.fewest > left:
            return None
        tried: set[tuple[int, str]] = set()
        parties = self._table.parties[host]
        for at in range(last.get(host, 0), len(parties)):
            party = parties[at]
            if party in self._gone or len(party.guests) > left:
                continue
            for to in self._table.targets(party, through=self._way.through, chance=self._chance):
                self._tried += 1
                if self._tried > self._way.steps:
                    return None
                if (party.memory, to) in tried or not self._table.fits(party, to):
                    continue
                if not party.bound:
                    tried.add((party.memory, to))
                found = self._with((party, to), left, steps, {**last, host: at + 1})
                if found is not None:
                    return found
        return None

    def _with(self, step: _Step, left: float, steps: list[_Step], last: dict[str, int]) -> list[_Step] | None:
        needs = self._take(step)
        rest = left - len(step[0].guests)
        found = self._from(rest, [*steps, step], last) if self.fewest <= rest else None
        self._take_back(step, needs)
        return found

    def _take(self, step: _Step) -> dict[str, float]:
        """Make a step; what its hosts had needed before."""
        party, to = step
        needs = {host: self._needs[host] for host in (party.host, to)}
        self._table.move(party, to)
        self._gone.add(party)
        for host in needs:
            self._needs[host] = self._need(host)
        return needs

    def _take_back(self, step: _Step, needs: dict[str, float]) -> None:
        self._table.unmove(*step)
        self._gone.discard(step[0])
        self._needs |= needs

    def straight(self) -> list[_Step] | None:
        """Moves, however many: each time the one that does most for the first host over the limit."""
        steps: list[tuple[_Step, dict[str, float]]] = []
        while host := next((host for host in self._table.hosts if self._needs[host]), None):
            step = next(self._helping(host), None)
            if step is None:
                break
            steps.append((step, self._take(step)))
        done = not any(self._needs.values())
        for step, needs in reversed(steps):
            self._take_back(step, needs)
        return [step for step, _ in steps] if done else None

    def _helping(self, host: str) -> Iterator[_Step]:
        """Moves away from a host: of the smallest that is enough, else of the largest, and so on."""
        excess = self._table.excess(host)
        parties = [party for party in self._table.parties[host] if party not in self._gone]
        enough = [party for party in parties if party.memory >= excess]
        rest = [party for party in reversed(parties) if party.memory < excess]
        for party in (*enough, *rest):
            yield from ((party, to) for to in self._table.targets(party) if self._table.fits(party, to))


def _smoothed(table: _Table, steps: list[_Step]) -> list[_Step]:
    """As many moves; each is exchanged for another from its host as long as the loads get evener."""
    for step in steps:
        table.move(*step)
    better = True
    while better:
        better = False
        for at, step in enumerate(steps):
            other = _better(table, steps, step)
            if other:
                table.unmove(*step)
                table.move(*other)
                steps[at], better = other, True
    for step in reversed(steps):
        table.unmove(*step)
    return steps


def _better(table: _Table, steps: Sequence[_Step], step: _Step) -> _Step | None:
    """A step in place of one that leaves the hosts more evenly loaded."""
    going = {party for party, _ in steps if party != step[0]}
    table.unmove(*step)
    loads = {host: table.seating.load(host) for host in table.hosts}
    best, found = _unevenness(table, loads, step), None
    for party in table.parties[step[0].host]:
        if party in going or len(party.guests) > len(step[0].guests):
            continue
        for to in table.targets(party):
            uneven = _unevenness(table, loads, (party, to))
            if uneven < best and table.fits(party, to):
                best, found = uneven, (party, to)
    table.move(*step)
    return found


def _unevenness(table: _Table, loads: dict[str, float], step: _Step) -> tuple[float, float]:
    """The largest load after a step, and the sum of all squares; no use where it leaves its host over the limit."""
    party, to = step
    source = table.seating.load(party.host, -party.memory)
    if source > table.limit:
        return inf, inf
    then = {**loads, party.host: source, to: table.seating.load(to, party.memory)}
    return round(max(then.values()), 9), round(sum(load * load for load in then.values()), 9)
