"""What libvirt holds of a domain beside its XML: autostart, snapshots, a saved state, why it is paused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import libvirt

from vnetsh_libvirt.checkpoints import CHECKPOINTS, TRACKED, is_own, sizes
from vnetsh_libvirt.libvirt_host import LibvirtHost

FLAGS: Mapping[str, int] = {
    "autostart": libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
    "saved": libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
    "snapshots": libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
    CHECKPOINTS: libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
}
"""What one call tells of all domains of a host at once."""

WHY: Mapping[int, str] = {
    libvirt.VIR_DOMAIN_PAUSED_IOERROR: "an error of its disk",
    libvirt.VIR_DOMAIN_PAUSED_WATCHDOG: "its watchdog",
    libvirt.VIR_DOMAIN_PAUSED_CRASHED: "the crash of its guest",
    libvirt.VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: "a post-copy migration that failed",
}
"""Why a domain is paused, where nobody asked for it."""

Held = Mapping[str, frozenset[str]]
"""Of each flag, the UUIDs of the domains that have it."""


def of_all(host: LibvirtHost) -> Held:
    """What the host's domains have; what a daemon is too old to tell, none has."""
    return {name: _having(host, flag) for name, flag in FLAGS.items()}


def _having(host: LibvirtHost, flag: int) -> frozenset[str]:
    found = host.link.quietly(host.link.connection.listAllDomains, flag)
    return frozenset(domain.UUIDString() for domain in found or ())


def record(domain: Any, held: Held, state: Sequence[int]) -> dict[str, object]:
    """The part of a VM's record that says it: what is not so is left out."""
    uuid = domain.UUIDString()
    found: dict[str, object] = {name: True for name, uuids in held.items() if uuid in uuids}
    if "snapshots" in found:
        found["snapshots"] = domain.snapshotListNames(0)
    if found.pop(CHECKPOINTS, False):
        found |= _checkpoints(domain, active=state[0] != libvirt.VIR_DOMAIN_SHUTOFF)
    if why := paused_by(state):
        found["paused by"] = why
    return found


def _checkpoints(domain: Any, *, active: bool) -> dict[str, object]:
    """Others' by their names; ours with what has changed since."""
    own: dict[str, dict[str, int]] = {}
    theirs = []
    flags = libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN
    if active:
        flags |= libvirt.VIR_DOMAIN_CHECKPOINT_XML_SIZE
    for checkpoint in domain.listAllCheckpoints(0):
        if not is_own(name := checkpoint.getName()):
            theirs.append(name)
            continue
        own[name] = {}
        with suppress(
            libvirt.libvirtError
        ):  # it goes meanwhile, or QEMU is busy with more: then nothing is known
            own[name] = sizes(checkpoint.getXMLDesc(flags))
    return ({CHECKPOINTS: theirs} if theirs else {}) | ({TRACKED: own} if own else {})


def paused_by(state: Sequence[int]) -> str:
    """Why a domain of that state, as libvirt gives it, is paused, where nobody asked for it; else empty."""
    return WHY.get(state[1], "") if state[0] == libvirt.VIR_DOMAIN_PAUSED else ""


def snapshots(domain: Any) -> tuple[Sequence[str], str]:
    """The XML of a domain's snapshots, and the name of the one that is its current one."""
    found, current = [], ""
    for snapshot in domain.listAllSnapshots(0):
        with suppress(libvirt.libvirtError):  # it goes meanwhile
            found.append(snapshot.getXMLDesc(libvirt.VIR_DOMAIN_SNAPSHOT_XML_SECURE))
            current = snapshot.getName() if snapshot.isCurrent(0) else current
    return found, current
