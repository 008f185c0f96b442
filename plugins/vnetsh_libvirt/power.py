"""Start, stop, pause, resume and save a VM."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from functools import partial
from typing import Any

import libvirt

from vnetsh.backend import JobState, Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.model.power import CRASHED, OFF, PAUSED, RUNNING, SAVED, SLEEPING, STOPPED
from vnetsh_libvirt import limits
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.pace import Pace
from vnetsh_libvirt.reaching import held_up
from vnetsh_libvirt.sights import look
from vnetsh_libvirt.states import UNASKED

GRACE = 30.0
"""Seconds that a guest has to shut down before it is switched off."""

ASK_AGAIN = 3.0
"""Seconds after which a guest that has not shut down is asked again."""


def to_state(host: LibvirtHost, domain: Any, wanted: str, progress: Progress, *, force: bool = False) -> None:
    """Bring a VM into a state, but not to one that nobody can bring it to. `force`: its guest is not asked."""
    now = host.state(domain)
    if (
        wanted in (now, *UNASKED) or {now, wanted} <= OFF
    ):  # a saved state cannot come again, nor is it thrown away
        return
    if now in (*OFF, CRASHED) and host.persistent(domain):
        limits.forget(host, host.defined(domain))
    if wanted == STOPPED:
        stop(host, domain, progress, force=force)
    elif wanted == SAVED:
        save(host, domain, progress)
    elif wanted == PAUSED:
        if now in OFF:
            host.link.call(domain.createWithFlags, libvirt.VIR_DOMAIN_START_PAUSED)
        else:
            host.link.call(domain.suspend)
    elif now == SLEEPING:
        host.link.call(domain.pMWakeup, 0)
    elif now == PAUSED:
        host.link.call(domain.resume)
    else:
        if now == CRASHED:
            host.link.find(domain.destroy)
        host.link.call(domain.create)
        if host.state(domain) == PAUSED:  # so it was saved
            host.link.call(domain.resume)


def save(host: LibvirtHost, domain: Any, progress: Progress) -> None:
    """Save the state of a VM, so that its next start goes on from it. It takes as long as its memory takes to write.

    Broken off, it goes on as it was.
    """
    name, was, link = domain.name(), host.state(domain), host.link.another()
    try:
        saving = link.begin(link.call(link.connection.lookupByName, name).managedSave, 0)
        reached("state is being saved")
        try:
            while not wait([saving], 0.25).done:
                told = host.link.quietly(domain.jobStats) or {}
                total = told.get("data_total", 0)
                progress(
                    f"{name}: its memory is written to the disk of {host.name}",
                    told.get("data_processed", 0) / total if total else None,
                )
        except KeyboardInterrupt:
            host.link.quietly(domain.abortJob)
            with suppress(BackendRefused):  # libvirt says that it was broken off
                link.result(saving, host.timeout)
            to_state(host, domain, was, lambda text, fraction=None: None)
            raise
        link.result(saving, host.timeout)
    finally:
        link.close()


def until_saved(host: LibvirtHost, name: str, tell: Tell) -> None:
    """Wait until no saving of a VM is under way: libvirt brings it to its end. Raises `HostUnreachable`."""
    pace = Pace(partial(held_up, host, name))
    while (seen := look(host, name)).busy:
        if why := pace.stalls(seen.stats or {}):
            raise HostUnreachable(
                f"{host.name}: what libvirt does with {name} makes no progress: {why}",
                help=f"`virsh domjobinfo {name}` there tells, `virsh domjobabort {name}` ends it",
            )
        tell(JobState(f"{name}: waiting until it is saved"))
        time.sleep(0.25)


def stop(host: LibvirtHost, domain: Any, progress: Progress, *, force: bool = False) -> None:
    """Ask the guest to shut down; one that does not in `GRACE` seconds is switched off, and that is said.

    With `force` it is not asked.
    """
    name = domain.name()
    asked = time.monotonic()

    def off() -> bool:
        nonlocal asked
        progress(f"{name}: waiting for the guest to shut down")
        if time.monotonic() - asked > ASK_AGAIN:  # one that was booting has not heard
            _unless_off(host, domain, domain.shutdown)
            asked = time.monotonic()
        return not host.link.find(domain.isActive)

    if not force and host.state(domain) == RUNNING:  # a paused guest cannot hear
        _unless_off(host, domain, domain.shutdown)
        if host.wait(off, GRACE):
            return
        progress(f"{name}: the guest did not shut down in {GRACE:g} s: switched off")
    _unless_off(host, domain, domain.destroy)


def _unless_off(host: LibvirtHost, domain: Any, work: Callable[[], object]) -> None:
    """Do something with a VM that is fine when it is off by then: of that libvirt says that it does not run."""
    try:
        host.link.find(work)
    except BackendRefused:
        if host.link.find(domain.isActive):
            raise
