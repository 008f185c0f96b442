"""Backups: copies of vms in pools, and the verbs that make them and restore them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Attributes, Fleet, Resource, Value, is_off
from vnetsh.model.backups import (
    BACKUP,
    IMAGES,
    OF,
    POOL,
    RESTORE,
    RESTORED,
    SINCE,
    TAKEN,
    TRACKING,
    backups_of,
    changed_since,
    folder,
    image,
    images_of,
    kept,
    made_of,
    name_of,
    next_name,
    own_name,
)
from vnetsh.model.change import EACH_TIME, ActionKind, Change
from vnetsh.model.disks import place_of
from vnetsh.model.power import MANAGED, SAVED, STATE, STOPPED
from vnetsh.model.resource import listed
from vnetsh.nouns.cloning import likeness, taken_name
from vnetsh.nouns.disk import short_name
from vnetsh.nouns.origin import was_cloned
from vnetsh.nouns.which import ON, vm_of, written
from vnetsh.schema import FLAG, VM, VM_NAME, VMS, Attribute, Effect, Kind, Name, Scope, Size, Text, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase
from vnetsh.schema.values import BadValue, ValueType

INCREMENTAL = "incremental"
"""The flag with which only what has changed is copied."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\Z")


class BackupName(ValueType):
    """What a backup is called among those of its vm."""

    usually = "a backup's name"

    def describe(self) -> str:
        """What it may have."""
        return "a name of letters, digits, `_` and `-`"

    def parse(self, text: str) -> str:
        """The name itself."""
        if len(text) > 60 or not _NAME.match(text):
            raise BadValue(f"`{text}` is not a backup's name", self.describe())
        return text


def _backup(action: Phrase, settler: Settling) -> Sequence[Change]:
    """A backup of each vm; one that has one of that name there keeps it."""
    vm, pool = vm_of(action, settler), str(action.value("to"))
    if vm is None:
        return ()
    fleet = settler.fleet
    there = fleet.get("pool", vm.place, pool)
    if there is None:
        names = [one.name for one in fleet.of_kind("pool", vm.place)]
        help = did_you_mean(pool, names, f"to make it: `pool {pool} on {vm.place} path DIR`")
        message = f"host `{vm.place}`, where vm `{vm.name}` is, has no pool `{pool}`"
        settler.refuse(Diagnostic("E472", message, action.place("to"), help=help))
        return ()
    own = str(action.value("as") or next_name(vm.name, fleet))
    name = name_of(vm.name, own)
    if known := fleet.named(BACKUP, name):
        if any((one.place, one.text("pool")) == (vm.place, pool) for one in known):
            return ()
        settler.refuse(
            Diagnostic(
                "E578",
                f"vm `{vm.name}` has a backup `{own}` in pool `{known[0].text('pool')}` of {known[0].place} already",
                action.place("as"),
                "taken",
                "choose another name, or leave `as` out: it is given the next number",
            )
        )
        return ()
    disks, lies = fleet.disks(vm), folder(place_of(there), vm.name, own)
    record = {
        OF: [kept(one) for one in (vm, *disks, *_but_disks(vm, settler))],
        IMAGES: {short_name(disk): image(lies, short_name(disk)) for disk in disks},
    }
    made = Resource(
        BACKUP,
        name,
        vm.place,
        {"vm": vm.name, "pool": pool},
        backend=vm.backend,
        record=record,
        span=action.span,
        words=action.words,
    )
    wishes: dict[str, Value] = {} if action.value("as") else {EACH_TIME: True}
    if action.value(INCREMENTAL):
        wishes[TRACKING] = not vm.get(MANAGED)  # moved by a cluster, it would leave the list behind
        if base := _base(vm, pool, fleet):
            wishes[SINCE] = own_name(base)
    return (Change(ActionKind.ADD, None, made, wishes=wishes),)


def _base(vm: Resource, pool: str, fleet: Fleet) -> Resource | None:
    """The backup in a pool on which a next one can build: of which is known what has changed since, the least."""
    known = [
        one
        for one in reversed(backups_of(vm.name, fleet))
        if (one.place, one.text("pool")) == (vm.place, pool) and changed_since(one) is not None
    ]
    return min(known, key=lambda one: changed_since(one) or 0, default=None) if not is_off(vm) else None


def _but_disks(vm: Resource, settler: Settling) -> Iterator[Resource]:
    return (part for part in settler.fleet.parts(vm) if part.kind != "disk")


def _restore(action: Phrase, settler: Settling) -> Sequence[Change]:
    """The disks of a vm that is off as they were; or a vm that is gone, made again."""
    own, host, fleet = str(action.value("from")), str(action.value("on") or ""), settler.fleet
    known = backups_of(action.name, fleet)
    found = [one for one in known if own_name(one) == own and host in ("", one.place)]
    if not found:
        names = [own_name(one) for one in known]
        none = f"`backup {written(action.name)} to POOL` makes one" if not names else ""
        listing = none or f"it has {', '.join(f'`{one}`' for one in names)}"
        message = f"vm `{action.name}` has no backup `{own}`" + (f" on {host}" if host else "")
        help = did_you_mean(own, names, listing)
        settler.refuse(Diagnostic("E301", message, action.place("from"), "not found", help))
        return ()
    new, there = str(action.value("as") or action.name), fleet.named("vm", action.name)
    if new == action.name and there:  # only where it is can it be restored; a folder may be several hosts'
        found = [one for one in found if one.place in {vm.place for vm in there}] or found
    if len(found) > 1:
        places = " and on ".join(one.place for one in found)
        message = f"backup `{found[0].name}` is on {places}"
        help = f"say which: `restore {written(action.name)} from {own} on {found[0].place}`"
        settler.refuse(Diagnostic("E220", message, action.place("from"), "which of them?", help))
        return ()
    if new != action.name:
        return [*_as_another(action, found[0], new, settler)]
    backup = found[0]
    vm = next((one for one in there if one.place == backup.place), None)
    if why := _not_now(backup, vm, there, settler):
        message, help = why
        settler.refuse(Diagnostic("E587", message, action.name_span, help=help))
        return ()
    if vm is None:
        return [*_made_again(action, backup)]
    restored = (*listed(vm.get(RESTORED)), own)
    after = replace(vm.with_attributes(**{RESTORED: restored}), span=action.span, words=action.words)
    return (Change(ActionKind.CHANGE, vm, after, wishes={**_wishes(backup), EACH_TIME: True}),)


def _not_now(
    backup: Resource, vm: Resource | None, there: Sequence[Resource], settler: Settling
) -> tuple[str, str] | None:
    """Why a backup cannot be restored as things are, and what to do about it."""
    name, word = backup.text("vm"), written(backup.text("vm"))
    if vm is None and there:
        message = f"vm `{name}` is on {there[0].place}, and its backup `{own_name(backup)}` on {backup.place}"
        return message, f"bring it there first: `migrate {word} to {backup.place}`"
    if vm is None and settler.fleet.unreachable:
        silent = "; ".join(error.message for error in settler.fleet.unreachable.values())
        message = f"vm `{name}` may be where nobody answers: made again it would be there twice"
        return message, f"wait until all hosts answer: {silent}"
    state = vm.get(STATE) if vm else STOPPED
    if state == SAVED:
        message = f"vm `{name}` has a saved state, which knows its disks as they are"
        return message, f"start it, which goes on from that state, and stop it: `start {word}`, `stop {word}`"
    if state != STOPPED:
        return (
            f"vm `{name}` is {state}: a guest does not see its disks change under it",
            f"`stop {word}` first",
        )
    return None


def _wishes(backup: Resource) -> Attributes:
    taken = backup.get(TAKEN)
    return {RESTORE: backup.name, POOL: backup.text(POOL), **({TAKEN: taken} if taken else {})}


def _made_again(action: Phrase, backup: Resource) -> Iterator[Change]:
    """The vm as it was, off, and its parts."""
    for part in _parts(action, backup):
        if not part.inherent:
            state = {STATE: STOPPED} if part.kind == "vm" else {}
            made = replace(
                part, attributes={**part.attributes, **state}, span=action.span, words=action.words
            )
            yield Change(ActionKind.ADD, None, made, wishes={**_wishes(backup), EACH_TIME: True})


def _as_another(action: Phrase, backup: Resource, new: str, settler: Settling) -> Iterator[Change]:
    """A vm as that one was, with copies of its disks and addresses of its own; one that is there is no change."""
    if was_cloned(settler.fleet, action.name, new):
        return
    if there := settler.fleet.named("vm", new):
        settler.refuse(taken_name(there[0], action.name, action))
        return
    vm, *parts = _parts(action, backup)
    for made in likeness(vm, parts, new, action, settler, images_of(backup)):
        yield Change(ActionKind.ADD, None, made, wishes=_wishes(backup) if made.kind == "vm" else {})


def _parts(action: Phrase, backup: Resource) -> Sequence[Resource]:
    """The vm that a backup is of, and its parts; of one that tells of none the vm alone, which cannot be made then."""
    vm = Resource("vm", action.name, backup.place, {}, backend=backup.backend)
    return list(made_of(backup)) or [vm]


def _seen(name: str, type: ValueType, help: str) -> Attribute:
    return Attribute(name, type, help, settable=False)


BACKUP_KIND = Kind(
    BACKUP,
    subject=Name(what="a backup", qualified=True, never=""),
    help="A copy of a vm in a pool, with all that makes it again: `backup` makes one, `restore` brings it back.",
    attributes=(
        _seen("vm", Name(what="a vm"), "The vm that it is of."),
        _seen("pool", Name(what="a pool", ref="pool", never="/"), "The pool that it lies in."),
        _seen("taken", Text(), "When it was begun, by its host's clock: what the disks were then is in it."),
        _seen("size", Size(), "What its files take."),
        _seen(
            "how",
            Text(),
            "`full`: all that is on the disks; `incremental since N`: what changed since that one, on which it builds.",
        ),
        _seen(
            "consistent",
            Text(),
            "`guest`: the guest had its file systems at rest; `crash`: as after a power cut; `off`: it did not run.",
        ),
        _seen("note", Text(), "What is wrong with it."),
    ),
    scope=Scope.FLEET,
    requires=("vm", "pool"),
    brings=(),
    sayable=False,
)

BACKUP_VERBS = (
    Verb(
        BACKUP,
        help="Copy a vm's disks into a pool, while it runs or is off, with its definition beside them.",
        subject=VMS,
        attributes=(
            Attribute(
                "to", Name(what="a pool", ref="pool", never="/"), "The pool.", required=True, clearable=False
            ),
            Attribute("as", BackupName(), "The backup's name.", otherwise="the next number", clearable=False),
            ON,
            Attribute(
                INCREMENTAL,
                FLAG,
                "Copy what has changed since the last one in that pool that was made so; the first one is full.",
                clearable=False,
            ),
        ),
        plan=_backup,
        effect=Effect(needs=True),
        example="backup web01 to fast",
    ),
    Verb(
        RESTORE,
        help="Bring a vm back as it was in a backup: the disks of one that is off, one that is gone, or a new one.",
        subject=VM,
        attributes=(
            Attribute("from", BackupName(), "The backup.", required=True, clearable=False),
            Attribute(
                "as",
                VM_NAME,
                "The name of a new vm that it is restored as, beside the one that it is of.",
                otherwise="its own",
                clearable=False,
            ),
            ON,
        ),
        plan=_restore,
        effect=Effect(),
        example="restore web01 from 1",
    ),
)
