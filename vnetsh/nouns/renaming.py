"""The verb `rename`: another name for a vm that is off, and for those of its ports that are called after it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource, is_off
from vnetsh.model.change import ActionKind, Change
from vnetsh.nouns.names import port_name
from vnetsh.nouns.origin import renamed, was_renamed
from vnetsh.nouns.power import not_from_here
from vnetsh.nouns.which import ON, vm_of, written
from vnetsh.schema import VM_NAME, VMS, Attribute, Effect, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

_LISTS = ("apart", "apart-zones", "together")
"""The attributes of vms in which others are named."""


def _rename(action: Phrase, settler: Settling) -> Sequence[Change]:
    """The vm, its ports and whoever names it; one that was called so before and has the new name is no change."""
    fleet, new, host = settler.fleet, str(action.value("to")), str(action.value("on") or "")
    there = any(host in ("", vm.place) for vm in fleet.named("vm", action.name))
    if not there and was_renamed(fleet, action.name, new):
        return ()
    vm = vm_of(action, settler, new)
    if vm is None or vm.name == new:
        return ()
    if problem := _refused(vm, new, action, fleet):
        settler.refuse(problem)
        return ()
    after = replace(vm, name=new, attributes=renamed(vm, new), span=action.span, words=action.words)
    parts = [
        Change(ActionKind.CHANGE, part, _called(part, new, name), because=f"part of vm {new}")
        for part, name in zip(fleet.parts(vm), _names(vm, new, fleet), strict=True)
    ]
    return (
        Change(ActionKind.CHANGE, vm, after),
        *parts,
        *_naming(vm, new, fleet),
        *_elsewhere(vm, new, parts, settler),
    )


def _called(part: Resource, vm: str, name: str) -> Resource:
    """A part of a vm that is called otherwise, and so is the vm."""
    part = replace(part, name=name, parent=("vm", vm))
    return part.with_attributes(vm=vm) if "vm" in part.attributes else part


def _refused(vm: Resource, new: str, action: Phrase, fleet: Fleet) -> Diagnostic | None:
    if there := fleet.named("vm", new):
        return Diagnostic(
            "E237",
            f"there is a vm `{new}` on {there[0].place} already",
            action.place("to"),
            "taken",
            "choose another name",
        )
    if not is_off(vm):
        return not_from_here(vm, "renamed", action, f"`stop {written(vm.name)}` first")
    return None


def _names(vm: Resource, new: str, fleet: Fleet) -> Sequence[str]:
    """What each of a vm's parts is called then: after the vm where it was, and where no other is called so."""
    parts, own = fleet.parts(vm), f"{vm.name}/"
    usual = {port_name(vm.name, number): port_name(new, number) for number in range(1, len(parts) + 10)}
    taken = {port.name for port in fleet.of_kind("port")}
    found = []
    for part in parts:
        name = usual.get(part.name, part.name) if part.kind == "port" else part.name
        if part.name.startswith(own):
            name = f"{new}/{part.name.removeprefix(own)}"
        found.append(part.name if name in taken else name)
    return found


def _elsewhere(vm: Resource, new: str, parts: Sequence[Change], settler: Settling) -> Sequence[Change]:
    """The changes of what else names it, or is called after its ports; where another vm keeps the name, of these."""
    ports = {(one.before.kind, one.before.name): one.resource.name for one in parts if one.before}
    alone = len(settler.fleet.named("vm", vm.name)) == 1
    return [
        Change(ActionKind.CHANGE, before, after, because=f"names {new}")
        for before, after in settler.renamed({("vm", vm.name): new, **ports})
        if alone or ("port", before.name) in ports
    ]


def _naming(vm: Resource, new: str, fleet: Fleet) -> Sequence[Change]:
    """The changes of others that name it in what they are to be apart from, or together with."""
    namesakes = len(fleet.named("vm", vm.name)) > 1
    changes = []
    for other in fleet.of_kind("vm"):
        if other.key == vm.key:
            continue
        lists = {name: other.get(name) for name in _LISTS}
        after = {
            name: _named_in(value, vm, new, other if namesakes else None, name)
            for name, value in lists.items()
            if isinstance(value, tuple) and vm.name in value
        }
        named = {name: value for name, value in after.items() if value != lists[name]}
        if named:
            changes.append(
                Change(ActionKind.CHANGE, other, other.with_attributes(**named), because=f"names {new}")
            )
    return changes


def _named_in(
    value: tuple[Any, ...], vm: Resource, new: str, beside: Resource | None, bond: str
) -> tuple[Any, ...]:
    """A list that names a vm, when that is renamed. `beside`: whose list it is, where another vm keeps the name.

    Apart from all of that name it is to be apart from both then; it is together with the one that is on its host.
    """
    if beside is None:
        return tuple(new if one == vm.name else one for one in value)
    if bond == "together":
        return _named_in(value, vm, new, None, bond) if beside.place == vm.place else value
    return tuple(name for one in value for name in ((one, new) if one == vm.name else (one,)))


RENAME = Verb(
    "rename",
    help="Give a vm that is off another name; its ports that are called after it, too.",
    subject=VMS,
    attributes=(Attribute("to", VM_NAME, "The new name.", required=True, clearable=False), ON),
    plan=_rename,
    effect=Effect(needs=True),
    example="rename cirros01 to web1",
)
