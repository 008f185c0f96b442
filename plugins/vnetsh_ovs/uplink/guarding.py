"""Change an uplink that carries the host's own addresses, so that the host comes back if it is lost.

Everything is done on the host, by `guard_script`: the way to it may be cut in the middle. From here it is only
sent, and confirmed over a new connection.
"""

from __future__ import annotations

import contextlib
import json
import math
import shlex
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vnetsh.backend import ApplyFailed
from vnetsh.errors import HostUnreachable
from vnetsh.model import Host
from vnetsh_ovs.attributes import confirm_of, remote_of
from vnetsh_ovs.rows import DATABASE, ROOT, Index
from vnetsh_ovs.uplink import guard_script, resolving
from vnetsh_ovs.uplink.addresses import Addresses, batch
from vnetsh_ovs.uplink.at_start import StartOfHost, columns_in
from vnetsh_ovs.uplink.reverting import ARMED, VOID, disarming, reverting, unless_void, voiding, with_uuids
from vnetsh_ovs.uplink.steps import Settings, Step, joined, quieting, step
from vnetsh_ovs.uplink.swaps import Swap, touched
from vnetsh_ovsdb.operations import as_map, await_row
from vnetsh_ovsdb.transaction import Transaction

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

_VERSIONS = (4, 6)
_MOST = 120_000  # bytes of one argument (execve(2): 128 KiB)
_UNDOING = 2.0  # seconds in which the host has gone back after its timer
_GRACE = 8.0  # seconds more in which it is asked how it ended
_ATTEMPT = (
    6.0  # seconds for one new connection, more where hosts are slow; it waits 3 of them for the step itself
)
_UNCHANGED = "nothing is changed on this host"


def read_addresses(transport: Transport, timeout: float) -> Addresses:
    """Ask a host for its addresses, routes and rules. Raises `HostUnreachable`, `ApplyFailed`."""

    def ip(*argv: str) -> str:
        done = transport.run(["ip", *argv], timeout=timeout)
        if done.returncode:
            raise ApplyFailed(f"ip {' '.join(argv)}: {done.stderr.strip()}", help=_UNCHANGED)
        return done.stdout

    return Addresses(
        json.loads(ip("-json", "addr", "show")),
        {v: ip("-oneline", f"-{v}", "route", "show", "table", "all").splitlines() for v in _VERSIONS},
        {v: ip("-oneline", f"-{v}", "rule", "show").splitlines() for v in _VERSIONS},
    )


def pending(transport: Transport, index: Index, host: Host) -> None:
    """Raise `HostUnreachable` while a step waits to be confirmed: what is there may be gone in a moment."""
    marks = as_map(index.tables[ROOT][index.root].get("external_ids"))
    if ARMED in marks and transport.run(guard_script.PENDING).returncode:
        raise HostUnreachable(
            f"{host.name}: a change of its uplink is not confirmed yet",
            help=f"the host takes it back by itself within {confirm_of(host)} s: plan again then",
        )


class Guarded:
    """One step on one host: what a transaction needs besides itself, because uplinks change with it."""

    def __init__(self, host: Host, transport: Transport, timeout: float) -> None:
        self._host = host
        self._transport = transport
        self._timeout = timeout
        self._seconds = confirm_of(host)
        self._token = str(uuid.uuid4())

    def commit(
        self,
        transaction: Transaction,
        swaps: Sequence[Swap],
        addresses: Addresses,
        index: Index,
        comment: str,
    ) -> int:
        """Make a transaction and all that moves with it; the number that vswitchd is to reach.

        Raises `Conflict`, `BackendRefused` and `ApplyFailed` when nothing of it is left, `HostUnreachable`
        when the host does not say how it ended (then it goes back by itself).
        """
        patience = min(math.ceil(self._timeout), self._seconds)
        touching = touched(swaps, addresses)
        start = StartOfHost(self._transport, self._timeout)
        steps = self._steps(transaction, touching, addresses, index, start)
        there = joined(steps)
        names_there, names_back = self._names(there)
        columns = {swap.bridge: _columns(transaction, swap, index, addresses) for swap in touching}
        told = start.told(touching, steps, columns, names_there)
        change = swaps[0].change
        transaction.set_keys(change, ROOT, index.root, "external_ids", {ARMED: self._token, VOID: None})
        operations = with_uuids(transaction.operations(self._token, comment))
        databases: dict[str, Sequence[Any]] = {
            "there.db": [DATABASE, unless_void(self._token), *operations],
            "back.db": reverting(operations, index, self._token),
            "void.db": voiding(index.root, self._token),
            "disarm.db": disarming(index.root, self._token),
            "follow.template": [
                DATABASE,
                # A gap for the number that vswitchd is to reach.
                await_row(ROOT, "cur_cfg", ">=", "NUMBER", seconds=patience),
            ],
        }
        files = {name: json.dumps(value, separators=(",", ":")) for name, value in databases.items()}
        if max(map(len, files.values())) > _MOST:
            raise ApplyFailed(
                f"{self._host.name}: too many changes at once with an uplink that carries the host's addresses",
                change=change,
                help="say the bridge and its uplink in a script of their own",
            )
        files |= self._files(there)
        files |= {"names-there": _quietly(names_there), "names-back": _quietly(names_back)}
        files |= {"told-first": told.first, "told-last": told.last, "told-back": told.back}
        remote = remote_of(self._host)
        needed = " ".join(there.needed)
        parameters = {
            "token": self._token, "database": str(remote), "seconds": str(self._seconds), "needed": needed,
            "patience": str(patience),
        }  # fmt: skip
        deadline = time.monotonic() + self._seconds
        self._launch(guard_script.launching(files, parameters))
        _, *results = self._confirm(deadline, swaps)
        return transaction.judge(results)

    def _steps(
        self,
        transaction: Transaction,
        swaps: Sequence[Swap],
        addresses: Addresses,
        index: Index,
        start: StartOfHost,
    ) -> list[Step]:
        steps = []
        for swap in swaps:
            netdev = _row_of(transaction, swap.bridge, index).get("datapath_type") == "netdev"
            settings, given = self._settings(swap.nics), start.given(swap.bridge)
            steps.append(step(swap, transaction, index, addresses, settings, netdev, given))
        return steps

    def _settings(self, nics: Sequence[str]) -> Settings:
        """The values of what `quieting` would write; only of those that the host's kernel has."""
        found = {}
        for path in [path for nic in nics for path in quieting(nic)]:
            done = self._transport.run(["cat", f"/proc/sys/{path}"], timeout=self._timeout)
            if done.returncode == 0:
                found[path] = done.stdout.strip()
        return found

    def _names(self, there: Step) -> tuple[list[list[str]], list[list[str]]]:
        """The commands that move DNS settings with the addresses, and back."""
        names_there, names_back = [], []
        for source, target in there.names:
            names = resolving.read_names(
                lambda argv: self._transport.run(argv, timeout=self._timeout), source
            )
            names_there += resolving.moving(names, source, target)
            names_back += resolving.moving(names, target, source)
        return names_there, names_back

    def _files(self, there: Step) -> Mapping[str, str]:
        moves = {"leave": there.move.leave, "arrive": there.move.arrive, "back": there.move.back}
        return {
            **{
                f"{name}.{version}": batch(lines, version)
                for name, lines in moves.items()
                for version in _VERSIONS
            },
            "before": _writing(there.before),
            "after": _writing(there.after),
            "back": _writing(there.back),
        }

    def _launch(self, script: str) -> None:
        try:
            done = self._transport.run(["sh", "-s"], input=script, timeout=self._timeout)
        except HostUnreachable:
            return  # it may have begun: `_confirm` finds out
        name, said = self._host.name, done.stdout.strip()
        if said == "armed":
            raise ApplyFailed(
                f"{name}: another change of its uplink is not confirmed yet",
                help="the host takes it back by itself, or somebody confirms it: plan again then",
            )
        if said == "interrupted":
            raise ApplyFailed(
                f"{name}: an earlier change of its uplink was cut off, and its guard was killed; it is taken back now",
                help="plan again",
            )
        if said != "launched":
            words = done.stderr.strip() or f"exit code {done.returncode}"
            raise ApplyFailed(
                f"{name}: cannot guard a change of its uplink: {words}",
                help="it needs root, `flock`, `setsid` and `ovsdb-client` there; nothing was changed",
            )

    def _confirm(self, deadline: float, swaps: Sequence[Swap]) -> Sequence[Any]:
        """Confirm over new connections until the host says how it ended; the results of its transaction."""
        last = "it did not answer"
        while (remaining := deadline + _UNDOING + _GRACE - time.monotonic()) > 0:
            with contextlib.suppress(HostUnreachable):
                command = guard_script.confirming(self._token)
                done = self._transport.run_anew(
                    command, timeout=min(max(_ATTEMPT, self._timeout / 3), remaining)
                )
                outcome, _, rest = done.stdout.partition("\n")
                if outcome in ("confirmed", "reverted"):
                    return self._judge(outcome == "confirmed", rest.splitlines(), swaps)
                if outcome != "busy":
                    raise ApplyFailed(
                        f"{self._host.name}: the guard of its uplink did not begin", help=_UNCHANGED
                    )
                last = "its guard is still at work"
            time.sleep(0.1)
        raise HostUnreachable(
            f"{self._host.name}: after the change of its uplink {last}",
            help=f"it goes back by itself, {self._seconds} s after the change; see {guard_script.FOLDER}/log there",
        )

    def _judge(self, confirmed: bool, said: Sequence[str], swaps: Sequence[Swap]) -> Sequence[Any]:
        results = next((json.loads(line) for line in said if line.startswith("[")), None)
        if results and (confirmed or any(result and "error" in result for result in results)):
            return results  # type: ignore[no-any-return]  # its words are judged like any transaction's
        why = next((line for line in said if not line.startswith("[")), "")
        missed = f"it could not be reached over a new connection in {self._seconds} s"
        hint = (
            "does the NIC lead where it led before? `confirm SECONDS` in the host's sentence gives more time"
        )
        raise ApplyFailed(
            f"{self._host.name}: {why or missed}; it has gone back to what it was",
            change=swaps[0].change,
            help=_UNCHANGED if why else hint,
        )


def _row_of(transaction: Transaction, bridge: str, index: Index) -> Mapping[str, Any]:
    """A bridge's row, as it is or as it is to be made."""
    uuid = index.bridges.get(bridge)
    return index.tables["Bridge"][uuid] if uuid else transaction.inserted("Bridge", bridge) or {}


def _columns(transaction: Transaction, swap: Swap, index: Index, addresses: Addresses) -> Mapping[str, str]:
    """The columns without which a bridge would be another one, once it has its uplink: it borrows its address."""
    row = _row_of(transaction, swap.bridge, index)
    nic = swap.source(addresses) or (swap.taken.nics[0] if swap.taken else "")
    config = {"hwaddr": addresses.link(nic).get("address", ""), **as_map(row.get("other_config"))}
    return columns_in(row.get("datapath_type"), config)


def _writing(settings: Settings) -> str:
    """Shell that writes settings; one that cannot be written changes nothing else."""
    lines = [
        f"echo {shlex.quote(v)} >{shlex.quote('/proc/sys/' + path)} || :" for path, v in settings.items()
    ]
    return "\n".join([":", *lines])


def _quietly(commands: Sequence[Sequence[str]]) -> str:
    """Shell that runs commands of which each may fail."""
    return "\n".join([":", *(f"timeout 5 {shlex.join(argv)} || :" for argv in commands)])
