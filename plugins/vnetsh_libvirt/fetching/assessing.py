"""What it costs to have an image, and what speaks against it. Pure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from vnetsh.backend import FREE, Assessment
from vnetsh.model import ActionKind, Change, Fleet, Impact, Resource
from vnetsh.model.images import COPIED_POOL, COPY, TEMPLATE, comes_again, maker_of
from vnetsh.model.snapshots import snapshots_of
from vnetsh.schema import Size
from vnetsh_libvirt import chains
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.disk_fields import POOL
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.fetching.observing import CHANGED
from vnetsh_libvirt.fetching.templates import problem
from vnetsh_libvirt.imaging import folder_of
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.states import is_off, saved
from vnetsh_libvirt.users import builder, reader, writer


def assess_image(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of an image, or the problem that forbids it."""
    image = change.resource
    path = path_of(image, fleet)
    if change.action is ActionKind.REMOVE:
        return _used(image, path, fleet) or _lost(change, fleet)
    if change.action is ActionKind.ADD:
        return _place(image, path, fleet) or _there(change, path, fleet)
    if "from" in change.differing():
        return Assessment(how="its content is compared, and where it comes from is written down anew")
    return FREE


def path_of(image: Resource, fleet: Fleet) -> str:
    """The file of an image."""
    pool = fleet.get("pool", image.place, image.text("pool")) if image.get("pool") else None
    folder = pool.text("path") if pool else image.text("folder") or folder_of(fleet, image.place)
    return str(PurePosixPath(folder) / image.name)


def _place(image: Resource, path: str, fleet: Fleet) -> Assessment | None:
    """Where nobody sees what is there nothing is put."""
    there, folder = facts(fleet, image.place), str(PurePosixPath(path).parent)
    pool = fleet.get("pool", image.place, image.text("pool")) if image.get("pool") else None
    if pool and pool.get("source"):
        return refused(
            "E545",
            image,
            f"pool `{pool.name}` of {image.place} is on a server: images lie in folders of their hosts",
            "a pool of type `dir`, or none: the image folder",
            word="pool",
        )
    if there.files(folder) is not None or pool:
        return None
    return refused(
        "E545",
        image,
        f"the folder {folder} of {image.place} is not there, or may not be read",
        "`sudo` in the host's sentence, or root; or a `pool` that it may read",
        word="pool",
    )


def _there(change: Change, path: str, fleet: Fleet) -> Assessment:
    image = change.resource
    there = facts(fleet, image.place)
    what, file = there.at(path), there.file(path)
    if TEMPLATE in change.wishes:
        return _of_disk(change, path, what, fleet)
    if COPY in change.wishes:
        found = _from_host(change, path, fleet)
        if found.problem or not what:
            return found
    elif not what and not comes_again(image):  # it was deleted, and that is to be taken back
        origin = image.text("from")
        why = f"it came from {origin}" if origin else "nobody knows where it came from"
        message = f"image `{image.name}` cannot be fetched again: {why}"
        return refused("E540", image, message, f"put it back by hand: {path} on {image.place}")
    elif not what:
        return Assessment(how=f"{image.place} fetches it")
    if file is None:
        return refused(
            "E541", image, f"{path} on {image.place} is {what}", "choose another name, or move that away"
        )
    if user := writer(fleet, image.place, path):
        return refused(
            "E541",
            image,
            f"{path} on {image.place} is the disk of vm `{user}`, which writes to it: it is no image",
            "choose another name",
        )
    return Assessment(
        how=f"a file of that name is on {image.place}: it is kept where it has that content, else refused"
    )


def _of_disk(change: Change, path: str, what: str, fleet: Fleet) -> Assessment:
    """What speaks against an image of a VM's disk, or what it costs."""
    image, name = change.resource, str(change.wishes[TEMPLATE])
    owner, _, short = name.rpartition("/")
    vm = fleet.get("vm", image.place, owner)
    none = f"no template can be made of vm `{owner}`"
    if what:
        help = "choose another name, or move that away"
        return refused("E504", image, f"{path} on {image.place} is there already: {what}", help)
    defined = recorded(vm) if vm else None
    disk = defined.drive(short) if defined else None
    if vm is None or defined is None or disk is None:
        gone = (
            f"`{image.name}` cannot be made again: vm `{owner}` or its disk {short} is not on {image.place}"
        )
        return refused("E504", image, gone, "leave that sentence out", word="from")
    if not is_off(vm) or saved(vm):
        state = "it has a saved state" if saved(vm) else f"it is {vm.text('state')}"
        return refused("E504", image, f"{none}: {state}", f"stop it first: `stop {owner}`", word="from")
    if snapshots := snapshots_of(vm, fleet):
        why = f"{none}: it has snapshots, and they would not be in it ({', '.join(snapshots)})"
        help = f"delete them first: `delete snapshot {owner}/{snapshots[0]}`"
        return refused("E504", image, why, help, word="from")
    if found := problem(defined, disk):
        return refused("E504", image, f"{none}: {found[0]}", found[1], word="from")
    there = facts(fleet, image.place)
    layers = [there.file(layer.path) for layer in chains.layers(disk.path, disk.format, there.file)]
    if None in layers:
        return refused(
            "E504", image, f"{none}: {disk.path}, or what it builds on, is not there", "", word="from"
        )
    takes = sum(file.occupied for file in layers if file)
    more = [one.name for one in defined.drives if one.name != short and not one.readonly]
    said = [
        f"{Size().show(takes)} at most are copied from disk {short}, which is not to be started meanwhile",
        "nothing inside is changed: its guest's keys, its name and its machine ID are in it",
        *([f"its other disks are not in it: {', '.join(more)}"] if more else []),
    ]
    return _room(change, path, takes, fleet) or Assessment(how="; ".join(said))


def _from_host(change: Change, path: str, fleet: Fleet) -> Assessment:
    """What speaks against an image that another host has, or what it costs."""
    image, source = change.resource, str(change.wishes[COPY])
    old = replace(image, place=source, attributes={POOL: change.wishes.get(COPIED_POOL)})
    old_path = path_of(fleet.get("image", source, image.name) or old, fleet)
    there = facts(fleet, source)
    file = there.file(old_path)
    if source in fleet.unreachable or there.lacks(old_path):
        why = "does not answer" if source in fleet.unreachable else f"has no {old_path}"
        return refused("E505", image, f"host `{source}` {why}", f"copy it from another host than {source}")
    if user := writer(fleet, source, old_path):
        message = f"{old_path} on {source} is the disk of vm `{user}`, which writes to it: it is no image"
        return refused("E505", image, message, f"a template of it is one: `template NAME from {user}`")
    if file and file.head and (file.head.below or file.head.data):
        message = (
            f"image `{image.name}` on {source} is not whole: it needs {file.head.below or file.head.data}"
        )
        return refused("E505", image, message, "make one file of it first: `qemu-img convert -O qcow2`")
    takes = min(file.occupied, file.size) if file else 0
    much = f"{Size().show(takes)} are" if takes > 1 else "it is"
    return _room(change, path, takes, fleet) or Assessment(how=f"{much} copied from {source}, and compared")


def _room(change: Change, path: str, takes: int, fleet: Fleet) -> Assessment | None:
    folder = str(PurePosixPath(path).parent)
    found = facts(fleet, change.place).folders.get(folder)
    if found is None or found.free >= takes:
        return None
    message = (
        f"{Size().show(found.free)} are free in {folder} of {change.place}, "
        f"and image `{change.resource.name}` takes {Size().show(takes)}"
    )
    return refused("E444", change.resource, message, f"free some in {folder}")


def _used(image: Resource, path: str, fleet: Fleet) -> Assessment | None:
    asked = fleet, image.place, path
    if user := writer(*asked) or builder(*asked) or reader(*asked):
        return refused(
            "E544",
            image,
            f"image `{image.name}` on {image.place} is needed by vm `{user}`",
            f"delete that first: `delete vm {user}`; or keep the image",
        )
    return None


def _lost(change: Change, fleet: Fleet) -> Assessment:
    image = change.resource
    if not image.marked:
        return Assessment(Impact.DESTROY, (), "others put it there, and nothing is known of where from")
    if image.get("note") == CHANGED:
        return Assessment(Impact.DESTROY, (), "it was changed since it was fetched")
    alike = [
        one.place for one in fleet.named("image", image.name) if one.get("sha256") == image.get("sha256")
    ]
    if others := [host for host in alike if host != image.place]:
        return Assessment(how=f"{others[0]} has it, too")
    if not image.text("from").startswith(("http://", "https://", "nfs://")):
        whose = maker_of(image)
        how = f"the template that was made of vm `{whose}`, which keeps its own disk" if whose else ""
        return Assessment(Impact.DESTROY, (), how or "it does not come again by itself")
    return Assessment(how="it can be fetched again")
