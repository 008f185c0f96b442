"""Images that hosts fetch themselves: whole or not at all, whatever comes in between."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from image_breaks import SERVE
from in_lab import LabOperator, on, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

SERVER, STORE = "http://10.77.0.2:8000", "kvm2"
FOLDER = "/var/lib/libvirt/images"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        on(lab, STORE, "sh", "-c", f"mkdir /root/www; cp {FOLDER}/tiny.qcow2 /root/www/web.qcow2")
        on(lab, STORE, "sh", "-c", "cd /root/www; head -c 200M /dev/urandom >big.raw; ln -s big.raw slow.raw")
        on(lab, STORE, "sh", "-c", SERVE)
        yield lab


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[LabOperator]:
    found = LabOperator.of(lab, tmp_path)
    yield found
    for host in ("kvm1", "kvm2"):
        assert found.on(host, f"ls -A {FOLDER}") == "tiny.qcow2"


def image(operator: LabOperator, name: str, hosts: str = "kvm1, kvm2") -> str:
    """The sentence that has hosts fetch a file of the server."""
    digest = operator.on(STORE, f"sha256sum /root/www/{name}").split()[0]
    return f"image {name} on {hosts} from {SERVER}/{name} sha256 {digest}"


def test_an_image_is_fetched_and_used_and_goes_again(operator: LabOperator, tmp_path: Path) -> None:
    script = tmp_path / "web.vnet"
    script.write_text(f"{image(operator, 'web.qcow2')}\nvm shop on kvm1 memory 64M disk web.qcow2\n")
    assert "kvm2 fetches it" in operator.good("--yes", str(script))
    for host in ("kvm1", "kvm2"):
        on(operator.lab, host, "cmp", f"{FOLDER}/web.qcow2", f"{FOLDER}/tiny.qcow2")
    assert "no changes" in operator.good("plan", str(script))
    export = tmp_path / "export.vnet"
    export.write_text(operator.good("export"))
    assert f"from {SERVER}/web.qcow2" in export.read_text()
    assert "no changes" in operator.good("plan", str(export))
    refused = operator("-c", "delete image web.qcow2 on kvm1")
    assert (refused.returncode, "E544" in refused.stderr) == (1, True), refused.stderr
    operator.good("--yes", "-c", "stop shop force; delete vm shop disks vda")
    on(operator.lab, "kvm2", "sh", "-c", f"printf x >>{FOLDER}/web.qcow2")
    assert "changed since it was fetched" in operator.good("show", "images")
    refused = operator("plan", str(script))
    assert "E541" in refused.stderr, "what was changed is not taken for what it was"
    operator.good("--yes", "-c", "delete image web.qcow2 on kvm1, kvm2")


def test_what_is_not_right_gets_no_name(operator: LabOperator) -> None:
    good = image(operator, "web.qcow2", "kvm1")
    for wrong, why in (
        (good[:-2] + "00", "has the checksum"),
        (good.replace("/web.qcow2 ", "/none.qcow2 "), "404"),
        (good.replace(":8000", ":8001"), "Connection refused"),
        (
            good.replace("image web.qcow2", "image tiny.qcow2").replace("sha256 ", "sha256 00")[:-2],
            "other content",
        ),
    ):
        failed = operator("--yes", "-c", wrong)
        assert failed.returncode == 1, failed.stdout
        assert why in failed.stderr
    theirs = good.replace("image web.qcow2", "image tiny.qcow2")
    operator.good("--yes", "-c", theirs)
    operator.good("--yes", "undo")


def test_who_is_broken_off_leaves_nothing_and_goes_on(operator: LabOperator) -> None:
    sentence = image(operator, "big.raw", "kvm1")
    for point in ("image is fetched", "image has its name"):
        died = operator("--yes", "-c", sentence, VNETSH_CRASH_AT=point)
        assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr
        assert operator.on("kvm1", f"test -e {FOLDER}/big.raw || echo none") in (
            ("none",) if point == "image is fetched" else ("",)
        )
        operator.good("--yes", "recover", "--undo")
        assert operator.on("kvm1", f"ls -A {FOLDER}") == "tiny.qcow2"
    operator.on(STORE, "(sleep 1; kill $(cat /run/www.pid); sleep 1; " + SERVE + ") >/dev/null 2>&1 &")
    operator.good("--yes", "-c", sentence)
    operator.good("--yes", "undo")
