"""Disks with names: read from a domain, written into one, what they cost and what is refused. On XML made by hand."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from libvirt_disks import GIB, VM, facts, image, made, named, observed
from libvirt_fleets import TINY, XML, add, code, fleet

from vnetsh.model import ActionKind, Change, Impact, Resource
from vnetsh_libvirt import media, media_xml
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.backend import LibvirtBackend
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_fields import said_of
from vnetsh_libvirt.disk_xml import DiskFile, Target, disk, targets
from vnetsh_libvirt.drives import telling, told_in
from vnetsh_libvirt.export_gaps import left_out
from vnetsh_libvirt.facts import Folder, ImageFile, RemotePool
from vnetsh_libvirt.seen import Seen
from vnetsh_libvirt.users import builder, writer


def test_a_vm_is_made_with_its_disks_and_they_are_found_again():
    system = named("system", **{"from": "tiny.qcow2", "size": 20 * GIB})
    whole = named("copied", bus="scsi", copy=True, **{"from": "tiny.qcow2"})
    xml = made(system, named("data", size=5 * GIB), whole)
    defined = Definition(xml)
    assert [(d.name, d.target, d.bus, d.marked) for d in defined.drives] == [
        ("system", "vda", "virtio", True), ("data", "vdb", "virtio", True), ("copied", "sda", "scsi", True),
    ]  # fmt: skip
    assert [e.text for e in defined.root.iterfind("devices/disk/serial")] == ["system", "data", "copied"]
    assert defined.root.find("devices/controller[@type='scsi']").get("model") == "virtio-scsi"
    assert [boot.get("dev") for boot in defined.root.iterfind("os/boot")] == ["hd"]
    assert defined.inherent_disk is None
    files = facts(web1__system_qcow2=image(20 * GIB, below="tiny.qcow2"), web1__data_qcow2=image(5 * GIB))
    _, *found = observed(xml, files)
    assert [(d.name, d.marked, d.inherent) for d in found] == [
        (f"web1/{name}", True, False) for name in ("system", "data", "copied")
    ]
    first, second, third = (dict(d.attributes) for d in found)
    assert first == {
        "vm": "web1", "from": "tiny.qcow2", "size": 20 * GIB, "path": "/images/web1-system.qcow2",
    }  # fmt: skip
    assert second == {"vm": "web1", "size": 5 * GIB, "path": "/images/web1-data.qcow2"}
    assert (third["copy"], third["from"], third["bus"]) == (True, "tiny.qcow2", "scsi")
    assert [disk.name for disk in defined.made_disks] == ["system", "data", "copied"]


def test_a_disk_of_the_vm_s_own_sentence_is_no_part_of_its_own():
    xml = made(named("data", size=GIB), first=DiskFile("/images/web1.qcow2", "qcow2"))
    xml = xml.replace('disk=""', 'disk="tiny.qcow2"')
    grown, *disks = observed(xml, facts(web1_qcow2=image(8 * GIB, below="tiny.qcow2"), tiny_qcow2=image(GIB)))
    assert [(d.name, d.inherent, d.get("size")) for d in disks] == [
        ("web1/vda", True, 8 * GIB), ("web1/data", False, None),
    ]  # fmt: skip
    assert "its disk was made larger, 8G: anew it would be as its template" in left_out(grown)
    plain, *_ = observed(xml, facts(web1_qcow2=image(GIB, below="tiny.qcow2"), tiny_qcow2=image(GIB)))
    assert not any("larger" in word for word in left_out(plain))


OTHERS = """<domain><name>web1</name><devices>
<disk type="file"><driver type="qcow2"/><source file="/images/a.qcow2"/><target dev="vda" bus="virtio"/></disk>
<disk type="file"><driver type="raw"/><source file="/srv/b.img"/><target dev="sda" bus="sata"/></disk>
<disk type="block"><source dev="/dev/sdx"/><target dev="vdc" bus="virtio"/></disk>
<disk type="file" device="cdrom"><source file="/i/x.iso"/><target dev="hda" bus="ide"/><readonly/></disk>
</devices></domain>"""


def test_what_others_attached_is_called_as_the_machine_calls_it():
    _, *disks = observed(OTHERS, facts())
    assert [(d.name, d.inherent, d.marked) for d in disks] == [
        ("web1/vda", True, False), ("web1/sda", False, False),
    ]  # fmt: skip
    assert dict(disks[1].attributes) == {
        "vm": "web1", "file": "/srv/b.img", "format": "raw", "bus": "sata", "path": "/srv/b.img",
    }  # fmt: skip
    told = left_out(Resource("vm", "web1", "kvm1", {}, record={"xml": OTHERS}))
    assert [word for word in told if "disk" in word] == ["a further disk: vdc /dev/sdx"]
    seen = Seen("stopped", True, Definition(OTHERS), Definition(OTHERS), folder="/images")
    assert (media.read(seen), media.read(replace(seen, folder="/i"))) == ("/i/x.iso", "x.iso")


def test_a_medium_is_put_in_taken_out_and_refused():
    vm = seen_vm(made())
    vm = replace(vm, record={**vm.record, "live": OTHERS, "xml": OTHERS})
    new = Change(ActionKind.CHANGE, vm, vm.with_attributes(cdrom="tiny.qcow2"))
    assert assess(new, fleet(vm)).impact is Impact.LIVE
    assert code(Change(ActionKind.CHANGE, vm, vm.with_attributes(cdrom="x.iso")), fleet(vm)) == "E471"
    assert (
        code(Change(ActionKind.CHANGE, vm, vm.with_attributes(cdrom="/images/tiny.qcow2")), fleet(vm))
        == "E471"
    )
    without = seen_vm(made())
    later = assess(
        replace(new, before=without, after=without.with_attributes(cdrom="tiny.qcow2")), fleet(without)
    )
    assert (later.impact, later.how) == (Impact.NONE, "its CD drive comes with the next start")
    drive = media_xml.drive("/i/a.iso", ["hda"], x86=True, machine="pc")
    assert [(e.get("dev"), e.get("bus")) for e in drive.iterfind("target")] == [("hdb", "ide")]
    assert [
        e.get("file") for e in ET.fromstring(media_xml.with_medium(drive, "/i/b.iso")).iterfind("source")
    ] == ["/i/b.iso"]
    assert ET.fromstring(media_xml.with_medium(drive, "")).find("source") is None


def test_a_disk_that_runs_only_or_waits_for_a_start_is_told_of():
    both = made(named("a", size=GIB), named("b", size=GIB))
    one = made(named("a", size=GIB))
    for live, defined, note in ((both, one, "disk b goes"), (one, both, "disk b comes")):
        vm, *disks = observed(defined, facts(), live, "running")
        assert [d.name for d in disks] == ["web1/a", "web1/b"]
        from vnetsh_libvirt.vm_fields import vm_attributes

        seen = Seen("running", True, Definition(defined), Definition(live))
        assert vm_attributes(seen)["note"] == f"restart pending: {note}"
        assert vm.record
    assert bool(disks[1].record.get("live only")) is False


def test_targets_are_the_first_that_are_free():
    disks = [named("a"), named("b", bus="sata"), named("vdd", file="x"), named("c"), named("sdz", bus="ide")]
    assert targets(disks, ["vda", "sda"]) == ["vdb", "sdb", "vdd", "vdc", "hda"]


def test_what_is_told_of_disks_is_read_as_it_was_written():
    told = {"a": {"from": "t.qcow2", "copy": "yes"}, "b": {}}
    domain = ET.fromstring(f"<domain><metadata>{telling(told)}</metadata></domain>")
    assert told_in(domain) == told
    assert telling({}) == ""
    assert said_of(named("x", file="a.raw", size=3)) == {"file": "a.raw"}
    element = disk(Target(named("x"), DiskFile("/p", "raw"), "vdb"))
    assert element.find("alias").get("name") == "ua-vnetsh-disk-x"


RUNNING = VM.with_attributes(state="running")


def seen_vm(xml, state="running"):
    return replace(VM.with_attributes(state=state), record={"xml": xml, "live": xml, "persistent": True})


def test_a_disk_is_plugged_in_while_its_vm_runs_where_its_bus_lets_it():
    vm = seen_vm(made(named("a", size=GIB)))
    hot = assess(add(named("data", size=GIB)), fleet(vm))
    assert (hot.impact, hot.hits) == (Impact.LIVE, ("web1",))
    assert hot.how == "new and empty; plugged in while it runs, and in its definition"
    later = assess(add(named("data", size=GIB, bus="sata")), fleet(vm))
    assert (later.impact, later.how) == (Impact.NONE, "new and empty; takes effect at the next start")
    off = assess(add(named("data", size=GIB)), fleet(seen_vm(made(), "stopped")))
    assert (off.impact, off.how) == (Impact.NONE, "new and empty")
    passing = replace(vm, record={**vm.record, "persistent": False})
    assert code(add(named("data", size=GIB, bus="sata")), fleet(passing)) == "E447"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"from": "none.qcow2"}, "E443"),
        ({"from": "a/b.qcow2"}, "E443"),
        ({"file": "none.qcow2"}, "E443"),
        ({"from": "big.qcow2", "size": GIB}, "E467"),
        ({"file": "big.qcow2", "size": 3 * GIB}, "E469"),
        ({"file": "big.qcow2", "size": 2 * GIB}, None),
        ({"from": "big.qcow2", "size": 3 * GIB}, None),
        ({"from": "big.qcow2", "copy": True}, "E444"),
        ({"size": GIB}, None),
    ],
)
def test_disks_that_cannot_be_made(values, expected):
    there = fleet(seen_vm(made()))
    known = there.facts["kvm1", "libvirt"]
    files = {**known.images, "big.qcow2": image(2 * GIB, occupied=2 * GIB)}
    there = replace(there, facts={("kvm1", "libvirt"): replace(known, images=files)})
    assert code(add(named("data", **values)), there) == expected


@pytest.mark.parametrize(("free", "expected"), [(3 * GIB, None), (GIB, "E444")])
def test_room_is_looked_for_where_a_copy_is_to_lie(free, expected):
    pool = Resource("pool", "big", "kvm1", {"path": "/srv/big"}, backend="libvirt")
    there = fleet(seen_vm(made()), pool)
    known = there.facts["kvm1", "libvirt"]
    files = {**known.images, "big.qcow2": image(2 * GIB, occupied=2 * GIB)}
    found = replace(known, images=files, folders={"/srv/big": Folder({}, free)})
    there = replace(there, facts={("kvm1", "libvirt"): found})
    assert code(add(named("data", copy=True, pool="big", **{"from": "big.qcow2"})), there) == expected


def test_a_file_of_the_name_is_not_written_over():
    there = fleet(seen_vm(made()))
    known = there.facts["kvm1", "libvirt"]
    there = replace(there, facts={("kvm1", "libvirt"): replace(known, images={"web1-data.qcow2": TINY})})
    found = assess(add(named("data", size=GIB)), there).problem
    assert (found.code, "`disk data file web1-data.qcow2`" in found.help) == ("E448", True)


def grow(disk, size):
    return Change(ActionKind.CHANGE, disk, disk.with_attributes(size=size))


def test_a_disk_grows_but_no_template_does():
    data = named("data", size=GIB, path="/images/web1-data.qcow2")
    xml = made(named("data", size=GIB))
    assert assess(grow(data, 2 * GIB), fleet(seen_vm(xml), data)).impact is Impact.LIVE
    assert assess(grow(data, 2 * GIB), fleet(seen_vm(xml, "stopped"), data)).how == "its file is made larger"
    assert code(grow(data, 2 * GIB), fleet(seen_vm(xml, "saved"), data)) == "E469"
    unknown = replace(data.with_attributes(size=None), record={"xml": "<disk/>"})
    assert code(grow(unknown, 2 * GIB), fleet(seen_vm(xml), unknown)) == "E469"
    taken = Resource("snapshot", "web1/s", "kvm1", {"vm": "web1"})
    assert code(grow(data, 2 * GIB), fleet(seen_vm(xml), data, taken)) == "E469"
    back = replace(grow(data.with_attributes(size=2 * GIB), GIB), undo=True)
    assert assess(back, fleet(seen_vm(xml), data)).how == "stays at 2G: what is on it may need that"
    other = XML.replace("web1", "web2").replace("/images/web2.qcow2", "/images/top.qcow2")
    above = Resource("vm", "web2", "kvm1", {"state": "stopped"}, record={"xml": other})
    there = fleet(seen_vm(xml), data, above)
    known = there.facts["kvm1", "libvirt"]
    files = {"top.qcow2": image(GIB, below="web1-data.qcow2"), "web1-data.qcow2": image(GIB)}
    there = replace(there, facts={("kvm1", "libvirt"): replace(known, images=files)})
    assert code(grow(data, 2 * GIB), there) == "E469"
    gone = Change(ActionKind.REMOVE, data, None, wishes={"erase": True})
    assert code(gone, there) == "E470"
    assert assess(replace(gone, wishes={}), there).how.endswith("its file /images/web1-data.qcow2 is kept")
    assert assess(gone, fleet(seen_vm(xml), data)).impact is Impact.DESTROY


def test_two_vms_do_not_write_to_one_file_nor_to_another_s_template():
    one, two = named("d", vm="a", file="tiny.qcow2"), named("d", vm="b", file="tiny.qcow2")
    vms = [Resource("vm", name, "kvm1", {"memory": GIB}, backend="libvirt") for name in ("a", "b")]
    foresee = LibvirtBackend().foresee
    assert foresee(add(one), fleet(*vms, one)).problem is None
    assert foresee(add(two), fleet(*vms, one, two)).problem.code == "E454"
    thin = named("d", vm="a", **{"from": "tiny.qcow2"})
    assert foresee(add(two), fleet(*vms, thin, two)).problem.code == "E454"
    assert foresee(add(thin), fleet(*vms, thin)).problem is None
    assert writer(fleet(*vms, one), "kvm1", "/images/tiny.qcow2") == "a"
    assert builder(fleet(*vms, thin), "kvm1", "/images/tiny.qcow2") == "a"
    copied = thin.with_attributes(copy=True)
    assert builder(fleet(*vms, copied), "kvm1", "/images/tiny.qcow2") == ""


def test_a_disk_that_was_erased_does_not_come_back():
    xml = made(named("data", size=GIB))
    data = replace(
        named("data", size=GIB, path="/images/web1-data.qcow2"), record={"xml": "<disk/>", "said": {}}
    )
    back = Change(ActionKind.ADD, None, data, undo=True, wishes={"erase": True})
    assert code(back, fleet(seen_vm(xml))) == "E469"


def test_only_files_that_were_made_go_when_a_vm_moves():
    xml = made(named("data", size=GIB), named("own", file="own.qcow2"))
    vm = replace(seen_vm(xml), name="web1")
    here = facts(web1__data_qcow2=image(GIB), web1__own_qcow2=image(GIB))
    then = here.after("kvm1", [Change(ActionKind.MOVE, vm, replace(vm, place="kvm2"))])
    assert set(then.images) == {"web1-own.qcow2"}


def test_what_a_cut_off_run_made_on_a_server_is_gone_when_that_is_taken_back():
    url = "nfs://nas/export/web1-data.qcow2"
    back = Change(
        ActionKind.REMOVE,
        named("data", size=GIB, path=url),
        None,
        undo=True,
        made=({"file": url, "host": "kvm1"},),
    )
    here = replace(facts(), remote={url: image(GIB), "nfs://nas/export/others": image(GIB)})
    assert {*here.after("kvm2", [back]).remote} == {"nfs://nas/export/others"}


LUN = "iscsi://nas/iqn.2026-01.lab:store/1"


def lun(size, url=LUN, served=GIB):
    """A disk of a vm that runs, which its server has made `served`, and the fleet in which it is to have that size."""
    disk = named("data", size=GIB, path=url, file=url, format="raw")
    there = fleet(seen_vm(made(disk)), disk)
    known = replace(there.facts["kvm1", "libvirt"], remote={url: ImageFile(served, 0)}, in_use={url: GIB})
    return grow(disk, size), replace(there, facts={("kvm1", "libvirt"): known})


def test_a_lun_grows_to_what_its_server_has():
    assert assess(*lun(2 * GIB, served=2 * GIB)).impact is Impact.LIVE
    assert code(*lun(2 * GIB)) == "E469"
    assert code(*lun(2 * GIB, "nbd://nas/data", served=2 * GIB)) == "E469", "QEMU opens it once"


def test_a_lun_is_of_its_pool_and_as_large_as_its_vm_has_it():
    pool = RemotePool(LUN.rpartition("/")[0], "", "")
    here = replace(
        facts(), remote={LUN: ImageFile(2 * GIB, 0)}, in_use={LUN: GIB}, remote_pools={"luns": pool}
    )
    _, disk = observed(made(named("data", file=LUN, format="raw")), here)
    assert [disk.get(word) for word in ("pool", "lun", "file", "size")] == ["luns", 1, LUN, GIB]
    _, disk = observed(made(named("data", file=LUN, format="raw")), replace(here, remote_pools={}))
    assert [disk.get(word) for word in ("pool", "lun", "file")] == [None, None, LUN]


def test_a_lun_is_not_erased():
    change, there = lun(GIB)
    assert code(Change(ActionKind.REMOVE, change.before, None, wishes={"erase": True}), there) == "E470"
