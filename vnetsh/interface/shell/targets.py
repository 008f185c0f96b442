"""Where a VM can go: each host's plan of the move, made on what is known of the fleet while one types."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from vnetsh.diagnostics import Source
from vnetsh.model import Fleet
from vnetsh.session import Session

_MOVE = re.compile(r"(?:^|[;{\n]|\bplan)\s*migrate\s+([^\s,;{}\"]+)\s+(?:to\s+\S*)?\Z")
_MOST = 64
"""Hosts that are tried at most: with more of them nobody reads the list."""

PASSES = ""


def moved(text: str) -> str:
    """The VM of which a text's end is about to say, or says, where it goes; empty where it does not."""
    found = _MOVE.search(text)
    return found[1] if found else ""


class Targets:
    """What speaks against each host, by the VM that was last typed. No host is asked.

    `found` is called, on a thread of its own, when something else is known of that.
    """

    def __init__(self, session: Session, fleet: Callable[[], Fleet], found: Callable[[], None]) -> None:
        self._session = session
        self._fleet = fleet
        self._told = found
        self._vm = ""
        self._tried: tuple[str, Fleet | None] = ("", None)
        self._found: Mapping[str, str] = {}
        self._wanted = threading.Event()
        self._closed = False

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._work, name="targets", daemon=True).start()

    def close(self) -> None:
        """Try no longer."""
        self._closed = True
        self._wanted.set()

    def look(self, text: str) -> None:
        """This stands before the cursor now."""
        vm, self._vm = self._vm, moved(text)
        if self._vm and vm != self._vm:
            self._wanted.set()

    def look_again(self) -> None:
        """Something is known of the fleet that was not."""
        if self._vm:
            self._wanted.set()

    def of(self, vm: str) -> Mapping[str, str]:
        """What speaks against each host, `PASSES` where nothing does; nothing as long as that is not known."""
        return self._found if self._tried[0] == vm else {}

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed:
                return
            vm, fleet = self._vm, self._fleet()
            if (vm, fleet) != self._tried and len(fleet.hosts) <= _MOST and fleet.named("vm", vm):
                found = {host: self._against(vm, host, fleet) for host in fleet.hosts}
                news = found != self.of(vm)
                self._found, self._tried = found, (vm, fleet)
                if news:
                    self._told()

    def _against(self, vm: str, host: str, fleet: Fleet) -> str:
        if any(resource.place == host for resource in fleet.named("vm", vm)):
            return "it is there"
        with suppress(Exception):  # who runs the line is told
            script = self._session.check(Source("<line>", f"migrate {vm} to {host}"))
            problems = self._session.planner.plan(script, fleet)[1]
            return problems[0].message if problems else PASSES
        return PASSES
