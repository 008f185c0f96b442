"""How long live migrations will take, before they begin: what the guests write is measured, the rest reckoned."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import libvirt

from vnetsh.backend import FREE, Assessment, Progress
from vnetsh.errors import VnetshError
from vnetsh.model import ActionKind, Attributes, Change, Estimate, Fleet
from vnetsh_libvirt import means, reaching
from vnetsh_libvirt.forecast import DOWNTIME, USUAL_RATE, Load, Writes, after_post_copy, forecast, slowed_down
from vnetsh_libvirt.leaving import Leaving
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.own_files import perhaps_shared
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.states import is_off

SECONDS = (1, 3)
"""For so long what a guest writes is watched, by samples of its pages, which slow nothing down. A guest of which much
is to be sent is watched both times: then it is seen how much of that is always the same."""

_SMALL = 2 * 2**30

WORTH = (1.0, 10.0)
"""Seconds of sending below which a guest is not watched, or not twice: it would take longer than its move."""


def appraise(
    host: LibvirtHost, moves: Sequence[Change], fleet: Fleet, progress: Progress
) -> Sequence[Assessment]:
    """An assessment for each move that begins here, and for what is to be on a server.

    Of a VM that is off, or is gone, nothing is said.
    """
    reaching.take_keys(host, moves)
    moving = [change for change in moves if change.action is ActionKind.MOVE]
    awake = [change for change in moving if change.before and not is_off(change.before)]
    domains = {c.resource.name: d for c in awake if (d := host.domain(c.resource.name)) is not None}
    memory = {name: _memory(host, domain) for name, domain in domains.items()}
    took = {c.resource.name: memory.get(c.resource.name, 0) / _rate(c.wishes) for c in awake}
    seen = [
        _written(host, [domain for name, domain in domains.items() if took[name] > worth], seconds, progress)
        for seconds, worth in zip(SECONDS, WORTH, strict=True)
    ]

    def appraised(change: Change) -> Assessment:
        name = change.resource.name
        if change.action is not ActionKind.MOVE:
            return reaching.reached(host, change)
        if name not in domains:
            return FREE
        one, three = (found.get(name) for found in seen)
        writes = Writes(one or 0) if three is None else Writes.seen(one or 0, three)
        return _foreseen(change, Load(memory[name], _disks(change, fleet), writes))

    return [appraised(change) for change in moves]


def _foreseen(change: Change, load: Load) -> Assessment:
    wishes, rate = change.wishes, _rate(change.wishes)
    pause = means.downtime(wishes) or DOWNTIME
    found, used = forecast(load, rate, pause), ""
    if not found.ends and wishes.get(means.POST_COPY):
        found, used = after_post_copy(load, rate), "by post-copy"
    elif not found.ends and wishes.get(means.AUTO_CONVERGE):
        found, used = slowed_down(load, rate, pause), "slowed down on the way"
    if not found.ends:
        if means.BANDWIDTH not in wishes and not used:
            return FREE  # what can be sent is not known: its course will tell
        name = change.resource.name
        problem = (
            f"`{name}` writes {_mib(load.writes.rate)} MiB of its memory in a second, and {_mib(rate)} MiB can be "
            "sent: its migration would not come to its end"
        )
        help = "more `bandwidth`" + (
            "" if used else "; `auto-converge` slows it down, `post-copy` lets it go on at the target first"
        )
        return refused("E462", change.resource, problem, help, word=means.BANDWIDTH)
    estimate = Estimate(found.seconds, found.pause)
    return Assessment(how=", ".join(filter(None, (str(estimate), used))), estimate=estimate)


def _mib(size: float) -> str:
    return f"{size / means.MIB:.0f}"


def _rate(wishes: Attributes) -> int:
    return means.bytes_a_second(wishes) or USUAL_RATE


def _memory(host: LibvirtHost, domain: Any) -> int:
    """The bytes of memory that a guest has ever used: what it has not is sent as next to nothing."""
    info = host.link.quietly(domain.info)
    size = int(info[2]) * 1024 if info else 0
    resident = int((host.link.quietly(domain.memoryStats) or {}).get("rss", 0)) * 1024
    if size > _SMALL:
        return min(size, resident or size)
    return min(size, _touched(host, domain.name(), size // 1024) or resident or size)


def _touched(host: LibvirtHost, name: str, size: int) -> int:
    """The bytes of a guest's `size` KiB that are there; 0 where the kernel does not tell that of them alone.

    QEMU itself takes as much again as a small guest. Of a large one this is not asked: looking takes long, and what it
    looks at cannot change meanwhile.
    """
    where = ("sh", "-c", 'cat "/proc/$(cat "$1")/smaps"', "sh", f"/run/libvirt/qemu/{name}.pid")
    try:
        told = host.transport.ask(where, timeout=host.timeout)
    except VnetshError:
        return 0
    mappings = re.findall(
        rf"^Size: +{size} kB\n(?:\w+: +\d+ kB\n)*?Rss: +(\d+) kB$", told.stdout, re.MULTILINE
    )
    return sum(map(int, mappings)) * 1024


def _disks(change: Change, fleet: Fleet) -> int:
    """The bytes of the files that travel, as far as they occupy any."""
    assert change.before
    leaving = Leaving(change.before, change.resource.place, fleet)
    own = [file.path for file in leaving.files if file.own and not perhaps_shared(leaving, file.path)]
    return sum(found.occupied for path in own if (found := leaving.here.file(path)))


def _written(
    host: LibvirtHost, domains: Sequence[Any], seconds: int, progress: Progress
) -> Mapping[str, int]:
    """The bytes of memory that each writes to in so long, watched at the same time; of some it may be unknown."""
    if not domains:
        return {}
    progress(f"libvirt: watching for {seconds} s what is written")
    for domain in domains:
        host.link.quietly(domain.startDirtyRateCalc, seconds, 0)
    found: dict[str, int] = {}

    def measured() -> bool:
        told = host.link.quietly(
            host.link.connection.domainListGetStats, list(domains), libvirt.VIR_DOMAIN_STATS_DIRTYRATE, 0
        )
        for domain, stats in told or ():
            if stats.get("dirtyrate.calc_status") == libvirt.VIR_DOMAIN_DIRTYRATE_MEASURED:
                found[domain.name()] = int(stats["dirtyrate.megabytes_per_second"]) * means.MIB * seconds
        return len(found) == len(domains)

    time.sleep(seconds)
    host.wait(measured, seconds)
    return found
