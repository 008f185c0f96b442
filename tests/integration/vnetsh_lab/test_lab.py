"""The lab itself: real hosts in namespaces, their daemons, guests and consoles; and that nothing of it stays."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import eventually

from vnetsh.errors import UsageError
from vnetsh.registry import load_plugins
from vnetsh.script.inventory import load_hosts
from vnetsh_lab import Lab, requirements, running
from vnetsh_lab.guest import CommandFailed, GuestConsole
from vnetsh_lab.ping import report
from vnetsh_lab.processes import lab_processes
from vnetsh_lab.status import status

pytestmark = pytest.mark.lab

IMAGES = "/var/lib/libvirt/images"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture(scope="module")
def guests(lab: Lab) -> Iterator[tuple[GuestConsole, GuestConsole]]:
    """A guest on each host, on bridges that a GRE tunnel joins, with addresses."""
    for number, host in enumerate(("kvm1", "kvm2"), 1):
        bridge = ["--", "set", "bridge", "vs2", "datapath_type=netdev"]
        remote = f"options:remote_ip=10.77.0.{3 - number}"
        tunnel = ["--", "add-port", "vs2", "gre12", "--", "set", "interface", "gre12", "type=gre", remote]
        on(lab, host, "ovs-vsctl", "add-br", "vs2", *bridge, *tunnel)
        start_guest(lab, host, f"v{number}", "vs2")
    with GuestConsole(lab, "v1") as first, GuestConsole(lab, "v2") as second:
        first.run("ip address add 10.9.0.1/24 dev eth0")
        second.run("ip address add 10.9.0.2/24 dev eth0")
        yield first, second


def on(lab: Lab, host: str, *argv: str, input: str = "") -> str:
    done = lab.exec(host, argv, input=input)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def nic(name: str, bridge: str) -> ET.Element:
    interface = ET.Element("interface", type="bridge")
    ET.SubElement(interface, "source", bridge=bridge)
    ET.SubElement(interface, "virtualport", type="openvswitch")
    ET.SubElement(interface, "target", dev=name)
    ET.SubElement(interface, "model", type="virtio")
    return interface


def start_guest(lab: Lab, host: str, name: str, bridge: str) -> None:
    """Boot a tiny guest with the least memory that it is said to need, from an overlay."""
    disk = f"{IMAGES}/{name}.qcow2"
    on(
        lab,
        host,
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "qcow2",
        "-b",
        f"{IMAGES}/tiny.qcow2",
        disk,
    )
    domain = ET.Element("domain", type="qemu")
    ET.SubElement(domain, "name").text = name
    ET.SubElement(domain, "memory", unit="MiB").text = "72"
    ET.SubElement(ET.SubElement(domain, "os"), "type", arch="x86_64").text = "hvm"
    ET.SubElement(ET.SubElement(domain, "features"), "acpi")
    devices = ET.SubElement(domain, "devices")
    drive = ET.SubElement(devices, "disk", type="file", device="disk")
    ET.SubElement(drive, "driver", name="qemu", type="qcow2")
    ET.SubElement(drive, "source", file=disk)
    ET.SubElement(drive, "target", dev="vda", bus="virtio")
    devices.append(nic(f"{name}_p1", bridge))
    ET.SubElement(devices, "serial", type="pty")
    on(lab, host, "tee", f"/tmp/{name}.xml", input=ET.tostring(domain, "unicode"))
    on(lab, host, "virsh", "define", f"/tmp/{name}.xml")
    on(lab, host, "virsh", "start", name)


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`vnetsh lab …`, by the module."""
    return subprocess.run(
        [sys.executable, "-m", "vnetsh_lab", *arguments],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "VNETSH_LAB_DIR": str(folder)}


def ssh(lab: Lab, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = ["ssh", "-F", str(lab.layout.ssh_config), "-o", "BatchMode=yes", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def assert_gone(folder: Path) -> None:
    assert lab_processes(folder) == []
    assert not folder.exists()
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()


def test_a_command_runs_in_all_of_the_hosts_namespaces(lab: Lab) -> None:
    assert on(lab, "kvm1", "hostname") == "kvm1"
    assert on(lab, "kvm2", "cat", "/proc/1/comm") == "tini"
    assert set(on(lab, "kvm2", "ls", "/sys/class/net").split()) >= {"lo", "eth0", "vswitch01"}
    assert lab.exec("kvm1", ["test", "-e", "/dev/kvm"]).returncode == 1
    done = command(lab.folder, "exec", "kvm1", "--", "sh", "-c", "hostname; exit 7")
    assert (done.stdout, done.returncode) == ("kvm1\n", 7)
    done = command(lab.folder, "exec", "kvm9", "--", "true")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: a lab has no host `kvm9`")


def test_nothing_of_it_is_in_the_outer_namespaces(lab: Lab) -> None:
    links = {link["ifname"] for link in json.loads(subprocess.check_output(["ip", "-json", "link"]))}
    assert not links & {"vswitch01", "wire", "to-kvm1", "to-kvm2"}
    assert str(lab.folder) not in Path("/proc/self/mountinfo").read_text()


def test_ssh_goes_by_the_config_and_checks_the_host(lab: Lab, tmp_path: Path) -> None:
    done = ssh(lab, "kvm2", "hostname; id -u")
    assert (done.stdout, done.returncode) == ("kvm2\n0\n", 0), done.stderr
    # kvm1's key in kvm2's place: another machine answers.
    swapped = tmp_path / "known_hosts"
    swapped.write_text(lab.layout.known_hosts.read_text().replace("kvm1 ", "kvm2 ", 1))
    swapped.write_text("\n".join(swapped.read_text().splitlines()[:1]) + "\n")
    done = ssh(lab, "-o", f"UserKnownHostsFile={swapped}", "kvm2", "hostname")
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_a_unix_socket_is_forwarded(lab: Lab, tmp_path: Path) -> None:
    socket, control = tmp_path / "db", tmp_path / "ctl"
    forward = f"{socket}:/run/openvswitch/db.sock"
    opened = subprocess.run(
        [
            "ssh",
            "-F",
            str(lab.layout.ssh_config),
            "-M",
            "-S",
            str(control),
            "-f",
            "-N",
            "-L",
            forward,
            "kvm1",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=30,
        check=False,
    )
    try:
        assert opened.returncode == 0
        argv = ["ovs-vsctl", "--timeout=5", f"--db=unix:{socket}", "br-exists", "vswitch01"]
        assert subprocess.run(argv, timeout=30, check=False).returncode == 0
    finally:
        ssh(lab, "-S", str(control), "-O", "exit", "kvm1")


def test_ovs_and_libvirt_answer_and_the_hosts_reach_each_other(lab: Lab) -> None:
    assert on(lab, "kvm1", "ovs-vsctl", "get", "bridge", "vswitch01", "datapath_type") == "netdev"
    assert on(lab, "kvm1", "ovs-vsctl", "list-ports", "vswitch01") == "eth0"
    assert on(lab, "kvm1", "virsh", "uri") == "qemu:///system"
    said = on(lab, "kvm1", "busybox", "ping", "-c", "3", "-i", "0.2", "10.77.0.2")
    assert "3 packets received" in said
    assert "DUP" not in said
    assert on(lab, "kvm1", "virsh", "-c", lab.hosts()["kvm2"].text("libvirt-peer"), "hostname") == "kvm2"


def test_the_world_and_the_hosts_file_say_the_same(lab: Lab) -> None:
    written = load_hosts(lab.layout.hosts_file, load_plugins().vocabulary)
    assert {name: (host.address, dict(host.attributes)) for name, host in written.items()} == {
        name: (host.address, dict(host.attributes)) for name, host in lab.hosts().items()
    }


def test_up_twice_keeps_what_runs_and_mends_what_died(lab: Lab) -> None:
    before = [pid for _, pid in lab.running()]
    on(lab, "kvm2", "ovs-appctl", "-t", "ovs-vswitchd", "exit")
    assert eventually(lambda: not status(lab)[1].daemons["ovs-vswitchd"])
    done = command(lab.folder, "up")
    assert done.returncode == 0, done.stderr
    assert [pid for _, pid in lab.running()] == before
    assert all(all(host.daemons.values()) for host in status(lab))
    assert "1 packets received" in on(lab, "kvm2", "busybox", "ping", "-c", "1", "10.77.0.1")


def test_guests_reach_each_other_through_a_tunnel(guests: tuple[GuestConsole, GuestConsole]) -> None:
    first, second = guests
    assert "3 packets received" in first.run("ping -c 3 10.9.0.2")
    # Whole frames and checksums too, not only a ping's.
    # (busybox's nc hangs up when its peer's input ends: hence the sleep.)
    second.run("(sleep 60 | nc -l -p 80 >/tmp/got &)")
    first.run("seq 1 100000 | nc 10.9.0.2 80", timeout=60)
    assert eventually(lambda: second.run("tail -n 1 /tmp/got").strip() == "100000")
    second.run("rm /tmp/got")


def test_a_ping_tells_the_longest_silence(guests: tuple[GuestConsole, GuestConsole]) -> None:
    first, second = guests
    first.start_ping("10.9.0.2")
    time.sleep(2)
    quiet = first.stop_ping()
    assert (quiet.sent, quiet.lost) == (quiet.received, 0)
    assert quiet.sent >= 15
    assert 90 < quiet.longest_gap < 1000
    first.start_ping("10.9.0.2")
    time.sleep(1)
    second.run("ip link set eth0 down; usleep 1500000; ip link set eth0 up")
    time.sleep(1)
    cut = first.stop_ping()
    assert cut.lost >= 10
    assert 1400 < cut.longest_gap < 5000


def test_a_failing_command_in_a_guest_is_told(guests: tuple[GuestConsole, GuestConsole]) -> None:
    first, _ = guests
    with pytest.raises(CommandFailed, match="ended with 3"):
        first.run("exit 3")
    assert first.run("echo one; echo; printf two") == "one\n\ntwo"
    assert first.run(f"echo {'x' * 800}") == f"{'x' * 800}\n"


def test_a_plugged_nic_comes_up_and_a_console_follows_a_restart(
    lab: Lab, guests: tuple[GuestConsole, GuestConsole]
) -> None:
    first, _ = guests
    on(lab, "kvm1", "tee", "/tmp/nic.xml", input=ET.tostring(nic("v1_p2", "vs2"), "unicode"))
    on(lab, "kvm1", "virsh", "attach-device", "v1", "/tmp/nic.xml", "--live")
    assert eventually(lambda: "LOWER_UP" in first.run("ip link show eth1", check=False))
    on(lab, "kvm1", "virsh", "destroy", "v1")
    on(lab, "kvm1", "virsh", "start", "v1")
    assert "eth1" not in first.run("ip link")
    first.run("ip address add 10.9.0.1/24 dev eth0")


def test_the_console_command_attaches_the_terminal(
    lab: Lab, guests: tuple[GuestConsole, GuestConsole]
) -> None:
    guests[1].close()  # one console at a time
    terminal, other = pty.openpty()
    argv = [sys.executable, "-m", "vnetsh_lab", "console", "v2"]
    process = subprocess.Popen(argv, env=environment(lab.folder), stdin=other, stdout=other, stderr=other)
    os.close(other)
    try:
        seen = ""
        asked = 0.0
        deadline = time.monotonic() + 20
        while "answer 42" not in seen and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                seen += os.read(terminal, 4096).decode(errors="replace")
            # What is typed before virsh has the terminal is lost.
            if "Escape character" in seen and time.monotonic() > asked + 2:
                os.write(terminal, b"\necho answer $((6*7))\n")
                asked = time.monotonic()
        assert "answer 42" in seen
        os.write(terminal, b"\x1d")
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    done = command(lab.folder, "console", "nobody")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: no host of the lab has a vm `nobody`",
    )


def test_the_power_button_works(lab: Lab, guests: tuple[GuestConsole, GuestConsole]) -> None:
    on(lab, "kvm2", "virsh", "shutdown", "v2")
    assert eventually(lambda: status(lab)[1].vms == {"v2": "shut off"})


def test_status_in_json(lab: Lab) -> None:
    done = command(lab.folder, "status", "-o", "json")
    told = json.loads(done.stdout)
    assert [host["name"] for host in told["hosts"]] == ["kvm1", "kvm2"]
    assert set(told["hosts"][0]["daemons"].values()) == {True}


def test_a_host_that_is_switched_off_comes_back_with_its_files(lab: Lab) -> None:
    def shell(text: str) -> str:
        return lab.exec("kvm2", ["sh", "-c", text]).stdout.strip()

    shell("ovs-vsctl add-br kept; touch /var/lib/libvirt/images/kept.img")
    hosts = lab.layout.hosts_file.read_text()
    lab.kill("kvm2")
    assert [host.name for host, _ in lab.running()] == ["kvm1"]
    assert lab.layout.hosts_file.read_text() == hosts
    assert set(lab.hosts()) == {"kvm1", "kvm2"}
    with pytest.raises(UsageError, match="kvm2 is down"):
        lab.kill("kvm2")
    lab.up(1)  # of what was switched off nothing is cleared away
    lab.start("kvm2")
    assert shell("ovs-vsctl br-exists kept && ls /var/lib/libvirt/images/kept.img").endswith("kept.img")
    with pytest.raises(UsageError, match="was not switched off"):
        lab.start("kvm2")
    shell("ovs-vsctl del-br kept; rm /var/lib/libvirt/images/kept.img")


def test_labs_side_by_side_and_more_hosts_later(lab: Lab) -> None:
    with running(hosts=1) as other:
        other.up(3)
        assert sorted(other.hosts()) == ["kvm1", "kvm2", "kvm3"]
        assert ssh(other, "kvm3", "busybox ping -c 1 10.77.0.1").returncode == 0
        assert len(lab.running()) == 2
        folder = other.folder
    assert_gone(folder)
    assert len(lab.running()) == 2


@pytest.mark.parametrize("moment", ["first process", "mounted", "one ready"])
def test_what_a_killed_up_leaves_is_cleared_by_the_next(tmp_path: Path, moment: str) -> None:
    lab = Lab(tmp_path / "lab")
    reached = {
        "first process": lambda: lab_processes(lab.folder),
        "mounted": lambda: list(lab.folder.glob("kvm*/mounted")),
        "one ready": lambda: list(lab.folder.glob("kvm*/ready")),
    }[moment]
    process = subprocess.Popen([sys.executable, "-m", "vnetsh_lab", "up"], env=environment(lab.folder))
    try:
        assert eventually(reached)
        process.send_signal(signal.SIGKILL)
        process.wait()
        lab.up(2)
        assert [host.name for host, _ in lab.running()] == ["kvm1", "kvm2"]
        inits = [p for p in lab_processes(lab.folder) if p.init]
        assert len(inits) == 2
        assert ssh(lab, "kvm2", "busybox ping -c 1 10.77.0.1").returncode == 0
    finally:
        process.kill()
        process.wait()
        lab.down()
    assert_gone(lab.folder)


def test_down_after_a_killed_up_leaves_nothing(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab")
    process = subprocess.Popen([sys.executable, "-m", "vnetsh_lab", "up"], env=environment(lab.folder))
    try:
        assert eventually(lambda: list(lab.folder.glob("kvm*/mounted")))
    finally:
        process.kill()
        process.wait()
        lab.down()
    assert_gone(lab.folder)
    assert not lab.down()


def test_a_lab_that_is_down_says_how_to_bring_it_up(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Lab(tmp_path / "lab").hosts()
    assert caught.value.help == "`vnetsh lab up` brings it up"


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine")
    for verb in ("up", "down"):
        assert command(tmp_path, verb).returncode == 2
    assert (tmp_path / "letter").read_text() == "mine"


def test_missing_packages_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(requirements.PROGRAMS, "no-such-program", "no-such-package")
    with pytest.raises(UsageError) as caught:
        requirements.require()
    assert caught.value.help == "apt-get install -y no-such-package"


def test_the_last_second_of_a_ping_is_not_judged() -> None:
    log = "100.0 start\n100.0 0\n100.1 1\n100.5 5\n102.0 sent 20\n"
    told = report(log, 0.1)
    assert (told.sent, told.received, told.lost) == (10, 3, 7)
    assert told.longest_gap == pytest.approx(1500)
