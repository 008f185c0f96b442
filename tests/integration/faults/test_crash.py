"""kill -9 at the operation boundaries of a run on real hosts: nothing is lost, nothing stays half-made."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from in_lab import LabOperator, without_system

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
stop web force
delete bridge lbr on kvm1
"""
POINTS = int(os.environ.get("VNETSH_CRASH_POINTS", "2"))  # of all, for each way; scripts/soak takes each
WAYS = ("the script again", "recover", "recover --undo")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


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
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LabOperator:
    return LabOperator.of(lab, tmp_path_factory.mktemp("operator"), "--max-impact", "destroy")


@pytest.fixture(scope="module")
def script(operator: LabOperator) -> str:
    file = operator.folder / "web.vnet"
    file.write_text(SCRIPT)
    return str(file)


@pytest.fixture(scope="module")
def uninterrupted(lab: Lab, operator: LabOperator, script: str) -> Uninterrupted:
    log = operator.folder / "points"
    before = state(lab), images(lab)
    operator.good(script, VNETSH_CRASH_LOG=str(log))
    after = state(lab), images(lab)
    operator.good("undo")
    assert (state(lab), images(lab)) == before, "the run was not taken back whole"
    points = len(log.read_text().splitlines())
    assert points > 10
    return Uninterrupted(before, after, points)


def crashed(operator: LabOperator, script: str, point: int) -> None:
    done = operator(script, VNETSH_CRASH_AT=str(point))
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def undo_all(operator: LabOperator, point: int) -> None:
    while True:
        done = operator("undo")
        if "nothing to undo" in done.stderr:
            return
        history = operator("history").stdout
        assert done.returncode == 0, f"point {point}: {done.stdout}{done.stderr}{history}"


def points_of(way: str, points: int) -> list[int]:
    """Evenly spread; each way has others, so that together they see more of them."""
    if points <= POINTS:
        return list(range(1, points + 1))
    first = WAYS.index(way) / len(WAYS)
    return [1 + int(points * (number + first) / POINTS) for number in range(POINTS)]


@pytest.mark.parametrize("way", WAYS)
def test_after_a_crash(
    lab: Lab, operator: LabOperator, script: str, uninterrupted: Uninterrupted, way: str
) -> None:
    for point in points_of(way, uninterrupted.points):
        crashed(operator, script, point)
        operator.good(*([script] if way == "the script again" else way.split()))
        expected = uninterrupted.before if way == "recover --undo" else uninterrupted.after
        assert (state(lab), images(lab)) == expected, f"point {point}, {way}"
        undo_all(operator, point)
        assert (state(lab), images(lab)) == uninterrupted.before, f"point {point}, {way}, taken back"
