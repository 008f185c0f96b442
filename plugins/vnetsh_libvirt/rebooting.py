"""Have a VM's guest boot anew, and know that it does: QEMU tells of each reset, and libvirt passes it on.

A guest that is asked shuts down, and libvirt resets its machine in place of ending it (with its process, its links and
its memory). No attribute of a VM tells afterwards whether that was, so it is listened to while it is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import libvirt

from vnetsh.backend import ApplyFailed, Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.power import ASK_AGAIN, GRACE
from vnetsh_libvirt.watching import start_loop


def reboot(host: LibvirtHost, domain: Any, progress: Progress) -> None:
    """Ask the guest; one that does not boot anew in `GRACE` seconds is reset, and that is said."""
    name = domain.name()
    with _told_of_resets(host, domain) as has_reset:
        try:
            host.link.call(domain.reboot, 0)
            reached("guest is asked to boot anew")
            if host.wait(_heeded(host, domain, has_reset, progress), GRACE):
                return
            progress(f"{name}: the guest did not boot anew in {GRACE:g} s: it is reset")
            host.link.call(domain.reset, 0)
        except KeyboardInterrupt:
            left = f"the guest of {name} was asked to boot anew, and may do so yet"
            raise ApplyFailed("interrupted", leftovers=[left]) from None
        if not host.wait(has_reset.is_set):
            raise BackendRefused(f"{host.name}: {name} was reset, and libvirt does not tell that it was")


def _heeded(host: LibvirtHost, domain: Any, has_reset: threading.Event, progress: Progress) -> Any:
    asked = time.monotonic()

    def heeded() -> bool:
        nonlocal asked
        progress(f"{domain.name()}: waiting for the guest to boot anew")
        if has_reset.is_set():
            return True
        if not host.link.call(domain.isActive):
            raise BackendRefused(
                f"{host.name}: {domain.name()} went off in place of booting anew",
                help=f"start it: `start {domain.name()}`",
            )
        if time.monotonic() - asked > ASK_AGAIN:  # one that was booting has not heard
            host.link.call(domain.reboot, 0)
            asked = time.monotonic()
        return False

    return heeded


@contextmanager
def _told_of_resets(host: LibvirtHost, domain: Any) -> Iterator[threading.Event]:
    """An event that is set when the VM is reset. libvirt tells of it on connections that its event loop knows."""
    start_loop()
    has_reset, uuid = threading.Event(), domain.UUIDString()
    link = host.link.another()

    def heard(connection: Any, told: Any, opaque: Any) -> None:
        if told.UUIDString() == uuid:
            has_reset.set()

    try:
        event = libvirt.VIR_DOMAIN_EVENT_ID_REBOOT
        number = link.call(link.connection.domainEventRegisterAny, None, event, heard, None)
        yield has_reset
        link.quietly(link.connection.domainEventDeregisterAny, number)
    finally:
        link.close()
