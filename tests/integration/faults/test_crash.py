"""kill -9 at the operation boundaries of a run on real hosts: nothing is lost, nothing stays half-made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from crashing import WAYS, crashed, images, points_of, state, undo_all
from in_lab import LabOperator, without_system

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


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


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
