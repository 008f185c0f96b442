"""The CD drive of a VM and what is in it. Pure, and free of the XML library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Change, Impact, Resource, Value
from vnetsh_libvirt.disk_fields import short
from vnetsh_libvirt.mark import SEED_ALIAS
from vnetsh_libvirt.states import is_off

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from vnetsh_libvirt.definition import Definition
    from vnetsh_libvirt.seen import Seen

CDROM = "cdrom"


def drive_in(view: Definition) -> Element | None:
    """The first CD drive of a VM; the one with its seed is not meant."""
    drives = view.root.iterfind("devices/disk[@device='cdrom']")
    return next((one for one in drives if _said(one, "alias", "name") != SEED_ALIAS), None)


def seed_drive(view: Definition) -> Element | None:
    """The drive with a VM's seed."""
    drives = view.root.iterfind("devices/disk[@device='cdrom']")
    return next((one for one in drives if _said(one, "alias", "name") == SEED_ALIAS), None)


def medium(view: Definition) -> str:
    """The file that is in it; empty where there is none."""
    drive = drive_in(view)
    return _said(drive, "source", "file") if drive is not None else ""


def _said(drive: Element, tag: str, name: str) -> str:
    found = drive.find(tag)
    return found.get(name, "") if found is not None else ""


def read(seen: Seen) -> Value:
    """What is in it, as a sentence says it: as the VM runs or, where it runs without a drive, as it is defined."""
    view = seen.live if drive_in(seen.live) is not None else seen.defined
    return short(medium(view), seen.folder) or None


def cost(change: Change) -> Assessment:
    """What another medium costs."""
    vm, new = change.before, change.resource.get(CDROM)
    if vm is None or is_off(vm):
        return FREE
    if not has_drive(vm):
        return Assessment(how="its CD drive comes with the next start")
    return Assessment(Impact.LIVE, (vm.name,), "its medium is changed" if new else "its medium is ejected")


def has_drive(vm: Resource) -> bool:
    """Whether a VM runs with a CD drive; of one that an earlier sentence starts, whether it will."""
    from vnetsh_libvirt.definition import as_it_runs

    running = as_it_runs(vm)
    if running is not None and drive_in(running) is not None:
        return True
    return vm.get(CDROM) is not None and not (vm.record or {}).get("live")


def otherwise(now: Definition, then: Definition) -> list[str]:
    """A drive, or what is in it, that a VM will only have when it starts anew, in words."""
    if drive_in(then) is None:
        return []
    if drive_in(now) is None:
        return ["a CD drive comes"]
    medium_then = medium(then)
    same = medium(now) == medium_then
    return [] if same else [f"{medium_then} is in its CD drive" if medium_then else "its CD drive is empty"]
