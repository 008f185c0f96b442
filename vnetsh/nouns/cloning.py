"""The verb `clone`: a vm like another one, with copies of its disks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Attributes, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.power import CLONE, STATE, STOPPED
from vnetsh.nouns.disk import disk_name, short_name
from vnetsh.nouns.disk_words import OWN
from vnetsh.nouns.names import port_name
from vnetsh.nouns.nic import MAC_ONLY, SECURITY
from vnetsh.nouns.origin import CLONE_OF, was_cloned
from vnetsh.nouns.power import not_from_here
from vnetsh.nouns.vm import VM_KIND
from vnetsh.nouns.which import ON, vm_of, written
from vnetsh.schema import VM, VM_NAME, Attribute, Effect, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

_ITS_OWN = {"on", "disk", "import", "autostart", "apart", "apart-zones", "together"}
"""What a vm's sentence says that is not so of its clone, or is said of each of its disks."""

NO_IMAGES: Mapping[str, str] = {}

_OF_A_NIC = {"name", "mac", "vm", "type", "error", "peer"}
"""What a NIC has that no other one may have, or that is only seen."""

_OF_A_GUEST = {"vm", "path", "hostname", "addresses", "gateway"}
"""What a guest is told that no other one may be told, too, or that is only seen."""


def _clone(action: Phrase, settler: Settling) -> Sequence[Change]:
    """The new vm and its parts; one of that name that was cloned from it is no change."""
    new = str(action.value("as"))
    if was_cloned(settler.fleet, action.name, new):
        return ()
    vm = vm_of(action, settler, new)
    if vm is None:
        return ()
    if there := settler.fleet.named("vm", new):
        settler.refuse(taken_name(there[0], vm.name, action))
        return ()
    if vm.get(STATE) != STOPPED:
        instead = f"`stop {written(vm.name)}` first: what a guest is writing just now is in no copy"
        settler.refuse(not_from_here(vm, "cloned", action, instead))
        return ()
    disks = settler.fleet.disks(vm)
    if any(not disk.get("path") for disk in disks) or (vm.get("disk") and not disks):
        settler.refuse(
            Diagnostic(
                "E238",
                f"where the disks of vm `{vm.name}` lie is not known yet: this script makes them",
                action.name_span,
                help="clone it in a script of its own, when it is made",
            )
        )
        return ()
    rest = [part for part in settler.fleet.parts(vm) if part.kind != "disk"]
    made, *parts = likeness(vm, [*disks, *rest], new, action, settler)
    return (
        Change(ActionKind.ADD, None, made, wishes={CLONE: vm.name}),
        *(Change(ActionKind.ADD, None, part) for part in parts),
    )


def taken_name(there: Resource, of: str, action: Phrase) -> Diagnostic:
    """The problem of a new name that a vm has which is no clone."""
    return Diagnostic(
        "E237",
        f"there is a vm `{there.name}` on {there.place} already, and no clone of `{of}`",
        action.place("as"),
        "taken",
        "choose another name; if it is the one that is meant, leave this sentence out",
    )


def likeness(
    vm: Resource,
    parts: Sequence[Resource],
    new: str,
    action: Phrase,
    settler: Settling,
    images: Mapping[str, str] = NO_IMAGES,
) -> Iterator[Resource]:
    """A vm like another one, off, and its parts: copies of its disks, or of `images` of them by their names.

    NICs have names and addresses of their own; what its guest is told is what two may be told.
    """
    said = {a.name for a in VM_KIND.attributes if a.settable} - _ITS_OWN
    attributes = {name: value for name, value in vm.attributes.items() if name in said}
    yield Resource(
        "vm",
        new,
        vm.place,
        {**attributes, STATE: STOPPED, CLONE_OF: (vm.name,)},
        backend=vm.backend,
        marked=True,
        span=action.span,
        words=action.words,
    )
    taken = {port.name for port in settler.fleet.of_kind("port")}
    number = 0
    for part in parts:
        if part.kind == "disk":
            name = short_name(part)
            copied: Attributes = {"from": images.get(name) or part.text("path"), "copy": True}
            kept = {word: part.get(word) for word in ("size", "format", "bus", "pool", "thick")}
            if any(part.get(word) is not None for word in OWN.values()):  # a copy is none of these
                del kept["pool"]
            values: Attributes = {
                word: value for word, value in {**copied, **kept}.items() if value is not None
            }
            yield _part("disk", disk_name(new, name), values, vm, new)
        elif part.kind == "port":
            values = {name: value for name, value in part.attributes.items() if name not in _OF_A_NIC}
            if SECURITY.name in values:  # the addresses are its model's
                values[SECURITY.name] = (MAC_ONLY,)
            number += 1
            while port_name(new, number) in taken:
                number += 1
            yield _part("port", port_name(new, number), values, vm, new)
        elif part.kind == "cloudinit":
            told = {name: value for name, value in part.attributes.items() if name not in _OF_A_GUEST}
            yield _part("cloudinit", f"{new}/cloudinit", told, vm, new)


def _part(kind: str, name: str, values: Attributes, vm: Resource, new: str) -> Resource:
    return Resource(kind, name, vm.place, values, ("vm", new), vm.backend, marked=True)


CLONE_VERB = Verb(
    CLONE,
    help="Make a vm like one that is off, with copies of its disks and addresses of its own; it is off, too.",
    subject=VM,
    attributes=(Attribute("as", VM_NAME, "The new vm's name.", required=True, clearable=False), ON),
    plan=_clone,
    effect=Effect(needs=True),
    example="clone cirros01 as web1",
)
