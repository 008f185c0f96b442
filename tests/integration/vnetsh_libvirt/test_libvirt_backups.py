"""Backups on a real libvirt, of a guest that writes: its files by checksum before and after; killed on the way."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, meanwhile
from waiting import eventually

from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

IMAGES, SAFE = "/var/lib/libvirt/images", "/var/lib/libvirt/safe"
AGENT = 'virsh qemu-agent-command shop \'{"execute": "guest-%s"}\''
LOAD = "while true; do dd if=/dev/urandom of=/dev/vdb bs=64k count=128 conv=fsync; done >/dev/null 2>&1 &"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1, guests=["full"]) as lab:
        yield lab


@pytest.fixture(scope="module")
def shop(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabOperator:
    """An operator who has made `shop`, whose guest answers; the tests below follow one another."""
    found = LabOperator.of(lab, tmp_path_factory.mktemp("shop"), "--yes", "--max-impact", "destroy")
    disks = "disk system from full.qcow2 disk data size 8M format raw"
    found.good(
        "-c", f"pool safe on kvm1 path {SAFE}; vm shop on kvm1 memory 96M {disks} cloudinit hostname shop"
    )
    assert eventually(lambda: "return" in found.on("kvm1", AGENT % "ping"), 120)
    return found


def killed(shop: LabOperator, script: str, at: str) -> None:
    assert shop("-c", script, VNETSH_CRASH_AT=at).returncode == -signal.SIGKILL


def listed(shop: LabOperator) -> str:
    return " ".join(shop.on("kvm1", f"ls {SAFE}").split())


def disks(shop: LabOperator) -> str:
    """What is on both disks, and the files that there are of them."""
    convert = f"qemu-img convert -f qcow2 -O raw {IMAGES}/shop-system.qcow2 /tmp/raw; sha256sum </tmp/raw; rm /tmp/raw"
    return shop.on("kvm1", f"{convert}; sha256sum {IMAGES}/shop-data.raw; ls {IMAGES} | grep shop-[sd]")


def test_it_is_copied_while_its_guest_writes_and_killed_leaves_nothing(shop: LabOperator, lab: Lab) -> None:
    with GuestConsole(lab, "shop") as guest:
        guest.run("dd if=/dev/urandom of=/kept bs=1M count=2; sha256sum /kept >/kept.sum; sync", timeout=60)
        guest.run(LOAD)
        killed(shop, "backup shop to safe", "backup runs")  # while its guest rests
        assert eventually(lambda: "thawed" in shop.on("kvm1", AGENT % "fsfreeze-status"))
        assert listed(shop) == "shop@1.backup.part"
        shop.good("recover", "--undo")
        assert listed(shop) == ""
        assert "frozen" not in shop.on("kvm1", AGENT % "fsfreeze-status")
        assert "file systems rest" in shop.good("-c", "backup shop to safe")
        assert "no changes" in shop.good("plan", "-c", "backup shop to safe as 1")
        assert shop.good("-o", "csv", "show", "backups").splitlines()[1].endswith("full,guest,")
        guest.run("rm /kept; sync")
    killed(shop, "backup shop to safe as cut", "backup is named")
    shop.good("recover", "--undo")
    assert listed(shop) == "shop@1.backup"


def test_its_files_come_back_and_so_does_what_was_there_before(shop: LabOperator, lab: Lab) -> None:
    assert "E587" in shop("-c", "restore shop from 1").stderr
    shop.good("-c", "stop shop force")
    shop.on("kvm1", f"qemu-io -f raw -c 'write -P 66 0 8M' {IMAGES}/shop-data.raw")
    before = disks(shop)
    killed(shop, "restore shop from 1", "the old disk has another name, too")
    shop.good("recover", "--undo")
    assert disks(shop) == before
    assert "shop-data.raw.before-restore-1" in shop.good("-c", "restore shop from 1")
    shop.good("undo")
    assert disks(shop) == before
    shop.good("-c", "restore shop from 1; start shop")
    with GuestConsole(lab, "shop") as guest:
        assert "OK" in guest.run("sha256sum -c /kept.sum", timeout=60)


def test_one_that_is_gone_is_made_again(shop: LabOperator) -> None:
    known = "virsh dumpxml --inactive shop | grep -e uuid -e 'mac address'"
    shop.good("-c", "stop shop force")
    identity = shop.on("kvm1", known)
    shop.good("-c", "delete vm shop")
    shop.on("kvm1", f"rm {IMAGES}/shop-*")
    shop.good("-c", "restore shop from 1")
    assert shop.on("kvm1", known) == identity
    assert "no changes" in shop.good(
        "plan", "-c", "vm shop on kvm1 disk data size 8M cloudinit hostname shop"
    )
    shop.good("-c", "restore shop from 1 as twin")
    assert "no changes" in shop.good("plan", "-c", "restore shop from 1 as twin")
    for disk, form in (("system", "qcow2"), ("data", "raw")):
        both = f"{SAFE}/shop@1.backup/disk-{disk}.qcow2 {IMAGES}/twin-{disk}.{form}"
        assert "identical" in shop.on("kvm1", f"qemu-img compare -f qcow2 -F {form} {both}")
    shop.good("undo")
    shop.good("undo")
    assert shop.on("kvm1", f"ls {IMAGES} | grep -e shop -e twin") == ""


def test_a_pool_that_gets_full_on_the_way_has_nothing_of_it(
    shop: LabOperator, lab: Lab, tmp_path: Path
) -> None:
    small = "/var/lib/libvirt/small"
    shop.on("kvm1", f"mkdir {small}; mount -t tmpfs -o size=40m none {small}")
    shop.good("-c", f"pool small on kvm1 path {small}; vm box on kvm1 memory 96M disk tiny.qcow2")
    fill = f"dd if=/dev/zero of={small}/x bs=1M count=30"
    assert "did not come to its end" in meanwhile(
        lab, tmp_path, "backup box to small", lambda: shop.on("kvm1", fill)
    )
    assert shop.on("kvm1", f"ls {small}; virsh domstate box") == "x\nrunning"
    shop.on("kvm1", f"dd if=/dev/zero of={small}/x bs=1M count=10")
    shop.good("-c", "backup box to small")  # the room is taken by it then, and that is no problem
    assert "E547" in shop("-c", "backup box to small").stderr
    shop.good("-c", "delete vm box; delete pool small")
    shop.on("kvm1", f"umount {small}")


def test_a_broken_one_is_not_restored_and_only_its_name_removes_one(shop: LabOperator) -> None:
    shop.good("-c", "restore shop from 1")
    shop.good("-c", "backup shop to safe as off; restore shop from off as twin")
    before = disks(shop)
    flip = f"printf x | dd of={SAFE}/shop@off.backup/disk-data.qcow2 bs=1 seek=1000 conv=notrunc"
    shop.on("kvm1", flip)
    refused = shop("-c", "restore shop from off")
    assert "disk-data.qcow2 is not what was written there" in refused.stderr
    assert disks(shop) == before
    shop.on("kvm1", f"rm {SAFE}/shop@off.backup/disk-data.qcow2")
    assert "E588" in shop("-c", "restore shop from off").stderr
    killed(shop, "delete backup shop/off", "backup has no name")
    shop.good("recover")
    assert listed(shop) == "shop@1.backup"
    assert "E548" in shop("undo").stderr


def test_what_has_changed_is_copied_and_killed_leaves_no_list_of_it(shop: LabOperator) -> None:
    device = "/machine/peripheral/ua-vnetsh-disk-data/virtio-backend"

    def write(value: int) -> None:
        what = f'qemu-io -d {device} "write -P {value} 1M 1M"'
        assert "error" not in shop.on("kvm1", f"virsh qemu-monitor-command book --hmp '{what}'").lower()

    def lists() -> int:
        return len(shop.on("kvm1", "virsh checkpoint-list book --name").split())

    shop.good("-c", "vm book on kvm1 memory 64M disk system from tiny.qcow2 disk data size 4M")
    assert "(full: system, data; pool safe has none yet" in shop.good("-c", "backup book to safe incremental")
    write(1)
    killed(shop, "backup book to safe incremental", "backup runs")
    shop.good("recover", "--undo")
    assert lists() == 1
    assert "incremental since 1: system, data, about 1M" in shop.good("-c", "backup book to safe incremental")
    write(2)
    assert "incremental since 2" in shop.good("-c", "backup book to safe incremental as later")
    assert "E599" in shop("-c", "delete backup book/1").stderr
    for name, value in (("1", 0), ("2", 1), ("later", 2)):
        shop.good("-c", f"restore book from {name} as copy")
        read = f"qemu-io -f qcow2 -c 'read -P {value} 1M 1M' {IMAGES}/copy-data.qcow2"
        said = shop.on("kvm1", read)
        assert ("read 1048576" in said, "verification failed" in said) == (True, False)
        shop.good("undo")
    # QEMU 7.2 ends when it goes back with such a list.
    assert "next incremental backup is a full one" in shop.good("-c", "snapshot book as s; revert book to s")
    assert (lists(), shop.on("kvm1", "virsh domstate book")) == (0, "running")
    broken = f"cd {SAFE}/book@2.backup && qemu-io -f qcow2 -c 'write -P 9 1M 64k' disk-data.qcow2"
    shop.on("kvm1", broken)
    assert "broken: disk-data.qcow2" in shop("-c", "restore book from later as copy").stderr
