"""What a host's libvirt says of a domain just now, as the end of a move has to know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import libvirt

from vnetsh.errors import BackendRefused, HostHung, HostUnreachable
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import error_code

GONE, OFF, CRASHED, RUNNING, PAUSED, MOVING = "gone", "off", "crashed", "running", "paused", "moving"
"""`moving`: paused by a migration, at the end that it leaves or at the one that it comes to."""

LEFT, TORN = "left", "torn"
"""`left`: it goes on at the target by post-copy already, and here is but a rest of its memory: it must never run here
again. `torn`: so, at either end, and the connection between the two broke."""

_MIGRATION = {libvirt.VIR_DOMAIN_PAUSED_MIGRATION, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP}
_POST_COPY = {
    libvirt.VIR_DOMAIN_PAUSED_POSTCOPY: LEFT,
    libvirt.VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: TORN,
}
_DIED = {libvirt.VIR_DOMAIN_SHUTOFF_CRASHED, libvirt.VIR_DOMAIN_SHUTOFF_FAILED}
_UNDER_WAY = {libvirt.VIR_DOMAIN_JOB_BOUNDED, libvirt.VIR_DOMAIN_JOB_UNBOUNDED}


@dataclass(frozen=True)
class Sight:
    """A domain: its state, whether a job of libvirt's is under way with it, and how far that is."""

    state: str
    uuid: str = ""
    busy: bool = False
    stats: Mapping[str, int] | None = None


def look(host: LibvirtHost, name: str) -> Sight:
    """What a host says. Raises `HostUnreachable`, then nobody knows."""
    domain = host.domain(name)
    found = None if domain is None else host.link.find(domain.state)
    if found is None:
        return Sight(GONE)
    busy, stats = _job(host, domain)
    return Sight(_state(*found), domain.UUIDString(), busy, stats)


def _state(state: int, reason: int) -> str:
    if state == libvirt.VIR_DOMAIN_PAUSED:
        return MOVING if reason in _MIGRATION else _POST_COPY.get(reason, PAUSED)
    if state == libvirt.VIR_DOMAIN_CRASHED or (state == libvirt.VIR_DOMAIN_SHUTOFF and reason in _DIED):
        return CRASHED
    if state == libvirt.VIR_DOMAIN_RUNNING and reason == libvirt.VIR_DOMAIN_RUNNING_POSTCOPY_FAILED:
        return TORN
    return OFF if state == libvirt.VIR_DOMAIN_SHUTOFF else RUNNING


def _job(host: LibvirtHost, domain: Any) -> tuple[bool, Mapping[str, int] | None]:
    """Whether a job is under way. Where a domain comes to, libvirt refuses to tell of it: that tells, too."""
    try:
        stats = host.link.call(domain.jobStats)
    except BackendRefused as error:
        return error_code(error) == libvirt.VIR_ERR_OPERATION_INVALID and _active(host, domain), None
    return stats.get("type") in _UNDER_WAY, stats


def _active(host: LibvirtHost, domain: Any) -> bool:
    return bool(host.link.find(domain.isActive))


@contextmanager
def reached(host: LibvirtHost) -> Iterator[LibvirtHost]:
    """A host by a link that lives: its daemon may have been started anew. Raises `HostUnreachable`."""
    try:
        host.call("getLibVersion")
        link = None
    except HostHung:
        raise
    except HostUnreachable:
        link = host.link.another()
    try:
        yield replace(host, link=link) if link else host
    finally:
        if link:
            link.close()
