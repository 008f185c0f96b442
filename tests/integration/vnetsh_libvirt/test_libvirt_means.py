"""A guest that writes faster than can be sent: refused, or it arrives by the means that are allowed. On real hosts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator
from waiting import eventually

from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

MOVE = "migrate web to {} bandwidth 17Mbit"
WRITES = (
    "mkdir -p /dev/shm; echo kept > /dev/shm/kept; "
    "(while :; do for c in a b; do yes $c | dd of=/dev/shm/x bs=1M count=30 iflag=fullblock; done; done) "
    ">/dev/null 2>&1 &"
)


class Moving(LabOperator):
    """An operator who moves `web`, which writes without end."""

    def begin(self, script: str) -> threading.Thread:
        """Run a script on a thread; `told` and `code` are what came of it."""

        def run() -> None:
            process = self.start("--yes", "--max-impact", "live", "-c", script)
            told = "".join(process.communicate())
            self.__dict__.update(told=told, code=process.returncode)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def place(self) -> str:
        names = {host: self.on(host, "virsh list --all --name").split() for host in ("kvm1", "kvm2")}
        found = [host for host, vms in names.items() if "web" in vms]
        assert len(found) == 1, names
        return found[0]

    def state(self, host: str) -> str:
        return self.on(host, "virsh domstate web --reason")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture(scope="module")
def moving(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Moving:
    found = Moving.of(lab, Path(tmp_path_factory.mktemp("state")))
    found.good("--yes", "-c", "vm web on kvm1 memory 128M disk tiny.qcow2 port vswitch01")
    return found


def test_a_guest_that_writes_without_end_is_refused(moving: Moving, lab: Lab) -> None:
    with GuestConsole(lab, "web") as guest:
        guest.run(WRITES)
        time.sleep(1)
        done = moving("plan", "-c", MOVE.format("kvm2"))
        guest.run("killall sh dd yes; true", check=False)
    assert done.returncode == 1, done.stdout
    assert "E462" in done.stderr
    assert "its migration would not come to its end" in done.stderr


@pytest.mark.parametrize("fault", ["the connection breaks", "the target's QEMU dies"])
def test_a_post_copy_that_broke_is_told_and_the_newer_disk_is_kept(moving: Moving, fault: str) -> None:
    here = moving.place()
    target = "kvm2" if here == "kvm1" else "kvm1"
    run = moving.begin(MOVE.format(target) + " post-copy outage none")
    eventually(lambda: moving.on(here, "virsh migrate-postcopy web && echo begun") or not run.is_alive(), 60)
    eventually(lambda: "running" in moving.state(target) or not run.is_alive(), 30)
    assert run.is_alive(), moving.told
    broken = fault == "the connection breaks"
    if broken:
        moving.on(here, "virsh domjobabort --postcopy web")
        run.join(150)
        assert moving.code == 1, moving.told
        assert f"some of its memory is still on {here}" in moving.told
        assert "--postcopy-resume" in moving.told
        assert "half-made" in moving("-c", "vm web memory 100M").stderr
    moving.on(target, "kill -9 $(cat /run/libvirt/qemu/web.pid)")
    run.join(150)
    assert broken or moving.code == 0, moving.told
    recovered = moving.good("--yes", "recover")
    assert f"web is lost and started again on {target}" in (recovered if broken else moving.told)
    assert moving.place() == target
    assert moving.on(target, "virsh dominfo web | grep Persistent").endswith("yes")
    assert moving.on(here, "ls /var/lib/libvirt/images") == "tiny.qcow2"
    assert "no run was cut off" in moving("recover").stdout
