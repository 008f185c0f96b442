"""The backend's connection to one host's database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from vnetsh.backend import ApplyFailed, Assessment, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent, VerificationFailed
from vnetsh.hosts.boot import keeping
from vnetsh.hosts.boot.keeping import AtStart
from vnetsh.hosts.links import Entry, read_links
from vnetsh.hosts.reach import Daemon, reached
from vnetsh.hosts.transport import Ask, Completed, Transport
from vnetsh.hosts.workers import begin
from vnetsh.model import Change, Finding, Fleet, Host, Route
from vnetsh_ovs import (
    bonds,
    datapaths,
    devices,
    encrypting,
    flow_asking,
    flow_writing,
    going_back,
    hearing,
    mirroring,
    shaping,
    switching,
)
from vnetsh_ovs.appraising import appraised
from vnetsh_ovs.attributes import DEFAULT, is_asked, remote_of
from vnetsh_ovs.observing import BACKEND, View, facts
from vnetsh_ovs.reaching import server_of
from vnetsh_ovs.rows import ROOT, Index, live_index, root_of
from vnetsh_ovs.starting import PART
from vnetsh_ovs.telling import TellsOfOvs
from vnetsh_ovs.translating import translate
from vnetsh_ovs.uplink.at_start import with_survivors
from vnetsh_ovs.uplink.due import due
from vnetsh_ovs.uplink.guarding import Guarded, pending, read_addresses
from vnetsh_ovs.uplink.swaps import swaps, touched, with_notes
from vnetsh_ovs.verifying import Silent, follows, verify
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.committing import comment_of, commit
from vnetsh_ovsdb.live_index import LiveIndex
from vnetsh_ovsdb.transaction import Conflict, Transaction
from vnetsh_ovsdb.watching import Watcher

_BEHIND = (
    "the database is as it was before; ovs-vswitchd, which does not answer, makes that true when it goes on"
)


class OvsConnection(TellsOfOvs, Connection):
    """One host's database.

    The planner's changes rest on what was observed. When the database has moved on, the changes are translated
    anew on what it says now; only what contradicts them is an error.
    """

    def __init__(self, host: Host, context: Context) -> None:
        self._host = host
        self._timeout = context.timeout
        remote = remote_of(host)
        self._transport: Transport | None = context.transport(host) if remote.method == "unix" else None
        self._index: Index | None = None
        self._reach: int | None = None
        self._view: View | None = None
        self._watcher: Watcher | None = None
        self._silent: Silent | None = None
        self._server = server_of(host, self._transport)
        self._client = Client(self._server, context.timeout)
        # Its own connection: on one that is told of changes, the reply to a commit comes after what it tells.
        self._following = Client(self._server, context.timeout)
        try:
            self._live = self._reached(remote.path)
        except (HostUnreachable, ServiceAbsent):
            self.close()
            raise

    def _reached(self, path: str) -> LiveIndex[Index]:
        if self._transport is None:
            return live_index(self._following)
        start = f"`systemctl start {self._server.unit}` there"
        daemon = Daemon("ovsdb-server", path, start, self._server.is_absent())
        return reached(self._transport, self._host.name, daemon, lambda: live_index(self._following))

    def observe(self, progress: Progress) -> Observation:
        """Read bridges, tunnels, ports, and the host's addresses.

        Raises `HostUnreachable` also while a change of the host's uplink waits to be confirmed.
        """
        far = self._transport and not self._transport.local
        asked = begin("links", self._links) if far else None  # another way to the host: both at the same time
        starting = begin("start", self._at_start)
        self._silent = None
        self._index = index = self._live.now()
        if self._transport:
            pending(self._transport, index, self._host)
        view = self._view_of(index)
        links = asked.result() if asked else self._links()
        at_start = starting.result()
        found = replace(
            facts(view, index.version, links, self._host.tunnel_address),
            whole=links is not None
            and str(remote_of(self._host)) == DEFAULT,  # else it may be another machine's
            devices=devices.foreign(links or (), view.interfaces),
            at_start=at_start,
            no_kernel_datapath=datapaths.lacks_kernel(self._transport, index, self._host, self._timeout),
        )
        found = with_notes(found, index)
        flows = flow_asking.with_states(view.flows, index, self._ask)
        resources = switching.with_links(with_survivors(view.resources, index, found), self._ask)
        resources = encrypting.with_encryption(resources, self._ask)
        return Observation([*resources, *flows], found)

    def _at_start(self) -> AtStart:
        """What the host does at each start; of a database without a shell beside it nobody can tell."""
        if self._transport is None or not self._has_vswitchd:
            return AtStart("", "its database is reached, and no shell beside it")
        return keeping.read(self._transport, PART, self._timeout)

    def appraise(self, moves: Sequence[Change], fleet: Fleet, progress: Progress) -> Sequence[Assessment]:
        """What the host says of flows, and of tunnels that are to be encrypted. Raises `HostUnreachable`."""
        return appraised(moves, fleet, self._live.now(), self._ask) if self._ask else ()

    @property
    def _ask(self) -> Ask | None:
        """Runs short commands on the host; None where its vswitchd is not the one that they would ask."""
        if self._transport is None or not is_asked(self._host):
            return None
        return partial(self._transport.ask, timeout=self._timeout)

    def _view_of(self, index: Index) -> View:
        """The view of an index; the last one, when only the root's numbers have changed since."""
        last = self._view.index.tables if self._view else {}
        if not self._view or any(rows is not last[t] for t, rows in index.tables.items() if t != ROOT):
            self._view = View(index, self._host.name)
        return self._view

    def _links(self) -> Sequence[Entry] | None:
        """The host's links and addresses; None when it cannot be asked: TLS leads to no shell."""
        if self._transport is None:
            return None
        with contextlib.suppress(HostUnreachable, ServiceAbsent, BackendRefused, ValueError):
            return read_links(self._host.name, self._transport, self._timeout)
        return None

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make all the changes in one transaction, or none.

        An uplink with its addresses the host itself changes, under guard. Raises `ApplyFailed`, `HostUnreachable`.
        """
        progress(f"ovs: {len(changes)} changes")
        index = self._index or self._live.now()
        # Of one that does not answer it is not known what flows it has: what it has not followed has none.
        ask = None if self._silent else self._ask
        send = self._send if ask else None
        try:
            with (
                flow_writing.taken_out(changes, index, self._host.name, send),
                switching.brought_up(changes, self._host.name, ask),
            ):
                for _ in range(3):  # a vm's tap and its probes go one after the other
                    with contextlib.suppress(Conflict):  # what was read may be old: look again
                        return self._commit(changes)
                self._commit(changes)
        except VerificationFailed as error:
            raise ApplyFailed(error.message, help=error.help) from error
        except Conflict as error:
            message = f"{self._host.name}: {error.message}"
            raise ApplyFailed(message, change=error.change, help=error.help) from error
        except BackendRefused as error:
            message = f"{self._host.name}: ovsdb-server refused: {error.message}"
            raise ApplyFailed(message, help="nothing was changed on this host") from error

    def _commit(self, changes: Sequence[Change]) -> None:
        self._reach = None
        index, self._index = self._index or self._live.now(), None
        transaction = translate(changes, index, self._host.text("datapath"))
        start = due(changes, self._host.name, self._transport if self._has_vswitchd else None, self._timeout)
        if start:
            start.refuse()
        if not transaction.empty:
            for change, name in shaping.going(changes):  # vswitchd leaves it: who finishes the run removes it
                self.keep(change, {"goes": name, "what": f"the limit of {name} in the kernel"})
            self._reach = self._commit_guarded(changes, transaction, index)
            if self._reach is None:
                transaction, token = going_back.promised(
                    self.guard, transaction, index, self._host, changes, comment_of(changes)
                )
                self._reach = commit(self._client, transaction, comment_of(changes), self._timeout, token)
        if start:
            start.keep(changes, self._live.now())

    def _commit_guarded(
        self, changes: Sequence[Change], transaction: Transaction, index: Index
    ) -> int | None:
        """Commit what would take addresses from the host, under guard; None when these changes do not."""
        found = swaps(changes, index)
        if not found or self._transport is None or not self._has_vswitchd:
            return None
        addresses = read_addresses(self._transport, self._timeout)
        if not touched(found, addresses):
            return None
        if self.guard:  # it would be confirmed with this step alone
            raise ApplyFailed(f"{self._host.name}: {going_back.GUARDED}", change=found[0].change)
        guarded = Guarded(self._host, self._transport, self._timeout)
        return guarded.commit(transaction, found, addresses, index, comment_of(changes))

    @property
    def _has_vswitchd(self) -> bool:
        return self._host.text("vswitchd", "wait") == "wait"

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait for vswitchd, and ask what became of each device. Raises `VerificationFailed`.

        One that has not followed a change is not waited for when that is taken back: the database is as it was then,
        and vswitchd makes what that says as soon as it goes on.
        """
        if not self._has_vswitchd:
            return
        if self._silent and all(change.undo for change in changes):
            if not follows(self._following, self._silent.reach):
                self.keep(changes[0], {"stays": f"{self._host.name}: {_BEHIND}"})
                return
            self._silent = None
        self._view_of(self._live.now())  # what was committed is read while vswitchd is at work on it
        try:
            verify(self._following, self._host.name, changes, self._reach, self._timeout)
        except Silent as error:
            self._silent = error
            raise
        if ask := self._ask:
            encrypting.see_to(changes, self._host.name, ask, self._timeout)
        for silent in hearing.unheard(self._following, self._host.name, changes):
            self.keep(changes[0], {"warns": silent})
        self._bring_flows_about(changes)
        if ask:
            bonds.stir(changes, ask)
            switching.bring_about(changes, self._host.name, ask)
            shaping.bring_about(changes, self._live.now().ports, ask)
        if self._transport:
            mirroring.bring_about(self._transport, changes, self._timeout)
        wrong = [*shaping.otherwise(self._transport, changes, self._timeout)] if self._transport else []
        if wrong:
            raise VerificationFailed(
                f"{self._host.name}: {'; '.join(wrong)}: ovs-vswitchd could not have the kernel do that",
                help="its log says why, /var/log/openvswitch/ovs-vswitchd.log: has the kernel `sch_htb`?",
            )

    def _bring_flows_about(self, changes: Sequence[Change]) -> None:
        """Write flows, and keep how their switches show them. Raises `VerificationFailed`."""
        if not self._ask or not any(map(flow_writing.is_flow, changes)):
            return
        index, name = self._live.now(), self._host.name
        shown = flow_writing.bring_about(changes, index, name, self._send, self._ask)
        if shown:
            transaction = Transaction(root_of(index.root))
            for bridge, keys in shown.items():
                transaction.set_keys(changes[0], "Bridge", bridge, "external_ids", keys)
            commit(self._client, transaction, "vnetsh: flows as their switches show them", self._timeout)

    def _send(self, argv: Sequence[str], text: str) -> Completed:
        assert self._transport
        return self._transport.run(argv, input=text, timeout=self._timeout)

    def trace(self, route: Route, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """By vswitchd's own account of a packet's way through its bridges. Raises `HostUnreachable`."""
        from vnetsh_ovs.tracing import Tracer  # few runs ask

        name, transport = self._host.name, self._transport
        if transport is None or str(remote_of(self._host)) != DEFAULT:
            where = "its database is reached, and no vswitchd beside it"
            return [Finding(("host", name, name), f"not asked for a packet's way: {where}", stops=False)]

        ask = partial(transport.ask, timeout=self._timeout)
        return list(Tracer(name, self._live.now(), ask).findings(route, BACKEND))

    def diagnose(self, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """Its vswitchd, and ports whose devices nobody has any more. Raises `HostUnreachable`."""
        from vnetsh_ovs.diagnosing import findings

        index, links = self._live.now(), self._links()
        return list(findings(self._host.name, index, fleet, links, self._ask, self._timeout))

    def watch(self, tell: Callable[[], None]) -> bool:
        """Have `tell` called after each change of the database. Raises `HostUnreachable`."""
        if self._watcher is None:  # it finds its way back by itself
            self._watcher = Watcher(Client(self._server, self._timeout), self._live.layout, tell)
        return True

    def close(self) -> None:
        """Close the connection."""
        if self._watcher:
            self._watcher.close()
        self._client.close()
        self._following.close()
