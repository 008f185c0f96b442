"""The backend's connection to one northbound database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vnetsh.backend import ApplyFailed, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent
from vnetsh.model import Change, Place
from vnetsh_ovn import observing, verifying
from vnetsh_ovn.drafting import translate
from vnetsh_ovn.gateways import Chassis, chassis_of
from vnetsh_ovn.leading import client_of
from vnetsh_ovn.rows import Index, LiveIndex
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
        self._late: frozenset[str] = frozenset()
        self._index: Index | None = None
        try:
            self._live = LiveIndex(self._following)
        except (HostUnreachable, ServiceAbsent):
            self.close()
            raise

    def observe(self, progress: Progress) -> Observation:
        """Everything of OVN's kinds. Raises `HostUnreachable`, `ServiceAbsent`."""
        self._index = self._live.now()
        return observing.observe(self._index, self.place.name, self._chassis())

    def _chassis(self) -> Mapping[str, Chassis]:
        """The chassis there are; none where the southbound database cannot be asked."""
        try:
            rows = verifying.rows(self._southbound, "Chassis", ["name", "hostname", "other_config"])
            ends = verifying.rows(self._southbound, "Encap", ["chassis_name", "ip"])
        except (HostUnreachable, ServiceAbsent):
            return {}
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
            self._late = verifying.late_before(self._southbound)
            self._reach = commit(self._client, transaction, comment_of(changes), self._context.timeout)

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait until northd and every chassis have followed. Raises `VerificationFailed`."""
        if self._reach is None:
            return
        timeout = self._context.timeout
        late = verifying.verify(
            self.place.name, self._following, self._southbound, self._reach, self._late, timeout
        )
        if late:
            words = f"{self.place.name}: {', '.join(late)} was late before, and has not followed"
            self.keep(changes[0], {"warns": words})

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
