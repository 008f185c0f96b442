"""Whether northd and every chassis have really made what the northbound database says."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.errors import BackendRefused, HostHung, HostUnreachable, ServiceAbsent, VerificationFailed
from vnetsh_ovn.rows import ROOT
from vnetsh_ovn.sort import NORTHBOUND, SOUTHBOUND, Database
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import Operation, await_row, select

_GRACE = 2.0  # seconds that the server may take beyond the wait that it was asked for
_MOMENT = 1.0  # seconds that a chassis gets to follow what was there before
_PATIENCE = 2.0  # seconds until chassis that have not followed are told once more; then twice as many
_FURTHER: Operation = {"op": "mutate", "table": ROOT, "where": [], "mutations": [["nb_cfg", "+=", 1]]}
"""What has northd and all chassis follow once more, though nothing has changed."""


def late_before(southbound: Client) -> frozenset[str]:
    """The chassis that have not followed what was there already, by name. Raises `HostUnreachable`.

    One that is about to follow, for it is new or has only the last of it left, is given a moment.
    """
    until = time.monotonic() + _MOMENT
    while True:
        reached = _global(southbound)
        late = {name: number for name, number in followed(southbound).items() if number < reached}
        about_to = any(number in (0, reached - 1) for number in late.values())
        if not about_to or time.monotonic() > until:
            return frozenset(late)
        time.sleep(0.05)


def verify(
    place: str, northbound: Client, southbound: Client, reach: int, late: frozenset[str], timeout: float
) -> Sequence[str]:
    """Wait until all chassis have come to a number; those that were `late` before are not waited for.

    Gives those, by their hosts' names. Raises `VerificationFailed` naming who has not followed, in at most `timeout`
    seconds (ovn-nb(5), NB_Global: `sb_cfg`, `hv_cfg`; ovn-sb(5), Chassis_Private: `nb_cfg`).
    """
    deadline = time.monotonic() + timeout
    if not late and _all_followed(northbound, reach, deadline):
        return ()
    if not _waited(northbound, "sb_cfg", reach, timeout if late else 0):
        raise _northd(place, timeout)
    again = time.monotonic() + _PATIENCE
    while True:
        try:
            numbers = followed(southbound)
        except (HostUnreachable, ServiceAbsent) as error:
            raise VerificationFailed(
                f"{error.message}, so whether the chassis have followed is not known", help=error.help
            ) from error
        behind = {name for name, number in numbers.items() if number < reach}
        if behind <= late:
            hosts = _hosts(southbound)
            return sorted(hosts.get(name, name) for name in behind)
        if time.monotonic() > deadline:
            break
        if time.monotonic() > again:
            _result(northbound, NORTHBOUND, _FURTHER, _GRACE)
            again += 2 * _PATIENCE
        time.sleep(0.05)
    hosts = _hosts(southbound)
    names = ", ".join(sorted(hosts.get(name, name) for name in behind - late))
    raise VerificationFailed(
        f"{place}: after {timeout:g} s these chassis have not followed: {names}",
        help="does ovn-controller run there? `ovn-appctl -t ovn-controller connection-status`",
    )


def _all_followed(northbound: Client, reach: int, deadline: float) -> bool:
    """Whether all chassis have come to a number in time.

    Those that have not are told of a further one now and then, as `ovn-nbctl sync` does. For ovn-controller (23.03.1)
    may have made everything and not say so: where the connection to its switch was reset meanwhile, as it is when the
    switch is set up, its report is lost with that, and it sleeps until the number grows.
    """
    patience, further = _PATIENCE, reach
    while not _waited(northbound, "hv_cfg", reach, min(patience, max(0.0, deadline - time.monotonic()))):
        if time.monotonic() >= deadline:
            return False
        _result(northbound, NORTHBOUND, _FURTHER, _GRACE)
        patience, further = 2 * patience, further + 1
    if further > reach:  # whoever has not come to that would count as late when the next change is made
        _waited(northbound, "hv_cfg", further, _PATIENCE)
    return True


def _northd(place: str, timeout: float) -> VerificationFailed:
    return VerificationFailed(
        f"{place}: ovn-northd did not follow in {timeout:g} s",
        help="does it run? `ovn-appctl -t ovn-northd status` on one of its hosts",
    )


def _waited(client: Client, column: str, reach: int, timeout: float) -> bool:
    """Whether the northbound database has come to a number."""
    return waited(client, NORTHBOUND, await_row(ROOT, column, ">=", reach, seconds=timeout), timeout)


def waited(client: Client, database: Database, operation: Operation, timeout: float) -> bool:
    """Whether a database has come to what an operation waits for: in one request, for the server itself waits.

    Raises `VerificationFailed` where it is lost meanwhile, `HostHung`, `BackendRefused`.
    """
    result = _result(client, database, operation, timeout + _GRACE)
    if "error" in result and result["error"] != "timed out":
        raise BackendRefused(f"{result['error']}: {result.get('details', '')}")
    return "error" not in result


def _result(client: Client, database: Database, operation: Operation, timeout: float) -> Mapping[str, Any]:
    try:
        return client.call("transact", [database.name, operation], timeout=timeout)[0] or {}
    except HostUnreachable as error:
        unknown = HostHung if isinstance(error, HostHung) else VerificationFailed
        raise unknown(
            f"{error.message}, so what became of the changes is not known", help=error.help
        ) from error


def _global(southbound: Client) -> int:
    return max((int(row["nb_cfg"]) for row in rows(southbound, "SB_Global", ["nb_cfg"])), default=0)


def followed(southbound: Client) -> Mapping[str, int]:
    """The number that each chassis has come to, by its name."""
    return {
        row["name"]: int(row["nb_cfg"]) for row in rows(southbound, "Chassis_Private", ["name", "nb_cfg"])
    }


def _hosts(southbound: Client) -> Mapping[str, str]:
    return {
        row["name"]: row["hostname"] or row["name"]
        for row in rows(southbound, "Chassis", ["name", "hostname"])
    }


def rows(southbound: Client, table: str, columns: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """All rows of a table of the southbound database, with these columns. Raises `HostUnreachable`."""
    found = southbound.ask("transact", [SOUTHBOUND.name, select(table, [], columns)])[0].get("rows", [])
    assert isinstance(found, list)
    return found
