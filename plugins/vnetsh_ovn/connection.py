"""The backend's connection to one northbound database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vnetsh.backend import ApplyFailed, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, HostHung, HostUnreachable, ServiceAbsent, VerificationFailed
from vnetsh.model import Change, Fleet, Packet, Place, Traced
from vnetsh_ovn import announcing, observing, verifying
from vnetsh_ovn.drafting import translate
from vnetsh_ovn.further import read as further_rows
from vnetsh_ovn.gateways import Chassis, chassis_of
from vnetsh_ovn.leading import client_of
from vnetsh_ovn.rows import Index, live_index
from vnetsh_ovn.sort import NORTHBOUND, SOUTHBOUND
from vnetsh_ovsdb.committing import comment_of, commit
from vnetsh_ovsdb.transaction import Conflict
from vnetsh_ovsdb.watching import Watcher


class OvnConnection(Connection):
    """One northbound database, by whichever of its servers leads."""

    def __init__(self, place: Place, context: Context) -> None:
        self.place, self._context = place, context
        self._client = client_of(place, context, NORTHBOUND)
        # Its own connection: on one that is told of changes, the reply to a commit comes after what it tells.
        self._following = client_of(place, context, NORTHBOUND)
        self._southbound = client_of(place, context, SOUTHBOUND)
        self._watcher: Watcher | None = None
        self._reach: int | None = None
        self._late: frozenset[str] | None = frozenset()
        self._hung: HostHung | None = None  # who hung at the last look is not waited for once more
        self._index: Index | None = None
        self._told: Sequence[announcing.Announcement] = ()
        try:
            self._live = live_index(self._following)
        except (HostUnreachable, ServiceAbsent):
            self.close()
            raise

    def observe(self, progress: Progress) -> Observation:
        """Everything of OVN's kinds. Raises `HostUnreachable`, `ServiceAbsent`."""
        self._index = self._live.now()
        found = observing.observe(self._index, self.place.name, self._chassis())
        further = further_rows(self._following, self._index, self.place.name)
        return replace(found, resources=[*found.resources, *further])

    def _chassis(self) -> Mapping[str, Chassis]:
        """The chassis there are; none where the southbound database cannot be asked."""
        try:
            rows = verifying.rows(self._southbound, "Chassis", ["name", "hostname", "other_config"])
            ends = verifying.rows(self._southbound, "Encap", ["chassis_name", "ip"])
        except (HostUnreachable, ServiceAbsent) as error:
            self._hung = error if isinstance(error, HostHung) else None
            return {}
        self._hung = None
        return chassis_of(rows, ends)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make all the changes in one transaction, or none. Raises `ApplyFailed`, `HostUnreachable`."""
        progress(f"ovn: {len(changes)} changes")
        try:
            try:
                self._commit(changes)
            except Conflict:  # what was read may be old: look again
                self._index = None
                self._commit(changes)
        except Conflict as error:
            raise ApplyFailed(
                f"{self.place.name}: {error.message}", change=error.change, help=error.help
            ) from error
        except BackendRefused as error:
            raise ApplyFailed(
                f"{self.place.name}: ovsdb-server refused: {error.message}",
                help="nothing was changed in this database",
            ) from error

    def _commit(self, changes: Sequence[Change]) -> None:
        self._reach = None
        index, self._index = self._index or self._live.now(), None
        transaction = translate(changes, index)
        if not transaction.empty:
            self._late = self._late_before(changes)
            self._told = announcing.announcements(changes, index)
            self._reach = commit(self._client, transaction, comment_of(changes), self._context.timeout)

    def _late_before(self, changes: Sequence[Change]) -> frozenset[str] | None:
        """Who is late already. What cannot be verified is not begun, but taken back it is: then nobody knows (None)."""
        try:
            if self._hung:
                raise self._hung
            return verifying.late_before(self._southbound)
        except (HostUnreachable, ServiceAbsent) as error:
            if all(change.undo for change in changes):
                return None
            raise ApplyFailed(
                f"{error.message}: nothing was changed, for nobody could verify it", help=error.help
            ) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait until northd and every chassis have followed. Raises `VerificationFailed`.

        What is taken back is so in the database, whoever follows: who does not is named, and that is all.
        """
        if self._reach is None:
            return
        try:
            words = self._unfollowed(self._reach)
            announcing.announce(self._told, self._context)
        except VerificationFailed as error:
            if not all(change.undo for change in changes):
                raise
            words = f"{error.message}: taken back all the same"
        if words:
            self.keep(changes[0], {"warns": words})

    def _unfollowed(self, reach: int) -> str:
        """Who was late before and has not followed, in words."""
        place, timeout = self.place.name, self._context.timeout
        if self._late is None:
            raise VerificationFailed(
                f"{place}: {SOUTHBOUND.name} does not answer: whether the chassis have followed is not known"
            )
        late = verifying.verify(place, self._following, self._southbound, reach, self._late, timeout)
        return f"{place}: {', '.join(late)} was late before, and has not followed" if late else ""

    def trace_packet(self, packet: Packet, fleet: Fleet, progress: Progress) -> Traced | None:
        """Where a packet goes, by `ovn-trace`. Raises `CannotTell`, `HostUnreachable`."""
        from vnetsh_ovn.tracing.asking import Tracer  # few runs ask
        from vnetsh_ovn.tracing.packets import Packets

        tracer = Tracer(self.place, self._context)
        return Packets(self.place.name, self._live.now(), fleet, self._southbound, tracer).traced(packet)

    def watch(self, tell: Callable[[], None]) -> bool:
        """Have `tell` called after each change of the database. Raises `HostUnreachable`."""
        if self._watcher is None:  # it finds its way back by itself, to whoever leads
            client = client_of(self.place, self._context, NORTHBOUND)
            self._watcher = Watcher(client, self._live.layout, tell)
        return True

    def close(self) -> None:
        """Close all connections."""
        if self._watcher:
            self._watcher.close()
        for client in (self._client, self._following, self._southbound):
            client.close()
