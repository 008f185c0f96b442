"""Snapshots on a real libvirt: taken, gone back to, removed, taken back, and seen where others took them."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import few
from in_lab import LabOperator, meanwhile, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

LISTED = "virsh snapshot-list web --name"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as lab:
        without_system(lab)
        yield lab


@pytest.fixture(scope="module")
def first(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabOperator:
    found = LabOperator.of(lab, tmp_path_factory.mktemp("first"), "--yes", "--max-impact", "destroy")
    found.good("-c", "vm web on kvm1 memory 96M disk tiny.qcow2 port vswitch01")
    return found


@pytest.fixture
def web(first: LabOperator, lab: Lab, tmp_path: Path) -> Iterator[LabOperator]:
    """An operator with a journal of its own; `web` runs, and has no snapshots before and afterwards."""
    lab.exec("kvm1", ["virsh", "start", "web"])
    yield LabOperator.of(lab, tmp_path, "--yes", "--max-impact", "destroy")
    forget = f"for name in $({LISTED}); do virsh snapshot-delete web $name; done"
    lab.exec("kvm1", ["sh", "-c", forget])


def shown(web: LabOperator) -> list[str]:
    """The snapshots that vnetsh shows, each with its state."""
    lines = web.good("-o", "csv", "show", "snapshots").splitlines()
    return [" ".join(line.split(",")[:4]) for line in lines[1:]]


def test_a_vm_goes_back_to_what_it_was_with_its_memory(web: LabOperator) -> None:
    web.good("-c", "snapshot web as before")
    assert shown(web) == ["web/before kvm1 web running"]
    assert "no changes" in web.good("plan", "-c", "snapshot web as before")
    pid = web.on("kvm1", "cat /run/libvirt/qemu/web.pid")
    web.good("-c", "stop web force; snapshot web as off; revert web to before")
    assert web.on("kvm1", "virsh domstate web") == "running"
    assert web.on("kvm1", "cat /run/libvirt/qemu/web.pid") != pid
    assert web.on("kvm1", "virsh snapshot-current web --name") == "before"
    web.good("-c", "revert web to off")
    assert web.on("kvm1", "virsh domstate web") == "shut off"
    web.good("-c", "revert web to before; delete snapshot web/off")
    assert shown(web) == ["web/before kvm1 web running"]


def test_a_run_that_took_one_takes_that_back_and_no_other(web: LabOperator) -> None:
    web.good("-c", "snapshot web as mine")
    web.good("undo")
    assert not web.on("kvm1", LISTED)
    web.good("-c", "snapshot web as mine")
    web.on("kvm1", "virsh snapshot-delete web mine; sleep 1.1; virsh snapshot-create-as web mine")
    refused = web("undo")
    assert refused.returncode == 1
    assert "another one by now: left alone" in refused.stderr
    assert web.on("kvm1", LISTED) == "mine"


def test_what_was_removed_or_reverted_is_not_said_to_come_back(web: LabOperator) -> None:
    web.good("-c", "snapshot web as gone")
    web.good("-c", "delete snapshot web/gone")
    refused = web("undo")
    assert "E488" in refused.stderr
    web.good("-c", "snapshot web as kept; stop web force")
    web.good("-c", "revert web to kept")
    assert "what it had written before stays lost" in web.good("undo")
    assert web.on("kvm1", "virsh domstate web") == "shut off"


@pytest.mark.parametrize("number", few([1, 2, 3], 0, 2))
def test_one_that_was_killed_is_taken_or_not_and_then_taken_back(web: LabOperator, number: int) -> None:
    died = web("-c", "snapshot web as cut", VNETSH_CRASH_AT=str(number))
    assert died.returncode == -signal.SIGKILL
    web.good("recover", "--undo")
    assert not web.on("kvm1", LISTED)
    web.good("-c", "snapshot web as cut")
    assert web.on("kvm1", LISTED) == "cut"


def test_one_of_that_name_that_others_took_meanwhile_is_theirs(
    web: LabOperator, lab: Lab, tmp_path: Path
) -> None:
    assert web("-c", "snapshot web as same", VNETSH_CRASH_AT="1").returncode == -signal.SIGKILL
    assert not web.on("kvm1", LISTED)
    anew = "virsh snapshot-delete web same; sleep 1.1; virsh snapshot-create-as web same"
    web.on("kvm1", anew)
    assert web("recover", "--undo").returncode == 1
    assert web.on("kvm1", LISTED) == "same"
    pid = web.on("kvm1", "cat /run/libvirt/qemu/web.pid")
    said = meanwhile(lab, tmp_path, "revert web to same", lambda: web.on("kvm1", anew))
    assert "snapshot same of web is another one by now" in said
    assert web.on("kvm1", "cat /run/libvirt/qemu/web.pid") == pid


def test_a_template_is_not_written_to(web: LabOperator) -> None:
    image = "/var/lib/libvirt/images"
    web.good("-c", "snapshot web as before; stop web force")
    web.on(
        "kvm1",
        f"qemu-img create -q -f qcow2 -F qcow2 -b {image}/web.qcow2 {image}/thin.qcow2; "
        f"virsh dumpxml web | sed 's/>web</>thin</; /uuid/d; /mac address/d; "
        f"s/web.qcow2/thin.qcow2/; /<target dev=.*web/d' > /tmp/thin.xml; virsh define /tmp/thin.xml",
    )
    for script in (
        "start web",
        "revert web to before",
        "snapshot web as after",
        "delete snapshot web/before",
    ):
        refused = web("-c", script)
        assert refused.returncode == 1, script
        assert "E454" in refused.stderr
        assert "web.qcow2 is the template of vm `thin`" in refused.stderr
    web.on("kvm1", f"virsh undefine thin; rm {image}/thin.qcow2 /tmp/thin.xml")
    web.good("-c", "start web")


def test_a_vm_with_snapshots_stays_and_is_not_deleted(web: LabOperator) -> None:
    web.good("-c", "snapshot web as before")
    assert "E453" in web("-c", "delete vm web").stderr
    web.good("plan", "-c", "delete snapshot web/before; delete vm web")
    assert "error" not in web.good("export")


def test_one_is_made_as_then_or_does_not_go_back(web: LabOperator) -> None:
    web.good("-c", "snapshot web as before; vm web memory 128M")
    refused = web("-c", "revert web to before")
    assert "E487" in refused.stderr
    assert "memory 128M now, 96M then" in refused.stderr
    web.good("-c", "vm web memory 96M; revert web to before")


def test_others_are_seen_and_what_cannot_be_is_refused(web: LabOperator) -> None:
    web.on(
        "kvm1",
        "virsh snapshot-create-as web theirs 'a word' --disk-only --diskspec vda,file=/srv/theirs.qcow2",
    )
    assert shown(web) == ["web/theirs kvm1 web stopped"]
    assert "E489" in web("-c", "revert web to theirs").stderr
    assert "E489" in web("-c", "delete snapshot web/theirs").stderr
    web.on(
        "kvm1",
        "virsh blockcommit web vda --active --pivot --wait; virsh snapshot-delete web theirs --metadata",
    )
    web.on("kvm1", "rm -f /srv/theirs.qcow2; qemu-img create -f raw /srv/more.raw 1M")
    web.on("kvm1", "virsh attach-disk web /srv/more.raw vdb --live --subdriver raw")
    refused = web("-c", "snapshot web as never")
    assert "its disk vdb is raw" in refused.stderr
    web.on("kvm1", "virsh detach-disk web vdb --live")
