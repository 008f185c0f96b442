"""Move a VM to another host: live and peer to peer when it runs, else its definition and disks are copied.

Both hosts are asked before anything moves, and again when something failed: what is true then decides what is
cleaned up. A disk is never overwritten, and never removed before the VM is seen at the other end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import libvirt

from vnetsh.backend import ApplyFailed, Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, VnetshError
from vnetsh.model.change import Change
from vnetsh_libvirt import domain_xml, storage
from vnetsh_libvirt.cleanup import leftovers_of
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disks import Travelling, travelling
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.power import to_state


@dataclass(frozen=True)
class Journey:
    """One move: who goes from where to where, with which disks.

    `openvswitch` tells of each bridge at the target whether it is Open vSwitch's; `made` are the files that
    were made at the target so far.
    """

    name: str
    domain: Any
    definition: Definition
    disks: tuple[Travelling, ...]
    openvswitch: dict[str, bool]
    source: LibvirtHost
    target: LibvirtHost
    progress: Progress
    made: list[str] = field(default_factory=list)


def move(change: Change, source: LibvirtHost, target: LibvirtHost, progress: Progress) -> None:
    """Move a VM; one that is at the target already is fine.

    Raises `BackendRefused` when nothing was begun, else `ApplyFailed` with what it had to leave.
    """
    from vnetsh_libvirt.migrating import migrate

    assert change.before
    name = change.before.name
    domain, there = source.domain(name), target.domain(name)
    if change.undo and domain is not None and there is not None:
        _end(name, source, target)
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
    running = bool(source.link.call(domain.isActive))
    definition = source.live(domain) if running else source.defined(domain)
    disks = travelling(source, target, definition)
    openvswitch = target.openvswitch(nic.bridge for nic in definition.nics)
    journey = Journey(name, domain, definition, disks, openvswitch, source, target, progress)
    try:
        migrate(journey) if running else _carry(journey)
    except (VnetshError, KeyboardInterrupt) as error:
        _settle(journey, error, running)
    _leave(journey)


def _end(name: str, source: LibvirtHost, target: LibvirtHost) -> None:
    """Bring a move that was cut off to an end: one of both hosts has the VM then. Raises `BackendRefused`.

    The daemons end a live migration by themselves when whoever asked for it is gone. Of one that was off, and
    is defined on both, the copy goes: its files are whole at the target, for nothing is undefined before.
    """
    here, there = source.domain(name), target.domain(name)
    if here.UUIDString() != there.UUIDString():
        raise BackendRefused(f"{target.name}: the name is taken: libvirt has a domain {name} already")
    source.wait(lambda: _truth(source, name) != "paused" and _truth(target, name) != "paused")
    if _truth(source, name) == _truth(target, name) == "stopped":
        _undefine(source, name)
    if "gone" not in (_truth(source, name), _truth(target, name)):
        raise BackendRefused(
            f"{name} is {_truth(source, name)} on {source.name} and {_truth(target, name)} on {target.name}",
            help=f"`virsh domjobinfo {name}` on both: which of them is right?",
        )


def _carry(journey: Journey) -> None:
    """Move a VM that is off: copy its disks, define it there, undefine it here."""
    source, target = journey.source, journey.target
    if source.link.call(journey.domain.hasManagedSaveImage, 0):
        raise BackendRefused(
            f"{source.name}: {journey.name} has a saved state, which would be lost",
            help="start it and migrate it live, or remove the state: `virsh managedsave-remove`",
        )
    for disk in journey.disks:
        path = disk.image.path

        def said(fraction: float, path: str = path) -> None:
            journey.progress(f"{journey.name}: copying {path}", fraction)

        storage.copy(source, path, target, said)
        journey.made.append(path)
    reached("disks are copied")
    defined = source.defined(journey.domain, secrets=True)
    target.call("defineXML", domain_xml.replugged(defined, journey.openvswitch))
    reached("domain is defined on both")
    source.link.call(journey.domain.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)


def _settle(journey: Journey, error: VnetshError | KeyboardInterrupt, running: bool) -> None:
    """After a failure: ask both hosts what is true, clean up what is surely of no use, say the rest."""
    source, target, name = journey.source, journey.target, journey.name
    here, there = _truth(source, name), _truth(target, name)
    if here == "running" and there == "paused":  # the waiting end notices a broken connection a little later
        target.wait(lambda: _truth(target, name) != "paused")
        there = _truth(target, name)
    if here == "gone" and there not in ("gone", "unknown"):
        return  # the call failed, the move did not
    leftovers: list[str] = []
    if there == "stopped" and here == "stopped" and not running:
        leftovers += leftovers_of("it is defined on both hosts", lambda: _undefine(target, name))
        there = "stopped" if leftovers else "gone"
    if there == "gone" and here not in ("gone", "unknown"):
        for path in journey.made:
            kept = f"the file {path} may be left on {target.name}"
            leftovers += leftovers_of(kept, partial(storage.delete, target, path))
        if running and here == "paused":
            leftovers += leftovers_of(
                f"{name} is paused on {source.name}",
                lambda: to_state(source, journey.domain, "running", journey.progress),
            )
        outcome = f"{name} stays on {source.name}"
    else:
        kept = f"; kept on {target.name}: {', '.join(journey.made)}" if journey.made else ""
        outcome = f"{name} is {here} on {source.name} and {there} on {target.name}{kept}"
        leftovers.append(outcome)
    message = error.message if isinstance(error, VnetshError) else "interrupted"
    help = error.help if isinstance(error, VnetshError) else ""
    raise ApplyFailed(f"{message}; {outcome}", leftovers=leftovers, help=help) from error


def _truth(host: LibvirtHost, name: str) -> str:
    """What a host says of a domain: a state, `gone`, or `unknown` when it does not answer."""
    try:
        domain = host.domain(name)
        return "gone" if domain is None else host.state(domain)
    except VnetshError:
        return "unknown"


def _undefine(host: LibvirtHost, name: str) -> None:
    domain = host.domain(name)
    host.link.call(domain.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)


def _leave(journey: Journey) -> None:
    """Remove the overlay that vnetsh made at the source: its content lives at the target now. Keep others."""
    reached("domain has moved")
    mark, source = journey.definition.mark, journey.source
    for disk in journey.disks:
        path = disk.image.path
        if mark and not mark.imported and path == storage.overlay_path(source, journey.name):
            storage.delete(source, path)
        else:
            journey.progress(f"{journey.name}: the old copy of its disk is kept: {path} on {source.name}")
