"""NICs of libvirt's own networks, on real hosts: said, exported, changed, moved, cloned, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

NIC = "virsh dumpxml {} --inactive | sed -n '/<interface/,/<.interface>/p'"
PORT = "port virbr7 network lan name web_n"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("networks")))
        for host in ("kvm1", "kvm2"):
            for name, bridge in (("lan", "virbr7"), ("other", "virbr8")):
                xml = f"<network><name>{name}</name><bridge name='{bridge}' stp='off'/></network>"
                found.on(
                    host, f'echo "{xml}" >/run/n.xml; virsh net-define /run/n.xml; virsh net-start {name}'
                )
        yield found


def test_a_vm_is_made_on_one(operator: LabOperator) -> None:
    operator.good("-c", f"vm web on kvm1 memory 96M disk tiny.qcow2 {PORT}")
    nic = operator.on("kvm1", NIC.format("web"))
    assert "<interface type='network'>" in nic
    assert "<source network='lan'/>" in nic
    assert "virbr7" in operator.on("kvm1", "ip -o link show web_n")
    assert "no changes" in operator.good("-c", f"vm web {PORT}")
    exported = operator.good("export", "vms")
    assert "port virbr7 name web_n" in exported
    assert "network lan" in exported
    assert "unsaid: port web_n" not in exported


def test_it_leaves_the_network_and_comes_back(operator: LabOperator) -> None:
    with GuestConsole(operator.lab, "web"):
        pass  # it has booted, and lets go of its NICs
    before = operator.on("kvm1", NIC.format("web"))
    operator.good("--yes", "-c", "vm web port virbr8 name web_n")
    assert "<source bridge='virbr8'/>" in operator.on("kvm1", NIC.format("web"))
    operator.good("--yes", "undo")
    assert operator.on("kvm1", NIC.format("web")) == before
    operator.good("--yes", "-c", "vm web port virbr8 network other name web_n")
    assert "<source network='other'/>" in operator.on("kvm1", NIC.format("web"))
    assert "virbr8" in operator.on("kvm1", "ip -o link show web_n")
    operator.good("--yes", "-c", "vm web port virbr8 network none name web_n")
    assert "<source bridge='virbr8'/>" in operator.on("kvm1", NIC.format("web"))
    for _ in range(2):
        operator.good("--yes", "undo")
    assert operator.on("kvm1", NIC.format("web")) == before


def test_it_goes_along_and_is_cloned(operator: LabOperator) -> None:
    operator.good("-c", "migrate web to kvm2 outage none")
    assert "<source network='lan'/>" in operator.on("kvm2", NIC.format("web"))
    operator.good("--yes", "-c", "stop web force")
    said = operator.good("--yes", "-c", "clone web as web2")
    assert "libvirt's network" not in said
    assert "<source network='lan'/>" in operator.on("kvm2", NIC.format("web2"))
    operator.good("--yes", "-c", "delete vm web2")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("port virbr8 network lan name x_n", "libvirt's network `lan` of kvm1 is on the bridge `virbr7`"),
        ("port virbr7 network nosuch name x_n", "host `kvm1` has no active libvirt network `nosuch`"),
    ],
)
def test_what_does_not_fit_is_refused(operator: LabOperator, said: str, told: str) -> None:
    done = operator("plan", "-c", f"vm x on kvm1 {said}")
    assert done.returncode == 1
    assert "E484" in done.stderr
    assert told in done.stderr
