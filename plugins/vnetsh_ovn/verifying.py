"""Whether northd and every chassis have really made what the northbound database says."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.errors import BackendRefused, HostHung, HostUnreachable, VerificationFailed
from vnetsh_ovn.rows import ROOT
from vnetsh_ovn.sort import NORTHBOUND, SOUTHBOUND
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import await_row, select

_GRACE = 2.0  # seconds that the server may take beyond the wait that it was asked for


def late_before(southbound: Client) -> frozenset[str]:
    """The chassis that have not followed what was there already, by name. Raises `HostUnreachable`."""
    reached = _global(southbound)
    return frozenset(name for name, number in _followed(southbound).items() if number < reached)


def verify(
    place: str, northbound: Client, southbound: Client, reach: int, late: frozenset[str], timeout: float
) -> Sequence[str]:
    """Wait until all chassis have come to a number; those that were `late` before are not waited for.

    Gives those, by their hosts' names. Raises `VerificationFailed` naming who has not followed, in at most `timeout`
    seconds (ovn-nb(5), NB_Global: `sb_cfg`, `hv_cfg`; ovn-sb(5), Chassis_Private: `nb_cfg`).
    """
    deadline = time.monotonic() + timeout
    if not late:
        if _waited(northbound, "hv_cfg", reach, timeout):
            return ()
    elif not _waited(northbound, "sb_cfg", reach, timeout):
        raise _northd(place, timeout)
    while True:
        behind = {name for name, number in _followed(southbound).items() if number < reach}
        if behind <= late:
            hosts = _hosts(southbound)
            return sorted(hosts.get(name, name) for name in behind)
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    if not _waited(northbound, "sb_cfg", reach, 0):
        raise _northd(place, timeout)
    hosts = _hosts(southbound)
    names = ", ".join(sorted(hosts.get(name, name) for name in behind - late))
    raise VerificationFailed(
        f"{place}: after {timeout:g} s these chassis have not followed: {names}",
        help="does ovn-controller run there? `ovn-appctl -t ovn-controller connection-status`",
    )


def _northd(place: str, timeout: float) -> VerificationFailed:
    return VerificationFailed(
        f"{place}: ovn-northd did not follow in {timeout:g} s",
        help="does it run? `ovn-appctl -t ovn-northd status` on one of its hosts",
    )


def _waited(client: Client, column: str, reach: int, timeout: float) -> bool:
    """Whether the database has come to a number; the server itself waits for it: one request, whatever it takes."""
    operation = await_row(ROOT, column, ">=", reach, seconds=timeout)
    try:
        result = client.call("transact", [NORTHBOUND.name, operation], timeout=timeout + _GRACE)[0]
    except HostUnreachable as error:
        unknown = HostHung if isinstance(error, HostHung) else VerificationFailed
        raise unknown(
            f"{error.message}, so what became of the changes is not known", help=error.help
        ) from error
    if result and "error" in result and result["error"] != "timed out":
        raise BackendRefused(f"{result['error']}: {result.get('details', '')}")
    return not (result and "error" in result)


def _global(southbound: Client) -> int:
    return max((int(row["nb_cfg"]) for row in rows(southbound, "SB_Global", ["nb_cfg"])), default=0)


def _followed(southbound: Client) -> Mapping[str, int]:
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
