"""Who gets in: forged senders, forwards asked from inside, IPv6, renamed vms, databases by TLS; by packets on a lab."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator
from ovn_guests import OUTSIDE, End, Guests
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.lab import Lab
from vnetsh_lab.wire import Wire

pytestmark = pytest.mark.lab

VNETSH = str(Path(sys.executable).parent / "vnetsh")
CLOUD = f"""
zone a on kvm1, kvm2 cluster region1 bridges vswitch01
network public external bridge vswitch01 subnet 10.77.0.0/24, fd77::/64 gateway {OUTSIDE}, fd77::200
tenant acme {{
    network web subnet 10.0.1.0/24, fd01::/64 dhcp
    network db subnet 10.0.2.0/24, fd02::/64 dhcp
    router r1 networks web, db uplink public address 10.77.0.101, fd77::101 snat gateways kvm1, kvm2
}}
"""
INWARD = """
allow any -> vm:db01 tcp 80
allow any -> vm:web01 icmp
eip fd77::120 to web01
forward 10.77.0.101 tcp 8080 to db01 port 80
forward 10.77.0.130 tcp 81 to db01 port 80
"""
LATER = """
tenant acme {
    network lab subnet 10.0.3.0/24
    network out subnet 10.0.4.0/24
    router r1 networks web, db, lab
    router r2 networks out
}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2, ovn="one") as found:
        yield found


@pytest.fixture(scope="module")
def run(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabOperator:
    """`vnetsh --lab …`"""
    return LabOperator.of(lab, tmp_path_factory.mktemp("state"), "--max-impact", "destroy")


@pytest.fixture(scope="module")
def guests(lab: Lab, run: LabOperator) -> Guests:
    """One in each network, none on the router's first gateway's host alone; each counts as a vm."""
    run.good("-c", CLOUD)
    guests = Guests(lab)
    for host, name, network, number in (("kvm2", "web01", "web", 1), ("kvm1", "db01", "db", 2)):
        guests.guest(host, name, f"acme/{network}", f"10.0.{number}.11/24", f"10.0.{number}.1")
        mac = f"02:00:00:00:0{number}:0b"
        guests.northbound(f"lsp-set-addresses port-{name} '{mac} 10.0.{number}.11 fd0{number}::11'")
        guests.as_vm(name, f"acme/{network}")
        guests.ends[name].run("ip", "address", "add", f"fd0{number}::11/64", "dev", name, "nodad")
    return guests


@pytest.fixture(scope="module")
def outside(guests: Guests) -> End:
    """The world outside, which takes some of the cloud's own addresses as well."""
    found = guests.outside()
    found.run("ip", "address", "replace", "fd77::200/64", "dev", "wire", "nodad")
    found.run("ip", "address", "replace", "10.0.2.99/32", "dev", "wire")
    found.run("ip", "address", "replace", "fe80::99/64", "dev", "wire", "nodad")
    found.run("ip", "route", "replace", "fd01::/64", "via", "fd77::101")
    found.run("ip", "route", "replace", "10.0.1.0/24", "via", "10.77.0.101")
    return found


def pings6(end: End, address: str) -> bool:
    return eventually(lambda: end.run("busybox", "ping6", "-c", "1", "-W", "1", address).returncode == 0, 8)


def test_nobody_outside_sends_under_an_address_of_a_tenants(
    run: LabOperator, guests: Guests, outside: End
) -> None:
    web = guests.ends["web01"]
    assert web.hears(guests.ends["db01"], "10.0.2.11", 9001)
    assert not web.hears(outside, "10.0.2.99", 9002)
    assert not web.hears(outside, "fe80::99%wire", 9002, at="fd01::11")
    guests.northbound("--wait=hv lr-policy-del acme/r1")
    assert web.hears(outside, "10.0.2.99", 9003), "it is the router that keeps it out"
    assert web.hears(outside, "fe80::99%wire", 9003, at="fd01::11")
    assert "under which addresses nobody outside can send" in run.good("-c", CLOUD)
    assert not web.hears(outside, "10.0.2.99", 9004)


def test_who_is_led_in_is_reached_from_inside_too_and_follows(
    run: LabOperator, guests: Guests, outside: End
) -> None:
    web, db = guests.ends["web01"], guests.ends["db01"]
    before = guests.dump()
    plan = run.good("-c", INWARD)
    assert "(opens tcp 80 of db01 to the outside)" in plan
    db.serves(80, "db")
    assert outside.asks("10.77.0.101", 8080) == f"db {OUTSIDE}"
    for port, address in ((8080, "10.77.0.101"), (81, "10.77.0.130")):
        assert web.asks(address, port) == "db 10.0.1.11"
        assert db.asks(address, port).startswith("db "), "itself"
    assert pings6(outside, "fd77::120")
    assert eventually(lambda: "via fe80:" in web.run("ip", "-6", "route", "show", "default").stdout, 10)
    assert pings6(web, "fd02::11")
    assert pings6(db, "fd77::200")

    led = guests.dump()
    run.good("-c", LATER)
    assert (
        run.good("plan", "-c", CLOUD.replace("networks web, db ", "networks web, db, lab ") + INWARD + LATER)
        == "no changes\n"
    )
    assert "forward 10.77.0" in guests.northbound("ls-lb-list acme/lab")
    run.good("undo")
    assert guests.dump() == led
    run.good("undo")
    assert guests.dump() == before


def test_what_names_a_vm_follows_its_new_name(run: LabOperator, guests: Guests) -> None:
    said = """vm {0} on kvm1 memory 96M port acme/web address 10.0.1.21 mac 02:00:00:00:77:01
    tenant acme {{ group olds members {0}; allow vm:{0} -> db tcp 22 }}
    eip 10.77.0.121 to {0}"""
    run.good("-c", said.format("old") + "\nstop old force")
    before = guests.dump()
    run.good("-c", "rename old to new")
    assert run.good("plan", "-c", said.format("new")) == "no changes\n"
    assert "vnetsh-vm=new" in guests.northbound("list logical_switch_port")
    assert "vnetsh-vm=old" not in guests.northbound("list logical_switch_port")
    run.good("undo")
    assert guests.dump() == before


SECURED = """
pid=$(cat /run/ovn/ovn$1.pid)
xargs -0 -a /proc/$pid/cmdline printf '%s\\n' > /run/server
kill $pid
while test -e /proc/$pid; do sleep 0.05; done
xargs -d '\\n' -a /run/server sh -c '"$@" --remote=pssl:'$2' --private-key=/run/server-key.pem \
    --certificate=/run/server.pem --ca-cert=/run/ca.pem </dev/null >/dev/null 2>&1' sh
"""
KEYS = """
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj /CN=ca -keyout ca-key.pem -out ca.pem
for name in server operator chassis; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$name -keyout $name-key.pem -out $name.csr
    openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 3 -out $name.pem
done
"""


def test_both_databases_are_reached_by_tls(
    run: LabOperator, lab: Lab, guests: Guests, tmp_path: Path
) -> None:
    subprocess.run(["sh", "-ec", KEYS], cwd=tmp_path, check=True, capture_output=True)
    for host in ("kvm1", "kvm2"):
        for name in ("ca", "server", "server-key", "chassis", "chassis-key"):
            text = (tmp_path / f"{name}.pem").read_text()
            assert lab.exec(host, ["sh", "-c", f"cat > /run/{name}.pem"], input=text).returncode == 0
    for short, port in (("nb", 6651), ("sb", 6652)):
        assert lab.exec("kvm1", ["sh", "-ec", SECURED, "sh", short, str(port)]).returncode == 0
    central = lab.layout.host(1).address
    files = (("key", "operator-key"), ("certificate", "operator"), ("ca", "ca"))
    keys = " ".join(f'ovsdb-{word} "{tmp_path}/{name}.pem"' for word, name in files)
    hosts = [line for line in lab.layout.hosts_file.read_text().splitlines() if line.startswith("host")]
    places = f'northbound "ssl:{central}:6651" southbound "ssl:{central}:6652"'
    pid = Wire(lab.folder).pid()

    def vnetsh(*arguments: str) -> subprocess.CompletedProcess[str]:
        """From the lab's wire, where the hosts' addresses are known."""
        file = tmp_path / "hosts.vnet"
        file.write_text("\n".join([*hosts, f"cluster region1 type ovn {places} {keys} on kvm1", ""]))
        return subprocess.run(
            ["nsenter", "--target", str(pid), "--net", "--", VNETSH, "--hosts", str(file), *arguments],
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    zone = CLOUD.splitlines()[1]
    late = vnetsh("--yes", "--timeout", "2", "-c", zone)
    assert late.returncode == 1
    assert "ovs-vsctl set-ssl" in late.stdout + late.stderr, "its controllers have no keys"
    for host in ("kvm1", "kvm2"):
        told = ["ovs-vsctl", "set-ssl", "/run/chassis-key.pem", "/run/chassis.pem", "/run/ca.pem"]
        assert lab.exec(host, told).returncode == 0
    done = vnetsh("--yes", "-c", f"{zone}\nnetwork acme/tls subnet 10.0.9.0/24")
    assert "verified" in done.stdout, done.stdout + done.stderr
    assert f"ssl:{central}:6652" in run.on("kvm2", "ovs-vsctl get open . external_ids:ovn-remote")
    assert "connected" in run.on("kvm2", "ovn-appctl -t ovn-controller connection-status")
