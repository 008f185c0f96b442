"""The backend `ovs`. What is behind it is imported when it is asked for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.backend import Assessment, Backend, Context, HostCommand
from vnetsh.model import Change, Fleet, Host, Place, Resource
from vnetsh_ovs.fields import ATTRIBUTES

if TYPE_CHECKING:
    from vnetsh_ovs.connection import OvsConnection


class OvsBackend(Backend):
    """Open vSwitch by its database."""

    name = "ovs"
    kinds = frozenset(ATTRIBUTES)
    preferred = True
    attributes = ATTRIBUTES

    def serves(self, place: Place) -> bool:
        """Real hosts, and the lab's."""
        return isinstance(place, Host) and place.world in ("", "lab")

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """What a change of a bridge, tunnel or port costs."""
        from vnetsh_ovs.assessing import assess

        return assess(change, fleet)

    def foresee(self, change: Change, after: Fleet) -> Assessment:
        """Whether the packets of a bridge fit through its uplink and its tunnels."""
        from vnetsh.nouns.mtu import foresee

        return foresee(change, after)

    def commands(self, change: Change, before: Fleet, after: Fleet) -> Sequence[HostCommand]:
        """The calls of `ovs-vsctl` that come to the same."""
        from vnetsh_ovs.commands import commands

        return commands(change, before)

    def left_out(self, resource: Resource) -> Sequence[str]:
        """What a bridge, port or tunnel has that no sentence says."""
        from vnetsh_ovs.left_out import left_out

        return left_out(resource)

    def connect(self, place: Place, context: Context) -> OvsConnection:
        """Reach a host's database. Raises `ServiceAbsent`, `HostUnreachable`."""
        from vnetsh_ovs.connection import OvsConnection

        assert isinstance(place, Host)
        return OvsConnection(place, context)
<<<<<<< HEAD


class OvsConnection(Connection):
    """One host's database.

    The planner's changes rest on what was observed. When the database has moved on, the changes are translated
    anew on what it says now; only what contradicts them is an error.
    """

    def __init__(self, host: Host, context: Context) -> None:
        from vnetsh.hosts.reach import exists
        from vnetsh_ovs.rows import LiveIndex
        from vnetsh_ovsdb.client import Client
        from vnetsh_ovsdb.streams import ConnectionLost

        self._host = host
        self._timeout = context.timeout
        remote = remote_of(host)
        self._transport: Transport | None = context.transport(host) if remote.method == "unix" else None
        self._index: Index | None = None
        self._reach: int | None = None
        self._view: View | None = None
        self._watcher: Watcher | None = None
        self._server = _server(host, self._transport)
        self._client = Client(self._server, context.timeout)
        # Its own connection: on one that is told of changes, the reply to a commit comes after what it tells.
        self._following = Client(self._server, context.timeout)
        try:
            self._live = LiveIndex(self._following)
        except ConnectionLost:
            # ssh takes the forwarded connection before it knows whether anybody listens at its other end.
            self.close()
            if self._transport and not exists(self._transport, remote.path):
                raise self._server.is_absent() from None
            raise
        except (HostUnreachable, ServiceAbsent):
            self.close()
            raise

    def observe(self, progress: Progress) -> Observation:
        """Read bridges, tunnels, ports, and the host's addresses.

        Raises `HostUnreachable` also while a change of the host's uplink waits to be confirmed.
        """
        from vnetsh_ovs import datapaths, devices
        from vnetsh_ovs.observing import facts

        far = self._transport and not self._transport.local
        asked = begin("links", self._links) if far else None  # another way to the host: both at the same time
        self._index = index = self._live.now()
        if self._transport:
            from vnetsh_ovs.uplink.guarding import pending

            pending(self._transport, index, self._host)
        view = self._view_of(index)
        links = asked.result() if asked else self._links()
        found = replace(
            facts(view, index.version, links, self._host.address),
            devices=devices.foreign(links or (), view.interfaces),
            no_kernel_datapath=datapaths.lacks_kernel(self._transport, index, self._host, self._timeout),
        )
        return Observation(view.resources, found)

    def _view_of(self, index: Index) -> View:
        """The view of an index; the last one, when only the root's numbers have changed since."""
        from vnetsh_ovs.observing import View
        from vnetsh_ovs.rows import ROOT

        last = self._view.index.tables if self._view else {}
        if not self._view or any(rows is not last[t] for t, rows in index.tables.items() if t != ROOT):
            self._view = View(index, self._host.name)
        return self._view

    def _links(self) -> Sequence[Entry] | None:
        """The host's links and addresses; None when it cannot be asked: TLS leads to no shell."""
        from vnetsh.hosts.links import read_links

        if self._transport is None:
            return None
        with contextlib.suppress(HostUnreachable, ServiceAbsent, BackendRefused, ValueError):
            return read_links(self._host.name, self._transport, self._timeout)
        return None

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make all the changes in one transaction, or none.

        An uplink that carries the host's addresses is changed by the host itself, under guard.
        Raises `ApplyFailed`, `HostUnreachable`.
        """
        from vnetsh_ovsdb.transaction import Conflict

        progress(f"ovs: {len(changes)} changes")
        try:
            with contextlib.suppress(Conflict):  # what was read may be old: look again
                return self._commit(changes)
            self._commit(changes)
        except Conflict as error:
            message = f"{self._host.name}: {error.message}"
            raise ApplyFailed(message, change=error.change, help=error.help) from error
        except BackendRefused as error:
            message = f"{self._host.name}: ovsdb-server refused: {error.message}"
            raise ApplyFailed(message, help="nothing was changed on this host") from error

    def _commit(self, changes: Sequence[Change]) -> None:
        from vnetsh_ovs.translating import translate
        from vnetsh_ovsdb.committing import commit

        self._reach = None
        index, self._index = self._index or self._live.now(), None
        transaction = translate(changes, index, self._host.text("datapath"))
        if transaction.empty:
            return
        reach = self._commit_guarded(changes, transaction, index)
        if reach is None:
            reach = commit(self._client, transaction, _comment(changes), self._timeout)
        self._reach = reach

    def _commit_guarded(
        self, changes: Sequence[Change], transaction: Transaction, index: Index
    ) -> int | None:
        """Commit what would take addresses from the host, under guard; None when these changes do not."""
        from vnetsh_ovs.uplink.swaps import swaps, touched

        found = swaps(changes, index)
        if not found or self._transport is None or not self._has_vswitchd:
            return None
        from vnetsh_ovs.uplink.guarding import Guarded, read_addresses

        addresses = read_addresses(self._transport, self._timeout)
        if not touched(found, addresses):
            return None
        guarded = Guarded(self._host, self._transport, self._timeout)
        return guarded.commit(transaction, found, addresses, index, _comment(changes))

    @property
    def _has_vswitchd(self) -> bool:
        return self._host.text("vswitchd", "wait") == "wait"

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait for vswitchd, and ask what became of each device. Raises `VerificationFailed`."""
        from vnetsh_ovs.verifying import verify

        if self._has_vswitchd:
            self._view_of(self._live.now())  # what was committed is read while vswitchd is at work on it
            verify(self._following, self._host.name, changes, self._reach, self._timeout)

    def watch(self, tell: Callable[[], None]) -> bool:
        """Have `tell` called after each change of the database. Raises `HostUnreachable`."""
        from vnetsh_ovsdb.client import Client
        from vnetsh_ovsdb.watching import Watcher

        if self._watcher is None:  # it finds its way back by itself
            self._watcher = Watcher(Client(self._server, self._timeout), self._live.layout, tell)
        return True

    def close(self) -> None:
        """Close the connection."""
        if self._watcher:
            self._watcher.close()
        self._client.close()
        self._following.close()


def _server(host: Host, transport: Transport | None) -> Server:
    """A host's database, in the words of Open vSwitch."""
    from vnetsh_ovsdb.streams import Server

    return Server(
        host,
        remote_of(host),
        transport,
        service="Open vSwitch",
        unit="openvswitch-switch",
        listen="ovs-vsctl set-manager",
        absent="install and start it (Debian: `apt install openvswitch-switch`), or say where its database is: "
        f"`host {host.name} … ovsdb unix:/PATH`",
    )


def _comment(changes: Sequence[Change]) -> str:
    """What the database's log says of a transaction (`ovsdb-tool show-log`)."""
    more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    return "vnetsh: " + "; ".join(map(str, changes[:3])) + more
=======
>>>>>>> ovs
