"""Steps on links that their host takes back alone, unless they are confirmed. Each link is known by its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from vnetsh.hosts.boot.files import SYSTEMS
from vnetsh.hosts.boot.keeping import AtStart, writing
from vnetsh.hosts.gated import Gated
from vnetsh.hosts.going_back import Guard, WayBack
from vnetsh.hosts.links import Entry
from vnetsh_linuxbridge.links import NAME, Links
from vnetsh_linuxbridge.starting import stanzas
from vnetsh_linuxbridge.steps import AddBridge, AddTunnel, DeleteLink, Step, steps, taken_back
from vnetsh_linuxbridge.way_ip import IpWay, line, program_of

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

_FIRST, _LAST = 20_000, 60_000
"""Numbers for links that are made: the kernel itself does not come so far."""


def promised(
    guard: Guard,
    host: str,
    transport: Transport,
    timeout: float,
    entries: Iterable[Entry],
    before: Links,
    wanted: Links,
    planned: Sequence[Step],
    at_start: AtStart,
) -> tuple[IpWay, Gated]:
    """By what the planned steps and files are to be made, now that the host knows its way back.

    Raises `Over`, `HostUnreachable`, `BackendRefused`.
    """
    had = {str(entry["ifname"]): int(entry["ifindex"]) for entry in entries}
    made = {step.name: SystemRandom().randint(_FIRST, _LAST) for step in planned if isinstance(step, _ADDS)}
    gone = [step.name for step in planned if isinstance(step, DeleteLink)]
    names = {step.name for step in planned}
    after = {name: link for name, link in wanted.items() if name in names}
    back = steps(after, taken_back(before, planned))
    system = at_start.system
    files = writing(SYSTEMS[system].files(NAME, stanzas(before))) if system else ""
    told = {
        "names": sorted(names),
        "lines": _lines(back, had, gone, made),
        "files": files if stanzas(before) != stanzas(wanted) else "",
    }
    gated = Gated(transport, guard.promise(WayBack(_program(), told)))
    return IpWay(host, gated, timeout, made), gated


_ADDS = (AddBridge, AddTunnel)


def _lines(
    back: Sequence[Step], had: Mapping[str, int], gone: Iterable[str], made: Mapping[str, int]
) -> list[list[object]]:
    """The lines that take steps back, each with its link's name and number; None: no link has that name.

    `had` are the numbers before, and `gone` and `made` what has no such number when all is made.
    """
    now: dict[str, int | None] = {**had, **dict.fromkeys(gone), **made}
    found: list[list[object]] = []
    for step in back:
        found.append([step.name, now.get(step.name), program_of(step), line(step, had)])
        if isinstance(step, DeleteLink):
            now[step.name] = None
        elif isinstance(step, _ADDS):
            now[step.name] = had.get(step.name)
    return found


@cache
def _program() -> str:
    return Path(__file__).with_name("way_back_on_host.py").read_text()
