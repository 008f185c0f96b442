"""Which files of disks go with what is deleted: only those that a sentence names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import ActionKind, Change
from vnetsh.model.disks import DISKS, ERASE
from vnetsh.nouns.disk import short_name
from vnetsh.schema import FLAG, Attribute, Name

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling
    from vnetsh.schema.phrase import Phrase

ERASING = (
    Attribute(
        ERASE,
        FLAG,
        "Of a disk: its file goes, too, with all that is on it.",
        otherwise="its file is kept",
        clearable=False,
    ),
    Attribute(
        DISKS,
        Name(what="a list of its disks", many=True),
        "Of a vm: the files of these of its disks go, too, with all that is on them.",
        otherwise="all are kept",
        clearable=False,
    ),
)


def erasing(changes: Sequence[Change], action: Phrase, settler: Settling) -> Sequence[Change]:
    """The changes of a deletion, those of the disks that it names with the wish that their files go, too."""
    gone = changes[-1].resource
    if gone.kind == "disk" and action.value(ERASE):
        return [replace(change, wishes={ERASE: True}) for change in changes]
    named = action.names(DISKS) if gone.kind == "vm" else ()
    if not named:
        return changes
    disks = {short_name(disk): disk for disk in settler.fleet.disks(gone)}
    for name in named:
        if name not in disks:
            listing = f"it has {', '.join(f'`{one}`' for one in disks)}" if disks else "it has none"
            settler.refuse(
                Diagnostic(
                    "E468",
                    f"vm `{gone.name}` has no disk `{name}`",
                    action.word(DISKS, name),
                    "not found",
                    did_you_mean(name, list(disks), listing),
                )
            )
            return ()
    because = f"part of vm {gone.name}"
    going = [
        Change(ActionKind.REMOVE, replace(disk, span=gone.span), None, because=because, wishes={ERASE: True})
        for name, disk in disks.items()
        if name in named
    ]
    keys = {change.resource.key for change in going}
    rest = [change for change in changes[:-1] if change.resource.key not in keys]
    return [*going, *rest, replace(changes[-1], wishes={DISKS: tuple(named)})]
