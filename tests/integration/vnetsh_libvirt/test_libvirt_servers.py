"""Disks on servers, which QEMU reaches itself: made, grown, kept, moved without a copy; what a killed run leaves."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import few
from in_lab import LabOperator, on, without_system

from vnetsh_lab import Lab, running
from vnetsh_lab.storage import EXPORT, FOLDER, TARGET

pytestmark = pytest.mark.lab

STORE = "kvm3"
MARKED = "pattern 7"
SERVER = "10.77.0.3"
SCRIPT = f"""pool store on kvm1, kvm2 type nfs source {SERVER}:{EXPORT}
vm web01 on kvm1 memory 96M disk system from tiny.qcow2 copy pool store disk data size 1G pool store
"""
DATA = f"nfs://{SERVER}{EXPORT}/web01-data.qcow2"
OTHER_LUN = f"iscsi://{SERVER}/{TARGET}/2"
LUN, SERVED = f"iscsi://{SERVER}/{TARGET}/1", f"nbd://{SERVER}/served.raw"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=3, storage=True) as lab:
        without_system(lab)
        on(lab, STORE, "truncate", "--size=64M", f"{FOLDER}/nbd/served.raw")
        yield lab


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[LabOperator]:
    found = LabOperator.of(lab, tmp_path)
    yield found
    assert found.on(STORE, f"ls {FOLDER}/nfs") == "", "what a run made on the server goes with it"
    for host in ("kvm1", "kvm2"):
        assert "store" not in found.on(host, "virsh pool-list --all --name")
        assert found.on(host, "ls /var/lib/libvirt/images") == "tiny.qcow2"


def mark(operator: LabOperator, url: str, form: str = "raw") -> None:
    """Write something to a disk that no VM uses now."""
    on(operator.lab, "kvm1", "qemu-io", "-f", form, "-c", "write -q -P 7 1M 64k", url)


def marked(operator: LabOperator, url: str, form: str = "raw") -> bool:
    """Whether that is still there; a VM may be using the disk."""
    done = operator.on("kvm2", f"qemu-io -U -r -f {form} -c 'read -P 7 1M 64k' {url}")
    return "read 65536/65536" in done and "failed" not in done


def test_disks_on_servers(operator: LabOperator, tmp_path: Path) -> None:
    script = tmp_path / "store.vnet"
    script.write_text(SCRIPT)
    operator.good("--yes", str(script))
    assert "no changes" in operator.good("plan", str(script))
    on(
        operator.lab,
        "kvm1",
        "qemu-img",
        "compare",
        "-U",
        "/var/lib/libvirt/images/tiny.qcow2",
        DATA.replace("data", "system"),
    )

    operator.good("--yes", "-c", "snapshot web01 as before")
    operator.good("--yes", "-c", "revert web01 to before; delete snapshot web01/before")
    operator.good("--yes", "-c", "stop web01 force")
    mark(operator, DATA, "qcow2")
    mark(operator, LUN)
    mark(operator, SERVED)
    operator.good("--yes", "-c", "vm web01 disk data size 2G")
    operator.good("--yes", "-c", f'vm web01 disk lun file "{LUN}" disk served file "{SERVED}"')
    assert "its definition is copied" in operator.good("--yes", "-c", "migrate web01 to kvm2")
    operator.good("--yes", "-c", "start web01; vm web01 disk data size 3G")
    shown = operator.good("show", "disks")
    assert "3G" in shown
    assert LUN in shown
    assert f"disk data stays at nfs://{SERVER}{EXPORT}" in operator.good(
        "--yes", "-c", "migrate web01 to kvm1"
    )
    assert [marked(operator, DATA, "qcow2"), marked(operator, LUN), marked(operator, SERVED)] == [True] * 3

    export = tmp_path / "export.vnet"
    export.write_text(operator.good("export"))
    assert "no changes" in operator.good("plan", str(export))
    refused = operator("-c", "delete pool store")
    assert (refused.returncode, "E472" in refused.stderr) == (1, True), refused.stderr
    refused = operator("-c", f'vm web02 on kvm2 memory 96M disk data file "{DATA}"')
    assert (refused.returncode, "E454" in refused.stderr) == (1, True), (
        "another host's vm would write to it, too"
    )
    for source in (f"{SERVER}:/nothing", "10.77.0.9:/export"):
        refused = operator("-c", f"pool other on kvm1 type nfs source {source}")
        assert (refused.returncode, "E569" in refused.stderr) == (1, True), refused.stderr
    assert "no errors, no warnings" in operator.good("doctor")
    operator.good("--yes", "-c", "stop web01 force; delete vm web01 disks system, data; delete pool store")
    assert [marked(operator, LUN), marked(operator, SERVED)] == [True] * 2, "what was there is not removed"


def test_luns_of_a_pool(operator: LabOperator) -> None:
    """Made, shared, grown while the VM runs, moved without a copy, never two writers, never written to."""
    target = f"type iscsi source {SERVER} target {TARGET}"
    mark(operator, OTHER_LUN)
    script = f"pool store on kvm1, kvm2 {target}; vm web01 on kvm1 memory 96M disk data pool store lun 2"
    operator.good("--yes", "-c", script)
    assert "no changes" in operator.good("plan", "-c", script)
    assert "disk data pool store lun 2 size 2G" in operator.good("export")
    for sentence, code in (
        ("vm web02 on kvm2 memory 96M disk data pool store lun 2", "E454"),
        ("vm web02 on kvm2 memory 96M disk data pool store lun 9", "E569"),
        (f"pool other on kvm1 {target}er", "E569"),
        ("delete disk web01/data erase", "E470"),
        ("vm web01 disk data size 3G", "E469"),
    ):
        refused = operator("-c", sentence)
        assert (refused.returncode, code in refused.stderr) == (1, True), refused.stderr
    again = f"tgtadm --lld iscsi --mode logicalunit --tid 1 --lun 2 --op delete; truncate -s 3G {FOLDER}/iscsi/2.raw"
    again += f"; tgtadm --lld iscsi --mode logicalunit --tid 1 --lun 2 --op new -b {FOLDER}/iscsi/2.raw"
    operator.on(STORE, again)
    assert "size 2G → 3G" in operator.good("--yes", "-c", "vm web01 disk data size 3G")
    assert "disk data stays at iscsi" in operator.good("--yes", "-c", "migrate web01 to kvm2")
    operator.good("--yes", "-c", "stop web01 force; delete vm web01; delete pool store")
    assert marked(operator, OTHER_LUN)


def test_backups_of_what_lies_on_servers(operator: LabOperator) -> None:
    """Copied live and off, with what has changed; on NFS restored in its place, a raw export as another VM."""
    safe, data = "/var/lib/libvirt/safe", DATA.replace("web01", "kept")
    disks = (
        f"system from tiny.qcow2 copy pool store disk data size 64M pool store disk served file {SERVED!r}"
    )
    operator.good("--yes", "-c", SCRIPT.partition("vm ")[0] + f"pool safe on kvm1 path {safe}")
    operator.good("--yes", "-c", f"vm kept on kvm1 memory 96M disk {disks}".replace("'", '"'))

    def sums() -> list[str]:
        read = "qemu-img convert -U -O raw {} /tmp/raw; sha256sum </tmp/raw; rm /tmp/raw"
        return [operator.on("kvm1", read.format(url)) for url in (data, SERVED)]

    def saved(name: str, disk: str) -> str:
        image = f"{safe}/kept@{name}.backup/disk-{disk}.qcow2"
        return operator.on(
            "kvm1", f"qemu-img convert -O raw {image} /tmp/raw; sha256sum </tmp/raw; rm /tmp/raw"
        )

    assert "full" in operator.good("--yes", "-c", "backup kept to safe as live")
    operator.good("--yes", "-c", "stop kept force")
    assert sums() == [saved("live", "data"), saved("live", "served")]
    mark(operator, data, "qcow2")
    mark(operator, SERVED)
    operator.good("--yes", "-c", "backup kept to safe as off")
    after = sums()
    assert after == [saved("off", "data"), saved("off", "served")]
    refused = operator("-c", "restore kept from live")
    assert (refused.returncode, "E588" in refused.stderr) == (1, True), refused.stderr
    operator.good("--yes", "-c", "restore kept from off as twin")
    operator.good("--yes", "-c", "start twin; stop twin force; delete vm twin disks system, data, served")

    operator.good("--yes", "-c", "delete disk kept/served; backup kept to safe as two")
    operator.on("kvm1", f"qemu-io -f qcow2 -c 'write -q -P 9 8M 64k' {data}")
    before = sums()
    for point in (
        "a file over the network is made",
        "the old disk has another name, too",
        "a disk is restored",
    ):
        done = operator("--yes", "-c", "restore kept from two", VNETSH_CRASH_AT=point)
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
        operator.good("--yes", "--max-impact", "destroy", "recover", "--undo")
        assert sums() == before
        assert operator.on(STORE, f"ls {FOLDER}/nfs") == "kept-data.qcow2\nkept-system.qcow2", point
    assert ".before-restore-1" in operator.good("--yes", "-c", "restore kept from two")
    assert sums()[0] == saved("two", "data")
    operator.good("--yes", "--max-impact", "destroy", "undo")
    assert sums() == before
    operator.good("--yes", "-c", "delete vm kept disks system, data; restore kept from two")
    assert sums()[0] == saved("two", "data")
    operator.good("--yes", "-c", "start kept; stop kept force; delete vm kept disks system, data")
    operator.good("--yes", "-c", "delete pool store; delete pool safe")
    operator.on("kvm1", f"rm -r {safe}")


def test_a_target_that_asks_for_a_password(operator: LabOperator, tmp_path: Path) -> None:
    """The secret goes to each host and with its pool; what is wrong is refused; the VM moves by the secret there."""
    other, tgt = f"{TARGET}-chap", "tgtadm --lld iscsi"
    lun = f"{FOLDER}/iscsi/chap.raw"
    operator.on(
        STORE,
        f"truncate -s 64M {lun}; {tgt} --op new --mode target --tid 9 -T {other}; "
        f"{tgt} --op new --mode logicalunit --tid 9 --lun 1 -b {lun}; {tgt} --op bind --mode target --tid 9 -I ALL; "
        f"{tgt} --mode account --op new --user vms --password secretpass12; "
        f"{tgt} --mode account --op bind --tid 9 --user vms",
    )
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("secretpass12\n")
    wrong.write_text("secretpass13\n")
    pool = f"pool store on kvm1, kvm2 type iscsi source {SERVER} target {other}"
    for more, code in (
        ("", "E569"),
        (f" user vms secret {wrong}", "E569"),
        (f" user vms secret {tmp_path}/no", "E584"),
    ):
        refused = operator("--yes", "-c", f"{pool}{more}")
        assert (refused.returncode, code in refused.stderr) == (1, True), refused.stderr
    script = f"{pool} user vms secret {right}; vm web01 on kvm1 memory 96M disk data pool store lun 1"
    operator.good("--yes", "-c", script)
    assert "no changes" in operator.good("plan", "-c", script)
    assert "disk data stays at iscsi" in operator.good("--yes", "-c", "migrate web01 to kvm2")
    operator.good("--yes", "-c", "stop web01 force; delete vm web01; delete pool store")
    for host in ("kvm1", "kvm2"):
        assert "iscsi" not in operator.on(host, "virsh secret-list")
    operator.on(STORE, f"{tgt} --op delete --force --mode target --tid 9; rm {lun}")


def test_an_undo_removes_what_its_run_made_and_nothing_else(operator: LabOperator) -> None:
    operator.good("--yes", "-c", SCRIPT.replace("\n", "; "))
    operator.on(STORE, f"touch {FOLDER}/nfs/others")
    operator.good("--yes", "undo")
    assert operator.on(STORE, f"ls {FOLDER}/nfs; rm {FOLDER}/nfs/others") == "others"


@pytest.mark.parametrize(
    "point", few(["pool is defined", "a file over the network is made", "disk is made"], 0, 2)
)
def test_a_killed_run_leaves_nothing_on_a_server(operator: LabOperator, point: str) -> None:
    done = operator("--yes", "-c", SCRIPT.replace("\n", "; "), VNETSH_CRASH_AT=point)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    operator.good("--yes", "recover", "--undo")
    assert operator.on(STORE, f"ls {FOLDER}/nfs") == ""


THEIRS = f"""<domain type='qemu'><name>theirs</name><memory unit='MiB'>64</memory><os><type>hvm</type></os><devices>
<disk type='network' device='disk'><driver name='qemu' type='qcow2'/><source
 protocol='nfs' name='{EXPORT}/theirs.qcow2'>
<host name='{SERVER}'/></source><target dev='vda' bus='virtio'/></disk>
<disk type='network' device='disk'><source protocol='nfs' name='{EXPORT}/as-user.raw'><host name='{SERVER}'/>
<identity user='+0' group='+0'/></source><target dev='vdb' bus='virtio'/></disk></devices></domain>"""


def test_what_others_put_there_is_carried(operator: LabOperator, tmp_path: Path) -> None:
    """Their pool, their VM's disks, their files: seen, said, moved, never removed."""
    own = f"nfs://{SERVER}{EXPORT}/theirs.qcow2"
    for file, form in ((own, "qcow2"), (own.replace("theirs.qcow2", "as-user.raw"), "raw")):
        on(operator.lab, "kvm1", "qemu-img", "create", "-q", "-f", form, file, "64M")
    source = f"--source-host {SERVER} --source-path {EXPORT} --source-format nfs --target /mnt/theirs"
    try:
        on(operator.lab, "kvm1", "sh", "-c", f"virsh pool-define-as theirs netfs {source}")
        on(operator.lab, "kvm1", "virsh", "define", "/dev/stdin", input=THEIRS)
        on(operator.lab, "kvm1", "virsh", "start", "theirs")
        said = operator.good("export")
        assert f"pool theirs on kvm1 type nfs source {SERVER}:{EXPORT}" in said
        assert f"disk vda file {own} size 64M" in said
        assert "vdb disk" in said, "what no sentence says is named"
        export = tmp_path / "export.vnet"
        export.write_text(said)
        assert "no changes" in operator.good("plan", str(export))
        operator.good("--yes", "-c", "migrate theirs to kvm2")
        operator.good("--yes", "-c", "vm theirs disk vda size 128M")
        operator.good("--yes", "-c", "stop theirs force; delete vm theirs")
        assert {"theirs.qcow2", "as-user.raw"} == {*operator.on(STORE, f"ls {FOLDER}/nfs").split()}
    finally:
        operator.on(STORE, f"rm -f {FOLDER}/nfs/*")
        for host in ("kvm1", "kvm2"):
            operator.on(host, "virsh destroy theirs; virsh undefine theirs; virsh pool-undefine theirs")
