"""kill -9 at the operation boundaries of a run on real hosts: nothing is lost, nothing stays half-made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

SCRIPT = """
bridge vswitch02 on kvm1, kvm2 port p1 type internal vlan 10
bridge lbr on kvm1, kvm2 backend linux
tunnel gre12 kvm1<->kvm2 on vswitch02
vm web on kvm1 memory 96M disk tiny.qcow2 port vswitch02 name web_a port lbr name web_b
migrate web to kvm2
vm web memory 128M vcpus 2
stop web
delete bridge lbr on kvm1
"""
POINTS = int(os.environ.get("VNETSH_CRASH_POINTS", "3"))  # of all, evenly spread; scripts/soak takes each


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


class Operator:
    """Runs vnetsh on the lab in processes of its own, with a journal of its own."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "VNETSH_LAB_DIR": str(lab.folder),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        self.script = folder / "web.vnet"
        self.script.write_text(SCRIPT)

    def __call__(self, *arguments: str, **crash: str) -> subprocess.CompletedProcess[str]:
        command = str(Path(sys.executable).with_name("vnetsh"))
        return subprocess.run(
            [command, "--lab", "--max-impact", "destroy", *arguments],
            env={**self.environment, **crash},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def good(self, *arguments: str, **crash: str) -> str:
        done = self(*arguments, **crash)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}{self('history').stdout}"
        return done.stdout


def state(lab: Lab) -> list[object]:
    """All that the hosts hold, but for the addresses that a new NIC gets by chance."""
    os.environ["VNETSH_LAB_DIR"] = str(lab.folder)
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["lab"].hosts("")) as session:
        found = session.observe().resources.values()
    return sorted(
        [
            r.kind,
            r.place,
            r.name,
            sorted((k, str(v)) for k, v in r.attributes.items() if k != "mac"),
            r.marked,
        ]
        for r in found
    )


def images(lab: Lab) -> str:
    return "".join(lab.exec(f"kvm{n}", ["ls", "/var/lib/libvirt/images"]).stdout for n in (1, 2))


@dataclass(frozen=True)
class Uninterrupted:
    """What the run does when nobody cuts it off: the state before and after, and its number of points."""

    before: tuple[object, ...]
    after: tuple[object, ...]
    points: int


@pytest.fixture(scope="module")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(lab, tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="module")
def uninterrupted(lab: Lab, operator: Operator) -> Uninterrupted:
    log = operator.folder / "points"
    before = state(lab), images(lab)
    operator.good(str(operator.script), VNETSH_CRASH_LOG=str(log))
    after = state(lab), images(lab)
    operator.good("undo")
    assert (state(lab), images(lab)) == before, "the run was not taken back whole"
    points = len(log.read_text().splitlines())
    assert points > 10
    return Uninterrupted(before, after, points)


def crashed(operator: Operator, point: int) -> None:
    done = operator(str(operator.script), VNETSH_CRASH_AT=str(point))
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def undo_all(operator: Operator, point: int) -> None:
    while True:
        done = operator("undo")
        if "nothing to undo" in done.stderr:
            return
        history = operator("history").stdout
        assert done.returncode == 0, f"point {point}: {done.stdout}{done.stderr}{history}"


@pytest.mark.parametrize("way", ["the script again", "recover", "recover --undo"])
def test_after_a_crash(lab: Lab, operator: Operator, uninterrupted: Uninterrupted, way: str) -> None:
    step = max(1, uninterrupted.points // POINTS)
    for point in range(1, uninterrupted.points + 1, step):
        crashed(operator, point)
        operator.good(*([str(operator.script)] if way == "the script again" else way.split()))
        expected = uninterrupted.before if way == "recover --undo" else uninterrupted.after
        assert (state(lab), images(lab)) == expected, f"point {point}, {way}"
        undo_all(operator, point)
        assert (state(lab), images(lab)) == uninterrupted.before, f"point {point}, {way}, taken back"
