"""The states of a VM, and how it comes from one to another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Change, Impact, Resource, Value, is_off as is_off
from vnetsh.model.power import (
    CRASHED,
    FORCE,
    PAUSED,
    REBOOT,
    REVERT,
    RUNNING,
    SAVED as SAVED,
    SLEEPING,
    STATE as STATE,
    STOPPED,
)

UNASKED = (SLEEPING, CRASHED)
"""States that a guest comes to by itself, and that nobody can bring it to."""


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
_FORCED = Turn("switched off without asking its guest: what that has not written yet is lost", "destroy")
_SAVING = Turn("its memory is written to its host's disk, and it is off", "managedsave")
_GOES_ON = "it goes on from its saved state, which is used up"
_STAYS = Turn("nobody can bring it to this state again: it stays as it is", "domstate")
_USED_UP = Turn("its saved state was used up since: it stays off", "domstate")
REBOOTING = Turn(
    "its guest boots anew; reset if it does not heed",
    "reboot",
    note="if the guest does not heed: virsh reset {}",
)

TURNS: Mapping[tuple[Value, Value], Turn] = {
    (RUNNING, STOPPED): Turn(_STOPPING, "shutdown", note="if the guest does not heed: virsh destroy {}"),
    (PAUSED, STOPPED): _OFF,
    (SLEEPING, STOPPED): _OFF,
    (CRASHED, STOPPED): _OFF,
    (RUNNING, SAVED): _SAVING,
    (PAUSED, SAVED): _SAVING,
    (STOPPED, SAVED): _USED_UP,
    (RUNNING, PAUSED): Turn("paused until it is resumed", "suspend"),
    (STOPPED, PAUSED): Turn("paused", "start", ("--paused",)),
    (SAVED, PAUSED): Turn(f"paused: {_GOES_ON}", "start", ("--paused",)),
    (STOPPED, RUNNING): Turn("started", "start"),
    (SAVED, RUNNING): Turn(
        f"started: {_GOES_ON}", "start", note="if it was paused when it was saved: virsh resume {}"
    ),
    (PAUSED, RUNNING): Turn("resumed", "resume"),
    (SLEEPING, RUNNING): Turn("woken up", "dompmwakeup"),
    (CRASHED, RUNNING): Turn("switched off, and started anew", "start", first="destroy"),
}


def turn_of(change: Change) -> Turn | None:
    """How a change brings its VM from one state to another; None where it does not."""
    if change.wishes.get(REBOOT):
        return REBOOTING
    old, new = change.differing().get(STATE, (None, None))
    if new in UNASKED:
        return _STAYS
    turn = TURNS.get((old, new))
    return _FORCED if turn and turn.virsh == "shutdown" and change.wishes.get(FORCE) else turn


def reverts(change: Change) -> bool:
    """Whether a change takes its VM back to a snapshot; what takes that back does not."""
    return REVERT in change.wishes and not change.undo


def goes_off(change: Change) -> bool:
    """Whether a VM is off at the end of a change of its state, or on the way: then its links are made anew."""
    old, new = change.differing().get(STATE, (None, None))
    turn = TURNS.get((old, new))
    return (new == STOPPED and old != SAVED) or (turn is not None and bool(turn.first))


def begins(change: Change) -> bool:
    """Whether a change starts a VM: from then on it writes to its disks."""
    old, new = change.differing().get(STATE, (None, None))
    turn = TURNS.get((old, new))
    return (old in (STOPPED, SAVED) and new in (RUNNING, PAUSED)) or (turn is not None and bool(turn.first))


def saves(change: Change) -> bool:
    """Whether a change saves its VM's state."""
    return turn_of(change) is _SAVING


def saved(vm: Resource) -> bool:
    """Whether the VM has a saved state (libvirt's managed save), which its next start goes on from."""
    return vm.get(STATE) == SAVED


def of_turn(change: Change) -> Assessment:
    """What it costs to bring a VM from one state to another."""
    vm, turn = change.before, turn_of(change)
    assert vm
    if turn is None:
        return FREE
    new = change.resource.get(STATE)
    if turn.first or (new in (STOPPED, PAUSED, SAVED) and not is_off(vm)):
        return Assessment(Impact.RESTART, (vm.name,), turn.how)
    note = f"; {vm.text('note')}" if saved(vm) and vm.get("note") else ""
    why = (vm.record or {}).get("paused by")
    if why and new == RUNNING:
        note = f"; it was paused by {why}, and is again unless that is over"
    return Assessment(how=f"{turn.how}{note}")
