"""The guest `full.qcow2`: what a VM of it does with its seed, its networks, its memory and its power button."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from full_guest import IMAGES, FullGuest, seed_iso, seed_vfat
from in_lab import LabOperator, on
from waiting import eventually

from vnetsh.errors import UsageError
from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole
from vnetsh_lab.status import status

pytestmark = pytest.mark.lab

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAKb4nAbYGkUvrOkb0bB1CyVmAm6FbLJR0Vw6m0Pd7lL alice@desk"
WEB = {
    "meta-data": "instance-id: web-1\nlocal-hostname: from-meta\n",
    "user-data": f"""#cloud-config
hostname: web1
users:
  - default
  - name: alice
    gecos: Alice Example
    groups: [users, ops]
    ssh_authorized_keys:
      - {KEY}
ssh_authorized_keys:
  - ssh-rsa AAAAB3Nza everybody
write_files:
  - path: /srv/www/hello.txt
    content: |
      it's "hello" from $HOME
    permissions: '0640'
    owner: alice:alice
runcmd:
  - [touch, "/var/ran by list"]
  - echo once >>/var/ran; exit 3
  - echo later >>/var/ran
""",
    "network-config": """version: 2
ethernets:
  nic0:
    match: {macaddress: "52:54:00:77:01:01"}
    set-name: lan0
    addresses: [10.9.0.1/24]
    nameservers: {addresses: [10.9.0.53], search: [lab.test]}
  eth1:
    dhcp4: true
vlans:
  lan0.10:
    id: 10
    link: nic0
    addresses: [10.9.10.1/24]
    mtu: 1400
""",
}
DB = {
    "meta-data": "instance-id: db-1\nlocal-hostname: db1\n",
    "user-data": "#!/bin/sh\necho by a script >/var/ran\n",
    "network-config": """version: 1
config:
  - {type: physical, name: eth0, mac_address: "52:54:00:77:02:01", subnets: [
      {type: static, address: 10.9.0.2, netmask: 255.255.255.0}]}
  - {type: vlan, name: v10, vlan_link: eth0, vlan_id: 10, subnets: [{type: static, address: 10.9.10.2/24}]}
""",
}
UDHCPD = """start 10.8.0.100
end 10.8.0.120
interface dhcp0
lease_file /run/udhcpd.leases
pidfile /run/udhcpd.pid
option subnet 255.255.255.0
option domain given.test
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A host with a bridge and two guests on it, `web` with an ISO seed, `db` with a FAT one; and a DHCP server."""
    with running(hosts=1) as lab:
        images = lab.layout.host(1).root / IMAGES.lstrip("/")
        assert not (images / "full.qcow2").exists()  # only who asks has it, also when the host runs already
        lab.up(1, guests=["full"])
        seed_iso(images / "web.iso", WEB, tmp_path_factory.mktemp("web"))
        seed_vfat(images / "db.img", DB, tmp_path_factory.mktemp("db"))
        for bridge in ("br9", "br8"):
            on(
                lab,
                "kvm1",
                "ovs-vsctl",
                "add-br",
                bridge,
                "--",
                "set",
                "bridge",
                bridge,
                "datapath_type=netdev",
            )
        on(lab, "kvm1", "sh", "-ec", _DHCP, input=UDHCPD)
        nics = (("web_p1", "br9", "52:54:00:77:01:01"), ("web_p2", "br8", "52:54:00:77:01:02"))
        FullGuest("web", nics, f"{IMAGES}/web.iso").start(lab, "kvm1")
        FullGuest("db", (("db_p1", "br9", "52:54:00:77:02:01"),), f"{IMAGES}/db.img").start(lab, "kvm1")
        yield lab


_DHCP = """
ovs-vsctl add-port br8 dhcp0 -- set interface dhcp0 type=internal
ip address add 10.8.0.1/24 dev dhcp0
ip link set dhcp0 up
cat >/run/udhcpd.conf
busybox udhcpd -S /run/udhcpd.conf
"""
_GET = """
import http.client, sys
asked = http.client.HTTPConnection(sys.argv[1], timeout=10)
asked.request("GET", "/")
answer = asked.getresponse()
print(answer.status, answer.read().decode())
"""


@pytest.fixture(scope="module")
def web(lab: Lab) -> Iterator[GuestConsole]:
    with GuestConsole(lab, "web", boot_timeout=120) as console:
        yield console


@pytest.fixture(scope="module")
def db(lab: Lab) -> Iterator[GuestConsole]:
    with GuestConsole(lab, "db", boot_timeout=120) as console:
        yield console


PING_AGENT = ["virsh", "qemu-agent-command", "web", '{"execute": "guest-ping"}']


def agent(lab: Lab, vm: str, command: str) -> object:
    said = on(lab, "kvm1", "virsh", "qemu-agent-command", vm, json.dumps({"execute": command}))
    return json.loads(said)["return"]


def actual(lab: Lab, vm: str) -> int:
    """What a VM's balloon leaves it, in KiB."""
    told = dict(line.split() for line in on(lab, "kvm1", "virsh", "dommemstat", vm).splitlines())
    return int(told["actual"])


def test_the_seed_is_obeyed_before_the_prompt(web: GuestConsole) -> None:
    assert web.run("hostname").strip() == "web1"
    assert web.run("cat /var/lib/cloud/data/instance-id").strip() == "web-1"
    assert KEY in web.run("cat /home/alice/.ssh/authorized_keys")
    assert "everybody" in web.run("cat /home/debian/.ssh/authorized_keys")
    assert web.run("stat -c '%U %a' /home/alice/.ssh/authorized_keys").split() == ["alice", "600"]
    assert "ops" in web.run("id alice")
    assert web.run("cat /srv/www/hello.txt") == 'it\'s "hello" from $HOME\n'
    assert web.run("stat -c '%U:%G %a' /srv/www/hello.txt").split() == ["alice:alice", "640"]
    # A command that fails keeps no other from running.
    assert web.run("ls '/var/ran by list'; cat /var/ran").splitlines() == [
        "/var/ran by list",
        "once",
        "later",
    ]
    assert web.run("cat /var/lib/cloud/instance/boot-finished; cat /etc/resolv.conf").endswith(
        "search lab.test\nnameserver 10.9.0.53\n"
    )


def test_a_seed_on_fat_with_the_older_network_and_a_script(db: GuestConsole) -> None:
    assert db.run("hostname").strip() == "db1"
    assert db.run("cat /var/ran").strip() == "by a script"
    assert "10.9.0.2/24" in db.run("ip -4 address show eth0")


def test_vlans_reach_each_other(web: GuestConsole, db: GuestConsole) -> None:
    said = web.run("ip -d link show lan0.10; ip -4 address show lan0.10")
    assert "mtu 1400" in said
    assert "10.9.10.1/24" in said
    assert " 0% packet loss" in web.run("ping -c 3 -i 0.2 10.9.10.2")
    for guest, nic, address in ((web, "lan0", "10.9.20.1/24"), (db, "eth0", "10.9.20.2/24")):
        guest.run(f"ip link add link {nic} name more type vlan id 20 && ip link set more up")
        guest.run(f"ip address add {address} dev more")
    assert " 0% packet loss" in db.run("ping -c 2 -i 0.2 10.9.20.1")


def test_a_lease_and_http(lab: Lab, web: GuestConsole) -> None:
    assert eventually(lambda: "10.8.0.1" in web.run("ip -4 address show eth1"))
    address = web.run("ip -4 address show eth1 | sed -n 's/.*inet \\([0-9.]*\\).*/\\1/p'").strip()
    assert on(lab, "kvm1", "python3", "-c", _GET, address) == "200 web1"


def test_the_agent_answers(lab: Lab, web: GuestConsole) -> None:
    assert eventually(lambda: lab.exec("kvm1", PING_AGENT).returncode == 0)
    assert agent(lab, "web", "guest-get-host-name") == {"host-name": "web1"}
    assert "10.9.10.1" in on(lab, "kvm1", "virsh", "domifaddr", "web", "--source", "agent")
    assert agent(lab, "web", "guest-fsfreeze-freeze") == 1
    assert agent(lab, "web", "guest-fsfreeze-thaw") == 1


def test_memory_and_vcpus_while_it_runs(lab: Lab, web: GuestConsole) -> None:
    before = actual(lab, "web")
    on(lab, "kvm1", "virsh", "setmem", "web", "80M", "--live")
    assert before == 96 * 1024
    assert eventually(lambda: actual(lab, "web") == 80 * 1024)
    on(lab, "kvm1", "virsh", "setmem", "web", "96M", "--live")
    assert eventually(lambda: actual(lab, "web") == 96 * 1024)
    on(lab, "kvm1", "virsh", "setvcpus", "web", "2", "--live")
    assert eventually(lambda: web.run("nproc").strip() == "2")


def test_a_sentence_gives_it_memory_while_it_runs(lab: Lab, web: GuestConsole, tmp_path: Path) -> None:
    operator = LabOperator.of(lab, tmp_path)
    said = operator.good("--yes", "-c", "vm web memory 80M")
    assert "live" in said
    assert "left:" not in said
    assert actual(lab, "web") == 80 * 1024
    assert "restart pending" in operator.good("show", "vms")  # its ceiling goes with it, at the next start
    operator.good("--yes", "undo")
    assert actual(lab, "web") == 96 * 1024


def test_the_power_button_and_what_stays_without_the_seed(lab: Lab, db: GuestConsole) -> None:
    db.run("echo written >/srv/kept")  # no sync: it is shut down
    on(lab, "kvm1", "virsh", "shutdown", "db", "--mode", "acpi")
    assert eventually(lambda: status(lab)[0].vms["db"] == "shut off")
    on(lab, "kvm1", "virsh", "detach-disk", "db", "vdb", "--config")
    on(lab, "kvm1", "virsh", "start", "db")
    on(lab, "kvm1", "ovs-vsctl", "del-port", "db_p1", "--", "add-port", "br8", "db_p1")
    assert db.run("cat /srv/kept; hostname").split() == ["written", "db1"]
    assert eventually(lambda: "10.8.0.1" in db.run("ip -4 address show eth0"))


def test_what_is_written_comes_back_with_a_snapshot(lab: Lab, db: GuestConsole) -> None:
    db.run("echo before >/srv/kept && sync")
    on(lab, "kvm1", "virsh", "snapshot-create-as", "db", "one")
    db.run("echo after >/srv/kept && sync")
    on(lab, "kvm1", "virsh", "snapshot-revert", "db", "one")
    assert db.run("cat /srv/kept").strip() == "before"


def test_a_guest_that_no_lab_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no guest `huge`"):
        Lab(tmp_path / "lab").up(1, guests=["huge"])


def test_a_panic_is_seen(lab: Lab, web: GuestConsole) -> None:
    web.run("(sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &")
    states = ["virsh", "domstate", "web", "--reason"]
    assert eventually(lambda: on(lab, "kvm1", *states) == "shut off (crashed)")
