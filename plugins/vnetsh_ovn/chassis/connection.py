"""The connection to one host's Open vSwitch, as far as that tells ovn-controller what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from vnetsh.backend import ApplyFailed, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent, VerificationFailed
from vnetsh.model import Change, Finding, Fleet, Host, Resource, Route
from vnetsh_ovn.chassis.facts import ChassisFacts
from vnetsh_ovn.leading import client_of, opened
from vnetsh_ovn.marks import mark_of
from vnetsh_ovn.rows import ROOT as NB_ROOT
from vnetsh_ovn.sort import CHASSIS, INTEGRATION, NORTHBOUND, SOUTHBOUND, southbound_of
from vnetsh_ovn.verifying import waited
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.committing import commit
from vnetsh_ovsdb.layout import Wanted, read_layout
from vnetsh_ovsdb.operations import Operation, Row, as_list, as_map, as_uuids, await_row, select
from vnetsh_ovsdb.remote import parse_remote
from vnetsh_ovsdb.streams import Server
from vnetsh_ovsdb.transaction import Conflict, Root, Transaction
from vnetsh_ovsdb.watching import Watcher

_DATABASE = ROOT = "Open_vSwitch"
_WANTED = Wanted(
    _DATABASE, start=[], also={ROOT: ("next_cfg", "external_ids"), "Bridge": ("name", "fail_mode")}
)
_ZONE, _MARK, _CLUSTER = "vnetsh-zone", "vnetsh-zone-mark", "vnetsh-cluster"
_REMOTE, _ENCAP, _IP, _DATAPATH, _MAPPINGS = (
    "ovn-remote", "ovn-encap-type", "ovn-encap-ip", "ovn-bridge-datapath-type", "ovn-bridge-mappings",
)  # fmt: skip
_KEYS = (_ZONE, _MARK, _CLUSTER, _REMOTE, _ENCAP, _IP, _DATAPATH, _MAPPINGS)
_PAUSE, _QUIET = 0.05, 10
"""Seconds between two looks, and how many of them find nothing when a chassis is gone for good."""


class ChassisConnection(Connection):
    """One host's Open vSwitch."""

    def __init__(self, host: Host, context: Context) -> None:
        self._host, self._context = host, context
        remote = parse_remote(host.text("ovsdb", "unix:/run/openvswitch/db.sock"))
        transport = context.transport(host) if remote.method == "unix" else None
        self._server = Server(host, remote, transport, service="Open vSwitch", unit="openvswitch-switch")
        self._client = Client(self._server, context.timeout)
        self._watcher: Watcher | None = None
        try:
            opened(self._server, self._root)
        except (HostUnreachable, ServiceAbsent):
            self.close()
            raise

    def _root(self) -> tuple[str, dict[str, str]]:
        """UUID and external_ids of the root. Asked for each time: two rows are less than what follows a database."""
        rows = self._rows(select(ROOT, [], ["_uuid", "external_ids"]))
        if not rows:
            raise ServiceAbsent("the Open vSwitch database is empty", help="`ovs-vsctl --no-wait init`")
        return as_uuids(rows[0]["_uuid"])[0], as_map(rows[0]["external_ids"])

    def _rows(self, asked: Operation) -> list[Row]:
        try:
            found = self._client.ask("transact", [_DATABASE, asked])[0]
        except BackendRefused as error:
            raise ServiceAbsent(error.message, help=_WANTED.help) from error
        if "error" in found:
            raise ServiceAbsent(f"{found['error']}: {found.get('details', '')}", help=_WANTED.help)
        rows: list[Row] = found["rows"]
        return rows

    def observe(self, progress: Progress) -> Observation:
        """The host's zone, if it is in one that vnetsh knows of. Raises `HostUnreachable`, `ServiceAbsent`."""
        _, ids = self._root()
        facts = ChassisFacts(name=ids.get("system-id", ""), remote=ids.get(_REMOTE, ""))
        if _ZONE not in ids:
            return Observation((), facts)
        mappings = [one.partition(":")[2] for one in ids.get(_MAPPINGS, "").split(",") if one]
        values = {
            "cluster": ids.get(_CLUSTER),
            "encap": ids.get(_ENCAP),
            "bridges": tuple(sorted(mappings)) or None,
            "remote": ids.get(_REMOTE),
        }
        owner = ids.get(_MARK, "")
        zone = Resource(
            "zone", ids[_ZONE], self._host.name, values, backend=CHASSIS, marked=True,
            owner="" if owner == "1" else owner, record={"ids": {k: v for k, v in ids.items() if k in _KEYS}},
        )  # fmt: skip
        return Observation([zone], facts)

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Tell ovn-controller. Raises `ApplyFailed`, `HostUnreachable`."""
        try:
            for change in changes:
                self._make(change)
        except Conflict as error:
            raise ApplyFailed(
                f"{self._host.name}: {error.message}", change=error.change, help=error.help
            ) from error
        except BackendRefused as error:
            raise ApplyFailed(f"{self._host.name}: ovsdb-server refused: {error.message}") from error

    def _make(self, change: Change) -> None:
        uuid, ids = self._root()
        wanted = self._ids(change.after) if change.after else dict.fromkeys(_KEYS)
        differing = {key: value for key, value in wanted.items() if ids.get(key) != value}
        transaction = Transaction(Root(_DATABASE, ROOT, uuid, "next_cfg"))
        if differing:
            transaction.set_keys(change, ROOT, uuid, "external_ids", differing)
        ours = select("Bridge", [["name", "==", INTEGRATION]], ["_uuid", "fail_mode"])
        for bridge in self._rows(ours) if change.after else ():
            # Without its controller it must not switch by itself: that would let everybody reach everybody.
            if as_list(bridge["fail_mode"]) != ["secure"]:
                transaction.update(change, "Bridge", as_uuids(bridge["_uuid"])[0], {"fail_mode": "secure"})
        if not transaction.empty:
            commit(self._client, transaction, f"vnetsh: {change}", self._context.timeout)
        if change.after is None:
            self._forget(change.resource, ids.get("system-id", ""))

    def _ids(self, zone: Resource) -> Mapping[str, str | None]:
        place = self._context.place(zone.text("cluster"))
        hosts = {name: self._context.host(name) for name in place.hosts}
        bridges = zone.get("bridges")
        mapped = [f"{one}:{one}" for one in (bridges if isinstance(bridges, tuple) else ())]
        return {
            _ZONE: zone.name,
            _MARK: mark_of(zone.owner) if zone.marked else None,
            _CLUSTER: place.name,
            _REMOTE: zone.text("remote") or southbound_of(place, hosts),
            _ENCAP: zone.text("encap") or "geneve",
            _IP: self._host.tunnel_address,
            _DATAPATH: self._host.text("datapath") or None,
            _MAPPINGS: ",".join(mapped) or None,
        }

    def _forget(self, zone: Resource, chassis: str) -> None:
        """Take a chassis that is none any more out of the southbound database: it would never follow again.

        Its controller writes itself down anew as long as it has not heard that it is none: until that ends.
        """
        southbound = client_of(self._context.place(zone.text("cluster")), self._context, SOUTHBOUND)
        where: list[Any] = [["name", "==", chassis]]
        deletes = [
            {"op": "delete", "table": table, "where": where} for table in ("Chassis", "Chassis_Private")
        ]
        deadline, quiet = time.monotonic() + self._context.timeout, 0
        try:
            while quiet < _QUIET and time.monotonic() < deadline:
                done = southbound.call("transact", [SOUTHBOUND.name, *deletes])
                quiet = 0 if any(one.get("count") for one in done) else quiet + 1
                time.sleep(_PAUSE)
        finally:
            southbound.close()

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait until it is among the chassis, as it was said. Raises `VerificationFailed`."""
        name = self._root()[1].get("system-id", "")
        for change in changes:
            zone = change.after
            if zone:
                moved = change.before is not None and "remote" in change.differing()
                self._await(zone, name, self._ticked(zone) if moved else 0)

    def _ticked(self, zone: Resource) -> int:
        """A new number for all chassis to come to: who does has heard of the database where it is now."""
        northbound = client_of(self._context.place(zone.text("cluster")), self._context, NORTHBOUND)
        tick = {"op": "mutate", "table": NB_ROOT, "where": [], "mutations": [["nb_cfg", "+=", 1]]}
        try:
            done = northbound.call("transact", [NORTHBOUND.name, tick, select(NB_ROOT, [], ["nb_cfg"])])
            return int(done[1]["rows"][0]["nb_cfg"])
        finally:
            northbound.close()

    def _await(self, zone: Resource, name: str, reach: int) -> None:
        timeout = self._context.timeout
        deadline = time.monotonic() + timeout
        encap: list[list[object]] = [
            ["type", "==", zone.text("encap") or "geneve"],
            ["ip", "==", self._host.tunnel_address],
        ]
        asked: list[tuple[str, str, list[list[object]]]] = [("Encap", "chassis_name", encap)]
        if reach:
            asked.append(("Chassis_Private", "name", [["nb_cfg", ">=", reach]]))
        southbound = client_of(self._context.place(zone.text("cluster")), self._context, SOUTHBOUND)
        try:
            for table, column, also in asked:
                left = max(0.0, deadline - time.monotonic())
                wait = await_row(table, column, "==", name, *also, seconds=left)
                if not waited(southbound, SOUTHBOUND, wait, left):
                    break
            else:
                return
        finally:
            southbound.close()
        keys = "; for `ssl:` its keys: `ovs-vsctl set-ssl`" if "ssl:" in zone.text("remote") else ""
        raise VerificationFailed(
            f"{self._host.name}: after {timeout:g} s it is no chassis of {zone.text('cluster')}",
            help="does ovn-controller run there, and reach the southbound database? "
            f"`ovn-appctl -t ovn-controller connection-status`{keys}",
        )

    def trace(self, route: Route, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """Whether it has made its part of a way. Raises `HostUnreachable`."""
        from vnetsh_ovn.chassis.tracing import findings  # few runs ask

        transport = self._server.transport
        ask = partial(transport.ask, timeout=self._context.timeout) if transport else None
        return list(findings(self._host.name, route, self._client, ask))

    def watch(self, tell: Callable[[], None]) -> bool:
        """Have `tell` called after each change. Raises `HostUnreachable`."""
        if self._watcher is None:
            client = Client(self._server, self._context.timeout)
            self._watcher = Watcher(client, read_layout(client, _WANTED), tell)
        return True

    def close(self) -> None:
        """Close all connections."""
        if self._watcher:
            self._watcher.close()
        self._client.close()
