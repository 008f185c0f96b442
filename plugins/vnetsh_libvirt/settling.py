"""How a move that went wrong, or was cut off, has ended: both hosts are asked, and what is true decides.

Never is a VM resumed where it was unless the other host is certain not to run it: it says so itself, with no
migration under way. Where nobody can tell, `HostUnreachable` is raised and nothing is done.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import libvirt

from vnetsh.backend import JobState
from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.pace import Pace
from vnetsh_libvirt.power import to_state
from vnetsh_libvirt.sights import CRASHED, GONE, MOVING, OFF, RUNNING, Sight, look


@dataclass(frozen=True)
class Ends:
    """A move of a VM that `was` running, paused or stopped before it: from `source`, to `target`."""

    name: str
    source: LibvirtHost
    target: LibvirtHost
    was: str


def has_moved(ends: Ends, here: Sight, there: Sight) -> bool:
    """Whether the VM is at the target, as its hosts say: where it runs alone or, else, where it was before.

    One that was off is defined at the target only when its files are whole there. One that runs at both was taken for
    lost by the source's libvirt, and went on there first. Raises `BackendRefused`.
    """
    if here.state == there.state == GONE:
        raise BackendRefused(f"{ends.name} is neither on {ends.source.name} nor on {ends.target.name}")
    if GONE in (here.state, there.state):
        return here.state == GONE
    if here.uuid != there.uuid:
        raise BackendRefused(
            f"{ends.target.name}: the name is taken: libvirt has a domain {ends.name} already"
        )
    if there.state == RUNNING:
        return here.state != RUNNING
    return ends.was == "stopped" and here.state == there.state == OFF


def waited(ends: Ends, tell: Tell) -> tuple[Sight, Sight]:
    """What both hosts say when nothing is under way any more. Raises `HostUnreachable` when that does not come."""
    pace, calm = Pace(), 0.0
    while True:
        here, there = look(ends.source, ends.name), look(ends.target, ends.name)
        if here.busy:
            calm = 0.0
            if pace.stalls(here.stats or {}):
                raise HostUnreachable(
                    f"{ends.source.name}: the migration of {ends.name} makes no progress",
                    help=f"`virsh domjobabort {ends.name}` there ends it",
                )
        elif not (there.busy or MOVING in (here.state, there.state)):
            return here, there
        else:  # the daemons end it by themselves, or nobody does
            calm = calm or time.monotonic()
            if time.monotonic() - calm > ends.target.timeout:
                return here, there
        tell(JobState(f"{ends.name}: waiting for its migration to end"))
        time.sleep(0.25)


def end(ends: Ends, tell: Tell) -> bool:
    """Bring a move to an end: the VM is at one host then, in the state that it had. Whether that is the target."""
    here, there = waited(ends, tell)
    moved = has_moved(ends, here, there)
    winner, kept = (ends.target, there) if moved else (ends.source, here)
    loser, other = (ends.source, here) if moved else (ends.target, there)
    if other.state == RUNNING:
        tell(JobState(f"{ends.name} ran on both hosts: it is ended on {loser.name}, where it began later"))
    if other.state != GONE:
        _let_go(loser, ends.name)
    if ends.was == "running" and kept.state in (MOVING, CRASHED):
        if kept.state == CRASHED:
            tell(JobState(f"{ends.name}: its process died on {winner.name}: it is started again"))
        to_state(winner, winner.domain(ends.name), "running", lambda text, fraction=None: None)
    return moved


def _let_go(host: LibvirtHost, name: str) -> None:
    """Switch off and undefine what a migration left of a VM that is elsewhere."""
    domain = host.domain(name)
    if domain is None:
        return
    persistent = host.persistent(domain)
    if host.link.find(domain.isActive):
        host.link.find(domain.destroy)
    if persistent:
        host.link.find(domain.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)
