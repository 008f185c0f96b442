"""Disks that come to lie in other pools, while their VMs run and while they are off; and runs that are cut off."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, on, without_system

from vnetsh_lab import Lab, running
from vnetsh_lab.storage import EXPORT, FOLDER

pytestmark = pytest.mark.lab

AT_LENGTH = pytest.mark.skipif(
    "VNETSH_EXPECT_FAULTS" not in os.environ, reason="VNETSH_EXPECT_FAULTS=1 has them"
)

STORE = "kvm2"
SERVER = "10.77.0.2"
SCRIPT = f"""pool store on kvm1 type nfs source {SERVER}:{EXPORT}
pool fast on kvm1 path /var/lib/libvirt/fast
vm web01 on kvm1 memory 96M disk system from tiny.qcow2 disk data size 64M pool fast
"""
SAID = "vm web01 disk data size 64M pool store"
AT_STORE, AT_FAST = f"nfs://{SERVER}{EXPORT}/web01-data.qcow2", "/var/lib/libvirt/fast/web01-data.qcow2"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2, storage=True) as lab:
        without_system(lab)
        yield lab


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[LabOperator]:
    found = LabOperator.of(lab, tmp_path)
    found.good("--yes", "-c", SCRIPT.replace("\n", "; "))
    found.good("--yes", "-c", "stop web01 force")
    on(lab, "kvm1", "qemu-io", "-f", "qcow2", "-c", "write -q -P 7 1M 16M", AT_FAST)
    found.good("--yes", "-c", "start web01")
    yield found
    found.good(
        "--yes",
        "-c",
        "stop web01 force; delete vm web01 disks system, data; delete pool store; delete pool fast",
    )
    assert left(found) == ""
    assert found.on("kvm1", "ls /var/lib/libvirt/images") == "tiny.qcow2"


def left(operator: LabOperator) -> str:
    """The disks' files in both pools."""
    there = operator.on("kvm1", "ls /var/lib/libvirt/fast") + " " + operator.on(STORE, f"ls {FOLDER}/nfs")
    operator.on("kvm1", "rmdir /var/lib/libvirt/fast")
    return there.strip()


def lies(operator: LabOperator) -> str:
    """Where the disk lies by all that there is: its VM as it runs and as it is defined, and the only file of it."""
    views = [operator.on("kvm1", f"virsh domblklist web01 {how}").split() for how in ("", "--inactive")]
    target = [view[view.index("vdb") + 1] for view in views]
    assert target[0] == target[1], views
    files = (
        operator.on("kvm1", "ls /var/lib/libvirt/fast | grep data"),
        operator.on(STORE, f"ls {FOLDER}/nfs | grep data"),
    )
    assert sum(map(bool, files)) == 1, files
    where, path = ("fast", AT_FAST) if files[0] else ("store", AT_STORE)
    assert target[0] == (path if where == "fast" else f"{EXPORT}/web01-data.qcow2")
    done = operator.on("kvm1", f"qemu-io -U -r -f qcow2 -c 'read -P 7 1M 16M' {path}")
    assert "read 16777216/16777216" in done, done
    assert "failed" not in done
    assert "mirror" not in operator.on("kvm1", "virsh dumpxml web01")
    return where


def test_a_disk_moves_while_its_vm_runs_and_while_it_is_off(operator: LabOperator, tmp_path: Path) -> None:
    refused = operator("--yes", "-c", SAID)
    assert (refused.returncode, "`move disk web01/data to store`" in refused.stderr) == (1, True), (
        refused.stderr
    )
    plan = operator.good("plan", "--explain", "-c", "move disk web01/data to store")
    assert "live for web01 (copied while it runs; its old file is removed)" in plan
    assert "virsh blockcopy web01 vdb --xml" in plan
    operator.good("--yes", "-c", "move disk web01/data to store")
    assert lies(operator) == "store"
    assert "no changes" in operator.good("plan", "-c", f"{SAID}; move disk web01/data to store")
    operator.good("--yes", "undo")
    assert lies(operator) == "fast"

    # A thin overlay stays one on its host, and is whole on a server.
    operator.good("--yes", "-c", "move disk web01/system to fast")
    assert "tiny.qcow2" in operator.on("kvm1", "qemu-img info -U /var/lib/libvirt/fast/web01-system.qcow2")
    operator.good("--yes", "-c", "stop web01 force")
    assert "copied and compared" in operator.good(
        "--yes", "-c", "move disk web01/system, web01/data to store"
    )
    assert lies(operator) == "store"
    whole = AT_STORE.replace("data", "system")
    assert "identical" in operator.on(
        "kvm1", f"qemu-img compare -U /var/lib/libvirt/images/tiny.qcow2 {whole}"
    )
    export = tmp_path / "export.vnet"
    export.write_text(operator.good("export"))
    assert "no changes" in operator.good("plan", str(export))
    operator.good("--yes", "-c", "start web01; snapshot web01 as before")
    refused = operator("--yes", "-c", "move disk web01/data to fast")
    assert (refused.returncode, "E581" in refused.stderr) == (1, True), refused.stderr
    operator.good("--yes", "-c", "delete snapshot web01/before")
    on(operator.lab, "kvm1", "touch", AT_FAST)
    refused = operator("--yes", "-c", "move disk web01/data to fast")
    assert (refused.returncode, "E448" in refused.stderr) == (1, True), refused.stderr
    on(operator.lab, "kvm1", "rm", AT_FAST)


def test_what_others_made_is_moved_and_their_file_kept(operator: LabOperator) -> None:
    theirs, moved = "/var/lib/libvirt/theirs.raw", "/var/lib/libvirt/fast/web01-more.raw"
    on(operator.lab, "kvm1", "sh", "-c", f"head -c 4M /dev/urandom >{theirs}")
    operator.good("--yes", "-c", f"vm web01 disk more file {theirs} format raw")
    said = operator.good("--yes", "-c", "move disk web01/more to fast")
    assert "is kept: vnetsh did not make it" in said
    assert "disk more pool fast size 4M format raw" in operator.good("export")
    assert "identical" in operator.on("kvm1", f"qemu-img compare -U -f raw -F raw {theirs} {moved}")
    operator.good("--yes", "undo")
    assert f"disk more file {theirs}" in operator.good("export")
    operator.good("--yes", "-c", "stop web01 force; delete disk web01/more erase")


LIVE = (
    "vm has gone over to its new file",
    "disk is being copied",
    "new file of a disk is made",
    "disk is mirrored",
    "disk lies elsewhere",
    "disk is told of where it lies",
)
IDLE = ("vm is defined with its new file", "disk is compared", "disk is copied")


def killed(operator: LabOperator, point: str, *, back: bool) -> None:
    """A move that is killed there is ended, or taken back; the VM has one whole disk."""
    was = lies(operator)
    there = "store" if was == "fast" else "fast"
    done = operator("--yes", "-c", f"move disk web01/data to {there}", VNETSH_CRASH_AT=point)
    assert done.returncode == -signal.SIGKILL, point + done.stdout + done.stderr
    operator.good("--yes", "recover", *(["--undo"] if back else []))
    assert lies(operator) == (was if back else there), (point, back)


def test_a_killed_run_leaves_one_whole_disk(operator: LabOperator) -> None:
    killed(operator, LIVE[0], back=False)
    killed(operator, LIVE[1], back=True)
    operator.good("--yes", "-c", "stop web01 force")
    killed(operator, IDLE[0], back=False)


@AT_LENGTH
@pytest.mark.parametrize("back", [False, True])
def test_a_killed_run_leaves_one_whole_disk_wherever_that_was(operator: LabOperator, *, back: bool) -> None:
    for point in LIVE:
        killed(operator, point, back=back)
    operator.good("--yes", "-c", "stop web01 force")
    for point in IDLE:
        killed(operator, point, back=back)


def test_an_interrupted_copy_is_broken_off(operator: LabOperator) -> None:
    with operator.start("--yes", "-c", "move disk web01/data to store bandwidth 8Mbit") as process:
        until = time.monotonic() + 20
        while "mirror" not in operator.on("kvm1", "virsh dumpxml web01") and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        said = "".join(process.communicate(timeout=60))
    assert process.returncode == 130, said
    assert lies(operator) == "fast"
