"""Start, stop, pause and resume a VM."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any

import libvirt

from vnetsh.backend import Progress
from vnetsh.errors import BackendRefused
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.states import UNASKED

GRACE = 30.0
"""Seconds that a guest has to shut down before it is switched off."""

ASK_AGAIN = 3.0
"""Seconds after which a guest that has not shut down is asked again."""


def to_state(host: LibvirtHost, domain: Any, wanted: str, progress: Progress) -> None:
    """Bring a VM into a state; to one that nobody can bring it to it is not brought."""
    now = host.state(domain)
    if now == wanted or wanted in UNASKED:
        return
    if wanted == "stopped":
        stop(host, domain, progress)
    elif wanted == "paused":
        if now == "stopped":
            host.link.call(domain.createWithFlags, libvirt.VIR_DOMAIN_START_PAUSED)
        else:
            host.link.call(domain.suspend)
    elif now == "pmsuspended":
        host.link.call(domain.pMWakeup, 0)
    elif now == "paused":
        host.link.call(domain.resume)
    else:
        if now == "crashed":
            host.link.find(domain.destroy)
        host.link.call(domain.create)
        if host.state(domain) == "paused":  # so it was saved
            host.link.call(domain.resume)


def save(host: LibvirtHost, name: str, progress: Progress) -> None:
    """Save the state of a VM, so that its next start goes on from it. It takes as long as its memory takes to write."""
    link = host.link.another()
    try:
        domain = link.call(link.connection.lookupByName, name)
        saving = link.begin(domain.managedSave, 0)
        while not wait([saving], 0.25).done:
            progress(f"{name}: saving its state")
        link.result(saving, host.timeout)
    finally:
        link.close()


def stop(host: LibvirtHost, domain: Any, progress: Progress) -> None:
    """Ask the guest to shut down; one that does not in `GRACE` seconds is switched off, and that is said."""
    name = domain.name()
    asked = time.monotonic()

    def off() -> bool:
        nonlocal asked
        progress(f"{name}: waiting for the guest to shut down")
        if time.monotonic() - asked > ASK_AGAIN:  # one that was booting has not heard
            _unless_off(host, domain, domain.shutdown)
            asked = time.monotonic()
        return not host.link.find(domain.isActive)

    if host.state(domain) == "running":  # a paused guest cannot hear
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
