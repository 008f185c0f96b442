"""Pools by what they are: folders that both hosts have, and disks whose room is taken when they are made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, on, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

DATA = "qemu-io -U -r -f {form} -c 'read -P 7 1M 8M' {path}"
FAST, SLOW = "/var/lib/libvirt/fast", "/var/lib/libvirt/slow"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> LabOperator:
    return LabOperator.of(lab, tmp_path)


@pytest.fixture
def both(operator: LabOperator) -> Iterator[str]:
    """A folder that all hosts of the lab have: the machine's own."""
    made = operator.on("kvm1", "mktemp -d /srv/vnetsh-XXXXXXXX")
    yield made
    shutil.rmtree(made, ignore_errors=True)


def has(operator: LabOperator, host: str, path: str, form: str) -> None:
    """The disk there has what was written to it."""
    done = operator.on(host, DATA.format(form=form, path=path))
    assert ("read 8388608/8388608" in done, "failed" in done) == (True, False), done


def room(operator: LabOperator, host: str, path: str) -> int:
    """The bytes that its host's disk keeps for a file."""
    return int(operator.on(host, f"stat -c %b {path}")) * 512


def test_a_folder_that_both_hosts_have(operator: LabOperator, both: str) -> None:
    refused = operator("--yes", "-c", f"pool own on kvm1, kvm2 path {FAST} shared yes")
    assert (refused.returncode, f"there is no folder {FAST}" in refused.stderr) == (1, True), refused.stderr
    for host in ("kvm1", "kvm2"):
        on(operator.lab, host, "mkdir", FAST)
    refused = operator("--yes", "-c", f"pool own on kvm1, kvm2 path {FAST} shared yes")
    assert (refused.returncode, f"{FAST} is not the folder that kvm" in refused.stderr) == (1, True), (
        refused.stderr
    )
    for host in ("kvm1", "kvm2"):  # nothing is left in it
        on(operator.lab, host, "rmdir", FAST)

    operator.good("--yes", "-c", f"pool both on kvm1, kvm2 path {both} shared yes")
    assert "no changes" in operator.good("plan", "-c", f"pool both on kvm1, kvm2 path {both} shared yes")
    assert f"pool both on kvm1, kvm2 path {both} shared yes" in operator.good("export")
    disks = "disk system from tiny.qcow2 copy pool both disk data size 32M format raw pool both"
    operator.good("--yes", "-c", f"vm s1 on kvm1 memory 96M {disks}")
    data = f"{both}/s1-data.raw"
    operator.good("--yes", "-c", "stop s1 force")
    on(operator.lab, "kvm1", "qemu-io", "-f", "raw", "-c", "write -q -P 7 1M 8M", data)
    inode = operator.on("kvm1", f"stat -c %i {data}")
    operator.good("--yes", "-c", "start s1")
    operator.good("--yes", "-c", "migrate s1 to kvm2")
    assert operator.on("kvm2", "virsh domstate s1") == "running"
    has(operator, "kvm2", data, "raw")
    refused = operator("--yes", "-c", f"vm s2 on kvm1 memory 96M disk x file {data}")
    assert (refused.returncode, "E454" in refused.stderr) == (1, True), refused.stderr
    operator.good("--yes", "undo")
    operator.good("--yes", "-c", "stop s1 force")
    assert "its definition is copied" in operator.good("--yes", "-c", "migrate s1 to kvm2")
    assert operator.on("kvm1", f"stat -c %i {data}") == inode
    has(operator, "kvm1", data, "raw")
    operator.good("--yes", "-c", "delete vm s1 disks system, data; pool both on kvm1, kvm2 shared no")
    assert operator.on("kvm1", f"ls -A {both}") == ""
    operator.good("--yes", "-c", "delete pool both")


def test_thick_disks_keep_their_room(operator: LabOperator) -> None:
    """Made, grown while the VM runs and while it is off, moved in both ways, and taken to another host in both ways."""
    operator.good("--yes", "-c", f"pool fast on kvm1, kvm2 path {FAST}; pool slow on kvm1, kvm2 path {SLOW}")
    disks = (
        "disk system from tiny.qcow2 size 24M thick "
        "disk a size 16M thick pool fast disk b size 16M format raw thick"
    )
    operator.good("--yes", "-c", f"vm t1 on kvm1 memory 96M {disks}; stop t1 force")
    at = {"a": (f"{FAST}/t1-a.qcow2", "qcow2"), "b": ("/var/lib/libvirt/images/t1-b.raw", "raw")}
    for path, form in at.values():
        on(operator.lab, "kvm1", "qemu-io", "-f", form, "-c", "write -q -P 7 1M 8M", path)

    def whole(host: str, size: int) -> None:
        for path, form in at.values():
            assert room(operator, host, path) >= size * 2**20, path
            has(operator, host, path, form)
        assert room(operator, host, "/var/lib/libvirt/images/t1-system.qcow2") >= 24 * 2**20

    whole("kvm1", 16)
    operator.good("--yes", "-c", "vm t1 disk a size 17M disk b size 17M")
    operator.good("--yes", "-c", "start t1; vm t1 disk a size 20M disk b size 20M")
    whole("kvm1", 20)
    operator.good("--yes", "-c", "move disk t1/a, t1/b to slow")
    at = {"a": (f"{SLOW}/t1-a.qcow2", "qcow2"), "b": (f"{SLOW}/t1-b.raw", "raw")}
    whole("kvm1", 20)
    operator.good("--yes", "-c", "migrate t1 to kvm2")
    whole("kvm2", 20)
    operator.good("--yes", "-c", "stop t1 force; migrate t1 to kvm1; move disk t1/a, t1/b to fast")
    at = {"a": (f"{FAST}/t1-a.qcow2", "qcow2"), "b": (f"{FAST}/t1-b.raw", "raw")}
    whole("kvm1", 20)
    refused = operator("--yes", "-c", "vm t1 disk c size 9T thick")
    assert (refused.returncode, "E444" in refused.stderr) == (1, True), refused.stderr
    assert "disk a pool fast size 20M thick" in operator.good("export")
    operator.good("--yes", "-c", "delete vm t1 disks system, a, b; delete pool fast; delete pool slow")
