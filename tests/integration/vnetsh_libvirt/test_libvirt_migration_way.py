"""The way of a migration's data on real hosts: encrypted, by ssh, to an address of a network of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, without_system

from vnetsh_lab import running
from vnetsh_lab.certificates import PKI

pytestmark = pytest.mark.lab

OWN = "migration-address 10.78.0.{}"
PEER = "qemu+ssh://root@10.77.0.2/system?keyfile=/root/key&no_verify=1"
PARAMETERS = "virsh qemu-monitor-command web --hmp 'info migrate_parameters' 2>/dev/null | grep tls-creds"
SENT = "ss -Htn state established dst {}/24 | wc -l"


class Operator(LabOperator):
    """An operator whose hosts file says more of the lab's hosts."""

    def say(self, **more: str) -> None:
        """What the file says more of each host; the way of its daemon instead of the lab's."""
        lines = self.lab.layout.hosts_file.read_text().splitlines()
        said = {line.split()[1]: line for line in lines}
        for host, words in more.items():
            old = said[host] if "libvirt-peer" not in words else said[host].partition(" libvirt-peer")[0]
            said[host] = f"{old} {words}"
        (self.folder / "hosts.vnet").write_text("".join(f"{line}\n" for line in said.values()))


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with running(hosts=2) as lab:
        without_system(lab)
        folder = Path(tmp_path_factory.mktemp("ways"))
        options = ("--hosts", str(folder / "hosts.vnet"), "--max-impact", "destroy")
        found = Operator(folder, options, {"VNETSH_LAB_DIR": str(lab.folder)}, lab=lab)
        found.say()
        for number in (1, 2):
            found.on(f"kvm{number}", f"ip address add 10.78.0.{number}/24 dev vswitch01")
        found.good(
            "-c", "vm web on kvm1 memory 96M disk tiny.qcow2 port vswitch01; vm bare on kvm1 memory 64M"
        )
        yield found


def where(operator: Operator, vm: str) -> list[str]:
    return [host for host in ("kvm1", "kvm2") if operator.on(host, f"virsh domstate {vm} 2>/dev/null")]


def test_encrypted_and_in_a_network_of_its_own(operator: Operator) -> None:
    """The memory and the disk that travels go to that address, by TLS; its undo goes the same way."""
    operator.say(kvm1=OWN.format(1), kvm2=OWN.format(2))
    seen = set[str]()
    with operator.start("-c", "migrate web to kvm2 over tls bandwidth 500Mbit") as process:
        while process.poll() is None:
            if operator.on("kvm1", SENT.format("10.78.0.0")) != "0":
                seen.add("own network")
            if "objlibvirt_migrate_tls0" in operator.on("kvm1", PARAMETERS):
                seen.add("tls")
            if operator.on(
                "kvm1", "ss -Htn state established '( dport >= 49152 and dport <= 49215 )' dst 10.77.0.2"
            ):
                seen.add("elsewhere")
        said = "".join(process.communicate(timeout=60))
    assert process.returncode == 0, said
    assert "over tls to 10.78.0.2" in said
    assert seen == {"own network", "tls"}
    assert where(operator, "web") == ["kvm2"]
    assert "over tls to 10.78.0.1" in operator.good("undo")
    assert where(operator, "web") == ["kvm1"]


def test_what_hosts_are_not_ready_for_is_refused(operator: Operator) -> None:
    operator.say(kvm2="migration-address 10.79.0.2")
    assert "error[E480]" in operator("plan", "-c", "migrate web to kvm2").stderr
    operator.say(kvm1="migration-over tls")
    operator.on("kvm2", f"mv {PKI}/server-key.pem {PKI}/away")
    try:
        refused = operator("plan", "-c", "migrate web to kvm2")
        assert (
            f"error[E481]: host `kvm2` is not set up for TLS: {PKI} has no server-key.pem" in refused.stderr
        )
        assert operator("plan", "-c", "migrate web to kvm2 over tcp").returncode == 0
    finally:
        operator.on("kvm2", f"mv {PKI}/away {PKI}/server-key.pem")
    assert "error[E483]" in operator("plan", "-c", "migrate bare to kvm2 over ssh").stderr
    assert where(operator, "web") == ["kvm1"]


def test_by_the_daemons_ssh(operator: Operator) -> None:
    """What has no disk that would have to be copied: all goes through the one connection of the daemons."""
    operator.say(kvm2=f'libvirt-peer "{PEER}"')
    key = operator.lab.layout.ssh_key.read_text()
    operator.lab.exec("kvm1", ["sh", "-c", "cat >/root/key; chmod 600 /root/key"], input=key)
    operator.on("kvm2", "/usr/sbin/sshd -f /run/vnetsh-lab/sshd_config -o ListenAddress=10.77.0.2")
    time.sleep(0.2)
    assert "error[E482]" in operator("plan", "-c", "migrate web to kvm2 over ssh").stderr
    said = operator.good("-c", "migrate bare to kvm2 over ssh")
    assert "over ssh" in said
    assert where(operator, "bare") == ["kvm2"]
