"""The verb `move`: a disk of a vm comes to lie in another pool of its host. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.disks import form_of, made_path, place_of
from vnetsh.nouns.disk import is_a_servers, no_pool, on_a_server, on_volumes, own_word, short_name
from vnetsh.nouns.disk_words import OWN
from vnetsh.nouns.which import ambiguous
from vnetsh.schema import HOST, Attribute, Choice, Name, Rate, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase


def _move(action: Phrase, settler: Settling) -> Sequence[Change]:
    """Each disk that does not lie there yet."""
    return [*_moves(action, settler)]


def _moves(action: Phrase, settler: Settling) -> Iterator[Change]:
    name, host = str(action.value("name")), str(action.value("on") or "")
    found = [disk for disk in settler.there("disk", name) if host in ("", disk.place)]
    if len(found) > 1:
        settler.refuse(ambiguous(found, action.place("name"), "move disk", f" to {action.value('to')}"))
        return
    if not found:
        names = [disk.name for disk in settler.fleet.of_kind("disk")]
        help = did_you_mean(name, names, "`show disks` lists them all")
        message = f"there is no disk `{name}`{f' on host `{host}`' if host else ''}"
        settler.refuse(Diagnostic("E468", message, action.place("name"), "not found", help))
        return
    disk = replace(found[0], span=action.span, words=action.words)
    pool = settler.fleet.get("pool", disk.place, str(action.value("to")))
    if pool is None:
        settler.refuse(no_pool(str(action.value("to")), disk.place, action.place("to"), settler))
    elif problem := on_volumes(pool, action.place("to")):
        settler.refuse(problem)
    elif own := own_word(pool):
        message = (
            f"pool `{pool.name}` on {pool.place} {is_a_servers(pool)}: nothing is written to what is there"
        )
        example = f"disk NAME pool {pool.name} {own} {'1' if own == 'lun' else 'web1'}"
        help = f"give the vm one of it beside this one, have its guest copy: `{example}`"
        settler.refuse(Diagnostic("E582", message, action.place("to"), help=help))
    elif problem := on_a_server(disk, pool, action.place("to")):
        settler.refuse(problem)
    elif not disk.get("path"):
        settler.refuse(
            Diagnostic(
                "E581",
                f"where disk `{name}` lies is not known yet: this script makes it",
                action.place("name"),
                help=f"have it made there: `pool {pool.name}`",
            )
        )
    elif disk.text("path").rpartition("/")[0] != place_of(pool):
        wishes = {name: action.value(name) for name in action.attributes if name not in ("to", "on")}
        yield Change(ActionKind.CHANGE, found[0], _there(disk, pool), wishes=wishes)


def _there(disk: Resource, pool: Resource) -> Resource:
    """A disk as it is in a pool: a new file, and on a server a whole one."""
    vm, folder = (disk.parent or ("", ""))[1], place_of(pool)
    path = made_path(folder, vm, short_name(disk), form_of(disk))
    if not disk.marked:
        return disk.with_attributes(path=path, **({"file": path} if disk.get("file") else {}))
    then = disk.with_attributes(path=path, pool=pool.name)
    if disk.get("from") and pool.get("source"):
        then = then.with_attributes(copy=True)
    return replace(
        then,
        attributes={
            name: value for name, value in then.attributes.items() if name not in ("file", *OWN.values())
        },
    )


MOVE_DISK = Verb(
    "move",
    help="Have a disk of a vm lie in another pool of its host, while the vm runs or is off; its old file goes then.",
    subject=Choice(what="what can be moved", choices=("disk",)),
    operands=(
        Attribute(
            "name",
            Name(what="a disk, `VM/NAME`", ref="disk", qualified=True, each=True, never=""),
            "The disk.",
            required=True,
        ),
    ),
    attributes=(
        Attribute(
            "to",
            Name(what="a pool", ref="pool", never="/"),
            "The pool that it comes to lie in.",
            required=True,
            clearable=False,
        ),
        Attribute(
            "on",
            HOST,
            "Which one is meant, where several hosts have such a disk.",
            otherwise="the only one",
            clearable=False,
        ),
        Attribute(
            "bandwidth",
            Rate(),
            "The most that is copied in a second while its vm runs.",
            otherwise="no limit",
            clearable=False,
        ),
    ),
    plan=_move,
    example="move disk web1/data to fast",
)
