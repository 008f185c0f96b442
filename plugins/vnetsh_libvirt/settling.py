"""How a move that went wrong, or was cut off, has ended: both hosts are asked, and what is true decides.

Never is a VM resumed where it was unless the other host is certain not to run it: it says so itself, with no
migration under way. Where nobody can tell, `HostUnreachable` is raised and nothing is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from vnetsh.backend import JobState
from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.model import Thing
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.fencing import fence
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.machines import undefine
from vnetsh_libvirt.pace import Pace
from vnetsh_libvirt.power import to_state
from vnetsh_libvirt.reaching import held_up
from vnetsh_libvirt.sights import CRASHED, GONE, LEFT, MOVING, OFF, RUNNING, TORN, Sight, look


@dataclass(frozen=True)
class Ends:
    """A move of a VM that `was` running, paused or stopped: from `source`, to `target`; `lost` as of `LOST`."""

    name: str
    source: LibvirtHost
    target: LibvirtHost
    was: str
    lost: bool = False


LOST = "lost"
"""In what a move made: that its guest was lost in mid post-copy, after it had gone on at the target."""

Say = Callable[[str, Thing], None]
"""Given a sentence for the report, and what else is to be kept with it."""


def has_moved(ends: Ends, here: Sight, there: Sight) -> bool:
    """Whether the VM is at the target, as its hosts say: where it runs alone or, else, where it was before.

    One that was off is defined at the target only when its files are whole there. One that runs at both was taken for
    lost by the source's libvirt, and went on there first. Raises `BackendRefused`.
    """
    if here.state == there.state == GONE:
        raise BackendRefused(f"{ends.name} is neither on {ends.source.name} nor on {ends.target.name}")
    if _is_lost(ends, here, there) or here.state == LEFT:
        return True
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
    pace, calm = Pace(partial(held_up, ends.source, ends.name)), 0.0
    while True:
        here, there = look(ends.source, ends.name), look(ends.target, ends.name)
        if here.state == TORN:
            return here, there
        if here.busy:
            calm = 0.0
            if why := pace.stalls(here.stats or {}):
                raise HostUnreachable(
                    f"{ends.source.name}: the migration of {ends.name} makes no progress: {why}",
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


def end(ends: Ends, tell: Tell, say: Say) -> bool:
    """Bring a move to an end: the VM is at one host then, in the state that it had. Whether that is the target.

    What its guest has lost on the way is given to `say`, which writes it down and has the report tell it. Raises
    `HostUnreachable` where something of it is on both.
    """
    here, there = waited(ends, tell)
    if here.state == TORN and there.state not in (GONE, OFF, CRASHED):
        raise HostUnreachable(
            f"{ends.name} has gone on at {ends.target.name}, and some of its memory is still on {ends.source.name}: "
            "the connection broke in mid post-copy",
            help=f"`virsh migrate --live --p2p --postcopy --postcopy-resume {ends.name} {ends.target.peer_uri}` on "
            f"{ends.source.name} sends the rest; what it runs is lost when it is switched off",
        )
    moved = has_moved(ends, here, there)
    winner, kept = (ends.target, there) if moved else (ends.source, here)
    loser, other = (ends.source, here) if moved else (ends.target, there)
    lost = _is_lost(ends, here, there)
    if lost:
        _begin_anew(ends, say)
    elif other.state == RUNNING:
        say(f"{ends.name} ran on both hosts: it is ended on {loser.name}, where it began later", {})
    if other.state != GONE:
        _let_go(loser, ends.name)
    if ends.was == "running" and kept.state in (MOVING, CRASHED) and not lost:
        if kept.state == CRASHED:
            say(f"{ends.name}: its process died on {winner.name}, where it is to be started again", {})
        _as_it_was(ends, winner)
    return moved


def _is_lost(ends: Ends, here: Sight, there: Sight) -> bool:
    """Whether what a VM ran is lost, and it has not begun anew yet."""
    torn = TORN in (here.state, there.state) or (here.state == LEFT and there.state != RUNNING)
    return torn or (ends.lost and here.state != GONE)


def _begin_anew(ends: Ends, say: Say) -> None:
    """Start a VM again that was lost in mid post-copy: at the target, where it ran last and wrote to its disk.

    That is written down first: what is seen at both hosts would not tell it while it is off.
    """
    target = ends.target
    if not ends.lost:
        why = "the connection broke in mid post-copy, with some of its memory still on its way"
        say(f"{ends.name} is lost and started again on {target.name}: {why}", {LOST: ends.name})
    _define_there(ends)
    domain = target.domain(ends.name)
    if domain is not None and look(target, ends.name).state == TORN:
        # It waits for memory that does not come, and libvirt would be long about that.
        fence(target, domain.UUIDString())
        target.wait(lambda: not target.link.find(domain.isActive))
    _as_it_was(ends, target)


def _as_it_was(ends: Ends, host: LibvirtHost) -> None:
    to_state(host, host.domain(ends.name), ends.was, lambda text, fraction=None: None)


def _define_there(ends: Ends) -> None:
    """Have the target know a VM that it ran as a guest only: it is at home there now."""
    here, there = ends.source.domain(ends.name), ends.target.domain(ends.name)
    known = there is not None and ends.target.persistent(there)
    if here is not None and ends.source.persistent(here) and not known:
        defined = ends.source.defined(here, secrets=True)
        xml = domain_xml.replugged(defined, ends.target.openvswitch(nic.bridge for nic in defined.nics))
        ends.target.call("defineXML", xml)


def _let_go(host: LibvirtHost, name: str) -> None:
    """Switch off and undefine what a migration left of a VM that is elsewhere."""
    domain = host.domain(name)
    if domain is None:
        return
    persistent = host.persistent(domain)
    if host.link.find(domain.isActive):
        host.link.find(domain.destroy)
    if persistent:
        undefine(host, domain)  # not its TPM's state: its folder may be one that both hosts share
