"""The names that completion offers: what the hosts hold, looked up in the background."""

from __future__ import annotations

import threading

from vnetsh.errors import VnetshError
from vnetsh.session import Session


class KnownNames:
    """The names of each kind, as last seen. `refresh` looks again without keeping anybody waiting."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._thread: threading.Thread | None = None
        self._names: dict[str, list[str]] = {"host": list(session.inventory)}

    def __call__(self) -> dict[str, list[str]]:
        """The names by kind."""
        return self._names

    def refresh(self) -> None:
        """Look at the hosts again, in a thread of its own."""
        self.wait()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until a look that is under way is over: connections serve one at a time."""
        if self._thread:
            self._thread.join()

    def _look(self) -> None:
        try:
            fleet = self._session.observe()
        except VnetshError:
            return  # completion offers what it knows; the next command says what is wrong
        names: dict[str, set[str]] = {}
        for resource in fleet.resources.values():
            names.setdefault(resource.kind, set()).add(resource.name)
        self._names = {"host": list(self._session.inventory), **{k: sorted(n) for k, n in names.items()}}
