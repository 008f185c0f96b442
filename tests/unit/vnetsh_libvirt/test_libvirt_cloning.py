"""What a clone has of its model, what it has not, and what an export says of that."""

from __future__ import annotations

import pytest
from libvirt_fleets import code, fleet

from vnetsh.model import ActionKind, Change, Resource
from vnetsh.model.power import CLONE
from vnetsh_libvirt import cloning, domain_xml
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_fields import name_of
from vnetsh_libvirt.disk_xml import DiskFile, Target
from vnetsh_libvirt.domain_xml import Seed
from vnetsh_libvirt.export_gaps import left_out

RICH = """<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
<name>rich</name><uuid>200f0b93-7c61-419c-91cd-edcb8766709a</uuid><genid>43dc0cf8</genid>
<metadata><o:libosinfo xmlns:o="http://libosinfo.org/xmlns/libvirt/domain/1.0"><o:os id="debian"/></o:libosinfo>
<nova:instance xmlns:nova="http://openstack.org/nova"/></metadata>
<memory unit='MiB'>128</memory><vcpu>2</vcpu><cputune><shares>512</shares></cputune>
<sysinfo type='smbios'><system><entry name='serial'>S-1</entry><entry name='family'>F</entry></system></sysinfo>
<os><type machine='q35'>hvm</type><loader type='pflash'>/OVMF.fd</loader>
<nvram template='/VARS.fd'>/nvram/rich_VARS.fd</nvram></os>
<features><acpi/><hyperv/></features><clock offset='localtime'/><on_crash>preserve</on_crash>
<devices><emulator>/usr/bin/qemu</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='/i/rich.img'/>
<target dev='vda' bus='virtio'/><serial>WD-77</serial><boot order='1'/><address type='pci' slot='0x07'/></disk>
<disk type='file' device='cdrom'><source file='/i/tool.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='vswitch01'/>
<virtualport type='openvswitch'><parameters interfaceid='a'/></virtualport><bandwidth/><driver queues='2'/>
<address type='pci' slot='0x03'/></interface>
<interface type='user'><mac address='52:54:00:00:00:02'/></interface>
<filesystem><source dir='/srv'/><target dir='data'/></filesystem>
<filesystem><source dir='/usr'/><target dir='ro'/><readonly/></filesystem>
<serial type='pty'/><serial type='file'><source path='/tmp/rich.log'/></serial>
<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
<hostdev type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>
<tpm><backend type='emulator' version='2.0'/></tpm><watchdog model='i6300esb'/>
<graphics type='vnc' port='5977' autoport='no' passwd='pw'/><vsock model='virtio'><cid auto='no' address='7'/></vsock>
<shmem name='both'/></devices>
<qemu:commandline><qemu:arg value='-x'/></qemu:commandline></domain>"""

MODEL = Resource(
    "vm", "rich", "kvm1", {"state": "stopped"}, backend="libvirt", record={"xml": RICH, "persistent": True}
)
TWIN = Resource("vm", "twin", "kvm1", {"memory": 2**27, "vcpus": 2, "state": "stopped"}, backend="libvirt")
DISK = Resource("disk", "twin/vda", "kvm1", {"from": "/i/rich.img", "copy": True}, ("vm", "twin"), "libvirt")
NIC = Resource("port", "twin_port1", "kvm1", {"bridge": "vswitch01"}, ("vm", "twin"), "libvirt")
CLONES = Change(ActionKind.ADD, None, TWIN, wishes={CLONE: "rich"})


def clone(model: str, *seeds: Seed) -> Definition:
    disks = [Target(DISK, DiskFile("/i/twin-vda.qcow2", "qcow2"), "vda")]
    nics = [domain_xml.interface(NIC, openvswitch=True)]
    made = domain_xml.domain(TWIN, "kvm", None, nics, "uuid-of-twin", disks, seeds=seeds)
    return Definition(cloning.like(made, Definition(model), [name_of(DISK)], [NIC.name]))


def test_it_has_what_two_vms_can_have_and_nothing_that_is_the_other_s_own() -> None:
    made = clone(RICH)
    root = made.root
    assert (made.name, made.uuid, root.get("type")) == ("twin", "uuid-of-twin", "qemu")
    for has in (
        "cputune/shares",
        "features/hyperv",
        "devices/watchdog",
        "devices/tpm",
        "devices/filesystem/readonly",
    ):
        assert root.find(has) is not None, has
    for has_not in (
        "devices/hostdev",
        "devices/shmem",
        "devices/serial[@type='file']",
        "devices/rng",
        "genid[.='43dc0cf8']",
    ):
        assert root.find(has_not) is None, has_not
    for own in ("rich_VARS", "S-1", "commandline", "nova", "5977", "/srv", "address='7'"):
        assert own not in made.xml, own
    assert "libosinfo" in made.xml
    assert 'passwd="pw"' in made.xml
    nvram = root.find("os/nvram")
    assert nvram is not None
    assert (nvram.text, nvram.attrib) == (None, {"template": "/VARS.fd"})
    assert [entry.get("name") for entry in root.iterfind("sysinfo/system/entry")] == ["family"]
    disk = made.drive("vda")
    assert disk
    assert (disk.path, disk.format) == ("/i/twin-vda.qcow2", "qcow2")
    assert disk.element.findtext("serial") == "WD-77"
    driver = disk.element.find("driver")
    assert driver is not None
    assert driver.attrib == {"name": "qemu", "type": "qcow2", "cache": "none"}
    [nic] = made.nics
    assert nic.name == "twin_port1"
    assert nic.mac != "52:54:00:00:00:01"
    assert [nic.element.find(tag) is not None for tag in ("bandwidth", "driver[@queues='2']")] == [True, True]
    slots = [one.get("slot") for one in root.iterfind("devices/*/address[@type='pci']")]
    assert slots == ["0x07", "0x03"]
    assert root.findall("devices/disk[@device='cdrom']/source[@file='/i/tool.iso']")


def test_a_disk_that_is_only_read_or_forgotten_is_so_in_the_clone_and_a_scsi_disk_is_at_its_place() -> None:
    place = "<address type='drive' controller='0' bus='0' target='3' unit='2'/>"
    old = RICH.replace("<address type='pci' slot='0x07'/></disk>", "<readonly/><transient/></disk>")
    (disk,) = clone(old).drives
    assert [disk.element.find(tag) is not None for tag in ("readonly", "transient")] == [True, True]
    scsi = old.replace("bus='virtio'/><serial>", f"bus='scsi'/>{place}<serial>").replace("'vda'", "'sdb'")
    twin = Resource("disk", "twin/sdb", "kvm1", {**DISK.attributes, "bus": "scsi"}, ("vm", "twin"), "libvirt")
    made = domain_xml.domain(
        TWIN, "kvm", None, [], "u", [Target(twin, DiskFile("/i/twin.raw", "raw"), "sda")], seeds=()
    )
    like = Definition(cloning.like(made, Definition(scsi), [name_of(twin)], []))
    assert [one.element.find("address").get("target") for one in like.drives] == ["3"]  # type: ignore[union-attr]
    told = left_out(Resource("vm", "rich", "kvm1", {}, record={"xml": old, "persistent": True}))
    said = (
        "its guest may only read it, what is written to it is forgotten when the vm stops, how it is cached"
    )
    assert f"of its disk vda: {said}" in told


def test_a_drive_gives_way_to_a_seed() -> None:
    seed = Resource("cloudinit", "twin/cloudinit", "kvm1", {}, ("vm", "twin"), "libvirt")
    model = RICH.replace("dev='sda' bus='sata'", "dev='hda' bus='ide'")
    drives = clone(model, Seed(seed, "/i/seed.iso")).root.findall("devices/disk[@device='cdrom']/target")
    assert sorted(one.get("dev", "") for one in drives) == ["hda", "hdb"]


def test_what_it_has_not_is_in_the_plan() -> None:
    how = assess(CLONES, fleet(MODEL)).how
    assert how.startswith("as rich is, but for the state of its TPM (empty")
    for said in (
        "a usb device of its host: 0x1:0x2",
        "a folder of its host: /srv",
        "a serial port to /tmp/rich.log",
        "a NIC on no bridge: 52:54:00:00:00:02",
        "a shmem: both",
        "arguments of QEMU",
        "what others keep in its metadata (http://openstack.org/nova)",
        "serial numbers of its machine",
    ):
        assert said in how
    assert "/usr" not in how
    assert "firmware" not in how  # its variables are copied
    assert cloning.variables(Definition(RICH)) == "/nvram/rich_VARS.fd"
    odd = Definition(RICH.replace("<nvram ", "<nvram format='qcow2' "))
    assert "the variables of its firmware (new ones: no boot entries, no keys that were enrolled)" in list(
        cloning.missing(odd)
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "<shmem name='both'/>",
            "<disk type='block'><source dev='/dev/sdx'/><target dev='vdc'/></disk>",
            "no file: vdc",
        ),
        ("<boot order='1'/>", "<encryption format='luks'/>", "encrypted disk: vda"),
        ("<genid>", "<launchSecurity type='sev'/><genid>", "keeps secret"),
    ],
)
def test_one_that_would_not_start_the_same_is_refused(old: str, new: str, why: str) -> None:
    model = Resource(
        "vm", "rich", "kvm1", MODEL.attributes, backend="libvirt", record={"xml": RICH.replace(old, new)}
    )
    assert code(CLONES, fleet(model)) == "E491"
    problem = assess(CLONES, fleet(model)).problem
    assert problem
    assert why in problem.message


def test_an_export_says_what_no_sentence_does() -> None:
    told = left_out(MODEL)
    for said in (
        "a watchdog: i6300esb",
        "a folder of its host: /srv as data",
        "a shmem: both",
        "a vsock: virtio",
        "a channel: com.redhat.spice.0",
        "a serial port: file /tmp/rich.log",
        "limits and places of its vcpus",
        "what its machine tells of itself",
        "features of its machine: hyperv",
        "its clock: localtime",
        "arguments of QEMU",
    ):
        assert said in told
    usual = domain_xml.domain(TWIN.with_attributes(tpm="2.0", graphics="spice"), "kvm", None, [])
    assert left_out(Resource("vm", "twin", "kvm1", {}, record={"xml": usual, "persistent": True})) == []
