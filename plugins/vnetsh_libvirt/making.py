"""Make one step of a plan, by what its resource is and what is done to it."""

from __future__ import annotations

from collections.abc import Callable

from vnetsh.backend import JobState, Progress
from vnetsh.model import ActionKind
from vnetsh_libvirt import machines, moving, nics
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.refusals import of_kind
from vnetsh_libvirt.steps import Step

HostNamed = Callable[[str], LibvirtHost]
"""Gives a host, by its name."""


def make(step: Step, at: HostNamed, tell: Tell) -> None:
    """Make a step. Raises `VnetshError`; nothing of it is left then but what an `ApplyFailed` says."""
    of_kind(_MADE, step.change.resource)(step, at, tell)


def _vm(step: Step, at: HostNamed, tell: Tell) -> None:
    change, host = step.change, at(step.change.place)
    match change.action:
        case ActionKind.ADD:
            ports = [port.resource for port in step.folded]
            machines.make(host, change.resource, ports, _words(tell))
        case ActionKind.CHANGE:
            machines.change(host, change, _words(tell))
        case ActionKind.REMOVE:
            machines.remove(host, change.resource, _words(tell), undo=change.undo)
        case ActionKind.MOVE:
            moving.move(change, host, at(change.resource.place), tell)


def _port(step: Step, at: HostNamed, tell: Tell) -> None:
    change, host = step.change, at(step.change.place)
    match change.action:
        case ActionKind.ADD:
            nics.plug(host, change.resource)
        case ActionKind.REMOVE:
            nics.unplug(host, change.resource, _words(tell))
        case _:
            nics.change(host, change, _words(tell))


def _words(tell: Tell) -> Progress:
    """For work that has nothing to count."""

    def progress(text: str, fraction: float | None = None) -> None:
        tell(JobState(text))

    return progress


_MADE = {"vm": _vm, "port": _port}
