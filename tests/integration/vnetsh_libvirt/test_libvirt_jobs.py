"""Moves that are under way on real hosts: seen from another vnetsh, taken back by their owner, in the background."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from in_lab import LabOperator
from terminal import terminal
from waiting import eventually

from vnetsh_lab import running

pytestmark = pytest.mark.lab

MOVE = "migrate web to kvm2 outage none"
VNETSH = str(Path(sys.executable).with_name("vnetsh"))


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("jobs")))
        found.good("-c", "vm web on kvm1 memory 96M disk tiny.qcow2; vm other on kvm1 memory 32M")
        found.on("kvm1", "virsh migrate-setspeed web 3")
        yield found


def jobs(operator: LabOperator) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(operator.good("-o", "json", "show", "jobs"))
    return [job for job in found if job["sent"]]


def under_way(operator: LabOperator) -> dict[str, object]:
    found: list[dict[str, object]] = []

    def seen() -> bool:
        found[:] = jobs(operator)
        return bool(found)

    assert eventually(seen, 30)
    (job,) = found
    return job


def states(operator: LabOperator) -> tuple[str, ...]:
    return tuple(operator.on(host, "virsh domstate web 2>/dev/null") for host in ("kvm1", "kvm2"))


def test_another_vnetsh_sees_a_move_and_has_it_taken_back(operator: LabOperator) -> None:
    with operator.start("-c", MOVE) as process:
        job = under_way(operator)
        assert (job["vm"], job["from"], job["to"], job["what"]) == ("web", "kvm1", "kvm2", MOVE)
        done = operator("-c", f"cancel {job['name']}")
        said = "".join(process.communicate(timeout=60))
    assert done.returncode == 0, done.stderr
    assert f"job {job['name']} is broken off, and nothing of it stands" in done.stdout
    assert process.returncode == 130, said
    assert "it was broken off by" in said
    assert states(operator) == ("running", "")
    assert "no jobs" in operator.good("show", "jobs")
    assert operator("-c", f"cancel {job['name']}").returncode == 1
    assert operator.on("kvm2", "ls /var/lib/libvirt/images") == "tiny.qcow2"


def test_somebody_elses_migration_is_shown(operator: LabOperator) -> None:
    image = "/var/lib/libvirt/images"
    operator.on("kvm2", f"qemu-img create -q -f qcow2 -F qcow2 -b {image}/tiny.qcow2 {image}/web.qcow2")
    migrate = "virsh migrate --live --p2p --copy-storage-inc --bandwidth 2 web qemu+tcp://10.77.0.2/system"
    operator.on("kvm1", f"({migrate}) >/dev/null 2>&1 &")
    job = under_way(operator)
    assert (job["name"], job["vm"], job["from"]) == ("-", "web", "kvm1")
    operator.on("kvm1", "virsh domjobabort web")
    assert eventually(lambda: not jobs(operator))
    operator.on("kvm2", f"rm -f {image}/web.qcow2")


def test_in_the_background_of_a_shell(operator: LabOperator) -> None:
    environment = {**operator.environment, "XDG_STATE_HOME": str(operator.folder / "state"), "NO_COLOR": "1"}
    with terminal([VNETSH, *operator.world], environment) as shell:
        shell.wait_prompt()
        shell.type(f"{MOVE} &\r")
        shell.wait_for("is under way: `show jobs`")
        run = json.loads(operator.good("-o", "json", "history"))[0]["run"]
        under_way(operator)
        shell.wait_prompt()
        shell.type("show jobs\r")
        shell.wait_for("ENDS")
        shell.wait_prompt()
        shell.type("stop other\r")  # on the same host: it waits for the lock
        shell.wait_for("in the background")
        time.sleep(0.5)
        shell.type("\x03")
        shell.wait_prompt(30)
        shell.type("exit\r")
        shell.wait_for(f"job {run} is under way")
        shell.wait_prompt()
        shell.type(f"cancel {run}\r")
        shell.wait_for(f"job {run} is broken off, and nothing of it stands")
        shell.wait_for(f"job {run} has ended:")
        shell.wait_for("interrupted", times=2)
        assert shell.leave() == 0
    assert states(operator) == ("running", "")


HELD_UP = """cd /var/lib/libvirt/images
for i in $(seq 3000); do
    [ "$(stat -c %b new-data.qcow2 2>/dev/null || echo 0)" -gt 20000 ] && pkill -STOP -x qemu-img && break
    sleep 0.01
done
sleep 3.5
pkill -CONT -x qemu-img"""


def test_a_copy_that_libvirt_makes_says_how_far_it_is(operator: LabOperator) -> None:
    image = "/var/lib/libvirt/images"
    operator.on(
        "kvm1",
        f"cd {image}; yes | head -c 96M >whole.raw; qemu-img convert -c -O qcow2 whole.raw packed.qcow2; rm whole.raw",
    )
    environment = {**operator.environment, "XDG_STATE_HOME": str(operator.folder / "state"), "NO_COLOR": "1"}
    make = "vm new on kvm1 memory 32M disk data from packed.qcow2 copy"
    with (
        ThreadPoolExecutor() as meanwhile,
        terminal([VNETSH, *operator.world, "-c", make], environment) as shell,
    ):
        held = meanwhile.submit(operator.on, "kvm1", HELD_UP)
        shell.wait_for(f"new: copying {image}/packed.qcow2, ", 30)
        shell.wait_for(" s to go ", 30)
        (line,) = (line for line in shell.text.splitlines() if " s to go " in line)
        held.result()
        shell.wait_for("done: ", 30)
        assert shell.wait_end() == 0
    told = re.search(r"(\d+) of (\d+) MiB, (\d+) MiB/s, about (\d+) s to go", line)
    assert told, line
    moved, total, *_ = map(int, told.groups())
    assert 9 <= moved < total
    assert 96 <= total <= 98  # though the image has much less
