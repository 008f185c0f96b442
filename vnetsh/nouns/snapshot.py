"""Snapshots: what vms were once, and the verbs that take them and go back to them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.power import REVERT, STATE
from vnetsh.model.snapshots import OF, SNAPSHOT, TAKEN, name_of, snapshot_in, snapshots_of
from vnetsh.nouns.which import ON, vm_of, written
from vnetsh.schema import FLAG, VMS, Attribute, Effect, Kind, Name, Scope, Text, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

NAME = Name(what="a snapshot's name", never="/")


def _take(action: Phrase, settler: Settling) -> Sequence[Change]:
    """A snapshot of each vm; one that has one of that name keeps it."""
    vm = vm_of(action, settler)
    name = name_of(action.name, str(action.value("as")))
    if vm is None or settler.fleet.get(SNAPSHOT, vm.place, name):
        return ()
    said = {"vm": vm.name, STATE: vm.get(STATE)}
    taken = Resource(
        SNAPSHOT,
        name,
        vm.place,
        said,
        backend=vm.backend,
        record={OF: dict(vm.attributes)},
        span=action.span,
        words=action.words,
    )
    return (Change(ActionKind.ADD, None, taken),)


def _revert(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Back to a snapshot: what was written since is lost, so saying it twice means it twice."""
    vm, name = vm_of(action, settler), str(action.value("to"))
    if vm is None:
        return ()
    snapshot = snapshot_in(settler.fleet, vm, name)
    if snapshot is None:
        settler.refuse(_missing(vm, name, action, settler))
        return ()
    after = replace(vm.with_attributes(state=snapshot.get(STATE)), span=action.span, words=action.words)
    known = {TAKEN: taken} if (taken := snapshot.get(TAKEN)) else {}  # else it is yet to be taken
    return (Change(ActionKind.CHANGE, vm, after, wishes={REVERT: name, **known}),)


def _missing(vm: Resource, name: str, action: Phrase, settler: Settling) -> Diagnostic:
    names = snapshots_of(vm, settler.fleet)
    there = f"it has {', '.join(f'`{one}`' for one in names)}"
    none = f"`snapshot {written(vm.name)} as {name}` takes one"
    return Diagnostic(
        "E301",
        f"vm `{vm.name}` has no snapshot `{name}`",
        action.place("to"),
        "not found",
        did_you_mean(name, names, there if names else none),
    )


SNAPSHOT_KIND = Kind(
    SNAPSHOT,
    subject=Name(what="a snapshot", qualified=True, never=""),
    help="What a vm was once, on its own disks: `snapshot` takes one, `revert` goes back to it.",
    attributes=(
        Attribute("vm", Name(what="a vm", ref="vm"), "The vm that it is of.", settable=False),
        Attribute(
            STATE, Text(), "The state of the vm: of one that ran its memory is kept, too.", settable=False
        ),
        Attribute(TAKEN, Text(), "When it was taken, by its host's clock.", settable=False),
        Attribute("current", FLAG, "The one that its vm was last taken to, or reverted to.", settable=False),
        Attribute("note", Text(), "What else there is to be said.", settable=False),
    ),
    scope=Scope.FLEET,
    requires=("vm",),
    brings=(),
    sayable=False,
)

SNAPSHOT_VERBS = (
    Verb(
        "snapshot",
        help="Keep what a vm is now, with its memory if it runs, on its own disks.",
        subject=VMS,
        attributes=(Attribute("as", NAME, "The snapshot's name.", required=True, clearable=False), ON),
        plan=_take,
        effect=Effect(needs=True),
        example="snapshot cirros01 as before-upgrade",
    ),
    Verb(
        REVERT,
        help="Take a vm back to a snapshot. What it has written since is lost.",
        subject=VMS,
        attributes=(Attribute("to", NAME, "The snapshot.", required=True, clearable=False), ON),
        plan=_revert,
        effect=Effect(needs=True),
        example="revert cirros01 to before-upgrade",
    ),
)
