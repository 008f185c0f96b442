"""After a move: what is true is asked of both hosts, and decides what goes and what stays.

A disk is never removed before the VM is seen at the other end.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import libvirt

from vnetsh.backend import ApplyFailed, JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, VnetshError
from vnetsh_libvirt import storage
from vnetsh_libvirt.cleanup import leftovers_of
from vnetsh_libvirt.journey import Journey, Tell, truth
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.power import to_state


def end(name: str, source: LibvirtHost, target: LibvirtHost, tell: Tell) -> None:
    """Bring a move that was cut off to an end: one of both hosts has the VM then. Raises `BackendRefused`.

    The daemons end a live migration by themselves when whoever asked for it is gone. Of one that was off, and
    is defined on both, the copy goes: its files are whole at the target, for nothing is undefined before.
    """
    here, there = source.domain(name), target.domain(name)
    if here.UUIDString() != there.UUIDString():
        raise BackendRefused(f"{target.name}: the name is taken: libvirt has a domain {name} already")

    def ended() -> bool:
        tell(JobState(f"{name}: waiting for its migration to end"))
        return truth(source, name) != "paused" and truth(target, name) != "paused"

    source.wait(ended)
    if truth(source, name) == truth(target, name) == "stopped":
        _undefine(source, name)
    if "gone" not in (truth(source, name), truth(target, name)):
        raise BackendRefused(
            f"{name} is {truth(source, name)} on {source.name} and {truth(target, name)} on {target.name}",
            help=f"`virsh domjobinfo {name}` on both: which of them is right?",
        )


def settle(journey: Journey, error: VnetshError | KeyboardInterrupt, *, running: bool) -> None:
    """After a failure: clean up what is surely of no use, say the rest. Nothing is raised where it did move."""
    name, leftovers = journey.name, list[str]()
    here, there = _both(journey)
    if here == "gone" and there not in ("gone", "unknown"):
        return  # the call failed, the move did not
    if there == "stopped" and here == "stopped" and not running:
        leftovers += leftovers_of("it is defined on both hosts", lambda: _undefine(journey.target, name))
        there = "stopped" if leftovers else "gone"
    if there == "gone" and here not in ("gone", "unknown"):
        leftovers += _remove_made(journey)
        if running and here == "paused":
            leftovers += _resume(journey)
        outcome = f"{name} stays on {journey.source.name}"
    else:
        kept = f"; kept on {journey.target.name}: {', '.join(journey.made)}" if journey.made else ""
        outcome = f"{name} is {here} on {journey.source.name} and {there} on {journey.target.name}{kept}"
        leftovers.append(outcome)
    message = error.message if isinstance(error, VnetshError) else "interrupted"
    help = error.help if isinstance(error, VnetshError) else ""
    raise ApplyFailed(f"{message}; {outcome}", leftovers=leftovers, help=help) from error


def _both(journey: Journey) -> tuple[str, str]:
    """What is true at the source and at the target."""
    target, name = journey.target, journey.name
    here, there = truth(journey.source, name), truth(target, name)
    if here == "running" and there == "paused":  # the waiting end notices a broken connection a little later
        target.wait(lambda: truth(target, name) != "paused")
        there = truth(target, name)
    return here, there


def _remove_made(journey: Journey) -> list[str]:
    leftovers: list[str] = []
    for path in journey.made:
        kept = f"the file {path} may be left on {journey.target.name}"
        leftovers += leftovers_of(kept, partial(storage.delete, journey.target, path))
    return leftovers


def _resume(journey: Journey) -> list[str]:
    def quietly(text: str, fraction: float | None = None) -> None:
        """It takes no time."""

    source = journey.source
    return leftovers_of(
        f"{journey.name} is paused on {source.name}",
        lambda: to_state(source, journey.domain, "running", quietly),
    )


def _undefine(host: LibvirtHost, name: str) -> None:
    domain = host.domain(name)
    host.link.call(domain.undefineFlags, libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)


def leave(journey: Journey) -> None:
    """Remove the overlay that vnetsh made at the source: its content lives at the target now. Keep others."""
    reached("domain has moved")
    mark, source = journey.definition.mark, journey.source
    for disk in journey.disks:
        path = disk.image.path
        if mark and not mark.imported and path == storage.overlay_path(source, journey.name):
            storage.delete(source, path)
        else:
            with suppress(KeyboardInterrupt):  # too late: it has moved
                text = f"{journey.name}: the old copy of its disk is kept: {path} on {source.name}"
                journey.tell(JobState(text))
