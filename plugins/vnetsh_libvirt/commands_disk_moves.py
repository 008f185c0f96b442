"""Moves of disks between pools as the `virsh` and `qemu-img` commands that come to the same. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from copy import deepcopy

from vnetsh.backend import HostCommand
from vnetsh.model import Change, Resource, Value
from vnetsh_libvirt import disk_xml
from vnetsh_libvirt.disk_fields import PATH, SIZE, THICK, form_of, name_of
from vnetsh_libvirt.disk_xml import DiskFile
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.room import whole_room
from vnetsh_libvirt.states import is_off
from vnetsh_libvirt.users import views

_STDIN = "/dev/stdin"


def moved(change: Change, vm: Resource) -> Iterator[HostCommand]:
    """What to type to have a disk of a VM lie elsewhere."""
    disk = change.resource
    old, new, form = (change.before.text(PATH) if change.before else ""), disk.text(PATH), form_of(disk)
    found = next((one for view in views(vm) if (one := view.drive(name_of(disk)))), None)
    if found is None:
        return
    element = disk_xml.elsewhere(deepcopy(found.element), DiskFile(new, form))
    room = [take_room(new, form, disk.get(SIZE))] if disk.get(THICK) else []
    if is_off(vm):
        yield HostCommand(
            ("qemu-img", "convert", "-f", form, "-O", form, old, new), note="whole: `-B` keeps it thin"
        )
        yield from room
        yield HostCommand(("qemu-img", "compare", "-f", form, "-F", form, old, new))
        yield HostCommand(("virsh", "update-device", vm.name, _STDIN, "--config"), _text(element))
    else:
        yield HostCommand(
            ("qemu-img", "create", "-f", form, new, str(disk.get(SIZE, "SIZE"))), note=_note(new)
        )
        yield from room
        target = disk_xml.elsewhere(ET.Element("disk", device="disk"), DiskFile(new, form))
        bits = change.wishes.get("bandwidth")
        words: tuple[str, ...] = ("--transient-job", "--reuse-external", "--wait", "--pivot")
        words += ("--bandwidth", str(max(bits // 8 // 2**20, 1))) if isinstance(bits, int) else ()
        yield HostCommand(
            ("virsh", "blockcopy", vm.name, found.target, "--xml", _STDIN, *words), _text(target)
        )
    if is_remote(old):
        yield HostCommand(("rm", old.rpartition("/")[2]), note=f"on the server, in the folder of {old}")
    else:
        yield HostCommand(("rm", old), note="where vnetsh made it")


def take_room(path: str, form: str, size: Value, *, note: str = "") -> HostCommand:
    """What to type to have a file take all the room that it can come to need."""
    length = str(whole_room(form, size)) if isinstance(size, int) else "SIZE"
    return HostCommand(("fallocate", "--keep-size", "--length", length, path), note=note)


def _note(new: str) -> str:
    return "" if is_remote(new) else "of a thin overlay with `-b` and `-F`, and `--shallow` below"


def _text(element: ET.Element) -> str:
    ET.indent(element)
    return ET.tostring(element, encoding="unicode") + "\n"
