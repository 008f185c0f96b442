"""The `virsh` and `qemu-img` commands of `--explain`, run on the lab's hosts: vnetsh finds nothing left to do."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from byhand_running import left, make_by_hand, type_in
from waiting import eventually

from vnetsh.backend import HostCommand
from vnetsh.registry import Plugins, load_plugins
from vnetsh.session import Session
from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole
from vnetsh_libvirt.imaging import FORMAT

pytestmark = pytest.mark.lab

IMAGES = "/var/lib/libvirt/images"
NETWORK = """bridge br0 on kvm1, kvm2
bridge br1 on kvm1
bridge lbr1 on kvm1, kvm2 backend linux
bridge lbr2 on kvm1 backend linux
"""


class Typist:
    """Somebody at a shell of each of the lab's hosts."""

    def __init__(self, lab: Lab, plugins: Plugins) -> None:
        self.lab = lab
        self.session = Session(plugins, lab.hosts())
        self.typed: list[str] = []

    def make(self, script: str) -> None:
        """Do by hand what a script asks for; some of it comes about a little later."""
        make_by_hand(self.session, script, self.run)
        assert eventually(lambda: not left(self.session, script), 40), left(self.session, script)

    def run(self, host: str, command: HostCommand) -> None:
        self.typed.append(f"{host}$ {command}")
        if command.argv[0] == "scp":  # the lab's hosts have no ssh between them
            self._copy(host, command.argv[-2], command.argv[-1])
            return
        text = str(command)
        if FORMAT in text:  # as its note says
            image = re.search(r"`qemu-img info -U (\S+)`", command.note)
            assert image
            told = self.says(host, "qemu-img", "info", "-U", "--output=json", image[1])
            text = text.replace(FORMAT, json.loads(told)["format"])
        done = self.lab.exec(host, ["sh", "-c", text], timeout=120)
        assert done.returncode == 0, (host, str(command), done.stdout, done.stderr)

    def _copy(self, host: str, path: str, target: str) -> None:
        address, _, copy = target.partition(":")
        other = next(h.name for h in self.session.inventory.values() if h.address == address)
        assert copy == path
        here, there = (Path(f"/proc/{self.lab.pid(name)}/root{path}") for name in (host, other))
        assert not there.exists()
        shutil.copyfile(here, there)

    def says(self, host: str, *argv: str) -> str:
        done = self.lab.exec(host, argv)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def typist() -> Iterator[Typist]:
    with running(hosts=2) as lab:
        typist = Typist(lab, load_plugins())
        try:
            typist.make(NETWORK)
            yield typist
        finally:
            typist.session.close()


def test_the_life_of_a_vm(typist: Typist) -> None:
    typist.make(
        "vm web on kvm1 memory 96M disk tiny.qcow2 port br0 name web_p1 vlan 10 port lbr1 name web_p2"
    )
    seen = {vm.name: vm for vm in typist.session.look("vm")}["web"]
    assert seen.marked
    with GuestConsole(typist.lab, "web") as guest:
        typist.make("vm web memory 80M vcpus 2 port br0 name web_p3 vlan 20 port lbr1 name web_p4")
        assert typist.says("kvm1", "ovs-vsctl", "get", "port", "web_p3", "tag") == "20"
        assert {port.name: port.marked for port in typist.session.look("port")}["web_p4"]
        assert eventually(lambda: len(guest.run("ls /sys/class/net").split()) == 5)
        typist.make("vm web port br0 name web_p1 vlan 11 port br1 name web_p3 port lbr2 name web_p4")
        assert typist.says("kvm1", "ovs-vsctl", "get", "port", "web_p1", "tag") == "11"
        assert typist.says("kvm1", "ovs-vsctl", "port-to-br", "web_p3") == "br1"
        assert "web_p4" in typist.says("kvm1", "ls", "/sys/class/net/lbr2/brif")
        typist.make("delete port web_p3; delete port web_p4")
        assert eventually(lambda: len(guest.run("ls /sys/class/net").split()) == 3)
        booted = guest.run("cat /proc/sys/kernel/random/boot_id")
        typist.make("migrate web to kvm2")
        assert guest.run("cat /proc/sys/kernel/random/boot_id") == booted
    assert "web.qcow2" not in typist.says("kvm1", "ls", IMAGES)
    typist.make("stop web")
    typist.make("migrate web to kvm1")
    assert typist.says("kvm2", "virsh", "list", "--all", "--name") == ""
    assert "web.qcow2" not in typist.says("kvm2", "ls", IMAGES)
    typist.make("start web")
    with GuestConsole(typist.lab, "web") as guest:  # it boots from what was copied, and can heed
        assert guest.run("cat /sys/class/net/eth0/address")
        typist.make("delete vm web")


def test_an_image_is_used_as_what_it_is(typist: Typist) -> None:
    typist.says("kvm1", "qemu-img", "convert", "-O", "raw", f"{IMAGES}/tiny.qcow2", f"{IMAGES}/own.img")
    typist.make("vm own on kvm1 memory 80M disk own.img import port br0")
    assert "<driver name='qemu' type='raw'" in typist.says("kvm1", "virsh", "dumpxml", "own")
    with GuestConsole(typist.lab, "own"):
        type_in(typist.session, typist.session.adopt("vm", "own", "lab.vnet"), typist.run)
        assert [vm.owner for vm in typist.session.look("vm")] == ["lab.vnet"]
        typist.make("delete vm own")
    assert "own.img" in typist.says("kvm1", "ls", IMAGES)
