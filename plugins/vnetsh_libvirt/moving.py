"""Move a VM to another host: live and peer to peer when it runs, else its definition and disks are copied.

Both hosts are asked before anything moves, and again when something failed: what is true then decides what is
cleaned up. A disk is never overwritten, and never removed before the VM is seen at the other end.
"""

from __future__ import annotations

from typing import Any

from vnetsh.errors import BackendRefused, VnetshError
from vnetsh.model.change import Change
from vnetsh_libvirt import settling, storage
from vnetsh_libvirt.carrying import carry
from vnetsh_libvirt.disks import travelling
from vnetsh_libvirt.journey import Journey, Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.migrating import migrate


def move(change: Change, source: LibvirtHost, target: LibvirtHost, tell: Tell) -> None:
    """Move a VM; one that is at the target already is fine.

    Raises `BackendRefused` when nothing was begun, else `ApplyFailed` with what it had to leave.
    """
    assert change.before
    name = change.before.name
    if change.undo and source.domain(name) is not None and target.domain(name) is not None:
        settling.end(name, source, target, tell)
    domain, there = source.domain(name), target.domain(name)
    if domain is None and there is not None:
        if change.undo:  # what was being copied when it was cut off
            storage.delete(source, storage.overlay_path(source, name))
        return
    if domain is None:
        raise BackendRefused(f"{source.name}: the domain {name} is gone", help="did somebody else remove it?")
    if there is not None:
        raise BackendRefused(f"{target.name}: the name is taken: libvirt has a domain {name} already")
    if change.undo:  # the VM came from there, and what it left may be there still
        storage.delete(target, storage.overlay_path(target, name))
    _go(name, domain, source, target, tell)


def _go(name: str, domain: Any, source: LibvirtHost, target: LibvirtHost, tell: Tell) -> None:
    running = bool(source.link.call(domain.isActive))
    definition = source.live(domain) if running else source.defined(domain)
    disks = travelling(source, target, definition)
    openvswitch = target.openvswitch(nic.bridge for nic in definition.nics)
    journey = Journey(name, domain, definition, disks, openvswitch, source, target, tell)
    try:
        migrate(journey) if running else carry(journey)
    except (VnetshError, KeyboardInterrupt) as error:
        settling.settle(journey, error, running=running)
    settling.leave(journey)
