"""Moves between real hosts: live and offline, there and back, and what is left when one fails."""

import threading
import time
from contextlib import contextmanager

import pytest
from libvirt_hosts import IMAGES, add, change, hosts_running, move, port, vm
from waiting import eventually

from vnetsh.backend import ApplyFailed
from vnetsh.errors import HostUnreachable
from vnetsh.model.change import Impact
from vnetsh.testing.fleet import no_progress
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def hosts():
    with hosts_running() as hosts:
        yield hosts


# The end of its disk, behind all files of the guest's little file system; it is the overlay that must travel.
PLACE = "$(( $(cat /sys/class/block/vda/size) / 128 - 8 ))"


@pytest.fixture
def roamer(hosts):
    """A running VM on kvm1 with a NIC on each kind of bridge and some data of its own on its disk."""
    if states(hosts, "roamer") != ("running", ""):
        for host in hosts.hosts:
            hosts.delete("roamer", host)
        hosts.apply(add(vm("roamer")), add(port("roamer", 1, vlan=10)), add(port("roamer", 2, "lbr1")))
    with GuestConsole(hosts.lab, "roamer") as guest:
        guest.run(f"dd if=/dev/urandom of=/dev/vda bs=64k seek={PLACE} count=8 conv=fsync")
        yield guest


def checksum(guest):
    # Not from the guest's page cache, which travels with its memory.
    guest.run("echo 3 > /proc/sys/vm/drop_caches")
    return guest.run(f"dd if=/dev/vda bs=64k skip={PLACE} count=8 2>/dev/null | md5sum").strip()


def states(hosts, name):
    """The VM's state by virsh on each host, empty where it is not."""
    return tuple(hosts.lab.exec(h, ["virsh", "domstate", name]).stdout.strip() for h in hosts.hosts)


def has_disk(hosts, name):
    return tuple(f"{name}.qcow2" in hosts.files(host) for host in hosts.hosts)


def test_live_there_and_back(hosts, roamer):
    there = move(hosts.get("vm", "roamer"), "kvm2")
    assessed = hosts.backend.assess(there, hosts.fleet())
    assert (assessed.impact, assessed.problem) == (Impact.LIVE, None)
    before, booted = checksum(roamer), roamer.run("cat /proc/sys/kernel/random/boot_id")
    hosts.apply(there)
    assert states(hosts, "roamer") == ("", "running")
    assert has_disk(hosts, "roamer") == (False, True)
    assert "roamer" in hosts.run("kvm2", "virsh", "list", "--persistent", "--name")
    assert hosts.run("kvm2", "ovs-vsctl", "get", "port", "roamer_p1", "tag") == "10"
    assert "roamer_p2" in hosts.run("kvm2", "ls", "/sys/class/net/lbr1/brif")
    assert checksum(roamer) == before
    assert roamer.run("cat /proc/sys/kernel/random/boot_id") == booted
    moved = hosts.get("vm", "roamer", "kvm2")
    assert moved.marked
    assert moved.get("disk") == "tiny.qcow2"
    assert any("migrating" in text for text in hosts.said)
    hosts.apply(there)  # again: it is there already
    hosts.undo(there)
    assert states(hosts, "roamer") == ("running", "")
    assert has_disk(hosts, "roamer") == (True, False)
    assert checksum(roamer) == before
    assert roamer.run("cat /proc/sys/kernel/random/boot_id") == booted


def test_offline_there_and_back(hosts, roamer):
    before = checksum(roamer)
    hosts.run("kvm1", "virsh", "destroy", "roamer")
    file_before = hosts.run("kvm1", "md5sum", f"{IMAGES}/roamer.qcow2")
    definition = hosts.run("kvm1", "virsh", "dumpxml", "--inactive", "roamer")
    there = move(hosts.get("vm", "roamer"), "kvm2")
    hosts.apply(there)
    assert states(hosts, "roamer") == ("", "shut off")
    assert has_disk(hosts, "roamer") == (False, True)
    assert hosts.run("kvm2", "md5sum", f"{IMAGES}/roamer.qcow2") == file_before
    assert hosts.run("kvm2", "virsh", "dumpxml", "--inactive", "roamer") == definition
    hosts.run("kvm2", "virsh", "start", "roamer")
    assert checksum(roamer) == before
    hosts.run("kvm2", "virsh", "destroy", "roamer")
    hosts.undo(there)
    assert states(hosts, "roamer") == ("shut off", "")
    assert has_disk(hosts, "roamer") == (True, False)


@pytest.mark.parametrize("running", [True, False])
def test_a_foreign_disk_is_copied_and_the_old_one_kept(hosts, running):
    state = "running" if running else "stopped"
    hosts.run("kvm1", "qemu-img", "create", "-f", "raw", f"{IMAGES}/whole.img", "20M")
    hosts.run(
        "kvm1",
        "dd",
        "if=/dev/urandom",
        f"of={IMAGES}/whole.img",
        "bs=1M",
        "seek=9",
        "count=1",
        "conv=notrunc",
    )
    digest = hosts.run("kvm1", "md5sum", f"{IMAGES}/whole.img")
    hosts.apply(add(vm("whole", disk="whole.img", state=state, **{"import": True})))
    try:
        hosts.apply(move(hosts.get("vm", "whole"), "kvm2"))
        assert states(hosts, "whole") == ("", "running" if running else "shut off")
        assert any("kept" in text for text in hosts.said)
        assert all("whole.img" in hosts.files(host) for host in hosts.hosts)
        hosts.lab.exec("kvm2", ["virsh", "destroy", "whole"])
        assert hosts.run("kvm2", "md5sum", f"{IMAGES}/whole.img") == digest
        assert (
            int(hosts.run("kvm2", "stat", "-c%b", f"{IMAGES}/whole.img")) * 512 < 4 * 2**20
        )  # holes stay holes
    finally:
        for host in hosts.hosts:
            hosts.delete("whole", host)
            hosts.run(host, "rm", "-f", f"{IMAGES}/whole.img")


def test_an_ovs_bridge_here_and_a_linux_bridge_there(hosts):
    hosts.run("kvm1", "ovs-vsctl", "add-br", "mixed", "--", "set", "bridge", "mixed", "datapath_type=netdev")
    hosts.run("kvm2", "sh", "-ec", "ip link add mixed type bridge; ip link set mixed up")
    hosts.apply(add(vm("mixer")), add(port("mixer", 1, "mixed")))
    try:
        for state in ("running", "shut off"):
            there = move(hosts.get("vm", "mixer"), "kvm2")
            hosts.apply(there)
            if state == "running":
                assert "mixer_p1" in hosts.run("kvm2", "ls", "/sys/class/net/mixed/brif")
            assert "openvswitch" not in hosts.run("kvm2", "virsh", "dumpxml", "--inactive", "mixer")
            hosts.undo(there)
            assert states(hosts, "mixer") == (state, "")
            assert "openvswitch" in hosts.run("kvm1", "virsh", "dumpxml", "--inactive", "mixer")
            hosts.lab.exec("kvm1", ["virsh", "destroy", "mixer"])
    finally:
        for host in hosts.hosts:
            hosts.delete("mixer", host)
        hosts.run("kvm1", "ovs-vsctl", "del-br", "mixed")
        hosts.run("kvm2", "ip", "link", "del", "mixed")


def refused(hosts, words):
    """A move of the roamer is refused or fails; it runs on where it was, and nothing is left behind."""
    files = hosts.files("kvm2")
    with pytest.raises(ApplyFailed, match=words) as failed:
        hosts.apply(move(vm("roamer"), "kvm2"))
    assert failed.value.leftovers == ()
    assert states(hosts, "roamer")[0] == "running"
    assert hosts.files("kvm2") == files
    assert has_disk(hosts, "roamer")[0]


def test_what_the_target_lacks(hosts, roamer):
    hosts.run("kvm2", "ovs-vsctl", "del-br", "br1")
    refused(hosts, "br1")
    hosts.run("kvm2", "ovs-vsctl", "add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev")
    hosts.run("kvm2", "mv", f"{IMAGES}/tiny.qcow2", f"{IMAGES}/away")
    refused(hosts, "there is no .*tiny.qcow2")
    hosts.run(
        "kvm2",
        "sh",
        "-ec",
        f"cd {IMAGES}; cp away tiny.qcow2; printf x | dd of=tiny.qcow2 conv=notrunc bs=1 seek=70000",
    )
    refused(hosts, "not the same")
    hosts.run("kvm2", "mv", f"{IMAGES}/away", f"{IMAGES}/tiny.qcow2")
    hosts.run("kvm2", "touch", f"{IMAGES}/roamer.qcow2")
    refused(hosts, "taken")
    hosts.run("kvm2", "rm", f"{IMAGES}/roamer.qcow2")
    hosts.run("kvm2", "ip", "tuntap", "add", "roamer_p1", "mode", "tap")
    refused(hosts, "roamer_p1")
    hosts.run("kvm2", "ip", "link", "del", "roamer_p1")
    hosts.apply(add(vm("roamer", "kvm2", state="stopped", disk=None)))
    refused(hosts, "the name is taken")
    hosts.delete("roamer", "kvm2")


@contextmanager
def slowly(hosts):
    """Migrations of the roamer from kvm1 take tens of seconds: what a test does amidst one is not too late."""
    speed = hosts.run("kvm1", "virsh", "migrate-getspeed", "roamer")
    hosts.run("kvm1", "virsh", "migrate-setspeed", "roamer", "1")
    yield
    hosts.run("kvm1", "virsh", "migrate-setspeed", "roamer", speed)


def test_the_user_breaks_it_off(hosts, roamer):
    def progress(text, fraction=None):
        if (
            fraction and fraction < 0.5
        ):  # its memory is under way: the disk, with next to nothing in it, is all there
            raise KeyboardInterrupt

    before = checksum(roamer)
    with slowly(hosts), pytest.raises(ApplyFailed, match=r"interrupted.*stays on kvm1") as failed:
        hosts.connection("kvm1").apply([move(hosts.get("vm", "roamer"), "kvm2")], progress)
    assert failed.value.leftovers == ()
    assert states(hosts, "roamer") == ("running", "")
    assert has_disk(hosts, "roamer") == (True, False)
    assert checksum(roamer) == before
    hosts.apply(move(hosts.get("vm", "roamer"), "kvm2"))
    assert checksum(roamer) == before


def test_a_migration_goes_on_by_itself_and_is_looked_at(hosts, roamer):
    source, there = hosts.connection("kvm1"), move(hosts.get("vm", "roamer"), "kvm2")
    assert source.begin([change(there.before, state="paused")]) is None
    job, seen = source.begin([there]), []
    while not (seen and seen[-1].ended):
        seen.append(job.look())
        time.sleep(0.05)
    source.verify([there], hosts.progress)
    assert states(hosts, "roamer") == ("", "running")
    assert all(state.text for state in seen)


def test_a_migration_is_cancelled(hosts, roamer):
    source, before = hosts.connection("kvm1"), checksum(roamer)
    with slowly(hosts):
        job = source.begin([move(hosts.get("vm", "roamer"), "kvm2")])
        assert eventually(lambda: job.look().moved, 30)
        first = job.look()
        assert eventually(lambda: job.look().moved > first.moved, 30)
        began = time.monotonic()
        assert hosts.get("vm", "roamer").get("state") == "running"  # the connection is free for others
        assert time.monotonic() - began < 2
        assert eventually(lambda: job.look().rate)  # QEMU counts it once a second
        state = job.look()
        assert 0 < state.moved < state.total
        job.cancel()
        with pytest.raises(ApplyFailed, match=r"interrupted.*stays on kvm1") as failed:
            eventually(lambda: job.look().ended, 30)
    assert failed.value.leftovers == ()
    assert states(hosts, "roamer") == ("running", "")
    assert has_disk(hosts, "roamer") == (True, False)
    assert checksum(roamer) == before


def test_qemu_dies_at_the_target(hosts, roamer):
    def kill():
        hosts.lab.exec(
            "kvm2", ["sh", "-c", "until pid=$(pidof qemu-system-x86_64); do sleep 0.1; done; kill -9 $pid"]
        )

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        refused(hosts, "stays on kvm1")
    finally:
        killer.join()
    assert states(hosts, "roamer") == ("running", "")
    assert roamer.run("echo alive") == "alive\n"


def test_the_source_daemon_stops_answering(hosts, roamer):
    """Nobody knows how far it is, and nothing is removed; when it answers again, it tells."""
    pid = hosts.run("kvm1", "pidof", "libvirtd")

    def progress(text, fraction=None):
        if fraction:
            hosts.run("kvm1", "kill", "-STOP", pid)

    hosts.run("kvm1", "virsh", "migrate-setspeed", "roamer", "1")
    began = time.monotonic()
    there = move(hosts.get("vm", "roamer"), "kvm2")
    try:
        with pytest.raises(HostUnreachable, match="roamer is on kvm1 or on kvm2, nobody knows yet"):
            hosts.connection("kvm1").apply([there], progress)
        assert time.monotonic() - began < 60
    finally:
        hosts.run("kvm1", "kill", "-CONT", pid)
        hosts.connections.drop("kvm1", "libvirt")
    hosts.run("kvm1", "sh", "-c", "virsh migrate-setspeed roamer 1000 || true")  # it may be gone by now
    stands = hosts.connection("kvm1").settle([there], no_progress)
    assert states(hosts, "roamer") == (("", "running") if stands else ("running", ""))
