"""The XML that the libvirt backend writes and reads: trees in, trees out, no daemon."""

import xml.etree.ElementTree as ET

import pytest

from vnetsh.model import Resource
from vnetsh_libvirt import domain_xml, sizes, storage_xml
from vnetsh_libvirt.definition import Definition, Nic
from vnetsh_libvirt.domain_xml import DiskFile
from vnetsh_libvirt.fields import attributes_of, mac_of

NIC = """<interface type="bridge">
  <mac address="52:54:00:aa:bb:cc"/>
  <source bridge="vswitch02"/>
  <virtualport type="openvswitch"/>
  <vlan><tag id="10"/></vlan>
  <target dev="web1_port1"/>
  <model type="virtio"/>
  <alias name="ua-vnetsh-45e73a9fe9bb"/>
</interface>"""

DOMAIN = f"""<domain type="qemu">
  <name>web1</name>
  <metadata><vnetsh:vm xmlns:vnetsh="urn:vnetsh:1" disk="tiny.qcow2"/></metadata>
  <memory unit="KiB">131072</memory>
  <vcpu>2</vcpu>
  <os><type>hvm</type><boot dev="hd"/></os>
  <features><acpi/><apic/></features>
  <clock offset="utc">
    <timer name="rtc" tickpolicy="catchup"/><timer name="pit" tickpolicy="delay"/><timer name="hpet" present="no"/>
  </clock>
  <pm><suspend-to-mem enabled="no"/><suspend-to-disk enabled="no"/></pm>
  <devices>
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" discard="unmap"/>
      <source file="/images/web1.qcow2"/>
      <target dev="vda" bus="virtio"/>
    </disk>
    {NIC}
    <controller type="usb" model="none"/>
    <serial type="pty"/>
    <console type="pty"><target type="serial"/></console>
    <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>
    <memballoon model="virtio"/>
    <rng model="virtio"><backend model="random">/dev/urandom</backend></rng>
    <panic model="isa"/>
  </devices>
</domain>"""

VM = Resource("vm", "web1", "kvm1", {"memory": 128 * 2**20, "vcpus": 2, "disk": "tiny.qcow2"})


def port(**values):
    attributes = {"bridge": "vswitch02", "vlan": 10, "mac": "52:54:00:aa:bb:cc", **values}
    return Resource("port", "web1_port1", "kvm1", attributes, parent=("vm", "web1"))


def canonical(xml):
    return ET.canonicalize(xml, strip_text=True)


def test_new_domain():
    nics = [domain_xml.interface(port(), openvswitch=True)]
    made = domain_xml.domain(VM, "qemu", DiskFile("/images/web1.qcow2", "qcow2"), nics)
    assert canonical(made) == canonical(DOMAIN)


def test_domain_without_disk_boots_from_network():
    made = Definition(
        domain_xml.domain(Resource("vm", "x", "kvm1", {"memory": 2**29, "vcpus": 1}), "kvm", None, [])
    )
    assert made.root.find("os/boot").get("dev") == "network"
    assert made.root.find("cpu").get("mode") == "host-model"
    assert made.disks == ()
    assert made.mark.disk == ""


def test_hostile_names_stay_text():
    name = "a'\"<>&]]>b"
    made = Definition(
        domain_xml.domain(Resource("vm", name, "kvm1", VM.attributes), "qemu", DiskFile(name, "raw"), [])
    )
    assert made.name == name
    assert made.disks[0].path == name


def test_linux_bridge_without_vlan():
    element = domain_xml.interface(port(vlan=None), openvswitch=False)
    assert element.find("virtualport") is None
    assert element.find("vlan") is None


def test_an_mtu_is_written_read_and_taken_away():
    element = domain_xml.interface(port(mtu=1400), openvswitch=True)
    assert element.find("mtu").get("size") == "1400"
    made = domain_xml.domain(VM, "qemu", None, [element])
    assert [attributes_of(nic).get("mtu") for nic in Definition(made).nics] == [1400]
    domain_xml.renew(Nic(element, "web"), port(mtu=9000), openvswitch=True)
    assert [mtu.get("size") for mtu in element.iterfind("mtu")] == ["9000"]
    domain_xml.renew(Nic(element, "web"), port(), openvswitch=True)
    assert element.find("mtu") is None
    assert [attributes_of(nic).get("mtu") for nic in Definition(DOMAIN).nics] == [None]


def test_mac_follows_from_the_name():
    one, two = mac_of(port(mac=None)), mac_of(port(mac=None))
    assert one == two
    assert one.startswith("52:54:00:")
    other = Resource("port", "web2_port1", "kvm1", {}, parent=("vm", "web2"))
    assert mac_of(other) != one
    assert mac_of(port()) == "52:54:00:aa:bb:cc"


def test_reading_gives_back_what_was_written():
    read = Definition(DOMAIN)
    assert (read.name, sizes.memory(read), sizes.vcpus(read)) == ("web1", 128 * 2**20, 2)
    assert (read.mark.disk, read.mark.imported) == ("tiny.qcow2", False)
    (nic,) = read.nics
    assert (nic.name, nic.bridge, nic.mac, attributes_of(nic)["vlan"]) == (
        "web1_port1",
        "vswitch02",
        "52:54:00:aa:bb:cc",
        10,
    )
    assert nic.openvswitch
    assert nic.marked
    assert [disk.path for disk in read.disks] == ["/images/web1.qcow2"]


@pytest.mark.parametrize(
    ("memory", "size"),
    [
        ('<memory unit="KiB">1024</memory>', 2**20),
        ('<memory unit="MiB">3</memory>', 3 * 2**20),
        ('<memory unit="GB">1</memory>', 10**9),
        ("<memory>2048</memory>", 2**21),
    ],
)
def test_memory_units(memory, size):
    assert sizes.memory(Definition(f"<domain>{memory}</domain>")) == size


def test_foreign_domain():
    read = Definition(
        """<domain><vcpu current="2">4</vcpu><devices>
        <disk type="file" device="cdrom"><target dev="sda"/><readonly/></disk>
        <disk type="file" device="cdrom"><source file="/a.iso"/><target dev="sdb"/><readonly/></disk>
        <disk type="block" device="disk"><source dev="/dev/vg/a"/><target dev="vdb"/></disk>
        <disk type="network" device="disk"><source protocol="rbd" name="a"/><target dev="vdc"/></disk>
        <interface type="network"><source network="default" bridge="virbr0"/><target dev="vnet3"/></interface>
        <interface type="direct"><source dev="eth0"/><target dev="macvtap0"/></interface>
        <interface type="bridge"><source bridge="br0"/></interface>
        </devices></domain>"""
    )
    assert sizes.vcpus(read) == 2
    assert read.mark is None
    assert [(disk.path, disk.readonly) for disk in read.disks] == [("/a.iso", True)]
    assert read.local_devices == ("vdb",)
    assert [(nic.name, nic.bridge, nic.marked) for nic in read.nics] == [
        ("vnet3", "virbr0", False),
        ("", "br0", False),
    ]


def test_bridges_of_the_other_kind_at_the_target():
    linux = Definition(domain_xml.replugged(Definition(DOMAIN), {"vswitch02": False}))
    assert not linux.nics[0].openvswitch
    back = Definition(domain_xml.replugged(linux, {"vswitch02": True}))
    assert back.nics[0].openvswitch
    same = domain_xml.replugged(Definition(DOMAIN), {"vswitch02": True})
    assert canonical(same) == canonical(DOMAIN)


def test_metadata_of_others_goes_to_a_bridge_of_the_other_kind_as_it_is():
    theirs = "<metadata><o:note xmlns:o='urn:example:other'><o:owner>ops</o:owner></o:note></metadata>"
    moved = domain_xml.replugged(Definition(f"<domain>{theirs}</domain>"), {"vswitch02": False})
    assert "<o:owner>ops</o:owner>" in moved


def test_place_keeps_the_rest_of_a_nic():
    element = ET.fromstring(NIC.replace("<model", '<mtu size="1400"/><model'))
    domain_xml.place(Nic(element, "web"), port(bridge="br9", vlan=None), openvswitch=False)
    assert element.find("source").get("bridge") == "br9"
    assert element.find("vlan") is None
    assert element.find("virtualport") is None
    assert element.find("mtu").get("size") == "1400"
    assert element.find("alias") is not None


def test_overlay_volume():
    made = ET.fromstring(
        storage_xml.volume("a.qcow2", 2**30, "qcow2", DiskFile("/images/tiny.qcow2", "qcow2"))
    )
    assert made.findtext("capacity") == str(2**30)
    assert made.find("target/format").get("type") == "qcow2"
    assert made.findtext("backingStore/path") == "/images/tiny.qcow2"


@pytest.mark.parametrize("device", ["cdrom", "floppy"])
def test_a_medium_is_not_the_disk(device):
    """The seed of an installation stands first; an export and a new sentence speak of the disk behind it."""
    xml = f"""<domain><name>v</name><devices>
      <disk type='file' device='{device}'><source file='/i/seed.iso'/><target dev='hda'/><readonly/></disk>
      <disk type='file'><driver type='qcow2'/><source file='/i/v.qcow2'/><target dev='vda'/></disk>
    </devices></domain>"""
    defined = Definition(xml)
    assert defined.inherent_disk
    assert defined.inherent_disk.path == "/i/v.qcow2"
    assert [disk.device for disk in defined.disks] == [device, "disk"]
    only = Definition(xml.replace("<disk type='file'><driver", "<disk type='block'><driver"))
    assert only.inherent_disk is None


def test_a_model_and_queues_are_written_read_and_taken_away():
    element = domain_xml.interface(port(model="e1000"), openvswitch=True)
    assert [model.get("type") for model in element.iterfind("model")] == ["e1000"]
    usual = domain_xml.interface(port(queues=4), openvswitch=True)
    made = domain_xml.domain(VM, "qemu", None, [element, usual])
    found = [attributes_of(nic) for nic in Definition(made).nics]
    assert [(one.get("model"), one.get("queues")) for one in found] == [("e1000", None), (None, 4)]
    domain_xml.renew(Nic(element, "web"), port(), openvswitch=True)
    assert [model.get("type") for model in element.iterfind("model")] == ["virtio"]
    usual.find("driver").set("rx_queue_size", "512")  # by others: it stays
    domain_xml.renew(Nic(usual, "web"), port(), openvswitch=True)
    assert usual.find("driver").attrib == {"rx_queue_size": "512"}
