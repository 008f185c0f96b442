"""`vnetsh export`: what is there becomes a script whose plan is empty. On demo hosts, databases, and real hosts."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import Run
from export_rounds import HOSTS, clear, demo_round, exported, make, ovs_round, ovs_session
from in_lab import without_system

from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs
from vnetsh_lab import Lab, running

ROUNDS = int(os.environ.get("VNETSH_EXPORT_ROUNDS", "5"))
SEED = int(os.environ.get("VNETSH_EXPORT_SEED", "1"))


@pytest.fixture(scope="module")
def databases() -> Iterator[list[ScratchOvs]]:
    with ExitStack() as stack:
        yield [stack.enter_context(scratch_ovs()) for _ in HOSTS]


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_random_demo_hosts(seed: int) -> None:
    demo_round(seed)


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_random_databases(seed: int, databases: list[ScratchOvs]) -> None:
    ovs_round(seed, databases)


def test_what_open_vswitch_has_that_no_sentence_says(databases: list[ScratchOvs]) -> None:
    clear(databases)
    ovs = databases[0]
    with ovs_session(databases) as session:
        make(session, "bridge b on kvm1 port p type internal; bridge b on kvm2; tunnel t kvm1<->kvm2 on b")
        qos = ["--", "set", "port", "p", "qos=@q", "--", "--id=@q", "create", "qos", "type=linux-htb"]
        ovs.vsctl("set", "port", "p", "trunks=20,10", "vlan_mode=native-untagged", *qos)
        ovs.vsctl("set", "interface", "p", "ingress_policing_rate=1000")
        ovs.vsctl("set", "interface", "t", "options:local_ip=192.0.2.1", "--", "set", "port", "t", "tag=9")
        ovs.vsctl("set", "bridge", "b", "stp_enable=true", "--", "set", "port", "b", "tag=5")
        ovs.vsctl(
            "--",
            "--id=@m",
            "create",
            "mirror",
            "name=m",
            "select_all=1",
            "--",
            "set",
            "bridge",
            "b",
            "mirrors=@m",
        )
        text = exported(session).text
    for comment in (
        "bridge b on kvm1: it takes part in a spanning tree",
        "bridge b on kvm1: mirrors",
        "bridge b on kvm1: its own port: VLAN 5",
        "port p of bridge b on kvm1: a trunk of VLANs 10, 20",
        "port p of bridge b on kvm1: VLAN mode native-untagged",
        "port p of bridge b on kvm1: QoS",
        "port p of bridge b on kvm1: ingress policing at 1000 kbit/s",
        "tunnel t on kvm1: it names its own address, 192.0.2.1",
        "tunnel t on kvm1: VLAN 9",
    ):
        assert f"# unsaid: {comment}\n" in text
    assert text.count("# unsaid") == 9, text


def test_a_third_partys_noun(site: Path, vnetsh: Run, tmp_path: Path) -> None:
    """Without a line of the core changed."""
    names = tmp_path / "names"
    names.write_text("192.0.2.80 web www\n192.0.2.81 db # vnetsh\n192.0.2.82 odd-\n")
    lines = [f'host {host} local names-file "{names}"\n' for host in ("one", "two")]
    (tmp_path / "hosts.vnet").write_text("".join(lines))
    done = vnetsh("export", "records", PYTHONPATH=str(site))
    assert done.stdout == (
        "record db on one, two address 192.0.2.81\n"
        "# left out: record odd- on one (address 192.0.2.82): `odd-` is not a name\n"
        "# left out: record odd- on two (address 192.0.2.82): `odd-` is not a name\n"
        "record web on one, two address 192.0.2.80 alias www\n"
    )
    planned = vnetsh("plan", "--exit-code", "-", input=done.stdout, PYTHONPATH=str(site))
    assert (planned.returncode, planned.stdout) == (0, "no changes\n")


# Real hosts

on_real_hosts = pytest.mark.lab

BY_VNETSH = """
bridge vswitch02 on kvm1, kvm2
tunnel gre12 kvm1<->kvm2 on vswitch02 type gre
bridge linux1 on kvm2 backend linux
vm web on kvm2 memory 80M disk tiny.qcow2 port vswitch02 name web1 vlan 12 port linux1 name web2
"""

BY_HAND = """
ovs-vsctl add-br hand0 -- set bridge hand0 datapath_type=netdev \\
    -- add-port hand0 int0 tag=7 -- set interface int0 type=internal \\
    -- add-port hand0 far0 -- set interface far0 type=vxlan options:remote_ip=10.77.0.99 options:key=5 \\
    -- add-port hand0 pat0 -- set interface pat0 type=patch options:peer=nobody
ip link add hand1 type bridge stp_state 1
ip link add veth0 type veth peer name veth1
ip link set veth0 master hand1
ip link set hand1 up
cp /var/lib/libvirt/images/tiny.qcow2 /var/lib/libvirt/images/hand.qcow2
virsh define /tmp/hand.xml
virsh start hand
sed "s/>hand</>off</; s/hand_/off_/g; s/00:00:00:0/00:00:01:0/g" /tmp/hand.xml > /tmp/off.xml
virsh define /tmp/off.xml
"""


def hand_made() -> str:
    """A VM as somebody writes it who knows nothing of vnetsh."""
    domain = ET.Element("domain", type="qemu")
    ET.SubElement(domain, "name").text = "hand"
    ET.SubElement(domain, "memory", unit="MiB").text = "72"
    ET.SubElement(domain, "vcpu").text = "2"
    ET.SubElement(ET.SubElement(domain, "os"), "type", arch="x86_64").text = "hvm"
    devices = ET.SubElement(domain, "devices")
    disk = ET.SubElement(devices, "disk", type="file")
    ET.SubElement(disk, "driver", name="qemu", type="qcow2")
    ET.SubElement(disk, "source", file="/var/lib/libvirt/images/hand.qcow2")
    ET.SubElement(disk, "target", dev="vda", bus="virtio")
    drive = ET.SubElement(devices, "disk", type="file", device="cdrom")
    ET.SubElement(drive, "source", file="/var/lib/libvirt/images/tiny.qcow2")
    ET.SubElement(drive, "target", dev="sda", bus="sata")
    for number, (bridge, vlans) in enumerate((("hand0", [30]), ("hand0", [30, 40]), ("hand1", []), ("", []))):
        nic = ET.SubElement(devices, "interface", type="bridge" if bridge else "user")
        ET.SubElement(nic, "mac", address=f"52:54:00:00:00:0{number}")
        if bridge:
            ET.SubElement(nic, "source", bridge=bridge)
        if bridge == "hand0":
            ET.SubElement(nic, "virtualport", type="openvswitch")
            ET.SubElement(nic, "target", dev=f"hand_{number}")
        tags = ET.SubElement(nic, "vlan") if vlans else nic
        for vlan in vlans:
            ET.SubElement(tags, "tag", id=str(vlan))
        if len(vlans) > 1:
            tags.set("trunk", "yes")
            tags[0].set("nativeMode", "untagged")
    return ET.tostring(domain, "unicode")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        for argv, text in ((["tee", "/tmp/hand.xml"], hand_made()), (["sh", "-e"], BY_HAND)):
            done = lab.exec("kvm1", argv, input=text)
            assert done.returncode == 0, done.stderr
        yield lab


EXPECTED = """\
bridge hand0 on kvm1 backend ovs {
    port int0 vlan 7 type internal
}
# left out: port pat0 of bridge hand0 on kvm1 (type patch, peer nobody): \
patch port `pat0` leads nowhere: no port `nobody` there
bridge hand1 on kvm1 backend linux stp yes {
    port veth0 type system
}
bridge linux1 on kvm2 backend linux
bridge vswitch01 on kvm1, kvm2 backend ovs uplink eth0
bridge vswitch02 on kvm1, kvm2 backend ovs

# left out: tunnel far0 on kvm1 (bridge hand0, type vxlan, remote 10.77.0.99, key 5): \
no host of the inventory has the address 10.77.0.99
tunnel gre12 kvm1<->kvm2 on vswitch02 type gre

vm hand on kvm1 memory 72M vcpus 2 disk /var/lib/libvirt/images/hand.qcow2 import \
cdrom tiny.qcow2 machine pc-i440fx-7.2 cpu qemu64 {
    port hand0 name hand_0 vlan 30 mac 52:54:00:00:00:00 model rtl8139
    port hand0 name hand_1 vlan 30 trunk 40 mac 52:54:00:00:00:01 model rtl8139
    port hand1 mac 52:54:00:00:00:02 model rtl8139
}
# unsaid: vm hand on kvm1: a NIC on no bridge: 52:54:00:00:00:03, user
vm off on kvm1 memory 72M vcpus 2 disk /var/lib/libvirt/images/hand.qcow2 import \
cdrom tiny.qcow2 machine pc-i440fx-7.2 cpu qemu64 {
    port hand0 name off_0 vlan 30 mac 52:54:00:00:01:00 model rtl8139
    port hand0 name off_1 vlan 30 trunk 40 mac 52:54:00:00:01:01 model rtl8139
    port hand1 mac 52:54:00:00:01:02 model rtl8139
}
# unsaid: vm off on kvm1: a NIC on no bridge: 52:54:00:00:01:03, user
# unsaid: vm off on kvm1: it is stopped; anew it would be started
vm web on kvm2 memory 80M vcpus 1 disk tiny.qcow2 machine pc-i440fx-7.2 cpu qemu64 {
    port vswitch02 name web1 vlan 12 mac MAC
    port linux1 name web2 mac MAC
}
"""


@on_real_hosts
def test_real_hosts(lab: Lab, vnetsh: Run) -> None:
    """What vnetsh made and what it did not, in one script; what cannot be said is in comments."""

    def run(*arguments: str, input: str = "", code: int = 0) -> str:
        done = vnetsh("--hosts", str(lab.layout.hosts_file), *arguments, input=input)
        assert done.returncode == code, done.stderr
        return done.stdout

    run("-", "--yes", input=BY_VNETSH)
    macs = [row["mac"] for row in json.loads(run("show", "ports", "-o", "json")) if row["vm"] == "web"]
    script = run("export")
    said = script
    for mac in macs:
        said = said.replace(mac, "MAC")
    late = r", error No usable peer [^)]*"  # vswitchd says so a little later
    assert re.sub(late, "", said) == EXPECTED
    assert run("plan", "--exit-code", "-", input=script) == "no changes\n"
    assert run("fmt", "-", input=script) == script
    hosts = run("export", "hosts", "vms")
    assert hosts.startswith("host kvm1 address 10.77.0.1 ssh kvm1 ")
    assert run("plan", "--exit-code", "-", input=hosts) == "no changes\n"
    found = json.loads(run("export", "vms", "-o", "json"))
    assert [r["name"] for r in found["resources"] if r["kind"] == "vm"] == ["hand", "off", "web"]
    (nic,) = (r for r in found["resources"] if r["name"] == "hand_0")
    assert nic["parent"] == ["vm", "hand"]
    assert not nic["marked"]
    assert nic["attributes"]["vlan"] == 30

    # What is exported makes what is gone again.
    gone = "virsh destroy web; virsh undefine web; rm /var/lib/libvirt/images/web.qcow2; ovs-vsctl del-br vswitch02"
    assert lab.exec("kvm2", ["sh", "-ec", gone]).returncode == 0
    assert "plan: 5 to add" in run("-", "--yes", input=script)
    assert re.sub(late, "", run("export")) == re.sub(late, "", script)


@on_real_hosts
def test_a_host_that_does_not_answer(lab: Lab, vnetsh: Run, tmp_path: Path) -> None:
    first, _ = lab.layout.hosts_file.read_text().splitlines()
    config = tmp_path / "ssh_config"
    config.write_text("Host *\n    ProxyCommand false\n")
    (tmp_path / "two.vnet").write_text(f'{first}\nhost kvm2 address 10.77.0.2 ssh-config "{config}"\n')
    done = vnetsh("export", "--hosts", "two.vnet")
    assert done.returncode == 1
    assert "kvm2" in done.stderr
    done = vnetsh("export", "--hosts", "two.vnet", "--keep-going")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# left out: all of kvm2, which does not answer: ")
    assert "# left out: tunnel gre12 on kvm1" in done.stdout
    assert "`kvm2` does not answer" in done.stdout
