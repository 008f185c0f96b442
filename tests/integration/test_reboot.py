"""Hosts that others set up start anew: what vnetsh made there is there again, and gone where it was undone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import Run, command_of, on
from waiting import eventually

from vnetsh_lab.host_network import NETWORKS
from vnetsh_lab.lab import Lab

pytestmark = pytest.mark.lab

SCRIPT = """\
bridge vswitch01 on kvm1, kvm2 uplink eth0
bridge vswitch02 on kvm1, kvm2 {
    port web0 type internal vlan 10
}
tunnel t1 kvm1<->kvm2 on vswitch02 type geneve key 5 bfd yes
bridge lan0 on kvm1, kvm2 backend linux stp yes priority 4096
bridge lan1 on kvm1 backend linux address 192.168.1.1/24, fd00:0:0:1::1/64
dhcp lan1 on kvm1 range 192.168.1.10-192.168.1.99 dns yes
nat lan1 on kvm1 out vswitch01
route 10.9.0.0/16 on kvm1 via 10.77.0.2
bridge vswitch01 on kvm1 address 10.5.0.1/24
bridge vswitch02 on kvm1 port lab0 type internal address 10.0.0.1/24
dhcp lab0 on kvm1 range 10.0.0.10-10.0.0.99
mesh lans kvm1, kvm2 on lan0 type vxlan key 77
"""
FILES = "find /etc/network /etc/netplan /etc/systemd /etc/vnetsh -type f -o -type l | sort | xargs md5sum"


@pytest.fixture(params=NETWORKS)
def lab(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    lab = Lab(tmp_path / "lab")
    try:
        lab.up(2, network=request.param)
        yield lab
    finally:
        lab.down()


def restart(lab: Lab, *hosts: str) -> None:
    for host in hosts:
        lab.kill(host)
        lab.start(host)


def files(lab: Lab) -> str:
    return on(lab, "kvm1", "sh", "-c", f"{FILES} 2>/dev/null || :")


def addresses(lab: Lab, host: str, device: str) -> str:
    return on(lab, host, "ip", "-4", "-brief", "address", "show", "dev", device)


def is_up(vnetsh: Run) -> bool:
    return vnetsh("--lab", "show", "tunnels").stdout.count(" up ") == 2


def test_what_is_made_survives_a_start_and_what_is_undone_is_gone(lab: Lab, tmp_path: Path) -> None:
    vnetsh, script, before = command_of(lab), tmp_path / "it.vnet", files(lab)
    script.write_text(SCRIPT)
    planned = vnetsh("--lab", "plan", str(script)).stdout
    assert planned.count("survives-reboot yes") == 14
    assert "does not survive" not in planned
    vnetsh("--lab", "--yes", str(script))
    exported = vnetsh("--lab", "export").stdout
    restart(lab, "kvm1", "kvm2")
    assert vnetsh("--lab", "export").stdout == exported
    assert "no changes" in vnetsh("--lab", "plan", str(script)).stdout
    assert eventually(lambda: is_up(vnetsh))

    vnetsh("--lab", "undo", "--yes")
    assert files(lab) == before
    restart(lab, "kvm1")
    assert "10.77.0.1/24" in addresses(lab, "kvm1", "eth0")
    assert "vswitch01" not in on(lab, "kvm1", "ip", "-brief", "link")


@pytest.mark.parametrize("lab", ["ifupdown"], indirect=True)
def test_a_host_starts_as_it_was_or_as_it_is_to_be(lab: Lab) -> None:
    vnetsh, sentences = (
        command_of(lab),
        "bridge vswitch01 on kvm1 uplink eth0; bridge lan0 on kvm1 backend linux ageing 100",
    )
    vnetsh("--lab", "--yes", "-c", sentences)
    # The power fails when the host was told of the uplink, and the database not yet; and of a file half is lost.
    on(lab, "kvm1", "ovs-vsctl", "del-port", "vswitch01", "eth0")
    on(
        lab,
        "kvm1",
        "sh",
        "-c",
        "sed -i /10000/d /etc/network/interfaces.d/vnetsh-linux /etc/vnetsh/at-start/linux || :",
    )
    said = vnetsh("--lab", "drift", "-c", sentences, code=3).stdout
    assert "bridge lan0 on kvm1 differs: survives-reboot is none, said yes" in said
    restart(lab, "kvm1")
    assert "10.77.0.1/24" in addresses(lab, "kvm1", "vswitch01")
    assert on(lab, "kvm1", "ovs-vsctl", "port-to-br", "eth0") == "vswitch01"
    vnetsh("--lab", "--yes", "-c", sentences)
    assert "no changes" in vnetsh("--lab", "plan", "-c", sentences).stdout


INTERFACES = b"""\
source /etc/network/interfaces.d/*
auto eth0 eth0:5 nic1
iface eth0 inet static
    address 10.77.0.1/24
    mtu 1400
    up ip route add 10.9.0.0/16 \\
        via 10.77.0.9
# of the B\xfcro \\
iface eth0 inet6 static
    address fd00:77::1/64
    mtu 1400
iface eth0:5 inet static
    address 10.77.5.1/24
iface nic1 inet static
    pre-up ip link show nic1 || \\
        ip link add nic1 type veth peer name nic2
    pre-up ip link show nic3 || ip link add nic3 type veth peer name nic4
    address 10.78.0.1/24
    up echo \\
VNETSH-END
# no end"""


@pytest.mark.parametrize("lab", ["ifupdown"], indirect=True)
def test_uplinks_in_a_file_of_others_with_all_that_it_may_hold(lab: Lab) -> None:
    def shell(command: str) -> str:
        return on(lab, "kvm1", "sh", "-c", command)

    def addresses_of(*devices: str) -> list[str]:
        return [word for device in devices for word in addresses(lab, "kvm1", device).split() if "/" in word]

    written = base64.b64encode(INTERFACES).decode()
    shell(f"echo {written} | base64 -d >/etc/network/interfaces; echo '#' >'/etc/network/interfaces.d/a b'")
    restart(lab, "kvm1")
    vnetsh, before = command_of(lab), shell("md5sum /etc/network/interfaces* /etc/network/*/vnetsh* || :")
    both = "bridge vswitch01 on kvm1 uplink eth0; bridge vswitch02 on kvm1 uplink nic1"
    both += "; bridge vswitch03 on kvm1 port nic3"
    vnetsh("--lab", "--yes", "-c", both)
    restart(lab, "kvm1")
    assert "no changes" in vnetsh("--lab", "plan", "-c", both).stdout
    assert addresses_of("eth0", "nic1") == []
    assert addresses_of("vswitch01", "vswitch02") == ["10.77.0.1/24", "10.77.5.1/24", "10.78.0.1/24"]
    assert "mtu 1400" in shell("ip link show eth0")
    assert ",UP," in shell("ip link show nic3")
    vnetsh("--lab", "--yes", "-c", "bridge vswitch02 on kvm1 uplink none; delete bridge vswitch03 on kvm1")

    # Another NIC takes eth0's place: its addresses stay at the bridge, and are not eth0's again at the next start.
    vnetsh("--lab", "--yes", "-c", "bridge vswitch01 on kvm1 uplink nic1")
    restart(lab, "kvm1")
    assert addresses_of("eth0") == []
    assert "10.77.0.1/24" in addresses_of("vswitch01")
    assert "10.9.0.0/16 via 10.77.0.9 dev vswitch01" in shell("ip route")
    bonded = "bridge vswitch01 on kvm1 uplink none port bond0 type bond nics eth0, nic1"
    vnetsh("--lab", "--yes", "-c", bonded)
    restart(lab, "kvm1")
    assert "no changes" in vnetsh("--lab", "plan", "-c", bonded).stdout
    assert "10.77.0.1/24" in addresses_of("vswitch01")
    assert "10.9.0.0/16 via 10.77.0.9 dev vswitch01" in shell("ip route")
    # Somebody took them away by hand: eth0's lines are given back nonetheless.
    shell("ip addr flush dev vswitch01")
    vnetsh("--lab", "--yes", "-c", "; ".join(f"delete bridge vswitch0{number} on kvm1" for number in (1, 2)))
    assert shell("md5sum /etc/network/interfaces* /etc/network/*/vnetsh* || :") == before


@pytest.mark.parametrize("lab", ["netplan"], indirect=True)
def test_what_cannot_be_told_is_refused_and_what_is_not_obeyed_is_seen(lab: Lab) -> None:
    vnetsh, sentence = command_of(lab), "bridge vswitch01 on kvm1 uplink eth0"
    vnetsh("--lab", "--yes", "-c", f"{sentence}; bridge lan0 on kvm1 backend linux")
    vnetsh(
        "--lab",
        "--yes",
        "-c",
        "bridge lan0 on kvm1 address 10.5.0.1/24; route 10.9.0.0/16 on kvm1 via 10.5.0.2",
    )
    on(lab, "kvm1", "sh", "-c", "mount --bind /etc /etc; mount -o remount,bind,ro /etc")
    for said in (
        sentence.replace("eth0", "none"),
        "delete bridge lan0 on kvm1",
        "delete route 10.9.0.0/16 on kvm1",
    ):
        failed = vnetsh("--lab", "--yes", "-c", said, code=1)
        assert "at each start, and cannot be told otherwise" in failed.stderr
    on(lab, "kvm1", "umount", "/etc")
    assert "no changes" in vnetsh("--lab", "plan", "-c", sentence).stdout
    on(lab, "kvm1", "rm", "/etc/systemd/system/multi-user.target.wants/vnetsh-ovs.service")
    assert "survives-reboot is none" in vnetsh("--lab", "drift", "-c", sentence, code=3).stdout
    vnetsh("--lab", "--yes", "-c", sentence)
    assert "no drift" in vnetsh("--lab", "drift", "-c", sentence).stdout
