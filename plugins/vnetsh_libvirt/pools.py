"""Storage pools, folders and exports of servers: what a host has of them, how they are made and removed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID, uuid5

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import ActionKind, Change, Resource
from vnetsh.model.disks import place_of
from vnetsh_libvirt import pool_secrets, remote_files, storage, storage_xml
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.facts import LibvirtFacts, PoolSeen
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.imaging import said_server
from vnetsh_libvirt.libvirt_host import LibvirtHost, pool_folder
from vnetsh_libvirt.remote import is_volume
from vnetsh_libvirt.shared_folders import share, unmark, unshare
from vnetsh_libvirt.shared_marks import mark_at

_OURS = UUID("3d2f8f4e-6d1c-5b0e-9a53-7d1a6c0f4b11")


def uuid_of(name: str) -> str:
    """The UUID of a pool that vnetsh makes: libvirt keeps no other mark of one."""
    return str(uuid5(_OURS, name))


def observed_pools(facts: LibvirtFacts, host: str) -> Iterator[Resource]:
    """The pools that are folders and have a definition, and those of network storage."""
    for name, one in facts.remote_pools.items():
        yield Resource(
            "pool",
            name,
            host,
            {
                **said_server(one.url),
                **({"secret": one.secret} if one.secret else {}),
                **({"state": "running"} if one.active else {}),
            },
            backend=NAME,
            marked=one.uuid == uuid_of(name),
            record={"xml": one.xml},
        )
    for name, pool in (facts.defined_pools or {}).items():
        yield Resource(
            "pool",
            name,
            host,
            {"path": pool.path, "state": "running" if pool.active else "stopped", **_shared(pool, facts)},
            backend=NAME,
            marked=pool.uuid == uuid_of(name),
            record={"xml": pool.xml, "active": pool.active, "autostart": pool.autostart},
        )


def _shared(pool: PoolSeen, facts: LibvirtFacts) -> dict[str, str]:
    found = facts.folders.get(pool.path)
    return {"shared": "yes"} if found and found.shared else {}


def change(host: LibvirtHost, change: Change, files: Files) -> None:
    """Make a pool, or have libvirt forget it; its files stay. Raises `BackendRefused`, `ApplyFailed`."""
    match change.action:
        case ActionKind.ADD:
            (_make_remote if change.resource.get("source") else _make)(host, change.resource, files)
        case ActionKind.REMOVE:
            _remove(host, change, files)
        case ActionKind.CHANGE if "secret" in change.differing():
            if not change.undo:  # what it was before is kept nowhere
                pool_secrets.give(host, change.resource)
        case ActionKind.CHANGE if change.resource.get("shared"):
            folder = change.resource.text("path")
            with_cleanup(lambda: share(host, folder, files), lambda: unmark(host, folder, files))
        case ActionKind.CHANGE if "shared" in change.differing():
            unshare(host, change.resource.text("path"))


def _make(host: LibvirtHost, pool: Resource, files: Files) -> None:
    path = pool.text("path")
    storage.release_pools(host)  # a transient one of that folder would be in its way
    there = host.link.find(host.link.connection.storagePoolLookupByName, pool.name)
    if there is not None:
        if host.link.call(pool_folder, there)[1] != path:
            raise BackendRefused(
                f"{host.name}: the name is taken: there is a pool {pool.name} of another folder"
            )
        return
    xml = str(pool.record["xml"]) if pool.record else storage_xml.pool(pool.name, path, uuid_of(pool.name))
    started = bool(pool.record["active"]) if pool.record else True
    autostart = bool(pool.record["autostart"]) if pool.record else True
    made = stat(host, path) is None
    if made and pool.get("shared"):  # where its mount is missing, one of the host's own would be made
        raise BackendRefused(
            f"{host.name}: there is no folder {path}",
            help="`shared yes` is said of a folder that its hosts have mounted: is that not mounted here?",
        )

    def work() -> None:
        defined = host.call("storagePoolDefineXML", xml, 0)
        reached("pool is defined")
        if made:
            _make_parents(host, path, files)
            files.make(host, path, lambda: host.link.call(defined.build, 0))
        host.link.call(defined.setAutostart, int(autostart))
        if started:
            host.link.call(defined.create, 0)
        if pool.get("shared"):
            share(host, path, files)

    def back() -> list[str]:
        left = [*_forget(host, pool.name), *unmark(host, path, files)]
        return [*left, *_remove_folders(host, path, files)]

    with_cleanup(work, back)


def _make_remote(host: LibvirtHost, pool: Resource, files: Files) -> None:
    """Have libvirt know what a server has, which answers. It is not started: that would mount it, or log in."""
    if (value := pool_secrets.in_file(pool)) is not None:
        host.keys[place_of(pool)] = value
    remote_files.ask_server(host, place_of(pool))
    there = host.link.find(host.link.connection.storagePoolLookupByName, pool.name)

    def make() -> None:
        pool_secrets.give(host, pool)
        new = storage_xml.remote_pool(pool.name, place_of(pool), uuid_of(pool.name))
        host.call("storagePoolDefineXML", str(pool.record["xml"]) if pool.record else new, 0)
        reached("pool is defined")

    if there is None:
        with_cleanup(make, lambda: [*_forget(host, pool.name), *pool_secrets.forget(host, pool)])
    elif _url(host, there) != place_of(pool):
        raise BackendRefused(f"{host.name}: the name is taken: there is another pool {pool.name}")


def _url(host: LibvirtHost, pool: Any) -> str:
    """Where the URLs of a pool's disks begin; empty of a pool that is a folder."""
    return storage_xml.pool_url(host.link.call(pool.XMLDesc, 0))


def _make_parents(host: LibvirtHost, path: str, files: Files) -> None:
    """Make the folders above one that are missing: libvirt would, too, and nobody would know of them."""
    missing: list[str] = []
    for folder in map(str, PurePosixPath(path).parents):
        if stat(host, folder) is not None:
            break
        missing.insert(0, folder)

    def make(folder: str) -> None:
        done = host.transport.run(["mkdir", "--", folder])
        if done.returncode:
            raise BackendRefused(f"{host.name}: {done.stderr.strip()}")

    for folder in missing:
        files.make(host, folder, partial(make, folder))


def _forget(host: LibvirtHost, name: str) -> list[str]:
    def forget() -> None:
        found = host.link.find(host.link.connection.storagePoolLookupByName, name)
        if found is not None:
            if host.link.call(found.isActive):
                host.link.call(found.destroy)
            host.link.call(found.undefine)

    return leftovers_of(f"the pool {name} may be left on {host.name}", forget)


def _remove(host: LibvirtHost, change: Change, files: Files) -> None:
    pool = change.resource
    found = host.link.find(host.link.connection.storagePoolLookupByName, pool.name)
    if found is not None:
        theirs = change.undo and pool.marked and host.link.call(found.UUIDString) != uuid_of(pool.name)
        where = _url(host, found) if pool.get("source") else host.link.call(pool_folder, found)[1]
        if theirs or where != place_of(pool):
            raise BackendRefused(f"{host.name}: {pool.name} is another pool now: it is left alone")
        if pool.get("type") == "logical" and host.link.call(found.isActive):
            raise BackendRefused(
                f"{host.name}: {pool.name} is active now: to stop it would deactivate its volumes"
            )
        if left := _forget(host, pool.name):
            raise BackendRefused(left[0])
    reached("pool is forgotten")
    if pool.get("source"):
        files.say_stays(pool_secrets.forget(host, pool))
    if change.undo and pool.get("path"):
        files.say_stays(
            [*unmark(host, pool.text("path"), files), *_remove_folders(host, pool.text("path"), files)]
        )


def _remove_folders(host: LibvirtHost, path: str, files: Files) -> list[str]:
    """Remove the folders that were made for a pool, if nothing is in them; why one stays, in a sentence."""
    folders = (path, *map(str, PurePosixPath(path).parents))
    return [left for folder in folders for left in _remove_folder(host, folder, files)][:1]


def _remove_folder(host: LibvirtHost, path: str, files: Files) -> list[str]:
    if path not in files.made_on(host) or stat(host, path) is None:
        return []
    if not files.of_own(host, path):
        return [f"{path} on {host.name} is not the folder that was made: it is left alone"]
    done = host.transport.run(["rmdir", "--", path])
    return [] if done.returncode == 0 else [f"{path} stays on {host.name}: {done.stderr.strip()}"]


def trouble(change: Change, host: LibvirtHost) -> str:
    """What a pool has otherwise than it should."""
    pool = change.resource
    found = host.link.find(host.link.connection.storagePoolLookupByName, pool.name)
    if found is None:
        return f"{host.name} has no pool {pool.name}"
    if pool.get("source"):
        if (found_at := _url(host, found)) != place_of(pool):
            return f"the pool {pool.name} of {host.name} is {found_at or 'a folder'}"
        given = (
            change.undo
            or not pool.get("secret")
            or pool_secrets.file_of(host, place_of(pool)) == pool.text("secret")
        )
        return "" if given else f"{host.name} has not the secret of pool {pool.name}"
    name, folder = host.link.call(pool_folder, found)
    if folder != pool.text("path"):
        return f"the pool {name} of {host.name} is {folder}"
    if pool.get("shared") and not mark_at(host, folder):
        return f"the folder {folder} of {host.name} is not marked as shared"
    started = change.before is None and pool.get("state") == "running"
    return (
        f"the pool {name} of {host.name} is not active"
        if started and not host.link.call(found.isActive)
        else ""
    )


def still_there(pool: Resource, host: LibvirtHost) -> str:
    """Where a pool is that should be gone."""
    found = host.link.find(host.link.connection.storagePoolLookupByName, pool.name)
    return f"{host.name} still has the pool {pool.name}" if found is not None else ""


def folder_of(host: LibvirtHost, name: str) -> str:
    """The folder of a pool, or where the URLs of its disks begin. Raises `BackendRefused` where there is none."""
    found = host.link.find(host.link.connection.storagePoolLookupByName, name)
    url = _url(host, found) if found is not None else ""
    if found is not None and url and (is_volume(url) or not host.link.call(found.isActive)):
        return url
    folder = host.link.call(pool_folder, found)[1] if found is not None else ""
    if not folder:
        raise BackendRefused(
            f"{host.name}: there is no pool {name} that is a folder",
            help=f"`pool {name} on {host.name} path DIR`",
        )
    return str(PurePosixPath(folder))
