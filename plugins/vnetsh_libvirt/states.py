"""The states of a VM, and how it comes from one to another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Impact, Resource, Value

STATE = "state"
"""The attribute: `running`, `stopped` or `paused`."""


@dataclass(frozen=True)
class Turn:
    """One way from state to state: in words, and as a command of `virsh`, before and after the VM's name."""

    how: str
    virsh: str
    options: tuple[str, ...] = ()
    note: str = ""


_STOPPING = "shut down; switched off if it does not heed"

TURNS: Mapping[tuple[Value, Value], Turn] = {
    ("running", "stopped"): Turn(_STOPPING, "shutdown", note="if the guest does not heed: virsh destroy {}"),
    ("paused", "stopped"): Turn(_STOPPING, "destroy"),  # a paused guest cannot hear
    ("running", "paused"): Turn("paused", "suspend"),
    ("stopped", "paused"): Turn("paused", "start", ("--paused",)),
    ("stopped", "running"): Turn("started", "start"),
    ("paused", "running"): Turn("resumed", "resume"),
}


def is_off(vm: Resource) -> bool:
    """Whether the VM does not run, so that only its definition is there to change."""
    return vm.get(STATE) == "stopped"


def of_turn(vm: Resource, old: Value, new: Value) -> Assessment:
    """What it costs to bring a VM from one state to another."""
    turn = TURNS.get((old, new))
    if turn is None:
        return FREE
    if new == "stopped":
        return Assessment(Impact.LIVE, (vm.name,), turn.how)
    return Assessment(how=turn.how)
