"""How far migrations are, by libvirt's statistics of a job: bytes, memory and disks together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libvirt

from vnetsh.backend import JobState
from vnetsh.model import UnderWay
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.means import MIB


def under_way(vm: str, stats: Mapping[str, int], seconds: float) -> UnderWay:
    """What libvirt tells of one, `seconds` after its begin."""
    total, left = stats.get("data_total", 0), stats.get("data_remaining", 0)
    rate = stats.get("memory_bps", 0) + stats.get("disk_bps", 0)
    written = stats.get("memory_dirty_rate", 0) * stats.get("memory_page_size", 4096)
    return UnderWay(vm, seconds, max(total - left, 0), left, rate, written)


def state_of(name: str, stats: Mapping[str, int], seconds: float) -> JobState:
    """The same as the progress line has it."""
    now = under_way(name, stats, seconds)
    total = now.sent + now.left
    if not total:
        return JobState(f"{name}: migrating, {seconds:.0f} s")
    words = [f"{name}: migrating, {now.sent // MIB} of {total // MIB} MiB", f"{seconds:.0f} s"]
    words += [f"{now.rate // MIB} MiB/s"] * bool(now.rate)
    words += [f"it writes {now.written // MIB} MiB/s"] * bool(now.written)
    if now.to_go is not None:
        words.append(f"about {now.to_go:.0f} s to go")
    elif now.rate:
        words.append("no end in sight")
    return JobState(", ".join(words), now.sent, total, now.rate)


def copying(name: str, path: str, moved: int, total: int, seconds: float) -> JobState:
    """How far the copy of a file is, `seconds` after its begin; `total` is 0 where that is not known."""
    of = f" of {total // MIB}" if total else ""
    words = [f"{name}: copying {path}, {moved // MIB}{of} MiB"]
    if moved and seconds > 1:
        rate = moved / seconds
        words += [f"{rate / MIB:.0f} MiB/s"]
        words += [f"about {(total - moved) / rate:.0f} s to go"] * bool(total)
    return JobState(", ".join(words), moved, total)


def all_under_way(host: LibvirtHost) -> Sequence[UnderWay]:
    """The migrations that leave a host just now, whoever began them. Raises `HostUnreachable`."""
    found = []
    for domain in host.call("listAllDomains", libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        stats = host.link.quietly(domain.jobStats) or {}  # of one that comes here, libvirt does not tell
        if stats.get("operation") == libvirt.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT:
            found.append(under_way(domain.name(), stats, stats.get("time_elapsed", 0) / 1000))
    return found
