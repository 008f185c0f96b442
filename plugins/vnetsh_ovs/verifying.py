"""Whether vswitchd has really made what the database says."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vnetsh.errors import BackendRefused, HostHung, HostUnreachable, VerificationFailed
from vnetsh.model import Change, Value
from vnetsh_ovs.datapaths import KERNEL, remedy
from vnetsh_ovs.fields import IN_ROWS, Field
from vnetsh_ovs.flow_writing import is_flow
from vnetsh_ovs.rows import DATABASE, ERROR, ROOT, record_of
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import Operation, Row, as_scalar, await_row, select

_FEW = 20  # so many interfaces are asked for by name, and get no time of their own
_EACH = 0.05  # seconds that vswitchd gets for each device beyond these; to remove a tap takes it 17 ms
_ILL = (["ofport", "==", ["set", []]], ["ofport", "==", -1], ["error", "!=", ["set", []]])
_PAUSE = 0.05
_GRACE = 2.0  # seconds that the server may take beyond the wait that it was asked for

_Wanted = Mapping[Field, Value]
"""What an interface must come to have."""


class Silent(VerificationFailed):
    """vswitchd did not follow the database in time; `reach` is the number that it has not come to."""

    def __init__(self, message: str, reach: int) -> None:
        super().__init__(
            message, help="does it run? `ovs-appctl version`; `systemctl restart openvswitch-switch`"
        )
        self.reach = reach


def verify(client: Client, host: str, changes: Sequence[Change], reach: int | None, timeout: float) -> None:
    """Wait until vswitchd has reached the number `reach`, then look at each device that was made.

    `reach` None means: what the database asks for now. Raises `VerificationFailed` with vswitchd's words of
    every device that could not be made; `Silent` when it does not follow in `timeout` seconds, and some more for
    hundreds of devices.
    """
    timeout += _EACH * max(0, len(changes) - _FEW)
    deadline = time.monotonic() + timeout
    if reach is None:
        reach = int(_select(client, [], ["next_cfg"], ROOT)[0]["next_cfg"])
    wanted = {name: values for change in changes for name, values in _wanted(change)}
    pending = sorted({*wanted, *(name for change in changes for name in _devices(change))})
    found = _await(client, host, reach, _looks(pending, wanted), timeout)
    while unfinished := _unfinished(host, pending, wanted, found):
        if time.monotonic() + _PAUSE > deadline:
            words = "; ".join(f"{name} {what}" for name, what in unfinished.items())
            raise VerificationFailed(f"{host}: after {timeout:g} s {words}", help=_HELP)
        _see_bridges(client, host, changes)
        time.sleep(_PAUSE)
        pending = [*unfinished]
        found = _rows(client.ask("transact", [DATABASE, *_looks(pending, wanted)]))


_HELP = "what does it say? `ovs-vsctl show` and its log, /var/log/openvswitch/ovs-vswitchd.log"


def _await(
    client: Client, host: str, reach: int, looks: Sequence[Operation], timeout: float
) -> Mapping[str, Row]:
    """Let the server itself wait for `cur_cfg` (ovs-vswitchd.conf.db(5)): one request, whatever it takes.

    What it finds then comes with the reply: asked for later, it would wait until vswitchd has written all its
    statistics.
    """
    operation = await_row(ROOT, "cur_cfg", ">=", reach, seconds=timeout)
    try:
        result, *found = client.call("transact", [DATABASE, operation, *looks], timeout=timeout + _GRACE)
    except HostUnreachable as error:
        unknown = HostHung if isinstance(error, HostHung) else VerificationFailed
        raise unknown(
            f"{error.message}, so what became of the changes is not known", help=error.help
        ) from error
    if "error" not in result:
        return _rows(found)
    if result["error"] != "timed out":
        raise BackendRefused(f"{host}: {result['error']}: {result.get('details', '')}")
    raise Silent(f"{host}: ovs-vswitchd did not answer in {timeout:g} s", reach)


def follows(client: Client, reach: int) -> bool:
    """Whether vswitchd has come to a number by now; nobody waits for it."""
    result, *_ = client.ask("transact", [DATABASE, await_row(ROOT, "cur_cfg", ">=", reach, seconds=0)])
    return "error" not in result


def _devices(change: Change) -> Iterable[str]:
    """The interfaces that must work after a change; none of a removal."""
    after = change.after
    if after is None or is_flow(change):
        return ()
    names = {after.name}
    if after.kind == "bridge" and after.text("uplink"):
        names.add(after.text("uplink"))
    earlier = record_of(after).get("Interface", {}).values()
    if isinstance(nics := after.get("nics"), tuple):
        names = {*map(str, nics)}
    if change.before is None or change.undo:
        # Restored as broken as it was. Of a patch without its peer vswitchd says so now and then only.
        names -= {row["name"] for row in earlier if ERROR in row or row.get("type") == "patch"}
    return names


def _wanted(change: Change) -> Iterator[tuple[str, _Wanted]]:
    """What an interface must have come to have after a change that asks for it.

    Not of what is restored: perhaps its device never took what is asked of it.
    """
    after = change.after
    if after is None or (change.before is None and record_of(after)):
        return
    differing = change.differing()
    fields = [field for field in IN_ROWS[after.kind] if field.made and field.attribute in differing]
    values = {field: value for field in fields if (value := after.get(field.attribute)) is not None}
    if values:
        yield after.name, values


def _looks(names: Sequence[str], wanted: Mapping[str, _Wanted]) -> list[Operation]:
    """What asks for the interfaces of these names; of many, only for those that are not well.

    That the others are there is seen when the host is looked at again.
    """
    asked = names if len(names) <= _FEW else sorted(wanted)
    wheres: list[Sequence[object]] = [["name", "==", name] for name in asked]
    if len(names) > _FEW:
        wheres += _ILL
    made = {field.made for values in wanted.values() for field in values}
    return [select("Interface", [where], ["name", "ofport", "error", *sorted(made)]) for where in wheres]


def _rows(results: Sequence[Mapping[str, Any]]) -> Mapping[str, Row]:
    return {row["name"]: row for result in results for row in result["rows"]}


def _unfinished(
    host: str, names: Sequence[str], wanted: Mapping[str, _Wanted], found: Mapping[str, Row]
) -> Mapping[str, str]:
    """Those that vswitchd has not come to yet, and what they lack. Raises `VerificationFailed` for what it cannot make.

    A device that does not take an MTU keeps its own; vswitchd only writes that into its log.
    """
    if len(names) > _FEW:
        names = [name for name in names if name in found]
    failed, pending = [], {}
    for name in names:
        row = found.get(name)
        if row is None:
            failed.append(f"{name} is gone again")
        elif as_scalar(row["error"]) or row["ofport"] == -1:
            failed.append(f"{name}: {as_scalar(row['error']) or 'ovs-vswitchd could not make it'}")
        elif as_scalar(row["ofport"]) is None:
            pending[name] = "is not made by ovs-vswitchd"
        else:
            for field, value in wanted.get(name, {}).items():
                now = as_scalar(row[field.made])
                if now != value:
                    pending[name] = field.missed.format(now=now, wanted=value)
    if failed:
        raise VerificationFailed(f"{host}: {'; '.join(failed)}", help=_HELP)
    return pending


def _see_bridges(client: Client, host: str, changes: Sequence[Change]) -> None:
    """Raise `VerificationFailed` when a bridge was not made: then nothing is said of its interfaces, ever.

    vswitchd writes `datapath_id` together with `cur_cfg`, so there is nothing to wait for any more.
    """
    wanted = {r.text("bridge") or r.name for change in changes if (r := change.after)}
    columns = ["name", "datapath_type"]
    unmade = _select(client, [["datapath_id", "==", ["set", []]]], columns, "Bridge")
    failed = {row["name"]: row["datapath_type"] for row in unmade if row["name"] in wanted}
    if failed:
        in_kernel = KERNEL & set(failed.values())
        where = " in the kernel's datapath" if in_kernel else ""
        raise VerificationFailed(
            f"{host}: ovs-vswitchd could not make bridge {', '.join(sorted(failed))}{where}",
            help=f"has the kernel one? Else {remedy(host)}" if in_kernel else _HELP,
        )


def _select(
    client: Client, where: Sequence[object], columns: Sequence[str], table: str = "Interface"
) -> Sequence[Mapping[str, Any]]:
    rows = client.ask("transact", [DATABASE, select(table, where, columns)])[0]["rows"]
    assert isinstance(rows, list)
    return rows
