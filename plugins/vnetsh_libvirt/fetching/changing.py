"""Images on hosts: fetched, known again, removed, looked after."""

from __future__ import annotations

from pathlib import PurePosixPath

from vnetsh.backend import ApplyFailed
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import ActionKind, Change, Resource
from vnetsh_libvirt import pools, storage
from vnetsh_libvirt.fetching import session, sources
from vnetsh_libvirt.fetching.program_placing import mark_path
from vnetsh_libvirt.files import Files, remove_unused, stat
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import LibvirtHost


def path_of(host: LibvirtHost, image: Resource) -> str:
    """The file of an image. Raises `BackendRefused` where its pool is not there."""
    folder = pools.folder_of(host, image.text("pool")) if image.get("pool") else host.folder
    return str(PurePosixPath(folder) / image.name)


def change(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    """Fetch an image, or look whether it is there already; or remove it. Raises `BackendRefused`, `HostUnreachable`."""
    if change.action is ActionKind.REMOVE:
        _remove(host, change, files)
    else:
        _fetch(host, change, files, tell)


def _fetch(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    image, path = change.resource, path_of(host, change.resource)
    source, sha256 = image.text("from"), image.text("sha256")

    def whole(identity: str) -> None:
        if identity:  # before it has its name: who takes this back knows it by that
            files.note(host, f"{path} on {host.name}", file=path, id=identity)

    asked = {
        "path": path,
        "name": image.name,
        "url": "" if change.before else sources.address(source, image.text("keys")),
        "sha256": sha256,
        "mark": {"from": source, "sha256": sha256},
    }
    try:
        mark = session.fetch(host, asked, whole, tell)
    except (BackendRefused, KeyboardInterrupt) as error:
        message = error.message if isinstance(error, BackendRefused) else "interrupted"
        left = files.remove_made(host)
        raise ApplyFailed(message, leftovers=left, help=getattr(error, "help", "")) from error
    if not change.before:
        files.note(host, f"{mark_path(path)} on {host.name}", file=mark_path(path), id=mark)


def _remove(host: LibvirtHost, change: Change, files: Files) -> None:
    path = path_of(host, change.resource)
    if change.undo:
        files.say_stays(files.remove_made(host))
        beside = stat(host, mark_path(path))
        if beside and stat(host, path) is None:  # cut off before it was written down
            storage.delete(host, mark_path(path))
        return
    found = stat(host, path)
    if found and (why := remove_unused(host, path, found, files.hosts())):
        raise BackendRefused(why)
    reached("image is removed")
    storage.delete(host, mark_path(path))


def trouble(change: Change, host: LibvirtHost) -> str:
    """What of an image is not as it should be; its content was looked at before it got its name."""
    path = path_of(host, change.resource)
    there = stat(host, path) is not None
    if change.action is ActionKind.REMOVE:
        return f"{host.name} still has {path}" if there and not change.undo else ""
    return "" if there else f"{host.name} has no {path}"
