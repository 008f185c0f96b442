"""A connection to a libvirt daemon whose every call is bounded in time and whose errors are vnetsh's own.

A daemon that hangs (stopped, a dead storage under it) never answers, and libvirt's API has no timeouts. So
each call is made on a thread of the link's own; one that does not come back is left behind with its thread,
and the link counts as lost from then on.

Two calls at the same time on one connection are not safe: a thread of libvirt's client that waits for its answer may
miss that another one wants to send (seen with 9.0: a call then hangs until the first has ended).
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import libvirt

from vnetsh.errors import BackendRefused, HostHung, HostUnreachable, NoRights, VnetshError
from vnetsh.hosts import workers

T = TypeVar("T")

# Without this the library writes every error to stderr, also those that are expected.
libvirt.registerErrorHandler(lambda context, error: None, None)

GONE = frozenset(
    {
        libvirt.VIR_ERR_NO_DOMAIN,
        libvirt.VIR_ERR_NO_STORAGE_POOL,
        libvirt.VIR_ERR_NO_SECRET,
        libvirt.VIR_ERR_NO_STORAGE_VOL,
        libvirt.VIR_ERR_NO_DOMAIN_METADATA,
        libvirt.VIR_ERR_NO_DOMAIN_SNAPSHOT,
        libvirt.VIR_ERR_NO_DOMAIN_CHECKPOINT,
    }
)
"""Error codes that say: there is no such thing."""

NOT_FOR_US = frozenset(
    {libvirt.VIR_ERR_AUTH_FAILED, libvirt.VIR_ERR_AUTH_CANCELLED, libvirt.VIR_ERR_AUTH_UNAVAILABLE}
)
"""Error codes that say: who are you?"""


_open: dict[int, Any] = {}
"""The connections that nobody has closed: whenever Python itself closes one, it waits for a daemon that may hang."""


@atexit.register
def _leave_open() -> None:
    """What is open when the process ends is closed by its end."""
    for connection in _open.values():
        connection._o = None


def _close(connection: Any) -> None:
    connection.close()
    _open.pop(id(connection), None)


class Link:
    """An open connection to the libvirt of one host.

    Raises `HostUnreachable` where the daemon does not answer in `timeout` seconds or the way to it is lost,
    and `BackendRefused` with libvirt's own words where it says no. `broken` tells what has become of the way to it,
    `anew` gives the URI of a new one.
    """

    def __init__(
        self,
        host: str,
        uri: str,
        timeout: float,
        broken: Callable[[], str] = lambda: "",
        anew: Callable[[], str] | None = None,
    ) -> None:
        self._host = host
        self.uri = uri
        self._timeout = timeout
        self._broken = broken
        self._anew = anew or (lambda: uri)
        self._lost = False
        self._hung = 0.0  # when it was found to hang: for so long nobody waits for it again
        self._worker = workers.Workers(f"libvirt {host}", 1)
        self.connection: Any = None
        try:
            self.connection = self.call(self._opened, uri)
        except BaseException:
            self._worker.stop()
            raise

    def _opened(self, uri: str) -> Any:
        connection = libvirt.open(uri)
        _open[id(connection)] = connection
        if self._lost:  # nobody waits for it any longer
            _close(connection)
        return connection

    @property
    def lost(self) -> bool:
        """Whether it leads nowhere any more."""
        return self._lost

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Make a call and wait for it, `timeout` seconds at most."""
        if self._hung and time.monotonic() - self._hung < self._timeout:
            raise self._hangs()
        if self._lost:
            lost = self._broken() or "the connection to libvirt is lost"
            raise HostUnreachable(f"{self._host}: {lost}", help="try again: it is opened anew")
        return self.result(self._worker.submit(function, *arguments), self._timeout)

    def find(self, function: Callable[..., T], *arguments: Any) -> T | None:
        """Make a call that looks something up; None where there is no such thing."""
        try:
            return self.call(function, *arguments)
        except BackendRefused as error:
            if error_code(error) in GONE:
                return None
            raise

    def quietly(self, function: Callable[..., T], *arguments: Any) -> T | None:
        """Make a call of a clean-up, whose failure changes nothing; None when it fails."""
        try:
            return self.call(function, *arguments)
        except VnetshError:
            return None

    def begin(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Begin a long call, after which others of this link wait; its outcome comes by `result`."""
        return self._worker.submit(function, *arguments)

    def another(self) -> Link:
        """A second connection to the same daemon, for a long call beside which others are made."""
        return Link(self._host, self._anew(), self._timeout, self._broken, self._anew)

    def result(self, future: Future[T], timeout: float) -> T:
        """The outcome of a call; one that takes longer counts as hung."""
        try:
            return future.result(timeout)
        except TimeoutError:
            self._lost, self._hung = True, time.monotonic()
            raise self._hangs() from None
        except libvirt.libvirtError as error:
            raise self._translated(error) from error

    def _hangs(self) -> HostHung:
        if broken := self._broken():
            return HostHung(f"{self._host}: {broken}", help="try again: it is opened anew")
        return HostHung(
            f"{self._host}: libvirt gave no answer in {self._timeout:g} s",
            help="is its daemon stopped, or waiting for a dead disk? `systemctl status libvirtd` tells",
        )

    def _translated(self, error: libvirt.libvirtError) -> VnetshError:
        text = f"{self._host}: {error.get_error_message() or error}"
        if error.get_error_code() in NOT_FOR_US:
            return NoRights(
                text, help=f"log in as root, or by sudo: `host {self._host} … sudo`", what=("libvirt",)
            )
        if self.connection is None:
            return HostUnreachable(text, help="is libvirtd running there? `systemctl status libvirtd` tells")
        if not self.connection.isAlive():  # answered by the library, without asking the daemon
            self._lost = True
            broken = self._broken()
            if broken:
                return HostUnreachable(f"{self._host}: {broken}", help="try again: it is opened anew")
            return HostUnreachable(text, help="did libvirtd stop or restart? try again")
        return BackendRefused(text)

    def close(self, first: Callable[[], object] | None = None) -> None:
        """Close the connection, after `first`; never raises, and waits for no answer: the daemon may hang."""
        if self.connection is not None and not self._lost:
            for call in filter(None, (first, lambda: _close(self.connection))):
                self._worker.submit(call)
        elif not self._hung:
            _open.pop(id(self.connection), None)
        self._worker.stop()


def error_code(error: BaseException) -> int | None:
    """The code of libvirt's error that is behind one of vnetsh's."""
    cause = error.__cause__
    return cause.get_error_code() if isinstance(cause, libvirt.libvirtError) else None
