"""The connection to one host's Open vSwitch, as far as that tells ovn-controller what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vnetsh.backend import ApplyFailed, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent, VerificationFailed
from vnetsh.model import Change, Host, Place, Resource
from vnetsh_ovn.chassis.facts import ChassisFacts
from vnetsh_ovn.leading import client_of, opened
from vnetsh_ovn.marks import mark_of
from vnetsh_ovn.sort import CHASSIS, INTEGRATION, NAME, SOUTHBOUND, southbound_of
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.committing import commit
from vnetsh_ovsdb.layout import Wanted, read_layout
from vnetsh_ovsdb.live_rows import LiveRows
from vnetsh_ovsdb.operations import Row, as_list, as_map, select
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
        self._client, self._following = (Client(self._server, context.timeout) for _ in range(2))
        self._watcher: Watcher | None = None
        try:
            self._layout = opened(self._server, lambda: read_layout(self._following, _WANTED))
        except (HostUnreachable, ServiceAbsent):
            self.close()
            raise
        self._rows = LiveRows(self._following, self._layout)

    def _root(self) -> tuple[str, Row]:
        rows = self._rows.now()[ROOT]
        if not rows:
            raise ServiceAbsent("the Open vSwitch database is empty", help="`ovs-vsctl --no-wait init`")
        return next(iter(rows.items()))

    def observe(self, progress: Progress) -> Observation:
        """The host's zone, if it is in one that vnetsh knows of. Raises `HostUnreachable`, `ServiceAbsent`."""
        ids = as_map(self._root()[1].get("external_ids"))
        facts = ChassisFacts(name=ids.get("system-id", ""), remote=ids.get(_REMOTE, ""))
        if _ZONE not in ids:
            return Observation((), facts)
        mappings = [one.partition(":")[2] for one in ids.get(_MAPPINGS, "").split(",") if one]
        values = {
            "cluster": ids.get(_CLUSTER),
            "encap": ids.get(_ENCAP),
            "bridges": tuple(sorted(mappings)) or None,
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
        uuid, row = self._root()
        ids = as_map(row.get("external_ids"))
        wanted = self._ids(change.after) if change.after else dict.fromkeys(_KEYS)
        differing = {key: value for key, value in wanted.items() if ids.get(key) != value}
        transaction = Transaction(Root(_DATABASE, ROOT, uuid, "next_cfg"))
        if differing:
            transaction.set_keys(change, ROOT, uuid, "external_ids", differing)
        for bridge, about in self._rows.now()["Bridge"].items():
            # Without its controller it must not switch by itself: that would let everybody reach everybody.
            if (
                change.after
                and about["name"] == INTEGRATION
                and as_list(about.get("fail_mode")) != ["secure"]
            ):
                transaction.update(change, "Bridge", bridge, {"fail_mode": "secure"})
        if not transaction.empty:
            commit(self._client, transaction, f"vnetsh: {change}", self._context.timeout)
        if change.after is None:
            self._forget(change.resource, ids.get("system-id", ""))

    def _ids(self, zone: Resource) -> Mapping[str, str | None]:
        place = self._cluster(zone.text("cluster"))
        hosts = {name: self._context.host(name) for name in place.hosts}
        bridges = zone.get("bridges")
        mapped = [f"{one}:{one}" for one in (bridges if isinstance(bridges, tuple) else ())]
        return {
            _ZONE: zone.name,
            _MARK: mark_of(zone.owner) if zone.marked else None,
            _CLUSTER: place.name,
            _REMOTE: southbound_of(place, hosts),
            _ENCAP: zone.text("encap") or "geneve",
            _IP: self._host.tunnel_address,
            _DATAPATH: self._host.text("datapath") or None,
            _MAPPINGS: ",".join(mapped) or None,
        }

    def _cluster(self, name: str) -> Place:
        from vnetsh_ovn.connection import OvnConnection

        for connection in self._context.opened(NAME):
            if isinstance(connection, OvnConnection) and connection.place.name == name:
                return connection.place
        raise ApplyFailed(f"{self._host.name}: its cluster {name} does not answer")

    def _forget(self, zone: Resource, chassis: str) -> None:
        """Take a chassis that is none any more out of the southbound database: it would never follow again.

        Its controller writes itself down anew as long as it has not heard that it is none: until that ends.
        """
        southbound = client_of(self._cluster(zone.text("cluster")), self._context, SOUTHBOUND)
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
        name = as_map(self._root()[1].get("external_ids")).get("system-id", "")
        for change in changes:
            zone = change.after
            if zone:
                self._await(zone, name)

    def _await(self, zone: Resource, name: str) -> None:
        southbound = client_of(self._cluster(zone.text("cluster")), self._context, SOUTHBOUND)
        deadline = time.monotonic() + self._context.timeout
        where: list[Any] = [["chassis_name", "==", name]]
        asked = select("Encap", where, ["type", "ip"])
        wanted = zone.text("encap") or "geneve", self._host.tunnel_address
        try:
            while True:
                rows = southbound.ask("transact", [SOUTHBOUND.name, asked])[0].get("rows", [])
                if any((row["type"], row["ip"]) == wanted for row in rows):
                    return
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
        finally:
            southbound.close()
        raise VerificationFailed(
            f"{self._host.name}: after {self._context.timeout:g} s it is no chassis of {zone.text('cluster')}",
            help="does ovn-controller run there, and reach the southbound database? "
            "`ovn-appctl -t ovn-controller connection-status`",
        )

    def watch(self, tell: Callable[[], None]) -> bool:
        """Have `tell` called after each change. Raises `HostUnreachable`."""
        if self._watcher is None:
            self._watcher = Watcher(Client(self._server, self._context.timeout), self._layout, tell)
        return True

    def close(self) -> None:
        """Close all connections."""
        if self._watcher:
            self._watcher.close()
        self._client.close()
        self._following.close()
