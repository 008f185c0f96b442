"""The least moves that bring every host under a limit and, of these, the smallest largest load. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf

from vnetsh.placement.seating import Guest, Move, Seating

MOST_STEPS = 40_000
"""Steps of the search for one number of moves, after which a larger number is tried."""

MORE = 4
"""How many moves more than the fewest thinkable are looked for, one after the other, before any number will do."""

DEEPEST = 150
"""The most moves of which the fewest are looked for: beyond that the first that do are taken."""

Fits = Callable[[Guest, str], bool]


def balance(seating: Seating, hosts: Sequence[str], limit: float, fits: Fits) -> tuple[Move, ...] | None:
    """Moves between hosts after which none of them has more than `limit` of its memory in use; None: none were found.

    First as few as can be; then the largest load is made as small as it gets by exchanging what moves and where to.
    Who must be together stays where it is. `seating` is as it was afterwards.
    """
    search = _Search(seating, hosts, limit, fits)
    if search.fewest == inf:
        return None
    fewest = int(search.fewest)
    tries = range(fewest, fewest + MORE) if fewest <= DEEPEST else ()
    found = next((moves for most in tries if (moves := search.of(most)) is not None), None)
    if found is None:
        found = search.straight()
    return None if found is None else tuple(_smoothed(seating, hosts, limit, fits, found))


class _Search:
    """A search in depth for moves, so many at most."""

    def __init__(self, seating: Seating, hosts: Sequence[str], limit: float, fits: Fits) -> None:
        self._seating, self._hosts, self._limit, self._fits = seating, list(hosts), limit, fits
        self._movable = {host: _movable(seating, host) for host in hosts}
        self._gone: set[tuple[str, str]] = set()
        self._steps = 0
        self._needs = {host: self._need(host) for host in hosts}

    @property
    def fewest(self) -> float:
        """So many moves it takes at least: from each host the largest, until it is under the limit."""
        return sum(self._needs.values())

    def _need(self, host: str) -> float:
        excess = _excess(self._seating, host, self._limit)
        count = 0
        for guest in reversed(self._movable[host]):
            if excess <= 0:
                break
            if guest.key not in self._gone:
                excess -= guest.memory
                count += 1
        return count if excess <= 0 else inf

    def of(self, most: float) -> list[Move] | None:
        """Moves, `most` of them at most; None where none were found in time."""
        self._steps = 0
        return self._from(most, [], {})

    def _from(self, most: float, moves: list[Move], last: dict[str, int]) -> list[Move] | None:
        host = next((host for host in self._hosts if self._needs[host]), None)
        if host is None:
            return list(moves)
        if len(moves) + self.fewest > most or len(moves) > len(self._seating.guests):
            return None
        tried: set[tuple[int, str]] = set()
        guests = self._movable[host]
        for at in range(last.get(host, 0), len(guests)):
            guest = guests[at]
            if guest.key in self._gone:
                continue
            for to in self._targets(guest, host, most - len(moves) - self.fewest):
                self._steps += 1
                if self._steps > MOST_STEPS:
                    return None
                alike = (guest.memory, to)
                if alike in tried or not self._fits(guest, to):
                    continue
                if not self._seating.bonds.apart(guest.name):
                    tried.add(alike)
                found = self._with(Move(guest, to), most, moves, {**last, host: at + 1})
                if found is not None:
                    return found
        return None

    def straight(self) -> list[Move] | None:
        """Moves, however many: each time the one that does most for the first host over the limit."""
        moves: list[Move] = []
        while host := next((host for host in self._hosts if self._needs[host]), None):
            move = next(self._helping(host), None)
            if move is None:
                break
            self._seating.move(move.guest, move.to)
            self._gone.add(move.guest.key)
            self._needs[host] = self._need(host)
            moves.append(move)
        done = not any(self._needs.values())
        for move in reversed(moves):
            self._seating.unmove(move.guest, move.to)
            self._gone.discard(move.guest.key)
            self._needs[move.guest.host] = self._need(move.guest.host)
        return moves if done else None

    def _helping(self, host: str) -> Iterator[Move]:
        """Moves away from a host: of the smallest that is enough, else of the largest, and so on."""
        excess = _excess(self._seating, host, self._limit)
        guests = [guest for guest in self._movable[host] if guest.key not in self._gone]
        enough = [guest for guest in guests if guest.memory >= excess]
        rest = [guest for guest in reversed(guests) if guest.memory < excess]
        for guest in (*enough, *rest):
            yield from (Move(guest, to) for to in self._targets(guest, host, 0) if self._fits(guest, to))

    def _with(self, move: Move, most: float, moves: list[Move], last: dict[str, int]) -> list[Move] | None:
        guest, ends = move.guest, (move.guest.host, move.to)
        needs = [self._needs[host] for host in ends]
        self._seating.move(guest, move.to)
        self._gone.add(guest.key)
        for host in ends:
            self._needs[host] = self._need(host)
        found = None
        if len(moves) + 1 + self.fewest <= most:
            found = self._from(most, [*moves, move], last)
        self._seating.unmove(guest, move.to)
        self._gone.discard(guest.key)
        for host, need in zip(ends, needs, strict=True):
            self._needs[host] = need
        return found

    def _targets(self, guest: Guest, source: str, spare: float) -> Iterator[str]:
        """The hosts that it may go to: those that stay under the limit, the least loaded first; then others."""
        seating = self._seating
        hosts = [host for host in self._hosts if host != source and seating.takes(guest, host)]
        loads = {host: seating.load(host, guest.memory) for host in hosts}
        hosts.sort(key=lambda host: (loads[host], host))
        yield from (host for host in hosts if loads[host] <= self._limit)
        if spare >= 1:
            yield from (host for host in hosts if loads[host] > self._limit)


def _excess(seating: Seating, host: str, limit: float) -> float:
    memory = seating.rooms[host].memory
    return 0 if memory is None else seating.used(host) - limit * memory


def _movable(seating: Seating, host: str) -> list[Guest]:
    """The guests of a host that may leave it, the smallest first."""
    found = [
        guest
        for guest in seating.guests
        if guest.host == host and guest.memory and len(seating.bonds.together(guest.name)) < 2
    ]
    return sorted(found, key=lambda guest: (guest.memory, guest.name))


def _smoothed(
    seating: Seating, hosts: Sequence[str], limit: float, fits: Fits, moves: list[Move]
) -> list[Move]:
    """The same number of moves; each is exchanged for another from its host as long as the loads get evener."""
    for move in moves:
        seating.move(move.guest, move.to)
    better = True
    while better:
        better = False
        for at, move in enumerate(moves):
            other = _better(seating, hosts, limit, fits, moves, move)
            if other:
                seating.unmove(move.guest, move.to)
                seating.move(other.guest, other.to)
                moves[at], better = other, True
    for move in reversed(moves):
        seating.unmove(move.guest, move.to)
    return moves


def _better(
    seating: Seating, hosts: Sequence[str], limit: float, fits: Fits, moves: Sequence[Move], move: Move
) -> Move | None:
    """A move in place of one that makes the largest of the loads that it is about smaller."""
    going = {one.guest.key for one in moves if one is not move}
    source = move.guest.host
    seating.unmove(move.guest, move.to)
    before = {host: seating.load(host) for host in hosts}
    best, found = _worst(seating, before, limit, source, move), None
    for guest in _movable(seating, source):
        if guest.key in going:
            continue
        for to in hosts:
            if to == source or (guest, to) == (move.guest, move.to) or not seating.takes(guest, to):
                continue
            worst = _worst(seating, before, limit, source, Move(guest, to))
            if worst < best and fits(guest, to):
                best, found = worst, Move(guest, to)
    seating.move(move.guest, move.to)
    return found


def _worst(
    seating: Seating, loads: dict[str, float], limit: float, source: str, move: Move
) -> tuple[float, float]:
    """How uneven a move leaves the hosts: the largest load, and the sum of the squares; of no use over the limit."""
    then = {
        **loads,
        source: seating.load(source, -move.guest.memory),
        move.to: seating.load(move.to, move.guest.memory),
    }
    largest = max(then.values())
    if max(then[source], then[move.to]) > limit:
        return inf, inf
    return round(largest, 9), round(sum(load * load for load in then.values()), 9)
