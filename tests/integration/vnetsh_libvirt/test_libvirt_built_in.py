"""UEFI, a TPM, a screen and a topology on a real libvirt: made, exported, moved, undone; and other names."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

NVRAM = "/var/lib/libvirt/qemu/nvram"
HELD = f"ls {NVRAM}; ls /var/lib/libvirt/swtpm; virsh list --all --name"
MAKES = "vm desk on kvm1 memory 128M vcpus 2 topology 1x2x1 firmware {} graphics vnc"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


@pytest.fixture
def user(lab: Lab, tmp_path: Path) -> LabOperator:
    return LabOperator.of(lab, tmp_path, "--yes", "--max-impact", "destroy")


@pytest.mark.parametrize("more", ["uefi tpm 2.0", "uefi-secure"])
def test_it_is_made_exported_and_leaves_nothing_when_it_is_taken_back(user: LabOperator, more: str) -> None:
    before = user.on("kvm1", HELD)
    user.good("-c", MAKES.format(more))
    assert f"firmware {more}" in user.good("export")
    assert "no changes" in user.good("plan", "-c", MAKES.format(more))
    assert "E207" in user("plan", "-c", "vm desk graphics spice").stderr
    user.good("undo")
    assert user.on("kvm1", HELD) == before


def test_what_its_firmware_wrote_goes_along_when_it_is_off(user: LabOperator) -> None:
    user.good("-c", MAKES.format("uefi") + "; stop desk force")
    assert "nvram" not in user.on("kvm1", "virsh dumpxml --inactive desk")  # and yet there is one
    sum_of = f"md5sum <{NVRAM}/desk_VARS.fd"
    user.on("kvm1", f"printf written | dd of={NVRAM}/desk_VARS.fd conv=notrunc")
    written = user.on("kvm1", sum_of)
    user.good("-c", "migrate desk to kvm2")
    assert user.on("kvm2", sum_of) == written
    assert "E490" in user("-c", "rename desk to table").stderr
    user.good("undo")
    assert (user.on("kvm1", sum_of), user.on("kvm2", sum_of)) == (written, "")
    assert user("-c", "clone desk as table", VNETSH_CRASH_AT="2").returncode == -9  # its variables are copied
    assert "table" in user.on("kvm1", HELD)
    user.good("recover", "--undo")
    assert "table" not in user.on("kvm1", HELD)
    user.good("-c", "clone desk as table")
    assert user.on("kvm1", sum_of.replace("desk", "table")) == written
    user.good("-c", "start table; stop table force")
    user.good("undo")
    user.good("undo")
    assert "table" not in user.on("kvm1", HELD)
    user.good("-c", "delete vm desk")
    refused = user("-c", MAKES.format("uefi"))
    assert "E448" in refused.stderr
    assert "another vm's variables" in refused.stderr
    for host in ("kvm1", "kvm2"):
        user.on(host, f"rm -f {NVRAM}/*")


def test_a_deletion_that_cannot_be_taken_back_keeps_the_state_of_the_tpm(user: LabOperator) -> None:
    user.good("-c", "vm desk on kvm1 memory 96M disk tiny.qcow2 tpm 2.0")
    state = f"ls /var/lib/libvirt/swtpm/{user.on('kvm1', 'virsh domuuid desk')}/tpm2"
    user.good("-c", "delete vm desk")
    kept = user.on("kvm1", state)
    assert kept
    user.on("kvm1", "cd /var/lib/libvirt/images && mv desk.qcow2 aside")
    assert user("undo").returncode == 1  # it is defined again, and cannot start
    assert user.on("kvm1", state) == kept
    user.on("kvm1", "cd /var/lib/libvirt/images && mv aside desk.qcow2")
    user.good("undo")
    assert user.on("kvm1", "virsh domstate desk") == "running"
    user.good("undo", "1")


def test_a_vm_is_renamed_with_its_ports_and_back(user: LabOperator) -> None:
    user.good("-c", "vm web on kvm1 memory 96M disk tiny.qcow2 autostart yes port vswitch01")
    user.good("-c", "vm db on kvm1 apart web; stop web, db force")
    before = user.on("kvm1", "virsh dumpxml web")
    assert "E308" in user("-c", "start web; rename web to shop").stderr
    user.good("-c", "rename web to shop")
    assert "no changes" in user.good(
        "plan", "-c", "rename web to shop; vm shop port vswitch01; vm db apart shop"
    )
    assert "E301" in user("plan", "-c", "rename wbe to shop").stderr
    assert "formerly>web<" in user.on("kvm1", "virsh dumpxml shop")
    assert "<target dev='shop_port1'/>" in user.on("kvm1", "virsh dumpxml shop")
    assert "shop.xml" in user.on("kvm1", "ls /etc/libvirt/qemu/autostart")
    user.good("undo")
    assert user.on("kvm1", "virsh dumpxml web") == before
    assert "apart>web<" in user.on("kvm1", "virsh dumpxml db")
    killed = user("-c", "rename web to shop", VNETSH_CRASH_AT="2")
    assert killed.returncode == -9
    user.good("recover", "--undo")
    assert user.on("kvm1", "virsh dumpxml web") == before
    user.good("-c", "rename web to shop; start shop; delete vm shop, db")


def test_a_vm_is_cloned_with_its_disks(user: LabOperator) -> None:
    user.good(
        "-c",
        "vm first on kvm1 memory 96M disk tiny.qcow2 disk data size 8M port vswitch01 vlan 5; stop first force",
    )
    images = "/var/lib/libvirt/images"
    for device in (
        "<watchdog model='i6300esb' action='reset'/>",
        "<filesystem type='mount' accessmode='passthrough'><source dir='/srv'/><target dir='data'/></filesystem>",
        "<disk type='block'><source dev='/dev/loop9'/><target dev='vdz' bus='virtio'/></disk>",
    ):
        user.on("kvm1", f'echo "{device}" >/tmp/device; virsh attach-device --config first /tmp/device')
    assert "E491" in user("plan", "-c", "clone first as twin").stderr
    user.on("kvm1", "virsh detach-disk --config first vdz")
    exported = user.good("export", "vms")
    assert "a watchdog: i6300esb" in exported
    assert "a folder of its host: /srv as data" in exported
    user.on("kvm1", f"qemu-io -c 'write -P 7 0 1M' {images}/first-data.qcow2")
    assert "but for a folder of its host: /srv)" in user.good("-c", "clone first as twin; start twin")
    twin = user.on("kvm1", "virsh dumpxml twin")
    assert "<watchdog model='i6300esb' action='reset'>" in twin
    assert "<filesystem" not in twin
    assert "no changes" in user.good("plan", "-c", "clone first as twin; vm twin port vswitch01 vlan 5")
    assert "E237" in user("plan", "-c", "vm other on kvm1; stop other; clone other as twin").stderr
    same = f"qemu-img compare -U {images}/first-data.qcow2 {images}/twin-data.qcow2"
    assert user.on("kvm1", same) == "Images are identical."
    assert "backing" not in user.on("kvm1", f"qemu-img info -U {images}/twin-vda.qcow2")
    user.good("undo")
    assert "twin" not in user.on("kvm1", f"ls {images}; virsh list --all --name")
    assert "E308" in user("-c", "start first; clone first as twin").stderr
    user.good("-c", "delete vm first disks vda, data")
