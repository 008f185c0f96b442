"""What speaks against having a disk lie elsewhere, and what thin disks are promised. On XML made by hand."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from libvirt_disks import GIB, VM, facts, image, made, named, observed

from vnetsh.model import ActionKind, Change, Fleet, Host, Impact, Resource
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.backend import LibvirtBackend
from vnetsh_libvirt.disk_xml import DiskFile, elsewhere, mirror_of
from vnetsh_libvirt.drives import telling
from vnetsh_libvirt.facts import Folder

FAST = Resource("pool", "fast", "kvm1", {"path": "/srv/fast"}, backend="libvirt")
OLD, NEW, STORE = "/images/web1-data.qcow2", "/srv/fast/web1-data.qcow2", "nfs://nas/e/web1-data.qcow2"


def fleet(*resources, facts):
    return Fleet({"kvm1": Host("kvm1")}, {one.key: one for one in resources}, {("kvm1", "libvirt"): facts})


def moved(to=NEW, *, xml=None, running=False, file=None, free=GIB, others=(), undo=False, **held):
    """The plan of a move of a disk: what it costs, or the code of what refuses it."""
    xml = xml or made(named("data", size=GIB)).replace("</metadata>", telling({"data": {}}) + "</metadata>")
    there = facts(web1__data_qcow2=file or image(GIB), tiny_qcow2=image(GIB))
    there = replace(there, folders={"/srv/fast": Folder({}, free)})
    vm, disk = observed(xml, there, live=xml if running else None, state="running" if running else "stopped")
    vm = replace(vm, attributes={**vm.attributes, "state": "running" if running else "stopped"})
    vm = replace(vm, record={**vm.record, **({"live": xml} if running else {}), **held})
    change = Change(ActionKind.CHANGE, disk, disk.with_attributes(path=to, pool="fast"), undo=undo)
    return assess(change, fleet(vm, disk, FAST, *others, facts=there))


def test_what_a_move_costs():
    found = moved()
    assert (found.impact, found.how) == (Impact.NONE, "copied and compared; its old file is removed")
    found = moved(running=True)
    assert (found.impact, found.hits) == (Impact.LIVE, ("web1",))
    assert found.how == "copied while it runs; its old file is removed"
    thin = image(GIB, below="tiny.qcow2")
    assert "a thin overlay of /images/tiny.qcow2 as before" in moved(file=thin).how
    assert "whole: it builds on /images/tiny.qcow2 now" in moved(STORE, file=thin).how


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"free": 4000}, "E444"),
        ({"file": replace(image(GIB), head=replace(image(GIB).head, snapshots=1))}, "E581"),
        ({"file": replace(image(GIB), head=replace(image(GIB).head, bitmaps=1))}, "E581"),
        ({"file": replace(image(GIB), head=replace(image(GIB).head, data="/x/data"))}, "E581"),
        ({"checkpoints": ["nightly"]}, "E581"),
        ({"others": [Resource("snapshot", "web1/a", "kvm1", {"vm": "web1"})]}, "E581"),
    ],
)
def test_what_a_move_would_lose_refuses_it(how, expected):
    assert moved(**how).problem.code == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<target ", "<mirror type='file' file='/x'><source file='/x'/></mirror><target "),
        ("<target ", "<shareable/><target "),
        ("<target ", "<readonly/><target "),
        (f'file="{OLD}" />', f'file="{OLD}"><seclabel model="dac"/></source>'),
    ],
)
def test_what_its_definition_says_refuses_a_move(old, new):
    xml = made(named("data", size=GIB))
    assert old in xml
    assert moved(xml=xml.replace(old, new)).problem.code == "E581"


def test_a_disk_is_told_of_another_file_and_keeps_the_rest():
    xml = made(named("data", size=GIB))
    there = facts(web1__data_qcow2=image(GIB))
    disk = observed(xml, there)[1]
    element = ET.fromstring(str(disk.record["xml"]))
    ET.SubElement(element, "mirror", type="network").append(
        ET.fromstring('<source protocol="nfs" name="/e/a.qcow2"><host name="nas"/></source>')
    )
    assert mirror_of(element) == "nfs://nas/e/a.qcow2"
    element = elsewhere(element, DiskFile(STORE, "qcow2"))
    assert mirror_of(element) == ""
    assert element.get("type") == "network"
    assert [one.tag for one in element] == ["driver", "source", "target", "serial", "alias"]
    assert element.find("source").get("name") == "/e/web1-data.qcow2"


def test_what_thin_disks_are_promised_beyond_what_is_free_is_said():
    there = replace(facts(), folders={"/srv/fast": Folder({}, 8 * GIB)})
    disks = [named(name, size=5 * GIB, pool="fast") for name in ("one", "two")]

    def foreseen(*disks):
        add = Change(ActionKind.ADD, None, disks[0])
        return LibvirtBackend().foresee(add, fleet(VM, FAST, *disks, facts=there)).how

    assert foreseen(disks[0]) == ""
    assert foreseen(*disks) == "thin disks of pool fast may grow by 10G, and 8G are free"


def test_what_opens_with_a_secret_is_copied_while_its_vm_runs():
    secret = (
        '<auth username="vms"><secret type="iscsi" usage="iscsi://vms@nas/iqn.2026-01.org.example:s"/></auth>'
    )
    lun = f'<source protocol="iscsi" name="iqn.2026-01.org.example:s/1"><host name="nas"/>{secret}</source>'
    xml = made(named("data", size=GIB)).replace("</metadata>", telling({"data": {}}) + "</metadata>")
    xml = xml.replace('<disk type="file"', '<disk type="network"', 1).replace(f'<source file="{OLD}" />', lun)
    assert "by themselves" in moved(xml=xml).problem.message
    assert moved(xml=xml, running=True).problem is None
