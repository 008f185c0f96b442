"""Whether a VM can have the disk that is said for it. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

from vnetsh.backend import Assessment
from vnetsh.diagnostics import did_you_mean
from vnetsh.model import Fleet, Resource
from vnetsh.schema import Size
from vnetsh_libvirt.definition import as_it_runs
from vnetsh_libvirt.disk_fields import COPY, FILE, FROM, SIZE, bus_of, name_of, owner_of
from vnetsh_libvirt.drives import takes
from vnetsh_libvirt.facts import LibvirtFacts, facts
from vnetsh_libvirt.images import misnamed
from vnetsh_libvirt.imaging import disk_path, path_of
from vnetsh_libvirt.refusals import refused, transient
from vnetsh_libvirt.remote import folder_of, is_remote, well_formed


def problem(disk: Resource, fleet: Fleet, *, erased: bool = False) -> Assessment | None:
    """What speaks against a new disk, or one that comes back; `erased`: its file was to go."""
    there, vm = facts(fleet, disk.place), fleet.get("vm", disk.place, owner_of(disk))
    path = disk_path(fleet, disk)
    running = as_it_runs(vm) if vm else None
    if vm and transient(vm) and not takes(bus_of(disk), running.root if running else None):
        return refused(
            "E447",
            disk,
            f"vm `{vm.name}` has no persistent definition, and a {bus_of(disk)} disk comes only with a start",
            "give it a virtio or scsi disk, or define the vm first",
            word="bus",
        )
    if disk.record:
        return _gone(disk, path) if there.lacks(path) or (erased and not there.file(path)) else None
    image = disk.text(FROM) or disk.text(FILE)
    if image:
        word = FROM if disk.get(FROM) else FILE
        if is_remote(image) and word == FILE:
            return _no_url(disk, image)
        return (
            misnamed(disk, image, word)
            or _thin_elsewhere(disk, path)
            or _no_image(disk, image, word, fleet)
            or _too_small(disk, image, fleet)
            or (_taken(disk, path, there) or _no_room(disk, image, fleet) if disk.get(FROM) else None)
        )
    return _taken(disk, path, there)


def _no_url(disk: Resource, url: str) -> Assessment | None:
    if well_formed(url):
        return None
    help = "say `nfs://SERVER/EXPORT/FILE`, `iscsi://SERVER/TARGET/LUN`, `nbd://SERVER/EXPORT` "
    help += "or `rbd://MONITOR,MONITOR/POOL/IMAGE`, the monitors in the order of the alphabet"
    return refused("E568", disk, f"`{url}` is no disk over the network", help, word=FILE)


def _thin_elsewhere(disk: Resource, path: str) -> Assessment | None:
    """A thin overlay on a server would need its template on each host that its VM comes to."""
    if not is_remote(path) or disk.get(COPY):
        return None
    what = f"what it builds on, `{disk.text(FROM)}`, on {disk.place}"
    message = f"disk `{name_of(disk)}` is to lie on a server, and {what}"
    return refused("E568", disk, message, f"have it whole there: `from {disk.text(FROM)} copy`", word=FROM)


def _gone(disk: Resource, path: str) -> Assessment:
    return refused(
        "E469",
        disk,
        f"disk `{name_of(disk)}` of vm `{owner_of(disk)}` cannot come back: its file {path} is gone",
        "what was on it is lost, unless there is a backup of that file",
    )


def _no_image(disk: Resource, image: str, word: str, fleet: Fleet) -> Assessment | None:
    there, path = facts(fleet, disk.place), path_of(fleet, disk.place, image)
    name, folder = PurePosixPath(path).name, str(PurePosixPath(path).parent)
    file = there.file(path)
    if there.lacks(path):
        names = list(there.files(folder) or ())
        help = did_you_mean(name, names, f"put it there, or say `{word}` with a whole path")
        message = f"host `{disk.place}` has no disk image `{name}` in {folder}"
        return refused("E443", disk, message, help, "not found", word=word)
    if file is not None and file.size == 0:
        message = f"`{image}` on {disk.place} is no disk image: the file is empty"
        help = "was it copied to its end? `qemu-img info` says what a file is"
        return refused("E443", disk, message, help, word=word)
    return None


def _too_small(disk: Resource, image: str, fleet: Fleet) -> Assessment | None:
    """A size that is not the image's, or less than it: nothing is cut off, and a file of others is left as it is."""
    there, path, size = facts(fleet, disk.place), path_of(fleet, disk.place, image), disk.get(SIZE)
    whole = _image_size(path, there)
    if not isinstance(size, int) or whole is None or size == whole or (disk.get(FROM) and size > whole):
        return None
    if size < whole:
        message = f"`{image}` on {disk.place} has {Size().show(whole)}, and cannot become smaller"
        return refused("E467", disk, message, f"say `size {Size().show(whole)}` or more, or none", word=SIZE)
    return refused(
        "E469",
        disk,
        f"`{image}` on {disk.place} has {Size().show(whole)}: a file that is there does not grow as it is plugged in",
        "leave `size` out, and say it when the vm has the disk",
        word=SIZE,
    )


def _image_size(path: str, there: LibvirtFacts) -> int | None:
    """The bytes of the disk in an image, where that tells: one whose beginning says no size is raw."""
    file = there.file(path)
    if file is None or file.head is None:
        return None
    return file.head.size or (file.size if path.endswith((".raw", ".img", ".iso")) else None)


def _taken(disk: Resource, path: str, there: LibvirtFacts) -> Assessment | None:
    what = there.at(path)
    if not what:
        return None
    name = PurePosixPath(path).name
    use = f"to use it as it is: `disk {name_of(disk)} file {name}`; else " if there.file(path) else ""
    message = f"the disk's name is taken: host `{disk.place}` has {what} `{name}` already"
    return refused("E448", disk, message, f"{use}move it away")


def _no_room(disk: Resource, image: str, fleet: Fleet) -> Assessment | None:
    """A copy that does not fit where it is to lie; what is free on a server nobody tells."""
    there, path = facts(fleet, disk.place), disk_path(fleet, disk)
    file = there.file(path_of(fleet, disk.place, image)) if disk.get(COPY) else None
    where = folder_of(path)
    free = there.free_in(where)
    if file is None or free is None or file.occupied <= free:
        return None
    return refused(
        "E444",
        disk,
        f"host `{disk.place}` has {free // 2**20} MiB of disk free in {where}; a copy of `{image}` takes "
        f"{file.occupied // 2**20} MiB",
        f"free some in {where}, or have a thin overlay: without `copy`",
        word=COPY,
    )
