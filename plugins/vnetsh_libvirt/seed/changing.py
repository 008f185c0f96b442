"""Seeds of VMs: made with the VM or later, replaced by another one, taken away. In the definition and in what runs.

A seed's file is never written to when it is there: what says something else is another file, and the old one goes when
nothing has it any more.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import libvirt

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Change, Resource
from vnetsh_libvirt import media_changing, media_xml, storage_work
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import Definition, attribute_of
from vnetsh_libvirt.disk_plugging import CONFIG, LIVE, views
from vnetsh_libvirt.fields import mac_of
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.mark import SEED_ALIAS
from vnetsh_libvirt.media import seed_drive
from vnetsh_libvirt.seed import contents, image, telling


def first_mac(nics: list[str]) -> str:
    """The address of the NIC that a seed's addresses are for."""
    return nics[0] if nics else ""


def make_file(host: LibvirtHost, seed: Resource, mac: str, files: Files) -> str:
    """Make a seed's file; its path. One that is there and says the same is left as it is.

    Raises `BackendRefused` where it says something else: an upload was cut off, or the file is somebody's.
    """
    vm = _owner(seed)
    path = contents.path_of(host.folder, vm, contents.digest(seed, mac))
    said = contents.files(seed, vm, mac)
    data = image.iso(said)
    if stat(host, path) is None:
        files.make(host, path, lambda: storage_work.write(host, path, data))
        reached("seed is made")
    elif not image.says_the_same(data, storage_work.contents(host, path, len(data)), said):
        raise BackendRefused(
            f"{host.name}: {path} has the name of the seed of {vm}, and something else in it",
            help="nobody needs it, unless somebody put it there: move it away",
        )
    return path


def of_new(host: LibvirtHost, seed: Resource, ports: list[Resource], files: Files) -> str:
    """The seed's file of a VM that is about to be made."""
    return make_file(host, seed, first_mac([mac_of(port) for port in ports]), files)


def change(host: LibvirtHost, change: Change, files: Files) -> None:
    """Give a VM a seed, or another one, or take it away. Raises `ApplyFailed`; all is as it was then."""
    seed, wanted = change.resource, change.after
    domain = host.domain(_owner(seed)) if wanted is None else existing(host, _owner(seed))
    if domain is None:
        files.say_stays(files.remove_made(host) if change.undo else ())
        return
    defined = host.defined(domain)
    old = {path for view in views(host, domain).values() if (path := _medium(view))}
    mac = first_mac([nic.mac for nic in defined.nics])
    path = make_file(host, wanted, mac, files) if wanted else ""
    for gone in sorted(old - {path}):
        files.note_kept(host, gone, goes=True)

    def work() -> None:
        _put(host, domain, path)
        _tell(host, domain, contents.values_of(wanted) if wanted else None)
        reached("seed is put in")

    def back() -> list[str]:
        before = contents.values_of(change.before) if change.before else None
        left = f"another seed is in the drive of {domain.name()}"
        found = leftovers_of(left, lambda: _put(host, domain, next(iter(sorted(old)), "")))
        return [*found, *leftovers_of(left, lambda: _tell(host, domain, before))]

    with_cleanup(work, back)
    going = [gone for gone in files.to_go(host) if gone != path]
    files.say_stays(why for gone in going if (why := files.remove(host, gone, ("goes",))))
    if change.undo:
        files.say_stays(files.remove_made(host, but=[path]))


def _put(host: LibvirtHost, domain: Any, path: str) -> None:
    """Have that file in the drive of the seed, which comes, and goes, with the next start."""
    for flag, view in views(host, domain).items():
        drive = seed_drive(view)
        if drive is None and path and flag == CONFIG:
            element = _new(host, view, path)
            host.link.call(domain.attachDeviceFlags, ET.tostring(element, encoding="unicode"), CONFIG)
        elif drive is not None and not path and flag == CONFIG:
            host.link.call(domain.detachDeviceFlags, ET.tostring(drive, encoding="unicode"), CONFIG)
        elif drive is not None and attribute_of(drive, "source", "file") != path:
            media_changing.put(host, domain, media_xml.with_medium(drive, path), flag)


def _new(host: LibvirtHost, view: Definition, path: str) -> ET.Element:
    taken = {target.get("dev", "") for target in view.root.iterfind("devices/disk/target")}
    kind = view.root.find("os/type")
    machine = kind.get("machine", "") if kind is not None else ""
    return media_xml.drive(path, taken, x86=host.is_x86(), machine=machine, alias=SEED_ALIAS)


def _medium(view: Definition) -> str:
    drive = seed_drive(view)
    return attribute_of(drive, "source", "file") if drive is not None else ""


def _tell(host: LibvirtHost, domain: Any, values: Mapping[str, object] | None) -> None:
    kind, xml = libvirt.VIR_DOMAIN_METADATA_ELEMENT, telling.telling(values, bare=True) or None
    for flag, view in views(host, domain).items():
        if telling.told_in(view.root) != values:
            host.link.call(domain.setMetadata, kind, xml, telling.PREFIX, telling.NAMESPACE, flag)


def trouble(change: Change, host: LibvirtHost) -> str:
    """What a VM's seed is otherwise than it should be."""
    seed = change.resource
    domain = host.domain(_owner(seed))
    if domain is None:
        return f"{_owner(seed)} is not on {host.name}"
    defined = host.defined(domain)
    if telling.told_in(defined.root) != contents.values_of(seed) or not _medium(defined):
        return f"{_owner(seed)} has not the seed that it should have"
    return ""


def still_there(seed: Resource, host: LibvirtHost, domain: Any) -> str:
    """Where a seed is that should be gone."""
    there = any(seed_drive(view) is not None for f, view in views(host, domain).items() if f != LIVE)
    return f"{_owner(seed)} still has its seed" if there else ""


def _owner(seed: Resource) -> str:
    assert seed.parent
    return seed.parent[1]
