"""The verbs that switch vms: `start`, `stop`, `reboot`, `suspend`, `resume`, `save`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.power import (
    CRASHED,
    FORCE,
    OFF,
    PAUSED,
    REBOOT,
    RUNNING,
    SAVED,
    SLEEPING,
    STATE,
    STOPPED,
)
from vnetsh.nouns.which import ON, vm_of
from vnetsh.schema import FLAG, VMS, Attribute, Effect, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

_START = "`start {}` starts it"
_RESUME_FIRST = "`resume {}` first"
_WAKE_FIRST = "`resume {}` wakes it up"
_ANEW = "`start {}` starts it anew"


@dataclass(frozen=True)
class _Way:
    """Where a verb brings a vm: to a state, unless it is in one that is as good (`enough`).

    `never` are the states from which that cannot be, each with what to do instead; `done` is the verb's participle.
    """

    to: str
    done: str
    enough: frozenset[str]
    never: Mapping[str, str]


_START_WAY = _Way(RUNNING, "started", frozenset({RUNNING}), {})
_STOP = _Way(STOPPED, "stopped", OFF, {})
_SUSPEND = _Way(
    PAUSED,
    "suspended",
    frozenset({PAUSED}),
    {STOPPED: _START, SAVED: _START, SLEEPING: _WAKE_FIRST, CRASHED: _ANEW},
)
_RESUME = _Way(RUNNING, "resumed", frozenset({RUNNING}), {STOPPED: _START, CRASHED: _ANEW})
_SAVE = _Way(SAVED, "saved", frozenset({SAVED}), {STOPPED: _START, SLEEPING: _WAKE_FIRST, CRASHED: _ANEW})
_REBOOT = _Way(
    RUNNING,
    "rebooted",
    frozenset(),
    {STOPPED: _START, SAVED: _START, PAUSED: _RESUME_FIRST, SLEEPING: _WAKE_FIRST, CRASHED: _ANEW},
)


def _along(way: _Way) -> Callable[[Phrase, Settling], Sequence[Change]]:
    def plan(action: Phrase, settler: Settling) -> Sequence[Change]:
        vm = vm_of(action, settler)
        if vm is None or vm.get(STATE) in way.enough or _refused(vm, way, action, settler):
            return ()
        after = replace(vm.with_attributes(state=way.to), span=action.span, words=action.words)
        wishes = {name: True for name in (FORCE,) if action.value(name)}
        return (Change(ActionKind.CHANGE, vm, after, wishes=wishes),)

    return plan


def _reboot(action: Phrase, settler: Settling) -> Sequence[Change]:
    """A change in which nothing differs: whoever says it twice wants it twice."""
    vm = vm_of(action, settler)
    if vm is None or _refused(vm, _REBOOT, action, settler):
        return ()
    after = replace(vm, span=action.span, words=action.words)
    return (Change(ActionKind.CHANGE, vm, after, wishes={REBOOT: True}),)


def _refused(vm: Resource, way: _Way, action: Phrase, settler: Settling) -> bool:
    """Whether a vm cannot be brought there from the state in which it is; that is refused."""
    state = vm.text(STATE)
    instead = way.never.get(state)
    if instead is None:
        return False
    settler.refuse(not_from_here(vm, way.done, action, instead.format(vm.name)))
    return True


def not_from_here(vm: Resource, done: str, action: Phrase, instead: str) -> Diagnostic:
    """The problem of a vm in a state from which something cannot be `done` with it, and what to do `instead`."""
    state = vm.text(STATE)
    message = f"vm `{vm.name}` on {vm.place} is {state}: it cannot be {done}"
    return Diagnostic("E308", message, action.name_span, state, instead)


def _verb(
    name: str, help: str, plan: Callable[[Phrase, Settling], Sequence[Change]], *more: Attribute
) -> Verb:
    return Verb(
        name,
        help=help,
        subject=VMS,
        attributes=(*more, ON),
        plan=plan,
        effect=Effect(needs=True),
        example=f"{name} cirros01",
    )


POWER_VERBS = (
    _verb(
        "start",
        "Start a vm; one that is suspended or saved goes on from where it was.",
        _along(_START_WAY),
    ),
    _verb(
        "stop",
        "Shut a vm down; one that does not heed is switched off.",
        _along(_STOP),
        Attribute(FORCE, FLAG, "Switch it off at once, without asking its guest.", clearable=False),
    ),
    _verb(
        REBOOT,
        "Have a vm's guest boot anew; one that does not heed is reset. What waits for a restart waits on.",
        _reboot,
    ),
    _verb("suspend", "Hold a vm as it is, in its host's memory.", _along(_SUSPEND)),
    _verb("resume", "Let a vm go on that is suspended, saved or asleep.", _along(_RESUME)),
    _verb(
        "save",
        "Write a vm's memory to its host's disk, and switch it off: it goes on from there when it is started.",
        _along(_SAVE),
    ),
)
