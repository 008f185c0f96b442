"""The verbs `template` and `copy`: an image of a vm's disk, and an image that another host has. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.model.images import COPIED_POOL, COPY, TEMPLATE, copied_from, made_of
from vnetsh.model.power import STATE, STOPPED
from vnetsh.nouns.disk import no_pool, short_name
from vnetsh.nouns.which import the_vm, written
from vnetsh.schema import FLAG, HOST, HOSTS, VM_NAME, Attribute, Choice, Effect, Name, Verb
from vnetsh.schema.lent import Settling
from vnetsh.schema.phrase import Phrase

SUFFIX = ".qcow2"
"""Ends the name of an image that is made of a disk."""

_POOL = Attribute(
    "pool",
    Name(what="a pool", ref="pool", never="/"),
    "The pool that it is to lie in.",
    otherwise="the host's image folder",
    clearable=False,
)


def _template(action: Phrase, settler: Settling) -> Sequence[Change]:
    """The image; one that was made of that vm is no change."""
    name = action.name if action.name.endswith(SUFFIX) else action.name + SUFFIX
    vm = the_vm(
        str(action.value("from")),
        action.place("from"),
        str(action.value("on") or ""),
        settler,
        f"template {action.name} from",
    )
    if vm is None:
        return ()
    there = settler.fleet.get("image", vm.place, name)
    if there and there.text("from") == made_of(vm.name):
        return ()
    if there or any(PurePosixPath(one.path).name == name for one in settler.fleet.images(vm.place)):
        _refuse(
            action,
            settler,
            f"{vm.place} has an image `{name}` already, and it was not made of vm `{vm.name}`",
            f"choose another name, or `delete image {name} on {vm.place}` first",
            "name",
        )
        return ()
    pool = str(action.value("pool") or "")
    if pool and not settler.find("pool", vm.place, pool):
        settler.refuse(no_pool(pool, vm.place, action.place("pool"), settler))
        return ()
    disk = _disk_of(vm, action, settler)
    if disk is None:
        return ()
    values = {"from": made_of(vm.name), **({"pool": pool} if pool else {})}
    made = Resource(
        "image",
        name,
        vm.place,
        values,
        backend=vm.backend,
        marked=True,
        span=action.span,
        words=action.words,
    )
    return (Change(ActionKind.ADD, None, made, wishes={TEMPLATE: disk.name}),)


def _disk_of(vm: Resource, action: Phrase, settler: Settling) -> Resource | None:
    """The disk of a vm that an image can be made of: its first one, or the one that is said."""
    if vm.get(STATE) != STOPPED:
        message = f"vm `{vm.name}` on {vm.place} is {vm.text(STATE)}: no template can be made of it"
        help = f"`stop {written(vm.name)}` first: what a guest is writing just now is in no copy"
        _refuse(action, settler, message, help)
        return None
    disks, said = settler.fleet.disks(vm), str(action.value("disk") or "")
    found = [disk for disk in disks if said in ("", short_name(disk))]
    if not found and not (vm.get("disk") and not disks):
        message = f"vm `{vm.name}` has no disk{f' `{said}`' if said else ''}"
        help = did_you_mean(said, [short_name(disk) for disk in disks], "`show disks` lists them all")
        _refuse(action, settler, message, help, "disk" if said else "from")
        return None
    if not found or not found[0].get("path"):
        message = f"where the disks of vm `{vm.name}` lie is not known yet: this script makes them"
        _refuse(action, settler, message, "make a template of it in a script of its own, when it is made")
        return None
    return found[0]


def _refuse(action: Phrase, settler: Settling, message: str, help: str, word: str = "from") -> None:
    span = action.name_span if word == "name" else action.place(word)
    settler.refuse(Diagnostic("E504", message, span, help=help))


@dataclass(frozen=True)
class Held:
    """An image as a host has it: its pool, empty for the image folder, and its content where that is known."""

    host: str
    pool: str
    sha256: str
    source: str
    backend: str

    def alike(self, image: Resource) -> bool:
        """Whether another host's image is the same; where nobody knows what this is, whether it came from here."""
        if self.sha256:
            return image.get("sha256") == self.sha256
        return bool(image.get("sha256")) and image.text("from") == self.source

    def copied(self, name: str, target: str, pool: str, action: Phrase) -> Change:
        """The change by which another host gets it."""
        values = {
            "from": self.source,
            **({"sha256": self.sha256} if self.sha256 else {}),
            **({"pool": pool} if pool else {}),
        }
        made = Resource(
            "image",
            name,
            target,
            values,
            backend=self.backend,
            marked=True,
            span=action.span,
            words=action.words,
        )
        wishes = {COPY: self.host, **({COPIED_POOL: self.pool} if self.pool else {})}
        return Change(ActionKind.ADD, None, made, wishes=wishes)


def holders(name: str, settler: Settling) -> Iterator[Held]:
    """The hosts that have an image of that name."""
    fleet = settler.fleet
    for host in fleet.hosts:
        known = fleet.get("image", host, name)
        seen = next((one for one in fleet.images(host) if PurePosixPath(one.path).name == name), None)
        if known:
            source = known.text("from") if known.get("sha256") or not known.get("note") else copied_from(host)
            yield Held(host, known.text("pool"), known.text("sha256"), source, known.backend)
        elif seen:
            pools = {pool.text("path"): pool.name for pool in fleet.of_kind("pool", host)}
            pool = pools.get(str(PurePosixPath(seen.path).parent), "")
            yield Held(host, pool, "", copied_from(host), seen.backend)


def _copy(action: Phrase, settler: Settling) -> Sequence[Change]:
    """The image on each of these hosts; one that has it with that content is no change."""
    name, targets = str(action.value("name")), action.names("to")
    held = {one.host: one for one in holders(name, settler)}
    source = _source(action, [one for one in held.values() if one.host not in targets], held, settler)
    if source is None:
        return ()
    found: list[Change] = []
    for target in targets:
        there = settler.fleet.get("image", target, name)
        if target == source.host or (there and source.alike(there)):
            continue
        if there:
            message = f"image `{name}` is on {target} with other content than on {source.host}"
            help = f"`delete image {name} on {target}` first, or leave {target} out"
            settler.refuse(Diagnostic("E541", message, action.place("to"), help=help))
            continue
        pool = str(action.value("pool") or source.pool)
        if pool and not settler.find("pool", target, pool):
            settler.refuse(
                no_pool(pool, target, action.place("pool" if action.value("pool") else "to"), settler)
            )
            continue
        found.append(source.copied(name, target, pool, action))
    return found


def _source(action: Phrase, others: Sequence[Held], held: dict[str, Held], settler: Settling) -> Held | None:
    """The host that it comes from: the one that is said, or any where all have the same."""
    name, said = str(action.value("name")), str(action.value("from") or "")
    if said:
        if said not in held:
            message = f"host `{said}` has no image `{name}`"
            _refuse_copy(action, settler, message, "`show images` tells who has it", "from")
        return held.get(said)
    if not others:
        if held:
            return next(iter(held.values()))  # all that it is to come to have it: it is compared
        names = [
            PurePosixPath(one.path).name for host in settler.fleet.hosts for one in settler.fleet.images(host)
        ]
        silent = "; ".join(error.message for error in settler.fleet.unreachable.values())
        help = did_you_mean(name, names, silent or "`show images` lists them all")
        _refuse_copy(action, settler, f"no host has an image `{name}`", help, "name")
        return None
    contents = {one.sha256 or one.host for one in others}
    if len(contents) > 1:
        places = ", ".join(one.host for one in others)
        message = f"image `{name}` is on {places}, and it is not known to be the same there"
        help = f"say which: `copy image {name} to {action.names('to')[0]} from {others[0].host}`"
        _refuse_copy(action, settler, message, help, "name")
        return None
    return others[0]


def _refuse_copy(action: Phrase, settler: Settling, message: str, help: str, word: str) -> None:
    settler.refuse(Diagnostic("E505", message, action.place(word), help=help))


COPY_TEMPLATE = "copy-template"
"""The flag with which what a vm's disks build on is copied before it moves, where it is missing."""

WITH_TEMPLATES = Attribute(
    COPY_TEMPLATE,
    FLAG,
    "Images that disks of what moves build on and that are missing there are copied there first.",
    clearable=False,
)


def templates_of(
    vm: Resource, target: str, action: Phrase, settler: Settling, *, trying: bool = False
) -> Sequence[Change]:
    """The copies of the images that disks of a vm build on, and its host-to-be has not.

    `trying`: what lies in a pool that there is not is left out, and nothing refused: then the vm cannot go there.
    """
    fleet = settler.fleet
    said = {vm.text("disk"), *(one.text("from") for one in fleet.disks(vm) if not one.get("copy"))}
    found = []
    for name in sorted({PurePosixPath(one).name for one in said if one}):
        held = {one.host: one for one in holders(name, settler)}
        here = held.get(vm.place)
        if here is None or target in held:
            continue
        if here.pool and not settler.find("pool", target, here.pool):
            if not trying:
                settler.refuse(no_pool(here.pool, target, action.place(COPY_TEMPLATE), settler))
        else:
            found.append(here.copied(name, target, here.pool, action))
    return found


IMAGE_VERBS = (
    Verb(
        TEMPLATE,
        help="Make an image of the disk of a vm that is off: whole, compared with it, only to be read.",
        subject=Name(what="a template", never="/"),
        attributes=(
            Attribute("from", VM_NAME, "The vm whose disk it is made of.", required=True, clearable=False),
            Attribute(
                "on",
                HOST,
                "Which one is meant, where several hosts have a vm of that name.",
                otherwise="the only one",
                clearable=False,
            ),
            Attribute(
                "disk",
                Name(what="a disk of the vm", never="/"),
                "The disk that it is made of.",
                otherwise="its first one",
                clearable=False,
            ),
            _POOL,
        ),
        plan=_template,
        effect=Effect(),
        example="template web from cirros01",
    ),
    Verb(
        COPY,
        help="Have an image that one host has on others, too.",
        subject=Choice(what="what can be copied", choices=("image",)),
        operands=(
            Attribute("name", Name(what="an image", ref="image", never="/"), "The image.", required=True),
        ),
        attributes=(
            Attribute("to", HOSTS, "The hosts that are to have it.", required=True, clearable=False),
            Attribute(
                "from", HOST, "The host that it comes from.", otherwise="any that has it", clearable=False
            ),
            Attribute(
                "pool",
                Name(what="a pool", ref="pool", never="/"),
                "The pool that it is to lie in there.",
                otherwise="as where it comes from",
                clearable=False,
            ),
        ),
        plan=_copy,
        effect=Effect(),
        example="copy image web.qcow2 to kvm2, kvm3",
    ),
)
