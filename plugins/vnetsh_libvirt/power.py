"""Start, stop, pause and resume a VM."""

from __future__ import annotations

import time
from typing import Any

import libvirt

from vnetsh.backend import Progress
from vnetsh_libvirt.libvirt_host import LibvirtHost

GRACE = 30.0
"""Seconds that a guest has to shut down before it is switched off."""

ASK_AGAIN = 3.0
"""Seconds after which a guest that has not shut down is asked again."""


def to_state(host: LibvirtHost, domain: Any, wanted: str, progress: Progress) -> None:
    """Bring a VM into a state: `running`, `stopped` or `paused`."""
    now = host.state(domain)
    if now == wanted:
        return
    if wanted == "stopped":
        stop(host, domain, progress)
    elif wanted == "paused":
        if now == "running":
            host.link.call(domain.suspend)
        else:
            host.link.call(domain.createWithFlags, libvirt.VIR_DOMAIN_START_PAUSED)
    elif now == "stopped":
        host.link.call(domain.create)
    elif host.link.call(domain.state)[0] == libvirt.VIR_DOMAIN_PMSUSPENDED:
        host.link.call(domain.pMWakeup, 0)
    else:
        host.link.call(domain.resume)


def stop(host: LibvirtHost, domain: Any, progress: Progress) -> None:
    """Ask the guest to shut down; one that does not in `GRACE` seconds is switched off, and that is said."""
    name = domain.name()
    asked = time.monotonic()

    def off() -> bool:
        nonlocal asked
        progress(f"{name}: waiting for the guest to shut down")
        if time.monotonic() - asked > ASK_AGAIN:  # one that was booting has not heard
            host.link.find(domain.shutdown)
            asked = time.monotonic()
        return not host.link.find(domain.isActive)

    if host.state(domain) == "running":  # a paused guest cannot hear
        host.link.call(domain.shutdown)
        if host.wait(off, GRACE):
            return
        progress(f"{name}: the guest did not shut down in {GRACE:g} s: switched off")
    host.link.find(domain.destroy)
