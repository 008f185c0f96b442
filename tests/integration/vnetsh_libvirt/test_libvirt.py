"""The libvirt backend on real hosts: VMs and their NICs. What it says is compared with what virsh and OVS say."""

import json
import threading
import time
import xml.etree.ElementTree as ET

import pytest
from libvirt_hosts import IMAGES, Hosts, add, change, hosts_running, port, remove, vm
from waiting import eventually

from vnetsh.backend import ApplyFailed
from vnetsh.errors import HostUnreachable, ServiceAbsent, VerificationFailed
from vnetsh.model import Host
from vnetsh.model.change import Impact
from vnetsh.testing.fleet import no_progress
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def hosts():
    with hosts_running() as hosts:
        yield hosts


@pytest.fixture(scope="module")
def web(hosts):
    """A running VM with two NICs, one of them on VLAN 10, whose guest has booted."""
    hosts.apply(add(vm("web")), add(port("web", 1)), add(port("web", 2, vlan=10)))
    with GuestConsole(hosts.lab, "web") as guest:
        yield guest
    hosts.delete("web")


def dumpxml(hosts, name, *options):
    return ET.fromstring(hosts.run("kvm1", "virsh", "dumpxml", *options, name))


def nics(hosts, name, *options):
    """Of each NIC by virsh: bridge and VLAN."""
    found = {}
    for nic in dumpxml(hosts, name, *options).iterfind("devices/interface"):
        tag = nic.find("vlan/tag")
        found[nic.find("target").get("dev")] = (
            nic.find("source").get("bridge"),
            tag is not None and tag.get("id"),
        )
    return found


def plugged(hosts, name):
    """Live and persistent NICs, which must be the same."""
    live = nics(hosts, name)
    assert live == nics(hosts, name, "--inactive")
    return live


def test_a_new_vm_is_there_as_asked(hosts, web):
    assert hosts.run("kvm1", "virsh", "domstate", "web") == "running"
    assert plugged(hosts, "web") == {"web_p1": ("br1", False), "web_p2": ("br1", "10")}
    assert hosts.run("kvm1", "ovs-vsctl", "port-to-br", "web_p1") == "br1"
    assert hosts.run("kvm1", "ovs-vsctl", "get", "port", "web_p2", "tag") == "10"
    overlay = json.loads(hosts.run("kvm1", "qemu-img", "info", "-U", "--output=json", f"{IMAGES}/web.qcow2"))
    assert overlay["full-backing-filename"] == f"{IMAGES}/tiny.qcow2"
    assert overlay["backing-filename-format"] == "qcow2"
    assert len(web.run("ls /sys/class/net").split()) == 3


def test_observed_is_what_was_asked(hosts, web):
    seen = hosts.get("vm", "web")
    attributes = dict(seen.attributes)
    machine, cpu = (
        attributes.pop("machine"),
        attributes.pop("cpu"),
    )  # nothing was said of them: the host's own
    assert machine.startswith("pc-")
    assert cpu
    assert attributes == {
        "memory": 80 * 2**20,
        "vcpus": 1,
        "state": "running",
        "disk": "tiny.qcow2",
    }
    assert seen.marked
    json.dumps(seen.record)
    nic = hosts.get("port", "web_p2")
    assert {k: nic.get(k) for k in ("bridge", "vm", "vlan", "type")} == {
        "bridge": "br1",
        "vm": "web",
        "vlan": 10,
        "type": "vm",
    }
    assert nic.parent == ("vm", "web")
    assert nic.marked
    facts = hosts.observe("kvm1").facts
    assert facts.images["tiny.qcow2"].size == int(hosts.run("kvm1", "stat", "-c%s", f"{IMAGES}/tiny.qcow2"))
    assert facts.free_memory > 0
    assert facts.free_disk > 0


def test_hot_plug_and_unplug(hosts, web):
    before = plugged(hosts, "web")
    new = add(port("web", 3, "br2", vlan=20))
    hosts.apply(new)
    assert plugged(hosts, "web") == {**before, "web_p3": ("br2", "20")}
    assert hosts.run("kvm1", "ovs-vsctl", "port-to-br", "web_p3") == "br2"
    assert eventually(lambda: "eth2" in web.run("ls /sys/class/net"))
    hosts.apply(new)  # again: nothing more happens
    assert len(plugged(hosts, "web")) == 3
    hosts.apply(remove(hosts.get("port", "web_p3")))
    assert plugged(hosts, "web") == before
    assert "eth2" not in web.run("ls /sys/class/net")
    assert hosts.lab.exec("kvm1", ["ovs-vsctl", "port-to-br", "web_p3"]).returncode != 0
    hosts.apply(remove(port("web", 3)))  # what is gone is fine


def test_a_nic_on_a_linux_bridge(hosts, web):
    hosts.apply(add(port("web", 4, "lbr1")))
    assert "web_p4" in hosts.run("kvm1", "ls", "/sys/class/net/lbr1/brif")
    moved = change(hosts.get("port", "web_p4"), bridge="lbr2")
    hosts.apply(moved)
    assert "web_p4" in hosts.run("kvm1", "ls", "/sys/class/net/lbr2/brif")
    assert plugged(hosts, "web")["web_p4"] == ("lbr2", False)
    hosts.apply(remove(hosts.get("port", "web_p4")))
    assert "web_p4" not in plugged(hosts, "web")


def test_vlan_changes_in_place(hosts, web):
    for vlan, tag in ((30, "30"), (31, "31"), (None, "[]")):
        hosts.apply(change(hosts.get("port", "web_p1"), vlan=vlan))
        assert hosts.run("kvm1", "ovs-vsctl", "get", "port", "web_p1", "tag") == tag
        assert plugged(hosts, "web")["web_p1"] == ("br1", str(vlan) if vlan else False)
    moved = change(hosts.get("port", "web_p1"), vlan=7)
    hosts.apply(moved)
    hosts.undo(moved)
    assert plugged(hosts, "web")["web_p1"] == ("br1", False)


def test_another_bridge_and_address(hosts, web):
    mac = "52:54:00:00:00:77"
    both = change(hosts.get("port", "web_p1"), bridge="br2", mac=mac)
    hosts.apply(both)
    assert hosts.run("kvm1", "ovs-vsctl", "port-to-br", "web_p1") == "br2"
    assert eventually(lambda: mac in web.run("cat /sys/class/net/*/address"))
    hosts.undo(both)
    assert hosts.run("kvm1", "ovs-vsctl", "port-to-br", "web_p1") == "br1"
    to_linux = change(hosts.get("port", "web_p1"), bridge="lbr1")
    hosts.apply(to_linux)
    assert "web_p1" in hosts.run("kvm1", "ls", "/sys/class/net/lbr1/brif")
    hosts.undo(to_linux)
    assert plugged(hosts, "web")["web_p1"] == ("br1", False)


def test_another_mtu_is_another_nic(hosts, web):
    """What a virtio device tells its guest is settled when it is made."""

    def told():
        return web.run("cat /sys/class/net/eth*/mtu").split()

    before = ET.tostring(dumpxml(hosts, "web", "--inactive").find("devices/interface[2]"))
    smaller = change(hosts.get("port", "web_p2"), mtu=1400)
    hosts.apply(smaller)
    assert hosts.get("port", "web_p2").get("mtu") == 1400
    assert eventually(lambda: sorted(told()) == ["1400", "1500"])
    assert hosts.run("kvm1", "cat", "/sys/class/net/web_p2/mtu") == "1400"
    hosts.apply(smaller)  # again: nothing more happens
    hosts.undo(smaller)
    assert hosts.get("port", "web_p2").get("mtu") is None
    assert eventually(lambda: told() == ["1500", "1500"])
    after = dumpxml(hosts, "web", "--inactive").findall("devices/interface")
    assert before in [ET.tostring(nic) for nic in after]


def test_undo_of_an_unplug_gives_the_same_nic(hosts, web):
    before = ET.tostring(dumpxml(hosts, "web", "--inactive").find("devices/interface[2]"))
    gone = remove(hosts.get("port", "web_p2"))
    hosts.apply(gone)
    hosts.undo(gone)
    after = dumpxml(hosts, "web", "--inactive").findall("devices/interface")
    assert before in [ET.tostring(nic) for nic in after]


def test_what_was_plugged_in_live_only_stays_out_of_the_definition(hosts, web):
    """Also where the NIC is another one afterwards."""
    defined = nics(hosts, "web", "--inactive")
    new = "attach-interface web bridge lbr1 --target web_p9 --mac 52:54:00:00:00:79 --model virtio --live"
    hosts.run("kvm1", "virsh", "-q", *new.split())
    seen = hosts.get("port", "web_p9")
    smaller = change(seen, mtu=1400)
    for one in (smaller, remove(seen)):
        hosts.apply(one)
        hosts.undo(one)
        assert hosts.get("port", "web_p9").attributes == seen.attributes
        assert nics(hosts, "web", "--inactive") == defined
    hosts.apply(remove(seen))


def test_a_nic_that_cannot_be_leaves_nothing(hosts, web):
    before = plugged(hosts, "web")
    fine, impossible = add(port("web", 5)), add(port("web", 6, "nobridge"))
    with pytest.raises(ApplyFailed) as failed:
        hosts.apply(fine, impossible)
    assert failed.value.change == impossible
    assert failed.value.done == (fine,)
    assert "nobridge" in failed.value.message
    hosts.undo(fine)
    assert plugged(hosts, "web") == before


def test_a_taken_port_name_on_another_bridge(hosts, web):
    with pytest.raises(ApplyFailed, match="taken"):
        hosts.apply(add(port("web", 1, "br2")))


def test_memory_and_vcpus_wait_for_the_next_start(hosts, web):
    seen = hosts.get("vm", "web")
    bigger = change(seen, memory=96 * 2**20, vcpus=2)
    assert hosts.backend.assess(bigger, hosts.fleet()).how == "takes effect at the next start"
    hosts.apply(bigger)
    assert dumpxml(hosts, "web", "--inactive").findtext("memory") == str(96 * 1024)
    assert dumpxml(hosts, "web").findtext("vcpu") == "1"
    assert (hosts.get("vm", "web").get("memory"), hosts.get("vm", "web").get("vcpus")) == (96 * 2**20, 2)
    hosts.undo(bigger)
    assert hosts.get("vm", "web").get("memory") == 80 * 2**20


def test_stop_and_start(hosts):
    hosts.apply(add(vm("onoff")), add(port("onoff", 1)))
    with GuestConsole(hosts.lab, "onoff") as guest:
        guest.run("true")
    try:
        stop = change(hosts.get("vm", "onoff"), state="stopped")
        hosts.apply(stop)
        assert not any("switched off" in text for text in hosts.said)
        assert hosts.run("kvm1", "virsh", "domstate", "onoff") == "shut off"
        assert hosts.get("port", "onoff_p1").get("bridge") == "br1"
        hosts.apply(add(port("onoff", 2, vlan=5)))
        assert hosts.get("port", "onoff_p2").get("vlan") == 5
        hosts.apply(change(hosts.get("port", "onoff_p2"), bridge="br2", vlan=None))
        assert nics(hosts, "onoff")["onoff_p2"] == ("br2", False)
        hosts.apply(remove(hosts.get("port", "onoff_p2")))
        hosts.undo(stop)
        assert hosts.run("kvm1", "virsh", "domstate", "onoff") == "running"
        hosts.run("kvm1", "virsh", "suspend", "onoff")
        paused = hosts.get("vm", "onoff")
        assert paused.get("state") == "paused"
        hosts.apply(change(paused, state="running"))
        assert hosts.run("kvm1", "virsh", "domstate", "onoff") == "running"
    finally:
        hosts.delete("onoff")


def test_a_guest_that_does_not_heed_is_switched_off(hosts, monkeypatch):
    monkeypatch.setattr("vnetsh_libvirt.power.GRACE", 0.5)
    hosts.apply(add(vm("deaf", disk=None)))
    hosts.apply(change(hosts.get("vm", "deaf"), state="stopped"))
    assert any("switched off" in text for text in hosts.said)
    hosts.delete("deaf")


def test_delete_keeps_the_disk_and_undo_brings_all_back(hosts):
    hosts.apply(add(vm("gone", vcpus=2)), add(port("gone", 1, vlan=3)))
    before = hosts.run("kvm1", "virsh", "dumpxml", "--inactive", "gone")
    with GuestConsole(hosts.lab, "gone") as guest:
        guest.run("true")
    changes = (remove(hosts.get("port", "gone_p1")), remove(hosts.get("vm", "gone")))
    assert hosts.backend.assess(changes[1], hosts.fleet()).impact is Impact.RESTART
    hosts.apply(*changes)
    assert hosts.lab.exec("kvm1", ["virsh", "domstate", "gone"]).returncode != 0
    assert "gone.qcow2" in hosts.files("kvm1")
    hosts.undo(*changes)
    try:
        assert hosts.run("kvm1", "virsh", "domstate", "gone") == "running"
        assert hosts.run("kvm1", "virsh", "dumpxml", "--inactive", "gone") == before
        assert plugged(hosts, "gone") == {"gone_p1": ("br1", "3")}
    finally:
        hosts.delete("gone")


def test_undo_of_a_new_vm_leaves_nothing(hosts):
    before = hosts.files("kvm1")
    changes = (add(vm("brief")), add(port("brief", 1)))
    hosts.apply(*changes)
    hosts.undo(*changes)
    assert hosts.files("kvm1") == before
    assert "brief" not in hosts.run("kvm1", "virsh", "list", "--all", "--name").split()
    assert hosts.lab.exec("kvm1", ["ovs-vsctl", "port-to-br", "brief_p1"]).returncode != 0


def test_undo_never_takes_a_domain_that_is_not_ours(hosts):
    hosts.run("kvm1", "sh", "-c", "virsh define /dev/stdin <<X\n<domain type='qemu'><name>theirs</name>"
              "<memory>65536</memory><os><type>hvm</type></os></domain>\nX")  # fmt: skip
    try:
        with pytest.raises(ApplyFailed, match="not the one that vnetsh made"):
            hosts.undo(add(vm("theirs")))
        assert hosts.get("vm", "theirs").get("memory") == 64 * 2**20
        with pytest.raises(ApplyFailed, match="taken"):
            hosts.apply(add(vm("theirs")))
    finally:
        hosts.delete("theirs")


def test_a_foreign_vm(hosts):
    xml = f"""<domain type='qemu'><name>foreign</name><memory>81920</memory><os><type>hvm</type></os><devices>
        <disk type='file'><driver name='qemu' type='qcow2'/><source file='{IMAGES}/foreign.qcow2'/>
        <target dev='vda' bus='virtio'/></disk>
        <interface type='bridge'><source bridge='lbr1'/><model type='virtio'/></interface></devices></domain>"""
    hosts.run("kvm1", "cp", f"{IMAGES}/tiny.qcow2", f"{IMAGES}/foreign.qcow2")
    hosts.run("kvm1", "sh", "-c", 'echo "$1" | virsh define /dev/stdin', "sh", xml)
    try:
        seen = hosts.get("vm", "foreign")
        assert (seen.marked, seen.get("disk"), seen.get("import")) == (False, f"{IMAGES}/foreign.qcow2", True)
        (off,) = [
            r for r in hosts.observe("kvm1").resources if r.parent == ("vm", "foreign") and r.kind == "port"
        ]
        hosts.apply(change(seen, state="running"))
        (nic,) = [
            r for r in hosts.observe("kvm1").resources if r.parent == ("vm", "foreign") and r.kind == "port"
        ]
        assert (nic.marked, nic.get("bridge")) == (False, "lbr1")
        # libvirt gives its link another name at each start: it is known by its address.
        assert nic.name == off.name == f"foreign/{nic.get('mac')}"
        hosts.apply(change(nic, bridge="lbr2"))
        assert nic.record["link"] in hosts.run("kvm1", "ls", "/sys/class/net/lbr2/brif")
        assert "lbr2" in hosts.run("kvm1", "virsh", "dumpxml", "--inactive", "foreign")
    finally:
        hosts.delete("foreign")


def test_an_imported_disk_is_used_itself(hosts):
    hosts.run("kvm1", "cp", f"{IMAGES}/tiny.qcow2", f"{IMAGES}/own.img")
    hosts.apply(add(vm("import1", disk="own.img", **{"import": True}, state="stopped")))
    try:
        seen = hosts.get("vm", "import1")
        assert (seen.get("disk"), seen.get("import")) == ("own.img", True)
        source = dumpxml(hosts, "import1").find("devices/disk/source").get("file")
        assert source == f"{IMAGES}/own.img"
        assert "import1.qcow2" not in hosts.files("kvm1")
    finally:
        hosts.delete("import1")
        hosts.run("kvm1", "rm", f"{IMAGES}/own.img")


@pytest.mark.parametrize("disk", ["nothere.qcow2", "/no/such/folder/x.qcow2"])
def test_a_missing_image(hosts, disk):
    before = hosts.files("kvm1")
    with pytest.raises(ApplyFailed) as failed:
        hosts.apply(add(vm("lost", disk=disk)))
    assert disk.rpartition("/")[0 if "/" in disk else 2] in failed.value.message
    assert failed.value.leftovers == ()
    assert hosts.files("kvm1") == before


def test_a_disk_file_of_that_name_is_never_overwritten(hosts):
    hosts.run("kvm1", "sh", "-c", f"echo precious > {IMAGES}/twice.qcow2")
    with pytest.raises(ApplyFailed, match="taken"):
        hosts.apply(add(vm("twice")))
    assert hosts.run("kvm1", "cat", f"{IMAGES}/twice.qcow2") == "precious"
    assert hosts.backend.assess(add(vm("twice")), hosts.fleet()).problem.code == "E448"
    hosts.run("kvm1", "rm", f"{IMAGES}/twice.qcow2")


def test_a_vm_that_cannot_start_leaves_nothing(hosts):
    before = hosts.files("kvm1")
    with pytest.raises(ApplyFailed) as failed:
        hosts.apply(add(vm("nostart")), add(port("nostart", 1, "nobridge")))
    assert "nobridge" in failed.value.message
    assert failed.value.leftovers == ()
    assert hosts.files("kvm1") == before
    assert "nostart" not in hosts.run("kvm1", "virsh", "list", "--all", "--name").split()


def test_a_full_disk(hosts):
    hosts.run("kvm1", "sh", "-ec", "mkdir /run/full; mount -t tmpfs -o size=128k tmpfs /run/full")
    small = Host(
        "kvm1", "", attributes={**hosts.hosts["kvm1"].attributes, "images": "/run/full"}, world="lab"
    )
    connection = hosts.backend.connect(small, hosts.connections)
    try:
        with pytest.raises(ApplyFailed) as failed:
            connection.apply([add(vm("big", disk=f"{IMAGES}/tiny.qcow2"))], hosts.progress)
        assert "No space left" in failed.value.message
        assert hosts.run("kvm1", "ls", "/run/full") == ""
    finally:
        connection.close()
        hosts.run("kvm1", "umount", "/run/full")


def test_snapshots_are_not_lost(hosts):
    hosts.apply(add(vm("snap", state="stopped")))
    hosts.run("kvm1", "virsh", "snapshot-create-as", "snap", "one")
    with pytest.raises(ApplyFailed, match="1 snapshot,"):
        hosts.apply(remove(hosts.get("vm", "snap")))
    hosts.run("kvm1", "virsh", "snapshot-delete", "snap", "one")
    hosts.delete("snap")


def test_verification_sees_what_is_not_so(hosts, web):
    connection = hosts.backend.connect(hosts.hosts["kvm1"], hosts.connections)
    object.__setattr__(connection.host, "timeout", 0.2)
    for wrong in (
        add(vm("web", memory=2**30)),
        add(vm("web", state="stopped")),
        add(vm("nobody")),
        add(port("web", 9)),
        add(port("web", 1, "br2")),
        add(port("web", 1, vlan=99)),
        add(port("web", 1, mtu=1400)),
        remove(vm("web")),
        remove(port("web", 1)),
    ):
        with pytest.raises(VerificationFailed):
            connection.verify([wrong], no_progress)
    connection.close()


def test_what_somebody_else_does_is_heard(hosts, web):
    connection, heard = hosts.backend.connect(hosts.hosts["kvm1"], hosts.connections), threading.Event()
    assert connection.watch(heard.set)
    for command in ("suspend web", "resume web", "desc web heard --config"):
        heard.clear()
        hosts.run("kvm1", "virsh", *command.split())
        assert heard.wait(1), command
    for plugged_or_not in (add(port("web", 8)), remove(port("web", 8))):
        heard.clear()
        hosts.apply(plugged_or_not)
        assert heard.wait(1), plugged_or_not
    connection.close()
    heard.clear()
    hosts.run("kvm1", "virsh", "suspend", "web")
    assert not heard.wait(0.5)
    hosts.run("kvm1", "virsh", "resume", "web")


def test_domains_that_go_while_all_are_read(hosts):
    """As those of others' moves do, while one asks who needs a file: neither is the file left nor the run refused."""
    names = ("goes1", "goes2")
    for name in names:
        xml = (
            f"<domain type='qemu'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>"
        )
        hosts.run("kvm1", "sh", "-ec", f'echo "{xml}" >/tmp/goes.xml; virsh -q define /tmp/goes.xml')
    views = hosts.connection("kvm1").host.views()
    seen = {next(views).name}
    for name in names:
        hosts.run("kvm1", "virsh", "undefine", name)
    seen |= {view.name for view in views}
    assert len(seen & set(names)) < 2


def test_a_host_without_libvirt(hosts):
    hosts.run("kvm2", "mv", "/run/libvirt/libvirt-sock", "/run/libvirt/away")
    hosts.connections.drop("kvm2", "libvirt")
    try:
        with pytest.raises(ServiceAbsent):
            hosts.connection("kvm2")
    finally:
        hosts.run("kvm2", "mv", "/run/libvirt/away", "/run/libvirt/libvirt-sock")
    assert hosts.observe("kvm2").facts


def test_a_stopped_daemon_is_no_hang(hosts):
    other = Hosts(hosts.lab, timeout=2.0)
    pid = hosts.run("kvm1", "pidof", "libvirtd")
    hosts.run("kvm1", "kill", "-STOP", pid)
    try:
        for attempt in (lambda: other.observe("kvm1"), lambda: Hosts(hosts.lab, timeout=2.0)):
            began = time.monotonic()
            with pytest.raises(HostUnreachable):
                attempt()
            assert time.monotonic() - began < 4
        other.connections.close()
    finally:
        hosts.run("kvm1", "kill", "-CONT", pid)
    assert hosts.observe("kvm1").facts
