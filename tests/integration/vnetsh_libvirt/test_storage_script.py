"""`scripts/storage.vnet` on the lab, and what is on its disks after each thing that is done to them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import LabOperator, on
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole
from vnetsh_lab.storage import FOLDER

pytestmark = pytest.mark.lab

SCRIPT = str(ROOT / "scripts/storage.vnet")
STORE = "kvm3"
DISKS = {"shop": ("vda", "vdb"), "ledger": ("vda", "vdb", "vdc")}
"""Of each VM: its system, whose file `/root/proof` is compared, and disks of which the second MiB is."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=3, guests=["full"], storage=True) as lab:
        on(lab, STORE, "truncate", "--size=64M", f"{FOLDER}/nbd/shop")
        yield LabOperator.of(lab, Path(tmp_path_factory.mktemp("storage")))


def sums(vm: str, guest: GuestConsole, *, write: bool = False) -> str:
    """Checksums of what was written, read from the disks themselves; it is written before where that is said."""
    command = "sync; echo 3 > /proc/sys/vm/drop_caches; md5sum /root/proof"
    for number, disk in enumerate(DISKS[vm]):
        if number:
            command += f"; dd if=/dev/{disk} bs=1M skip=1 count=1 2>/dev/null | md5sum"
        if write:
            place = f"/dev/{disk} seek=1" if number else "/root/proof"
            command = f"dd if=/dev/urandom of={place} bs=1M count=1 conv=fsync 2>/dev/null; {command}"
    found = guest.run(command)
    assert found.count("-") == len(DISKS[vm]) - 1, found
    return found


def test_what_is_on_the_disks_stays(reader: LabOperator) -> None:
    assert "verified" in reader.moved("--yes", SCRIPT)
    assert "no changes" in reader.good("plan", SCRIPT)
    with ExitStack() as stack:
        guests = {vm: stack.enter_context(GuestConsole(reader.lab, vm)) for vm in DISKS}
        written = {vm: sums(vm, guest, write=True) for vm, guest in guests.items()}

        def same() -> bool:
            return {vm: sums(vm, guest) for vm, guest in guests.items()} == written

        assert "grows while it runs" in reader.good("--yes", "--set", "data=512M", SCRIPT)
        assert guests["shop"].run("cat /sys/block/vdb/size").strip() == str(512 * 2**20 // 512)
        assert same(), "grown"
        reader.moved("--yes", "-c", "migrate shop to kvm1; migrate ledger to kvm1")
        assert same(), "moved live"
        refused = reader("-c", "snapshot ledger as raw")
        assert (refused.returncode, "E486" in refused.stderr) == (1, True), refused.stdout + refused.stderr
        reader.good("--yes", "-c", "snapshot shop as before")
        guests["shop"].run(
            "dd if=/dev/zero of=/dev/vdb bs=1M seek=1 count=1 conv=fsync; rm /root/proof; sync"
        )
        reader.good("--yes", "-c", "revert shop to before; delete snapshot shop/before")
        assert same(), "as it was when the snapshot was taken"
        server_dies(reader)
        assert same(), "its server was killed while it moved"
        reader.good(
            "--yes", "-c", "stop shop force; stop ledger force; migrate shop to kvm1; migrate ledger to kvm2"
        )
        reader.good("--yes", "-c", "start shop; start ledger")
        assert same(), "moved off"
    reader.good("--yes", "-c", "stop shop force; stop ledger force; delete vm shop disks system, data")
    reader.good("--yes", "-c", "delete vm ledger disks system; delete pool store on kvm1, kvm2")
    assert reader.on(STORE, f"ls {FOLDER}/nfs") == ""


def server_dies(reader: LabOperator) -> None:
    """The server of NFS is killed in mid-migration: it is said where the VM is, and it is on one host in the end."""
    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(reader, "--yes", "-c", "migrate shop to kvm2 bandwidth 40Mbit")
        under_way = "virsh domjobinfo shop | grep 'Outgoing migration'"
        assert eventually(lambda: moving.done() or reader.on("kvm1", under_way), 120)
        assert not moving.done(), moving.result()
        reader.on(STORE, "kill -9 $(cat /run/ganesha.pid)")
        done = moving.result()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "stays on kvm1" in done.stderr or "`vnetsh recover` finishes" in done.stderr, done.stderr
    assert "it waits for disk system" in done.stderr, done.stderr
    reader.lab.up(3, storage=True)
    reader.good("--yes", "recover")
    where = [{*reader.on(host, "virsh list --all --name").split()} for host in ("kvm1", "kvm2")]
    assert where in ([{"shop", "ledger"}, set()], [{"ledger"}, {"shop"}]), where
    assert "no changes" in reader.good("-c", "start shop")
