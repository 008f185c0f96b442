"""Images on hosts: fetched, known again, removed, looked after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from vnetsh.backend import ApplyFailed, JobState
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import ActionKind, Change, Resource
from vnetsh.model.images import COPIED_POOL, COPY, TEMPLATE
from vnetsh_libvirt import pools, remote_files, storage
from vnetsh_libvirt.backups import at_host
from vnetsh_libvirt.fetching import session, sources, templates
from vnetsh_libvirt.fetching.program_placing import mark_path
from vnetsh_libvirt.fetching.sending import Sender
from vnetsh_libvirt.files import Files, remove_unused, stat
from vnetsh_libvirt.journey import Tell
from vnetsh_libvirt.libvirt_host import HostNamed, LibvirtHost, existing


def path_of(host: LibvirtHost, image: Resource) -> str:
    """The file of an image. Raises `BackendRefused` where its pool is not there."""
    return _in_pool(host, image.text("pool"), image.name)


def _in_pool(host: LibvirtHost, pool: str, name: str) -> str:
    return str(PurePosixPath(pools.folder_of(host, pool) if pool else host.folder) / name)


def change(change: Change, at: HostNamed, files: Files, tell: Tell) -> None:
    """Have an image come, or look whether it is there already; or remove it.

    Raises `BackendRefused`, `HostUnreachable`.
    """
    host = at(change.place)
    if change.action is ActionKind.REMOVE:
        _remove(host, change, files)
    else:
        _fetch(host, change, at, files, tell)


def _fetch(host: LibvirtHost, change: Change, at: HostNamed, files: Files, tell: Tell) -> None:
    image, path = change.resource, path_of(host, change.resource)
    coming = _coming(host, change, at, tell)

    def whole(identity: str) -> None:
        coming.check()
        if identity:  # before it has its name: who takes this back knows it by that
            files.note(host, f"{path} on {host.name}", file=path, id=identity)

    sha256 = image.text("sha256") or coming.sha256
    mark = {"from": image.text("from"), "sha256": sha256}
    asked = {"path": path, "name": image.name, "sha256": sha256, "mark": mark, **_NOTHING, **coming.asked}
    try:
        mark_made = session.fetch(host, asked, whole, tell, coming.sender)
    except (BackendRefused, KeyboardInterrupt) as error:
        message = error.message if isinstance(error, BackendRefused) else "interrupted"
        left = files.remove_made(host)
        raise ApplyFailed(message, leftovers=left, help=getattr(error, "help", "")) from error
    if not change.before:
        files.note(host, f"{mark_path(path)} on {host.name}", file=mark_path(path), id=mark_made)


_NOTHING = {"way": "http", "url": "", "size": 0, "takes": 0}


@dataclass(frozen=True)
class _Coming:
    """How an image comes: what its host is `asked`, who sends it, and a last `check` before it has its name."""

    asked: Mapping[str, Any] = field(default_factory=dict)
    sender: Sender | None = None
    check: Callable[[], None] = lambda: None
    sha256: str = ""


def _coming(host: LibvirtHost, change: Change, at: HostNamed, tell: Tell) -> _Coming:
    image = change.resource
    if change.before:
        return _Coming()
    if disk := str(change.wishes.get(TEMPLATE, "")):
        return _of_disk(host, disk)
    if source := str(change.wishes.get(COPY, "")):
        return _from_host(at(source), change, tell)
    url = sources.address(image.text("from"), image.text("keys"))
    if url.startswith("nfs://"):
        told = remote_files.ask_nfs(host, "stat", url)
        if told is None:
            raise BackendRefused(f"{host.name}: there is no {url}", help="is the address right?")
        size = int(told[-1])
        return _Coming({"way": "nfs", "url": remote_files.as_qemu(host, url), "size": size, "takes": size})
    return _Coming({"url": url})


def _of_disk(host: LibvirtHost, name: str) -> _Coming:
    vm, _, short = name.rpartition("/")
    domain = existing(host, vm)
    defined = host.defined(domain)
    disk = defined.drive(short)
    if disk is None:
        raise BackendRefused(f"{host.name}: vm {vm} has no disk {short} any more")
    if found := templates.problem(defined, disk):
        raise BackendRefused(f"{host.name}: no template can be made of vm {vm}: {found[0]}", help=found[1])
    image, before = storage.find_image(host, disk.path), stat(host, disk.path)

    def still() -> None:
        if host.link.call(domain.isActive) or host.link.call(domain.hasManagedSaveImage, 0):
            raise BackendRefused(f"{host.name}: {vm} was started while its disk was copied", help="try again")
        if before is None or stat(host, disk.path) != before:
            raise BackendRefused(
                f"{host.name}: {disk.path} was written to while it was copied", help="try again"
            )

    still()
    size = image.capacity if image else 0
    return _Coming(
        {"way": "disk", "disk": {"path": disk.path, "format": disk.format, "size": size}}, check=still
    )


def _from_host(source: LibvirtHost, change: Change, tell: Tell) -> _Coming:
    image = change.resource
    path = _in_pool(source, str(change.wishes.get(COPIED_POOL, "")), image.name)
    told = source.transport.run(["stat", "-L", "--printf", "%s %b %B %a", "--", path], timeout=source.timeout)
    if told.returncode:
        raise BackendRefused(f"{source.name} has no {path} any more")
    size, blocks, block = map(int, told.stdout.split()[:3])
    readonly = int(told.stdout.split()[3], 8) & 0o222 == 0
    sha256 = image.text("sha256")
    if not sha256:  # nobody knows: it is asked, and what comes is compared with that
        say = partial(tell, JobState(f"{image.name}: its checksum is computed on {source.name}"))
        sha256 = at_host.run(source, ["sha256sum", "--", path], say).lstrip("\\")[:64]
    asked = {"way": "sent", "size": size, "takes": min(size, blocks * block), "readonly": readonly}
    return _Coming(asked, Sender(source, path), sha256=sha256)


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
