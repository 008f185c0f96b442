"""A block that has to be confirmed: a guard at each of its places, and how they end, all in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh.crashpoints import reached
from vnetsh.engine.connections import Connections
from vnetsh.engine.report import Failure
from vnetsh.errors import BackendRefused, HostUnreachable, VnetshError
from vnetsh.hosts.going_back import (
    ARMED,
    BACK,
    CONFIRMED,
    GOING,
    STUCK,
    Guard,
    HostGuard,
    MemoryGuard,
    Standing,
)
from vnetsh.hosts.workers import at_once
from vnetsh.journal import Journal
from vnetsh.model import Host, Inventory

Agree = Callable[[int, float, Callable[[], bool]], bool]
"""Asks a person to confirm a run, with the seconds that are left for it, and whether it is broken off meanwhile."""
_MARGIN = 0.5  # seconds that a place must have left, or it might go back while others are confirmed

_OVER = Failure(
    "", "the time to confirm was over before all was made and seen", "give it more: `within`", code="E538"
)
_Told = Standing | VnetshError


@dataclass
class Ended:
    """How a block ended: the places whose changes stand, are gone, or may be either."""

    confirmed: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    left: list[str] = field(default_factory=list)
    """What is to be said of these, in words."""
    slow: list[str] = field(default_factory=list)
    """The guards that are not at their end where all stands, in words."""
    failure: Failure | None = None


class Probation:
    """The guards of one block. `who` is told to those who wait meanwhile; in memory (`real` False) nobody does."""

    def __init__(
        self,
        places: Sequence[str],
        seconds: float,
        inventory: Inventory,
        connections: Connections,
        journal: Journal,
        who: str,
        *,
        real: bool,
    ) -> None:
        self._connections = connections
        self._journal = journal
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._looked = -1
        says = f"run {journal.number} of {who}, which has to be confirmed within {seconds:g} s"
        self._guards: dict[str, Guard] = {}
        for place in places:
            host = inventory[place]
            assert isinstance(host, Host)
            self._guards[place] = (
                HostGuard(place, connections.transport(host), seconds, says, connections.timeout)
                if real
                else MemoryGuard(place, seconds)
            )

    @property
    def over(self) -> Failure | None:
        """That the time is over, as far as it can be told here."""
        return _OVER if time.monotonic() > self._until else None

    def guard(self, place: str) -> Guard:
        """The one of a place. Raises `VnetshError` where nothing was foreseen to be made."""
        if place not in self._guards:
            raise VnetshError(f"{place}: nothing was foreseen to be made there", help="plan again")
        return self._guards[place]

    def arm(self) -> Failure | None:
        """Have all places guarded, before anything is made; why not."""
        tokens = {place: guard.token for place, guard in self._guards.items()}
        self._journal.unconfirmed(tokens, self._seconds)
        self._until = time.monotonic() + self._seconds
        reached("guards are in the journal")
        told = self._each(_armed)
        reached("guards are armed")
        return next(
            (_failure(place, one) for place, one in told.items() if isinstance(one, VnetshError)), None
        )

    def anew(self, made: int) -> None:
        """Have whatever is looked at from here on come over connections newer than the steps that were made."""
        if self._looked != made:
            self._looked = made
            self._connections.anew(self._guards)

    def confirm(self, agree: Agree | None, broken_off: Callable[[], bool]) -> Ended:
        """Reach all places anew and, where all can be and a person agrees, let what was made stand; else go back.

        All are reached before the first is told, so that they are told within a moment.
        """
        reached("block is made")
        try:
            failure = self._reached_anew()
            if not failure and agree and not agree(self._journal.number, self._left, broken_off):
                failure = Failure("", "nobody confirmed it", code="E538")
            if failure:
                return self.back(failure)
            if agree:
                again = self._each(lambda guard: guard.reach())
                failure = next(filter(None, (_ill(place, one) for place, one in again.items())), None)
                if failure:
                    return self.back(failure)
            reached("places are reached anew")
            self._journal.confirming()
            reached("confirming is in the journal")
            told = self._each(self._confirm_one)
            reached("places are confirmed")
            return self._ended(told, None)
        finally:
            for guard in self._guards.values():
                guard.close()

    def _reached_anew(self) -> Failure | None:
        told = self._each(lambda guard: guard.reach())
        self._left = min((one.left for one in told.values() if isinstance(one, Standing)), default=0.0)
        return next(filter(None, (_ill(place, one) for place, one in told.items())), None)

    @staticmethod
    def _confirm_one(guard: Guard) -> Standing:
        reached("a place is about to be confirmed")
        found = guard.confirm()
        reached("a place is confirmed")
        return found

    def back(self, failure: Failure | None = None) -> Ended:
        """Have all places go back now; who cannot be told goes back when its time is over."""
        reached("places are about to go back")
        told = self._each(lambda guard: guard.back())
        return self._ended(told, failure)

    def _ended(self, told: Mapping[str, _Told], failure: Failure | None) -> Ended:
        found = Ended(failure=failure)
        for place, one in told.items():
            if not isinstance(one, VnetshError) and one.state in (CONFIRMED, BACK):
                (found.confirmed if one.state == CONFIRMED else found.back).add(place)
                if one.state == CONFIRMED and one.said:
                    found.slow.append(
                        f"{place} stands; what its guard has left there goes later: {one.said[0]}"
                    )
                continue
            found.unknown.add(place)
            if isinstance(one, VnetshError):
                found.left.append(f"{place}: it goes back by itself when its time is over: {one.message}")
            elif one.state == STUCK:
                found.left += [f"{place}: could not be taken back: {said}" for said in one.said]
            elif one.state == GOING:
                found.left.append(one.going(place))
            else:
                found.left.append(f"{place}: its guard is {one.state}")
        if found.confirmed and (found.back or found.unknown) and not failure:
            others = ", ".join(sorted({*found.back, *found.unknown}))
            found.failure = Failure(
                "", f"confirmed on {', '.join(sorted(found.confirmed))}, and not on {others}", code="E538"
            )
        elif not found.confirmed and not failure:
            found.failure = Failure("", "it was not confirmed in time", code="E538")
        return found

    def _each(self, call: Callable[[Guard], Standing]) -> dict[str, _Told]:
        def one(guard: Guard) -> _Told:
            try:
                return call(guard)
            except VnetshError as error:
                return error

        return dict(zip(self._guards, at_once("guard", one, self._guards.values()), strict=True))


def _armed(guard: Guard) -> Standing:
    guard.arm()
    return Standing(ARMED)


def _failure(place: str, error: VnetshError) -> Failure:
    return Failure(place, error.message, error.help)


def _ill(place: str, told: _Told) -> Failure | None:
    """Why a place cannot be confirmed."""
    if isinstance(told, (HostUnreachable, BackendRefused)):
        return Failure(place, f"not reached over a new connection: {told.message}", code="E538")
    if isinstance(told, VnetshError):
        return _failure(place, told)
    if told.state != ARMED or told.left < _MARGIN:
        return Failure(place, "the time to confirm is over", code="E538")
    return None
