"""The states of a VM, and how it comes from one to another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Change, Impact, Resource, Value

STATE = "state"
"""The attribute: `running`, `stopped`, `paused` or one of `UNASKED`."""

UNASKED = ("pmsuspended", "crashed")
"""States that a guest comes to by itself, and that nobody can bring it to."""

SAVED = "saved"
"""In a VM's record: it has a saved state (libvirt's managed save), which its next start goes on from."""


@dataclass(frozen=True)
class Turn:
    """One way from state to state: in words, and as a command of `virsh`, before and after the VM's name.

    `first` is another command, without options, that goes before it.
    """

    how: str
    virsh: str
    options: tuple[str, ...] = ()
    note: str = ""
    first: str = ""


_STOPPING = "shut down; switched off if it does not heed"
_OFF = Turn("switched off: its guest cannot hear", "destroy")
_SAVING = Turn("its state is saved again, as it was", "managedsave")
_STAYS = Turn("nobody can bring it to this state again: it stays as it is", "domstate")

TURNS: Mapping[tuple[Value, Value], Turn] = {
    ("running", "stopped"): Turn(_STOPPING, "shutdown", note="if the guest does not heed: virsh destroy {}"),
    ("paused", "stopped"): _OFF,
    ("pmsuspended", "stopped"): _OFF,
    ("crashed", "stopped"): _OFF,
    ("running", "paused"): Turn("paused", "suspend"),
    ("stopped", "paused"): Turn("paused", "start", ("--paused",)),
    ("stopped", "running"): Turn("started", "start"),
    ("paused", "running"): Turn("resumed", "resume"),
    ("pmsuspended", "running"): Turn("woken up", "dompmwakeup"),
    ("crashed", "running"): Turn("switched off, and started anew", "start", first="destroy"),
}


def turn_of(change: Change) -> Turn | None:
    """How a change brings its VM from one state to another; None where it does not."""
    old, new = change.differing().get(STATE, (None, None))
    if new in UNASKED:
        return _STAYS
    if saves(change):
        return _SAVING
    return TURNS.get((old, new))


def goes_off(change: Change) -> bool:
    """Whether a VM is off at the end of a change of its state, or on the way: then its links are made anew."""
    old, new = change.differing().get(STATE, (None, None))
    turn = TURNS.get((old, new))
    return new == "stopped" or (turn is not None and bool(turn.first))


def saves(change: Change) -> bool:
    """Whether a change takes back a start that used up a saved state."""
    after = change.after
    return change.undo and after is not None and is_off(after) and saved(after)


def saved(vm: Resource) -> bool:
    """Whether the VM has a saved state."""
    return bool((vm.record or {}).get(SAVED))


def is_off(vm: Resource) -> bool:
    """Whether the VM does not run, so that only its definition is there to change."""
    return vm.get(STATE) == "stopped"


def of_turn(change: Change) -> Assessment:
    """What it costs to bring a VM from one state to another."""
    vm, turn = change.before, turn_of(change)
    assert vm
    if turn is None:
        return FREE
    new = change.resource.get(STATE)
    if new in ("stopped", "paused") and not is_off(vm):
        return Assessment(Impact.RESTART, (vm.name,), turn.how)
    if turn.first:
        return Assessment(Impact.RESTART, (vm.name,), turn.how)
    if is_off(vm) and saved(vm):
        note = f"; {vm.text('note')}" if vm.get("note") else ""
        return Assessment(how=f"{turn.how}: it goes on from its saved state, which is used up{note}")
    return Assessment(how=turn.how)
