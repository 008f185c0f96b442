"""The connection to one host's libvirt: observe, apply, verify, watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from vnetsh.backend import (
    ApplyFailed,
    Assessment,
    Connection,
    Console,
    Context,
    Job,
    JobState,
    Observation,
    Progress,
)
from vnetsh.errors import HostHung, HostUnreachable, ServiceAbsent, VerificationFailed, VnetshError
from vnetsh.hosts import workers
from vnetsh.hosts.reach import Daemon, reached
from vnetsh.model import (
    Check,
    Finding,
    Fleet,
    Host,
    Resource,
    Route,
    Trial,
    Tried,
    UnderWay,
    Watching,
)
from vnetsh.model.change import ActionKind, Change
from vnetsh_libvirt import leftovers, observing, storage, verifying
from vnetsh_libvirt.at_once import Going, at_once
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.jobs import Work
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.library import LIBVIRTD, VIRTQEMUD, absent
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import Link
from vnetsh_libvirt.making import make, stands
from vnetsh_libvirt.outage.at_hand import probers_at_hand
from vnetsh_libvirt.outage.judging import CutOff
from vnetsh_libvirt.power import until_saved
from vnetsh_libvirt.states import saves
from vnetsh_libvirt.steps import Step, moving_together, steps
from vnetsh_libvirt.telling import TellsOfLibvirt

if TYPE_CHECKING:
    from vnetsh_libvirt.watching import Watch

PROBES_GO = 3.0
"""Seconds that the ports of probes may take to be removed when all is done; a prober goes on with that alone."""


class LibvirtConnection(TellsOfLibvirt, Connection):
    """One host's libvirt. `peer` gives the connection to another host, for migrations, `opened` all that there are."""

    def __init__(
        self,
        host: Host,
        context: Context,
        peer: Callable[[str], LibvirtConnection],
        opened: Callable[[], Iterable[LibvirtConnection]],
    ) -> None:
        self.host = LibvirtHost(host, _link(host, context), context.transport(host), context.timeout)
        self._peer, self._opened = peer, opened
        self._watches: list[Watch] = []

    def observe(self, progress: Progress) -> Observation:
        """All VMs and their NICs, and facts. Raises `HostUnreachable` also when it can tell of changes no longer."""
        if not all(watch.telling for watch in self._watches):
            raise HostUnreachable(f"{self.host.name}: libvirt tells of changes no longer")
        return observing.observe(self.host, progress)

    def appraise(self, moves: Sequence[Change], fleet: Fleet, progress: Progress) -> Sequence[Assessment]:
        """How long live migrations will take, by what their guests write; whether servers of disks answer.

        Raises `HostUnreachable`.
        """
        from vnetsh_libvirt.appraising import appraise  # few runs move anything

        return appraise(self.host, moves, fleet, progress)

    def examine(self, move: Change, fleet: Fleet, progress: Progress) -> Sequence[Check]:
        """What both libvirts, and both hosts' files, tell of a move. Raises `HostUnreachable`."""
        from vnetsh_libvirt.examining import examine

        return examine(move, self._at)

    def try_way(self, trial: Trial, fleet: Fleet, progress: Progress) -> Tried:
        """By the source's guest, by ports beside it, or from the host. Raises `CannotTell`, `HostUnreachable`."""
        from vnetsh_libvirt.ways.booting import try_way  # few runs ask

        return try_way(trial, self._at, progress)

    def watch_way(self, trial: Trial, fleet: Fleet, progress: Progress) -> Watching:
        """By probers beside the source. Raises `CannotTell`, `HostUnreachable`."""
        from vnetsh_libvirt.ways.keeping import watch_way

        return watch_way(trial, fleet, self._at, progress)

    def trace(self, route: Route, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """By what was observed of the NICs of VMs: asks nobody."""
        from vnetsh_libvirt.tracing import findings

        return list(findings(route, self.host.name, fleet))

    def diagnose(self, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """Versions, pools, VMs that cannot be read or were paused. Raises `HostUnreachable`."""
        from vnetsh_libvirt.diagnosing import findings

        return list(findings(self.host, fleet))

    def console(self, vm: Resource, *, force: bool) -> Console:
        """By a stream, over a connection of its own. Raises `CannotTell`, `HostUnreachable`."""
        from vnetsh_libvirt.consoles import console

        return console(self.host, vm, force=force)

    def screenshot(self, vm: Resource) -> bytes:
        """As QEMU draws it. Raises `CannotTell`, `HostUnreachable`."""
        from vnetsh_libvirt.screens import screenshot

        return screenshot(self.host, vm)

    def under_way(self) -> Sequence[UnderWay]:
        """The migrations that leave here. Raises `HostUnreachable`."""
        from vnetsh_libvirt.how_far import all_under_way

        return all_under_way(self.host)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make the changes one after the other. Raises `ApplyFailed`, `HostUnreachable`."""
        self._make(changes, lambda state: progress(state.text, state.fraction))

    def begin(self, changes: Sequence[Change]) -> Job | None:
        """Moves go on by themselves, and what is made in one call with them."""
        moved = [change.resource.name for change in changes if change.action is ActionKind.MOVE]
        if not moved:
            return None
        return Work(
            f"libvirt {self.host.name} moves", f"{', '.join(moved)}: moving", partial(self._make, changes)
        )

    def _make(self, changes: Sequence[Change], tell: Tell) -> None:
        with probers_at_hand(changes, self._at):
            hosts = {end.place for change in changes for end in (change.before, change.after) if end}
            workers.at_once("sweep", leftovers.sweep, [self._at(host) for host in sorted(hosts)])
            self._make_steps(changes, tell)

    def _make_steps(self, changes: Sequence[Change], tell: Tell) -> None:
        done: list[Change] = []
        keep = self.keep  # of this call, whatever is called next

        def make_one(step: Step, tell: Tell) -> None:
            files = Files(partial(keep, step.change), self._reached, list(step.change.made))
            with _told(step, done):
                make(step, self._at, files, tell)
            done.extend(step.changes)

        for together in moving_together(steps(changes)):
            if len(together) == 1:
                make_one(together[0], tell)
            else:
                at_once(
                    [Going(step.change, partial(make_one, step), self._at) for step in together], done, tell
                )

    def _at(self, host: str) -> LibvirtHost:
        return self.host if host == self.host.name else self._peer(host).host

    def _reached(self) -> list[LibvirtHost]:
        """All hosts whose libvirt is open."""
        return [connection.host for connection in self._opened()]

    def settle(self, changes: Sequence[Change], progress: Progress) -> Sequence[Change] | None:
        """Wait until no migration or saving is under way; which changes stand. Raises `HostUnreachable`."""

        def tell(state: JobState) -> None:
            progress(state.text, state.fraction)

        for change in filter(saves, changes):
            until_saved(self.host, change.resource.name, tell)
        if not any(change.action is ActionKind.MOVE for change in changes):
            return None

        return [change for change in changes if stands(change, self._at, tell)]

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait until all is as it should be. Raises `VerificationFailed`."""
        found, awaited = "", list(verifying.expected(changes))

        def right() -> bool:
            nonlocal found
            if found:
                progress(f"waiting: {found}")
            found = next(filter(None, (verifying.trouble(change, self._at) for change in awaited)), "")
            return not found

        if not self.host.wait(right):
            raise VerificationFailed(
                f"{self.host.name}: {found}, {self.host.timeout:g} s after it was changed"
            )

    def alive(self) -> bool:
        """By a question that libvirt has to be asked: its library finds out by a call only."""
        try:
            self.host.call("getLibVersion")
        except HostHung:
            raise
        except HostUnreachable:
            return False
        return True

    def watch(self, tell: Callable[[], None]) -> bool:
        """By libvirt's own events, over a connection of its own."""
        from vnetsh_libvirt.watching import Watch

        try:
            self._watches.append(Watch(self.host.name, self.host.link.uri, self.host.timeout, tell))
        except VnetshError:  # a daemon that takes no further client
            return False
        return True

    def close(self) -> None:
        """Let go of the daemon; never raises."""
        for watch in self._watches:
            watch.close()
        until = time.monotonic() + PROBES_GO
        for prober in self.host.probers:
            prober.gone(max(0.0, until - time.monotonic()))
        storage.release_pools(self.host)
        self.host.link.close()


@contextmanager
def _told(step: Step, done: list[Change]) -> Iterator[None]:
    """What goes wrong in a step, as the engine wants to be told. What was made all the same comes to `done`."""
    try:
        yield
    except HostUnreachable:
        raise
    except CutOff as error:  # it has moved, and is taken back as all that was done
        done.extend(step.changes)
        raise ApplyFailed(error.message, change=step.change, done=done, help=error.help) from error
    except ApplyFailed as error:
        raise ApplyFailed(
            error.message, change=step.change, done=done, leftovers=error.leftovers, help=error.help
        ) from error
    except VnetshError as error:
        raise ApplyFailed(error.message, change=step.change, done=done, help=error.help) from error
    except KeyboardInterrupt as error:
        raise ApplyFailed("interrupted", change=step.change, done=done) from error


def _link(host: Host, context: Context) -> Link:
    """Open a host's libvirt: by the URI said or, else, by its socket over the host's own connection.

    Raises `ServiceAbsent` where there is none, `HostUnreachable` where one is there and nobody answers.
    """
    said = host.text("libvirt")
    if said:
        return Link(host.name, said, context.timeout)
    try:
        return _by_socket(host, context, LIBVIRTD, "libvirtd")
    except ServiceAbsent:
        return _by_socket(host, context, VIRTQEMUD, "virtqemud")


def _by_socket(host: Host, context: Context, path: str, daemon: str) -> Link:
    transport = context.transport(host)

    def uri() -> str:
        return f"qemu+unix:///system?socket={quote(transport.socket(path))}"

    def attempt() -> Link:
        return Link(host.name, uri(), context.timeout, transport.broken, uri)

    there = Daemon(daemon, path, f"`systemctl start {daemon}` there", absent(host.name))
    return reached(transport, host.name, there, attempt)
