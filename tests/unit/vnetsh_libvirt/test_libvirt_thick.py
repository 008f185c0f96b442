"""Disks whose room is taken when they are made, and folders that several hosts have. On values made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from libvirt_disks import GIB, VM, facts, image, made, named, observed
from libvirt_fleets import fleet

from vnetsh.model import ActionKind, Change
from vnetsh.model.disks import SHARED_MARK
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_assessing import foresee
from vnetsh_libvirt.facts import Folder, ImageFile, LibvirtFacts
from vnetsh_libvirt.own_files import seeing
from vnetsh_libvirt.room import whole_room


def test_a_qcow2_file_may_need_more_than_its_disk() -> None:
    assert whole_room("raw", GIB) == GIB
    tables = (
        8 * GIB // 2**16 + 2 * GIB // 2**16
    )  # of a gigabyte, with clusters of 64 KiB: both kinds of tables
    assert whole_room("qcow2", GIB) >= GIB + tables


def test_a_thick_disk_is_told_of_and_never_gives_its_room_back() -> None:
    xml = made(named("data", size=GIB, thick=True), named("more", size=GIB))
    drivers = [one.get("discard") for one in Definition(xml).root.iterfind("devices/disk/driver")]
    assert drivers == ["ignore", "unmap"]
    _, data, more = observed(xml, facts(web1__data_qcow2=image(GIB), web1__more_qcow2=image(GIB)))
    assert (data.get("thick"), more.get("thick")) == (True, None)


@pytest.mark.parametrize(("size", "code"), [(GIB // 2, ""), (GIB, "E444")])
def test_its_room_is_to_be_free(size: int, code: str) -> None:
    disk = named("data", size=size, thick=True)
    found = foresee(Change(ActionKind.ADD, None, disk), fleet(VM, disk))
    assert (found.problem.code if found.problem else "") == code


def test_thin_disks_have_what_thick_ones_leave() -> None:
    thick, thin = named("data", size=GIB // 2, thick=True), named("more", size=3 * GIB // 4)
    alone = foresee(Change(ActionKind.ADD, None, thin), fleet(VM, thin))
    beside = foresee(Change(ActionKind.ADD, None, thin), fleet(VM, thin, thick))
    assert alone.how == ""
    assert "may grow by 768M, and 51" in beside.how


def folder(mark: str, number: str, kind: str = "fuseblk") -> dict[str, Folder]:
    files = {"x.raw": ImageFile(5, 5, "1:7")}
    files |= {f"{SHARED_MARK}{mark}": ImageFile(0, 0, f"9:{number}")} if mark else {}
    return {"/srv/both": Folder(files, GIB, kind)}


@pytest.mark.parametrize(
    ("here", "there", "shared"),
    [
        (folder("a", "3"), folder("a", "3"), True),
        (folder("a", "3"), folder("a", "4"), False),  # a copy of the folder
        (folder("a", "3"), folder("b", "3"), False),
        (folder("a", "3"), {}, False),
        (folder("", ""), folder("", ""), False),
        (folder("", "", "nfs"), folder("", "", "nfs"), True),
    ],
)
def test_who_sees_a_folder(here: Any, there: Any, *, shared: bool) -> None:
    found = {("kvm1", "libvirt"): here, ("kvm2", "libvirt"): there}
    hosts = {at: LibvirtFacts(folder="/images", folders=folders) for at, folders in found.items()}
    seen = replace(fleet(VM), facts=hosts)
    assert seeing(seen, "kvm1", "/srv/both/x.raw") == (["kvm1", "kvm2"] if shared else ["kvm1"])
