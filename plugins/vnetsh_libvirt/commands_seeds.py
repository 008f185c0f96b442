"""Seeds as the commands that come to the same. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from vnetsh.backend import HostCommand
from vnetsh.model import Change, Fleet, Resource
from vnetsh_libvirt import media_xml
from vnetsh_libvirt.domain_xml import Seed
from vnetsh_libvirt.fields import mac_of
from vnetsh_libvirt.imaging import folder_of
from vnetsh_libvirt.mark import SEED_ALIAS
from vnetsh_libvirt.seed import contents


def of_new(vm: Resource, fleet: Fleet) -> list[Seed]:
    """The seed of a VM that is made, with its file."""
    return [Seed(seed, _path(seed, vm, fleet)) for seed in fleet.parts(vm) if seed.kind == "cloudinit"]


def made(vm: Resource, fleet: Fleet) -> Iterator[HostCommand]:
    """The commands that make its file."""
    for seed in of_new(vm, fleet):
        files = contents.files(seed.resource, vm.name, _mac(vm, fleet))
        for name, text in files.items():
            yield HostCommand(("tee", f"/tmp/seed/{name}"), text)
        told = tuple(f"/tmp/seed/{name}" for name in files)
        yield HostCommand(
            ("genisoimage", "-output", seed.path, "-volid", "cidata", "-joliet", "-rock", *told)
        )


def seed(change: Change, before: Fleet, after: Fleet) -> Iterator[HostCommand]:
    """What to type for the seed of a VM that is there."""
    one = change.resource
    assert one.parent
    vm, then = before.get("vm", one.place, one.parent[1]), after.get("vm", one.place, one.parent[1])
    if vm is None or then is None:
        return
    if change.after is None:
        yield HostCommand(("virsh", "detach-disk", vm.name, one.text("path"), "--config"))
        yield HostCommand(("rm", one.text("path")))
        return
    yield from made(then, after)
    drive = media_xml.drive(_path(one, then, after), (), x86=True, machine="", alias=SEED_ALIAS)
    verb = "update-device" if change.before else "attach-device"
    ET.indent(drive)
    xml = ET.tostring(drive, encoding="unicode") + "\n"
    yield HostCommand(("virsh", verb, vm.name, "/dev/stdin", "--config"), xml)


def _mac(vm: Resource, fleet: Fleet) -> str:
    return next((mac_of(port) for port in fleet.nics(vm)), "")


def _path(seed: Resource, vm: Resource, fleet: Fleet) -> str:
    return contents.path_of(folder_of(fleet, vm.place), vm.name, contents.digest(seed, _mac(vm, fleet)))
