"""Disks, media, seeds and pools of VMs on a real libvirt: made, plugged, grown, moved, taken back; and others'."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, meanwhile

from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

IMAGES = "/var/lib/libvirt/images"
WEB = """
vm web on kvm1 memory 96M {
    disk system from full.qcow2 size 200M
    disk data size 8M format raw
    port vswitch01 name web_lan mac 52:54:00:00:71:01
    cloudinit hostname shop addresses 10.9.0.5/24
}
"""
SYSTEM = f"{IMAGES}/web-system.qcow2"


class Operator(LabOperator):
    """Somebody who may do all."""

    def say(self, script: str) -> str:
        return self.good("--yes", "--max-impact", "destroy", "-c", script)

    def refused(self, script: str) -> str:
        done = self("--yes", "--max-impact", "destroy", "-c", script)
        assert done.returncode in (1, 2), done.stdout
        return str(done.stderr)

    def undone(self) -> str:
        return self.good("--yes", "--max-impact", "destroy", "undo")

    def files(self, host: str = "kvm1") -> list[str]:
        return [name for name in self.on(host, f"ls {IMAGES}").split() if name.startswith(("web", "box"))]

    def disks(self) -> dict[str, int]:
        """Each disk with its size in MiB, as `show` has it."""
        lines = self.good("-o", "csv", "show", "disks").splitlines()
        head = lines[0].split(",")
        rows = [dict(zip(head, line.split(","), strict=False)) for line in lines[1:]]
        return {row["name"]: int(row["size"]) // 2**20 for row in rows}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2, guests=["full"]) as lab:
        yield lab


@pytest.fixture(scope="module")
def web(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """An operator who has made `web`; the tests below follow one another."""
    found = Operator.of(lab, tmp_path_factory.mktemp("state"))
    (found.folder / "web.vnet").write_text(WEB)
    found.good("--yes", str(found.folder / "web.vnet"))
    return found


def test_a_vm_has_its_disks_and_its_guest_what_its_seed_says(web: Operator, lab: Lab) -> None:
    with GuestConsole(lab, "web") as guest:
        assert guest.run("hostname").strip() == "shop"
        assert "10.9.0.5/24" in guest.run("ip -4 address show dev eth0")
        assert guest.run("cat /sys/block/vda/serial").strip() == "system"
        assert guest.run("cat /sys/block/vda/size").strip() == str(200 * 2048)
        assert guest.run("cat /sys/block/vdb/size").strip() == str(8 * 2048)
        guest.run("echo kept | dd of=/dev/vdb bs=512 seek=9; sync")
    assert "no changes" in web.good("plan", str(web.folder / "web.vnet"))
    exported = web.good("export", "vms")
    assert "disk system from full.qcow2 size 200M" in exported
    assert "cloudinit hostname shop addresses 10.9.0.5/24" in exported
    (web.folder / "again.vnet").write_text(exported)
    assert "no changes" in web.good("plan", str(web.folder / "again.vnet"))
    assert web.files() == ["web-data.raw", web.files()[1], "web-system.qcow2"]


def test_disks_come_and_grow_while_it_runs_and_no_template_is_written_to(web: Operator, lab: Lab) -> None:
    template = web.on("kvm1", f"sha256sum {IMAGES}/full.qcow2")
    web.say(
        "vm web disk data size 16M disk more size 4M disk other size 4M bus scsi; vm web disk system size 240M"
    )
    with GuestConsole(lab, "web") as guest:
        assert guest.run("cat /sys/block/vdb/size").strip() == str(16 * 2048)
        assert guest.run("cat /sys/block/vdc/serial").strip() == "more"
        assert guest.run("cat /sys/block/vda/size").strip() == str(240 * 2048)
    assert "virtio-scsi" in web.on("kvm1", "virsh dumpxml --inactive web")  # it has none as it runs
    said = web.undone()
    assert "scsi" not in web.on("kvm1", "virsh dumpxml --inactive web")
    assert "stays at 240M" in said
    assert "stays at 16M" in said
    assert web.disks() == {"web/system": 240, "web/data": 16}
    assert "web-more.qcow2" not in web.files()
    assert web.on("kvm1", f"sha256sum {IMAGES}/full.qcow2") == template


def test_one_that_others_made_larger_meanwhile_is_made_no_smaller(
    web: Operator, lab: Lab, tmp_path: Path
) -> None:
    larger = "virsh blockresize web vdb 24M"
    said = meanwhile(lab, tmp_path, "vm web disk data size 20M", lambda: web.on("kvm1", larger))
    assert "has 24M by now: it is made no smaller" in said
    assert web.disks()["web/data"] == 24


def test_what_cannot_be_plugged_waits_and_is_taken_back(web: Operator) -> None:
    web.say("vm web disk late size 1M bus ide")
    assert "restart pending: disk late comes" in web.good("show", "vms", "web")
    web.say("delete disk web/late erase")
    assert "late" not in web.good("show", "vms", "web") + " ".join(web.files())


def test_what_others_attach_is_seen_said_and_grows(web: Operator) -> None:
    own = f"{IMAGES}/box-own.qcow2"
    attach = f"virsh attach-disk web {own} vdx --subdriver qcow2 --live --config"
    web.on("kvm1", f"qemu-img create -f qcow2 {own} 4M; {attach}")
    assert f"disk vdx file {own} size 4M" in web.good("export", "vms")
    web.say("vm web disk vdx size 6M; delete disk web/vdx")
    assert '"virtual-size": 6291456' in web.on("kvm1", f"qemu-img info -U --output json {own}")
    web.undone()
    assert web.disks()["web/vdx"] == 6
    web.say("delete disk web/vdx erase")
    assert "box-own.qcow2" not in web.files()
    assert "E469" in web("undo").stderr


def test_what_a_guest_wrote_to_its_raw_disk_is_no_image(web: Operator) -> None:
    image = f"{IMAGES}/web-kept.raw"
    web.on("kvm1", f"qemu-img create -q -f qcow2 -b {IMAGES}/tiny.qcow2 -F qcow2 {image}")
    for said in ("file web-kept.raw", "from web-kept.raw", "from web-kept.raw copy"):
        assert "a guest may have written that" in web.refused(f"vm web disk again {said}")
    web.say("vm web disk again file web-kept.raw format raw")
    assert "web-kept.raw" in web.on("kvm1", "virsh dumpxml web | grep -A1 \"type='raw'\"")
    web.on("kvm1", f"ln {image} {IMAGES}/web-other; virsh attach-disk web {IMAGES}/web-other vdx --config")
    assert "is a raw disk of web" in web.refused("vm web disk copied from web-other copy")
    web.on("kvm1", f"virsh detach-disk web vdx --config; rm {IMAGES}/web-other")
    web.say("delete disk web/again erase")


def test_it_moves_with_its_disks_and_its_seed_and_comes_back(web: Operator, lab: Lab) -> None:
    old = "/var/lib/libvirt/old.qcow2"
    web.on("kvm1", f"qemu-img create -f qcow2 -o compat=0.10 {old} 1M")
    web.say(f"vm web disk old file {old}")
    before = web.files()
    with GuestConsole(lab, "web") as guest:
        guest.run("sync")  # it has booted: one that does may die of its move (docs/lab.md)
    for here, there in (("kvm2", "kvm1"), ("kvm1", "kvm2")):
        web.say(f"migrate web to {here} outage none")
        assert (web.files(here), web.files(there)) == (before, [])
        assert "compat: 0.10" in web.on(here, f"qemu-img info -U {old}")
        web.on(there, f"rm {old}")
    web.say("delete disk web/old erase")
    with GuestConsole(lab, "web") as guest:
        assert guest.run("dd if=/dev/vdb bs=512 skip=9 count=1 2>/dev/null | head -c 4").strip() == "kept"
        assert guest.run("hostname").strip() == "shop"
    assert "no changes" in web.good("plan", "-c", WEB.replace("200M", "240M").replace("8M", "24M"))


def test_a_medium_comes_changes_and_is_ejected(web: Operator, lab: Lab) -> None:
    web.on("kvm1", f"for n in one two; do truncate -s 1M {IMAGES}/$n.iso; done")
    seed = [name for name in web.files() if "-seed-" in name]
    web.say("vm web cdrom one.iso; vm web cloudinit hostname store; stop web force; start web")
    web.say("vm web cdrom two.iso")
    listed = "virsh domblklist web | grep -o '[a-z]*.iso'"
    assert seed != [name for name in web.files() if "-seed-" in name]
    assert len([name for name in web.files() if "-seed-" in name]) == 1
    assert "two.iso" in web.on("kvm1", listed)
    web.undone()
    assert "one.iso" in web.on("kvm1", listed)
    web.on(
        "kvm1",
        f"virsh change-media web $(virsh domblklist web | awk '/one.iso/ {{print $1}}') {IMAGES}/two.iso --live",
    )
    assert f"restart pending: {IMAGES}/one.iso is in its CD drive" in web.good("show", "vms", "web")
    assert "is a medium of vm `web`" in web.refused("vm web disk two file two.iso")
    assert "is a disk of vm `web`" in web.refused("vm web cdrom web-data.raw")
    web.say("vm web cdrom none")
    assert {"one.iso", "two.iso"}.isdisjoint(web.on("kvm1", listed).split())
    web.say("save web")
    assert "has a saved state, which knows its media" in web.refused("vm web cdrom one.iso")
    web.say("start web; vm web cdrom one.iso")
    web.on("kvm2", f"head -c 1M /dev/urandom > {IMAGES}/one.iso")
    for sentence in ("migrate web to kvm2 check", "migrate web to kvm2"):
        done = web("--yes", "-c", sentence)
        assert done.returncode == 1
        assert f"{IMAGES}/one.iso is not the same as on kvm1" in done.stdout + done.stderr
    web.say("vm web cdrom none")


def test_pools_hold_disks_and_are_not_removed_with_them(web: Operator) -> None:
    web.say("pool fast on kvm1 path /var/lib/libvirt/fast; vm web disk inside size 2M pool fast")
    assert web.on("kvm1", "ls /var/lib/libvirt/fast") == "web-inside.qcow2"
    assert "E472" in web.refused("delete pool fast")
    web.say("delete disk web/inside erase")
    web.say("delete pool fast")
    assert web.on("kvm1", "virsh pool-list --all --name") == ""
    web.undone()
    assert web.on("kvm1", "virsh pool-list --name --autostart").strip() == "fast"
    new = 'pool "made here" on kvm1 path /var/lib/libvirt/made/here; vm web disk inside size 2M pool "made here"'
    web.say("delete pool fast")
    died = web("--yes", "-c", new, VNETSH_CRASH_AT="2")  # when it is defined
    assert died.returncode == -signal.SIGKILL
    assert web.on("kvm1", "virsh pool-list --all | grep -o inactive") == "inactive"
    web.say(new)
    assert "compat: 1.1" in web.on("kvm1", "qemu-img info -U /var/lib/libvirt/made/here/web-inside.qcow2")
    assert web.on("kvm1", "virsh pool-list --name --autostart").strip() == "made here"
    web.undone()
    assert web.on("kvm1", "test -e /var/lib/libvirt/made || echo gone") == "gone"
    web.say("pool made on kvm1 path /var/lib/libvirt/made")
    forget = "virsh -q pool-destroy made; virsh -q pool-undefine made"
    web.on("kvm1", f"{forget}; virsh -q pool-define-as made dir --target /var/lib/libvirt/made")
    assert "another one than the run made" in web("--yes", "undo").stderr
    web.on("kvm1", "virsh -q pool-undefine made")
    web.undone()


def test_a_seed_that_an_undo_made_anew_goes_with_what_had_made_it(lab: Lab, tmp_path: Path) -> None:
    box = Operator.of(lab, tmp_path)
    box.say("vm box on kvm1 memory 64M disk tiny.qcow2 port vswitch01 cloudinit hostname one")
    before = box.files()
    box.say("vm box cloudinit hostname two")
    assert "left" not in box.undone()
    box.say("migrate box to kvm2; vm box cloudinit hostname three")
    assert "left" not in box.undone()
    assert (box.files(), box.files("kvm2")) == (before, [])
    assert "left" not in box.undone()
    assert not [name for name in box.files() if name.startswith("box")]


def test_a_vm_that_a_script_restarts_is_foreseen_as_it_is_defined(lab: Lab, tmp_path: Path) -> None:
    box = Operator.of(lab, tmp_path)
    box.on("kvm1", f"for n in old new; do truncate -s 1M {IMAGES}/$n.iso; done")
    box.say(
        "vm box on kvm1 memory 64M disk tiny.qcow2 disk more size 2M cdrom old.iso port vswitch01 name box_a"
    )
    box.on(
        "kvm1",
        f"virsh change-media box $(virsh domblklist box | awk '/old.iso/ {{print $1}}') {IMAGES}/new.iso --live; "
        "virsh detach-disk box vdb --config; virsh detach-interface box bridge --config",
    )
    box.say("vm box memory-max 96M vcpus-max 2")
    wanted = "vm box memory 80M vcpus 2 cdrom new.iso port vswitch01 name box_a vlan 5"
    assert "disk" not in box.good("plan", "-c", f"stop box force; start box; {wanted}").split("step 2")[1]
    assert "E468" in box.refused("stop box force; start box; vm box disk more bus scsi")
    box.say(f"stop box force; start box; {wanted}")
    assert "no changes" in box.good("plan", "-c", wanted)
    assert "box/more" not in box.disks()
    box.say("delete vm box disks vda")
    box.on("kvm1", f"rm -f {IMAGES}/box* {IMAGES}/old.iso {IMAGES}/new.iso")


CUT = (
    "vm box disk a size 1M disk b from tiny.qcow2 copy; delete disk box/a erase; vm box cloudinit hostname b"
)
POINTS = int(os.environ.get("VNETSH_CRASH_POINTS", "0"))  # scripts/soak takes each of them


def test_a_run_that_is_killed_leaves_nothing_half_made(web: Operator, lab: Lab, tmp_path: Path) -> None:
    box = Operator.of(lab, tmp_path)
    box.say("vm box on kvm1 memory 64M disk tiny.qcow2 port vswitch01; stop box force")
    before = box.files()
    for point in range(1, POINTS) if POINTS else [9]:
        died = box("--yes", "--max-impact", "destroy", "-c", CUT, VNETSH_CRASH_AT=str(point))
        assert died.returncode == -signal.SIGKILL or (POINTS and point > 9), died.stderr
        box.good("--yes", "--max-impact", "destroy", "recover")
        box.say(CUT)
        more = [name for name in box.files() if name not in before]
        assert [more[0], more[1].split("-")[1], len(more)] == ["box-b.qcow2", "seed", 2], point
        box.say("delete disk box/b erase; delete cloudinit box/cloudinit")
        assert box.files() == before, point
        if died.returncode == 0:
            break
    box.say("delete vm box disks vda")
    assert box.files() == [name for name in before if name != "box.qcow2"]


def test_only_the_files_that_are_named_go_with_a_vm(web: Operator) -> None:
    web.say("delete vm web disks system")
    assert "web-data.raw" in web.files()
    assert "web-system.qcow2" not in web.files()
