"""A vm, an address and fencing under a Pacemaker cluster of the lab, as somebody runs `scripts/ha.vnet`."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.storage import FOLDER

pytestmark = pytest.mark.lab

SCRIPT = ROOT / "scripts/ha.vnet"
MEMBERS = ("kvm1", "kvm2", "kvm3")
CRASHES = (["delete ha web01", "a vm is defined again"],)
"""A run, and where it is killed: there the vm is under the cluster and with its libvirt."""
if "VNETSH_HA_CRASHES" in os.environ:
    COMING = (
        "a definition for a cluster is written",
        "a cluster's patch is to be made",
        "a cluster's patch is made",
    )
    GOING = (
        "a cluster leaves a vm alone",
        "a cluster has forgotten that a vm ran",
        "a cluster's patch is made",
    )
    AGAIN = "ha web01 migrate transport tcp prefer kvm1 restart 3"
    CRASHES += tuple(["delete ha web01", at] for at in GOING) + tuple([AGAIN, at] for at in COMING)


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=4, ha=True, storage=True) as lab:
        one = LabOperator.of(lab, Path(tmp_path_factory.mktemp("ha")))
        assert eventually(lambda: "Online: [ kvm1 kvm2 kvm3 ]" in one.on("kvm1", "crm_mon -1"), 60)
        one.on(
            "kvm1",
            "pcs resource create theirs ocf:pacemaker:Dummy && pcs constraint location theirs avoids kvm3",
        )
        one.on("kvm4", f"truncate -s 8M {FOLDER}/nbd/web01")
        yield one


def where(one: LabOperator) -> list[str]:
    """On which hosts the vm runs."""
    return [host for host in MEMBERS if "web01" in one.on(host, "virsh list --name").split()]


def defined(one: LabOperator) -> list[str]:
    """Whose libvirt has its definition."""
    return [
        host for host in MEMBERS if "web01" in one.on(host, "virsh list --all --persistent --name").split()
    ]


def process(one: LabOperator, host: str) -> str:
    """Which process it is: it must be one and the same while nobody moves it."""
    return one.on(host, "cat /run/libvirt/qemu/web01.pid")


def declared(one: LabOperator) -> str:
    """What the script declares and the test has not deleted, without its migration."""
    lines = SCRIPT.read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith(("migrate", "expect", "order")))


def goes_through_the_cluster(one: LabOperator) -> None:
    """A vm of kvm3 is stopped and started, and its host drained and undrained, by its cluster alone."""
    killed = one("--max-impact", "restart", "-c", "stop web01 force", VNETSH_CRASH_AT="a cluster stops a vm")
    assert killed.returncode == -signal.SIGKILL
    one.good("recover")  # by force, too: its guest would take its time
    assert (where(one), defined(one)) == ([], ["kvm3"]), "it is off, and seen with its host"
    assert "stopped" in one.good("show", "vms")
    assert "disabled" in one.on("kvm1", "crm_mon -1 --inactive").lower()
    assert not re.search(r"^  [+~>-]", one.good("plan", str(SCRIPT)), re.MULTILINE)
    one.good("-c", "start web01")
    assert (where(one), defined(one)) == (["kvm3"], [])

    before = process(one, "kvm3")
    one.good("-c", "drain kvm3")
    assert len(where(one)) == 1
    assert where(one) != ["kvm3"]
    assert "standby" in one.on("kvm1", "crm_mon -1")
    assert not re.search(r"^  [+~>-]", one.good("plan", "-c", "drain kvm3"), re.MULTILINE)
    one.good("undo")
    assert (where(one), defined(one)) == (["kvm3"], [])
    assert process(one, "kvm3") != before, "it was away"
    assert "Online: [ kvm1 kvm2 kvm3 ]" in one.on("kvm1", "crm_mon -1")
    assert "drained" not in one.on("kvm1", "cibadmin --query --scope configuration")


def test_a_vm_comes_under_a_cluster_survives_its_host_and_goes(operator: LabOperator) -> None:
    one = operator
    one.good(str(SCRIPT))
    assert where(one) == ["kvm3"]
    assert defined(one) == []
    assert all("web01" in one.on(host, "ls /etc/vnetsh/ha") for host in MEMBERS)
    assert not re.search(r"^  [+~>-]", one.good("plan", str(SCRIPT)), re.MULTILINE), "the second time nothing"
    assert "ha1" in one.good("show", "vms")

    goes_through_the_cluster(one)
    assert where(one) == ["kvm3"]

    pid = process(one, "kvm3")
    one.good("-c", "delete order 10.77.0.50 then web01")
    for sentence, at in CRASHES:
        comes = sentence.startswith("ha")
        if comes:
            one.good("-c", "delete ha web01")
        killed = one("-c", sentence, VNETSH_CRASH_AT=at)
        assert killed.returncode == -signal.SIGKILL
        assert len(where(one)) == 1
        assert defined(one) or "web01" in one.on("kvm3", "ls /etc/vnetsh/ha"), (
            "some definition is always there"
        )
        one.good("recover", *([] if comes else ["--undo"]))
        assert (where(one), process(one, "kvm3")) == (["kvm3"], pid)
        assert "web01" in one.good("show", "ha"), "it is under the cluster again, or at last"
    assert defined(one) == []
    assert "no changes" in one.good("plan", "-c", declared(one))

    os.kill(one.lab.pid("kvm3"), signal.SIGKILL)
    others = ("kvm1", "kvm2")
    assert eventually(
        lambda: any("web01" in one.on(host, "virsh list --name").split() for host in others), 60
    )
    assert eventually(lambda: "kvm3" not in one.on("kvm1", "crm_mon -1 | grep -i offline"), 60)
    assert eventually(lambda: "Online: [ kvm1 kvm2 kvm3 ]" in one.on("kvm1", "crm_mon -1"), 60)
    assert len(where(one)) == 1, "and it is there once"
    assert "no changes" in one.good("plan", "-c", declared(one)), "it is where the cluster has put it"
    exported = one.good("export")
    assert "ha web01 cluster ha1" in exported
    assert "no changes" in one.good("plan", "-c", exported)

    at = where(one)[0]
    pid = process(one, at)
    one.good("--max-impact", "brief", "-c", "delete ha web01; vm web01 memory 96M; delete vip 10.77.0.50")
    assert "98304" in one.on(at, "virsh dumpxml --inactive web01"), (
        "it is changed in the run that gave it back"
    )
    one.good("-c", "delete fence kvm1; delete fence kvm2; delete fence kvm3")
    assert (where(one), defined(one), process(one, at)) == ([at], [at], pid)
    left = one.on("kvm1", "cibadmin --query --scope configuration")
    assert "theirs" in left
    assert "vnetsh" not in left
    assert "web01" not in left
    assert not any(one.on(host, "ls -A /etc/vnetsh/ha") for host in MEMBERS)
