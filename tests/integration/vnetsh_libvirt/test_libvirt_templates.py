"""Templates and copies of images: whole or not at all, and moves that bring them along."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import few
from in_lab import LabOperator, on, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

FOLDER = "/var/lib/libvirt/images"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[LabOperator]:
    found = LabOperator.of(lab, tmp_path)
    found.good("--yes", "-c", "vm model on kvm1 memory 64M disk tiny.qcow2; stop model force")
    yield found
    found.good("--yes", "-c", "delete vm model disks vda")
    for host in ("kvm1", "kvm2"):
        assert found.on(host, f"ls -A {FOLDER}") == "tiny.qcow2"


def test_a_template_goes_along_when_that_is_said(operator: LabOperator) -> None:
    operator.good("--yes", "-c", "template web from model; vm shop on kvm1 memory 64M disk web.qcow2")
    assert "no changes" in operator.good("plan", "-c", "template web from model")
    assert operator.on("kvm1", f"stat -c %a {FOLDER}/web.qcow2") == "444"
    operator.on("kvm1", f"qemu-img compare -q {FOLDER}/web.qcow2 {FOLDER}/model.qcow2")
    assert "E443" in operator("plan", "-c", "migrate shop to kvm2").stderr
    operator.good("--yes", "-c", "stop shop force")
    operator.good("--yes", "-c", "migrate shop to kvm2 copy-template")
    assert operator.on("kvm1", f"sha256sum <{FOLDER}/web.qcow2") == operator.on(
        "kvm2", f"sha256sum <{FOLDER}/web.qcow2"
    )
    operator.good("--yes", "undo")
    assert operator.on("kvm2", f"ls -A {FOLDER}") == "tiny.qcow2"
    operator.good("--yes", "-c", "delete vm shop disks vda; delete image web.qcow2 on kvm1")


@pytest.mark.parametrize("sentence", few(["template web from model", "copy image big.raw to kvm2"], 1))
def test_who_is_killed_leaves_nothing_half_made(operator: LabOperator, sentence: str) -> None:
    on(operator.lab, "kvm1", "sh", "-c", f"head -c 20M /dev/urandom >{FOLDER}/big.raw")
    host, name = ("kvm2", "big.raw") if "copy" in sentence else ("kvm1", "web.qcow2")
    for point in ("image is fetched", "image has its name"):
        died = operator("--yes", "-c", sentence, VNETSH_CRASH_AT=point)
        assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr
        there = operator.on(host, f"test -e {FOLDER}/{name} && echo there || echo none")
        assert there == ("none" if point == "image is fetched" else "there")
        operator.good("--yes", "recover", "--undo")
        assert operator.on(host, f"ls -A {FOLDER} | grep -c {name} || true") == "0"
    operator.good("--yes", "-c", sentence)
    operator.good("--yes", "undo")
    operator.on("kvm1", f"rm {FOLDER}/big.raw")
