"""Transactions that their host takes back alone, unless they are confirmed: which those are, and how it does it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from vnetsh.hosts.going_back import Guard, Over, WayBack
from vnetsh.model import Change, Fleet, Host
from vnetsh.model.nics import bond_nics
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs import shaping
from vnetsh_ovs.attributes import remote_of
from vnetsh_ovs.rows import DATABASE, ROOT, Index
from vnetsh_ovs.taking import addresses_on
from vnetsh_ovs.uplink.reverting import reverting, with_uuids
from vnetsh_ovsdb.operations import Operation, as_pairs, as_set, await_row, is_row
from vnetsh_ovsdb.transaction import Transaction

GATE = "vnetsh-unconfirmed"
"""Key of the root row's `external_ids`: the guard whose run may change the database now. Each step has a key, too."""

_BY_TC = frozenset({"delay", "loss"})
GUARDED = (
    "a change of the NIC that has the host's addresses is guarded by itself: say it outside of the block"
)


def alone(change: Change, fleet: Fleet) -> str:
    """Why a host cannot take a change back alone, in words; empty where it can: what is in its database alone."""
    host, differing = fleet.hosts[change.place], change.differing()
    if remote_of(host).method != "unix":
        return f"of {host.name} the database is reached, and no shell beside it"
    if change.resource.kind == "flow":
        return "the flows of a switch are not in its database"
    if "link" in differing:
        return "a tunnel's link is down in its switch, and not in its database"
    if _BY_TC & differing.keys():
        return "a port's delay and loss are seen to by `tc`, not by the database alone"
    if _moves(change, fleet):
        return GUARDED
    if SURVIVES in differing or ({"uplink", "nics"} & differing.keys() and change.resource.get(SURVIVES)):
        return "what the host does at its start would be written into files"
    return ""


def _moves(change: Change, fleet: Fleet) -> bool:
    """Whether the host's addresses, or the way to them, hang on it."""
    ends = [end for end in (change.before, change.after) if end]
    nics = {nic for end in ends for nic in (end.text("uplink"), *bond_nics(end)) if nic}
    if not nics or not {"uplink", "nics", "mode", "lacp", "bridge"} & change.differing().keys():
        return False
    bridges = {end.text("bridge") or end.name for end in ends}
    return any(addresses_on(fleet, change.place, name) for name in nics | bridges)


class Promised(Transaction):
    """A transaction of which its host knows beforehand how it takes it back; made only while it may be."""

    def __init__(self, transaction: Transaction, index: Index, guard: Guard, host: str, comment: str) -> None:
        super().__init__(transaction.root)
        self.token = str(uuid.uuid4())
        self._host = host
        self._judged = transaction
        self._step = f"{GATE}-{self.token[:8]}"
        self._guard = guard
        root = transaction.root
        said = {key: ["external_ids", "includes", as_pairs({key: guard.token})] for key in (GATE, self._step)}
        close = _keys([*is_row(root.uuid), said[GATE]], [GATE], {})
        look = {"op": "select", "table": ROOT, "where": [said[self._step]], "columns": ["_uuid"]}
        gate = await_row(ROOT, "external_ids", "includes", as_pairs({GATE: guard.token}))
        mark = _keys(is_row(root.uuid), [self._step], {self._step: guard.token})
        self._operations = [gate, mark, *with_uuids(transaction.operations(self.token, comment))]
        self._data: dict[str, Any] = {
            "open": [DATABASE, _keys(is_row(root.uuid), [GATE], {GATE: guard.token})],
            "close": [DATABASE, close, look],
            "back": reverting(self._operations[2:], index, guard.token, self._step),
            "keep": [DATABASE, close, _keys(is_row(root.uuid), [self._step], {})],
            "follow": {"op": "wait", "table": ROOT, "columns": ["cur_cfg"]},
        }

    def promise(self, socket: str, then: Sequence[Sequence[str]]) -> None:
        """Have the host keep it. Raises `Over`, `HostUnreachable`, `BackendRefused`."""
        self._guard.promise(WayBack(_program(), {**self._data, "socket": socket, "then": [*then]}))

    def operations(self, token: str, comment: str) -> list[Operation]:
        """The whole of it, always the same."""
        return self._operations

    def judge(self, results: Sequence[Mapping[str, object] | None]) -> int:
        """As of the transaction itself. Raises `Over` when the host has gone back before."""
        first, _, *rest = results
        if first and "error" in first:
            raise Over(self._host)
        return self._judged.judge(rest)


def promised(
    guard: Guard | None,
    transaction: Transaction,
    index: Index,
    host: Host,
    changes: Sequence[Change],
    comment: str,
) -> tuple[Transaction, str]:
    """A transaction as it is to be made, and its token: where a guard waits its host knows the way back now.

    Raises `Over`, `HostUnreachable`, `BackendRefused`.
    """
    if guard is None:
        return transaction, ""
    found = Promised(transaction, index, guard, host.name, comment)
    found.promise(remote_of(host).path, [*_then(changes)])
    return found, found.token


def _then(changes: Sequence[Change]) -> Iterator[Sequence[str]]:
    """What follows the going back, beside the database."""
    yield from shaping.barely([name for _, name in shaping.going([change.inverse() for change in changes])])
    if any("mirrors" in change.differing() for change in changes):
        yield ["ovs-appctl", "--timeout=5", "revalidator/purge"]


def _keys(where: Sequence[object], gone: Sequence[str], said: Mapping[str, str]) -> Operation:
    mutations = [["external_ids", "delete", as_set(list(gone))], ["external_ids", "insert", as_pairs(said)]]
    return {"op": "mutate", "table": ROOT, "where": where, "mutations": mutations}


@cache
def _program() -> str:
    return Path(__file__).with_name("way_back_on_host.py").read_text()
