"""Whether the other ends of tunnels that look for one another (BFD) answer by now."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

from vnetsh.model import Change
from vnetsh_ovs.rows import BFD_STATUS, DATABASE
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import as_map, select

_ANSWER = 4.0
"""Seconds that the other ends get: by BFD's usual intervals they answer within two."""

_PAUSE = 0.1


def unheard(client: Client, host: str, changes: Sequence[Change]) -> Iterator[str]:
    """Tunnels of these changes whose other ends do not answer, in sentences; these are waited for.

    Raises `HostUnreachable`.
    """
    ends = {
        c.after.name: c.after for c in changes if c.after and c.after.kind == "tunnel" and c.after.get("bfd")
    }
    deadline = time.monotonic() + _ANSWER
    silent = _silent(client, ends)
    while silent and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        silent = _silent(client, silent)
    for name in silent:
        yield f"{host}: tunnel {name} to {ends[name].text('remote')}: its other end does not answer (BFD)"


def _silent(client: Client, names: Collection[str]) -> list[str]:
    if not names:
        return []
    looks = [select("Interface", [["name", "==", name]], ["name", BFD_STATUS]) for name in names]
    rows = [row for found in client.ask("transact", [DATABASE, *looks]) for row in found["rows"]]
    return [str(row["name"]) for row in rows if as_map(row[BFD_STATUS]).get("state") != "up"]
