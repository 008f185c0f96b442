"""`takeover`: a folder of scripts whose plan is empty, and command lines of others as sentences."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import found

from vnetsh.errors import UsageError
from vnetsh.interface.other_tools.command_lines import said_of
from vnetsh.session import Session

Run = Callable[..., subprocess.CompletedProcess[str]]
HOSTS = {"192.0.2.1": "kvm1", "192.0.2.2": "kvm2"}
SAID = {
    "virt-install -n web -r 1024 --vcpus 2,maxvcpus=4 --disk size=5 --network bridge=lan --import": [
        "vm web on kvm1 memory 1024M vcpus 2  {\n    disk disk1 size 5G\n    port lan\n}\n"
    ],
    "virt-install --name 'a b' --memory 512 --disk /srv/a.qcow2 --cdrom /srv/x.iso --autostart --boot uefi": [
        'vm "a b" on kvm1 memory 512M cdrom /srv/x.iso autostart yes firmware uefi { '
        "\n    disk disk1 file /srv/a.qcow2\n}\n"
    ],
    "virt-install --name=w --ram=512 --disk none --network bridge:lan,model=rtl8139 --graphics none": [
        "vm w on kvm1 memory 512M  {\n    port lan model rtl8139\n}\n"
    ],
    "virsh -c qemu:///system shutdown web": ["stop web"],
    "virsh destroy --domain web": ["stop web force"],
    "virsh migrate --live web qemu+ssh://192.0.2.2/system --persistent": ["migrate web to kvm2"],
    "virsh autostart --disable web": ["vm web autostart none"],
    "virsh undefine web --remove-all-storage": ["delete vm web"],
    "virsh snapshot-create-as web before": ["snapshot web as before"],
    "virsh setmem web 2G --live": ["vm web memory 2G"],
    "virsh setvcpus web 4 --config": ["vm web vcpus 4"],
    "virsh attach-interface web bridge lan --model e1000 --live": ["vm web port lan model e1000"],
    "ovs-vsctl add-br lan": ["bridge lan on kvm1"],
    "ovs-vsctl --if-exists del-br lan": ["delete bridge lan on kvm1"],
    "ovs-vsctl add-port lan eth2 trunks=[10,20]": ["bridge lan on kvm1 port eth2 trunk 10,20"],
    "ovs-vsctl add-port lan v0 -- set Interface v0 type=vxlan options:remote_ip=192.0.2.2 options:key=4": [
        "tunnel v0 kvm1<->kvm2 on lan type vxlan key 4"
    ],
    "ovs-vsctl del-port lan eth2": ["delete port eth2 on kvm1"],
    "ip link add br0 type bridge stp_state 1 forward_delay 400 vlan_filtering 1": [
        "bridge br0 on kvm1 backend linux stp yes forward-delay 4 vlan-filtering yes"
    ],
    "ip link set dev eth1 master br0 up": ["bridge br0 on kvm1 backend linux port eth1"],
    "ip link set eth1 nomaster": ["delete port eth1 on kvm1"],
    "ip link set br0 mtu 9000": ["bridge br0 on kvm1 mtu 9000"],
    "ip -br a": ["show bridges on kvm1"],
    "ip addr add 10.0.0.1/24 dev br0": ["bridge br0 on kvm1 address 10.0.0.1/24"],
    "ip a del 10.0.0.1/24 dev br0": ["bridge br0 on kvm1 address none"],
    "ip r add 10.9.0.0/16 via 192.0.2.9 dev br0": ["route 10.9.0.0/16 on kvm1 via 192.0.2.9"],
    "ip route del default": ["delete route 0.0.0.0/0 on kvm1"],
    "ip link add vx0 type vxlan id 42 remote 192.0.2.2 dstport 4789 dev eth0": [
        "tunnel vx0 kvm1<->kvm2 on BRIDGE type vxlan key 42"
    ],
    "ip link add g0 master br0 type gretap remote 192.0.2.2 key 7": ["tunnel g0 kvm1<->kvm2 on br0 key 7"],
    "ip link del brü": ['delete bridge "brü" on kvm1'],
    "bridge vlan add vid 10-20 dev eth1": ["bridge BRIDGE on kvm1 backend linux port eth1 trunk 10-20"],
    "bridge vlan add dev eth1 vid 10 pvid untagged": [
        "bridge BRIDGE on kvm1 backend linux port eth1 vlan 10"
    ],
    "bridge link set dev eth1 isolated on": ["bridge BRIDGE on kvm1 backend linux port eth1 isolated yes"],
    "bridge fdb add 52:54:00:00:00:01 dev eth1 master static": [
        "bridge BRIDGE on kvm1 backend linux port eth1 static 52:54:00:00:00:01"
    ],
    "bridge vlan": ["show ports on kvm1"],
    "brctl addbr br0": ["bridge br0 on kvm1 backend linux"],
    "brctl addif br0 eth1 eth2": [
        "bridge br0 on kvm1 backend linux port eth1",
        "bridge br0 on kvm1 backend linux port eth2",
    ],
    "brctl stp br0 off": ["bridge br0 on kvm1 backend linux stp none"],
    "brctl setfd br0 4": ["bridge br0 on kvm1 backend linux forward-delay 4"],
    "brctl show": ["show bridges on kvm1"],
    "nmcli con add type bridge ifname br0 con-name lan stp no ip4 10.0.0.1/24": [
        "bridge br0 on kvm1 backend linux stp none",
        "bridge br0 on kvm1 address 10.0.0.1/24",
    ],
    "nmcli c a type ethernet slave-type bridge ifname eth1 controller br0": [
        "bridge br0 on kvm1 backend linux port eth1"
    ],
    "nmcli connection modify br0 bridge.priority 4096 +ipv4.addresses 10.0.0.2/24": [
        "bridge br0 on kvm1 backend linux priority 4096",
        "bridge br0 on kvm1 address 10.0.0.2/24",
    ],
    "nmcli con delete br0": ["delete bridge br0 on kvm1"],
    "nmcli device status": ["tree on kvm1"],
    "/usr/bin/sudo ovs-vsctl set port backup0 tag=30": ["bridge BRIDGE on kvm1 port backup0 vlan 30"],
}


@pytest.mark.parametrize("line", SAID)
def test_command_lines_of_others(line: str, demo: Session) -> None:
    said = said_of(line, "kvm1", HOSTS)
    assert [" ".join(one.split()) for one in said.sentences] == [" ".join(one.split()) for one in SAID[line]]
    assert found(demo, "\n".join(said.sentences)) == []


def test_what_no_sentence_says_is_remarked() -> None:
    line = (
        "virt-install --name w --memory 512 --disk size=1,cache=none --network network=default --sound ich9"
    )
    line += " --watchdog i6300esb"
    told = "\n".join(said_of(line, "kvm1", HOSTS).remarks)
    for word in ("cache=none", "network=default", "--sound ich9", "--watchdog i6300esb"):
        assert word in told
    told = "\n".join(
        said_of("ovs-vsctl add-port a b -- set interface b ofport_request=4", "kvm1", HOSTS).remarks
    )
    assert "ofport_request=4" in told
    assert (
        "203.0.113.9" in said_of("virsh migrate web qemu+ssh://203.0.113.9/system", "kvm1", HOSTS).remarks[0]
    )
    for line in (
        "ip link add eth0.5 link eth0 type vlan id 5 || EVIL",
        "ip link set eth0 vf 1 EVIL 3",
        "ip netns add EVIL",
        "ip rule EVIL",
        "ip -n EVIL link add b type bridge",
        "ip addr add 10.0.0.1/24 dev br0 label EVIL",
        "ip route add 10.0.0.0/8 dev EVIL",
        "ip link add d type EVIL",
        "ip link add EVIL type",
        "ip link add b type bridge mcast_snooping EVIL",
        "bridge vlan add vid 4 dev br0 self EVIL",
        "bridge mdb add dev EVIL",
        "brctl sethello br0 EVIL",
        "nmcli con add type bond ifname bond0 mode EVIL",
        "nmcli con add type bridge ifname br0 ipv4.gateway EVIL",
        "nmcli con up EVIL",
    ):
        assert "EVIL" in "\n".join(said_of(line, "kvm1", HOSTS).remarks), line
    for wrong in ("ifconfig br0 up", "virsh 'x", ""):
        with pytest.raises(UsageError):
            said_of(wrong, "kvm1", HOSTS)


def test_a_folder_of_scripts_whose_plan_is_empty(vnetsh: Run, tmp_path: Path) -> None:
    done = vnetsh("--demo=2", "takeover", "--to", "over")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "over"
    assert {one.name for one in folder.iterdir()} == {"hosts.vnet", "networks.vnet", "all.vnet", "REPORT.md"}
    assert "no changes" in vnetsh("--demo=2", "plan", "over/all.vnet").stdout
    again = vnetsh("--demo=2", "takeover", "--to", "over")
    assert (again.returncode, "not empty" in again.stderr) == (2, True)
    nobody = vnetsh("--demo=2", "takeover", "nobody", "--to", "other")
    assert (nobody.returncode, "no host `nobody`" in nobody.stderr) == (2, True)
    assert not (tmp_path / "other").exists()
    one = vnetsh("--demo=2", "-o", "json", "takeover", "kvm2", "--to", "two")
    assert json.loads(one.stdout)["files"] == ["hosts.vnet", "networks.vnet", "all.vnet", "REPORT.md"]
    assert "kvm1" not in (tmp_path / "two" / "networks.vnet").read_text()
