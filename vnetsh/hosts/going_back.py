"""Hosts that go back by themselves: what they are given for it beforehand, and the guard there that does it."""

from __future__ import annotations

import json
import os
import select
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, HostHung, HostUnreachable, VnetshError
from vnetsh.hosts.python import python

if TYPE_CHECKING:
    from subprocess import Popen

    from vnetsh.hosts.transport import Transport

CONFIRMED, BACK, STUCK, ARMED, UNKNOWN = "confirmed", "back", "stuck", "armed", "unknown"
"""How a guard stands: what it guarded stands, is taken back, or not wholly; it waits; nobody knows it."""
GOING = "going back"
"""It does not wait any more, and is not at its end yet: it tries."""
WAITING = "/run/vnetsh/unconfirmed"
_ENDING = 30.0  # seconds in which a host has said how its guard ended


GATED = """\
over() { echo 'the time to confirm is over' >&2; exit 75; }
cd "$1" 2>/dev/null && cat >"input.$$" && [ -e armed ] || over
exec 8<"input.$$" 9<>gate
rm "input.$$"
flock 9
[ -e armed ] || over
: >"$2.begun"
shift 2
cd /
exec "$@" <&8
"""
"""Runs a command by which a change is made, unless its place goes back by then: its input has come whole before."""


@dataclass(frozen=True)
class WayBack:
    """How a place takes a change back alone, known before it is made.

    A program for the host's Python (3.7 or newer, its standard library only), run there as root with one word and
    `data`, which JSON can hold, as its input (vnetsh/hosts/guard_on_host.py says which word means what). Of a place
    in memory `here` takes it back, and may be called though the change was not made.
    """

    program: str = ""
    data: object = None
    here: Callable[[], None] | None = None


class Over(VnetshError):
    """The time is over: the place goes back, or has gone back, and nothing more may be made there."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place}: the time to confirm is over: it goes back by itself")


@dataclass(frozen=True)
class Standing:
    """How a guard stands, with the seconds that are left of one that waits; what could not be taken back, in words."""

    state: str
    left: float = 0.0
    said: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Standing:
        """As its host tells it."""
        return cls(
            str(told.get("state", UNKNOWN)), float(told.get("left", 0)), tuple(map(str, told.get("said", ())))
        )

    def going(self, place: str) -> str:
        """Of a place that goes back: that it does, in words."""
        return ": ".join([f"{place} is going back, and not at its end yet", *self.said])


class Guard(Protocol):
    """Takes back what is made at one place, unless that is confirmed in time. Raises `HostUnreachable`."""

    token: str

    def arm(self) -> None:
        """Begin; from now on the time runs. Raises `BackendRefused`."""

    def promise(self, way: WayBack) -> Sequence[str]:
        """Have the place keep a way back, before its change is made. Raises `Over`, `BackendRefused`.

        The words to be put before a command that makes it: such a one is not begun once the place goes back.
        """

    def reach(self) -> Standing:
        """How it stands, over a connection that is made for it, and by which it can be confirmed then."""

    def confirm(self) -> Standing:
        """Let what was made stand, over the connection of `reach`; how it ended."""

    def back(self) -> Standing:
        """Have the place go back now; how it ended."""

    def close(self) -> None:
        """Let go of the connection; never raises."""


class HostGuard:
    """A guard on a host, by its Python."""

    def __init__(self, host: str, transport: Transport, seconds: float, says: str, timeout: float) -> None:
        self.token = uuid.uuid4().hex
        self._host = host
        self._transport = transport
        self._seconds = seconds
        self._says = says
        self._timeout = timeout
        self._lock = threading.Lock()
        self._promised = 0
        self._session: Popen[bytes] | None = None

    def arm(self) -> None:
        """Begin."""
        self._call("arm", self.token, str(self._seconds), self._says, input=_program())

    def promise(self, way: WayBack) -> Sequence[str]:
        """Have the host keep a way back."""
        with self._lock:
            self._promised += 1
            number = self._promised
        told = json.dumps({"program": way.program, "data": json.dumps(way.data)})
        if self._call("promise", self.token, str(number), input=told).get("over"):
            raise Over(self._host)
        reached("way back is promised")
        return ["sh", "-c", GATED, "sh", f"{WAITING}/{self.token}", f"{number:04}"]

    def _call(self, *words: str, input: str = "") -> Mapping[str, Any]:
        return called(self._host, self._transport, *words, input=input, timeout=self._timeout)

    def reach(self) -> Standing:
        """How it stands, over a connection of its own."""
        self.close()
        command = python(_program(), "confirm", self.token, str(self._seconds))
        self._session = self._transport.session_anew(command)
        return self._heard(self._timeout)

    def confirm(self) -> Standing:
        """Let what was made stand."""
        assert self._session
        assert self._session.stdin
        try:
            self._session.stdin.write(b"confirm\n")
            self._session.stdin.flush()
        except OSError as error:
            raise HostUnreachable(
                f"{self._host}: the connection was lost as it was to be confirmed"
            ) from error
        return self._heard(_ENDING)

    def _heard(self, timeout: float) -> Standing:
        assert self._session
        assert self._session.stdout
        line, until = b"", time.monotonic() + timeout
        while not line.endswith(b"\n"):
            if not select.select([self._session.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise HostHung(f"{self._host}: gave no answer over a new connection in {timeout:g} s")
            data = os.read(self._session.stdout.fileno(), 1 << 16)
            if not data:
                raise HostUnreachable(f"{self._host}: {_last_words(self._session)}")
            line += data
        return Standing.of(json.loads(line))

    def back(self) -> Standing:
        """Have the host go back now."""
        return told_back(self._host, self._transport, self.token)

    def close(self) -> None:
        """Let go of the connection."""
        session, self._session = self._session, None
        if session is None:
            return
        for pipe in (session.stdin, session.stdout, session.stderr):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        if session.poll() is None:
            session.terminate()
        session.wait()


class MemoryGuard:
    """A guard of a place in memory, which ends with this process."""

    def __init__(self, place: str, seconds: float) -> None:
        self.token = uuid.uuid4().hex
        self._place = place
        self._seconds = seconds
        self._lock = threading.Lock()
        self._ways: list[WayBack] = []
        self._state = ARMED
        self._timer = threading.Timer(seconds, self.back)
        self._until = 0.0

    def arm(self) -> None:
        """Begin."""
        self._timer.daemon = True
        self._until = time.monotonic() + self._seconds
        self._timer.start()

    def promise(self, way: WayBack) -> Sequence[str]:
        """Keep a way back."""
        with self._lock:
            if self._state != ARMED:
                raise Over(self._place)
            self._ways.append(way)
        return ()

    def reach(self) -> Standing:
        """How it stands."""
        return Standing(self._state, self._until - time.monotonic())

    def confirm(self) -> Standing:
        """Let what was made stand."""
        return self._end(CONFIRMED)

    def back(self) -> Standing:
        """Go back now."""
        return self._end(BACK)

    def _end(self, state: str) -> Standing:
        self._timer.cancel()
        with self._lock:
            ends, self._state = self._state == ARMED, state if self._state == ARMED else self._state
        for way in reversed(self._ways) if ends and state == BACK else ():
            if way.here:
                way.here()
        return Standing(self._state)

    def close(self) -> None:
        """There is no connection."""


def standings(
    host: str, transport: Transport, tokens: Iterable[str], timeout: float
) -> Mapping[str, Standing]:
    """How guards on a host stand. Raises `HostUnreachable`, `BackendRefused`."""
    told = called(host, transport, "look", *tokens, timeout=timeout)
    return {token: Standing.of(found) for token, found in told["states"].items()}


def told_back(host: str, transport: Transport, token: str) -> Standing:
    """Have a guard go back now; how it ended. Raises as `standings`."""
    return Standing.of(called(host, transport, "back", token, timeout=_ENDING))


def called(
    host: str, transport: Transport, *words: str, input: str = "", timeout: float
) -> Mapping[str, Any]:
    """What the program on a host answers. Raises `HostUnreachable`, `BackendRefused` with its own words."""
    done = transport.run(python(_program(), *words), input=input, timeout=timeout)
    try:
        found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        found = {"failed": lines[-1]}
    if "failed" in found:
        raise BackendRefused(f"{host}: it cannot guard a change: {found['failed']}")
    return found


def _last_words(session: Popen[bytes]) -> str:
    assert session.stderr
    lines = session.stderr.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "the connection was lost"


@cache
def _program() -> str:
    return Path(__file__).with_name("guard_on_host.py").read_text()
