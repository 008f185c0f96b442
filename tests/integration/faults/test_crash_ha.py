"""kill -9 at the points of a run with a vm under a cluster: there is one copy of it. `scripts/soak crash` runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from crashing import all_new_or_all_old, state
from in_lab import LabOperator, without_system
from waiting import eventually

from vnetsh_lab import running
from vnetsh_lab.storage import EXPORT, FOLDER

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif("VNETSH_CRASH_POINTS" not in os.environ, reason="takes minutes: scripts/soak crash"),
]

MEMBERS, STORE, SERVER = ("kvm1", "kvm2", "kvm3"), "kvm4", "10.77.0.4"
SCRIPT = f"""
pool store on kvm1, kvm2, kvm3 type nfs source {SERVER}:{EXPORT}
fence kvm1 by fence_lab
fence kvm2 by fence_lab
fence kvm3 by fence_lab
vm box on kvm1 memory 64M disk system from tiny.qcow2 copy pool store port vswitch01
ha box restart 3 migrate transport tcp
undrain kvm2
migrate box to kvm2
drain kvm2 to kvm1
undrain kvm2
stop box force
"""
PASSING = ("at", "runs", "fenced-by")


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=4, ha=True, storage=True) as lab:
        one = LabOperator.of(lab, tmp_path_factory.mktemp("operator"), "--max-impact", "destroy")
        assert eventually(lambda: "Online: [ kvm1 kvm2 kvm3 ]" in one.on("kvm1", "crm_mon -1"), 60)
        without_system(lab)
        yield one


def held(operator: LabOperator) -> tuple[object, ...]:
    """All that the hosts, the cluster and the server hold; not where the cluster runs its fencing just now."""
    seen = [
        [*one[:3], [pair for pair in one[3] if pair[0] not in PASSING], one[4]]  # type: ignore[index]
        for one in state(operator.lab)
    ]
    files = operator.on(STORE, f"ls {FOLDER}/nfs")
    return seen, files, [operator.on(host, "ls -A /etc/vnetsh/ha") for host in MEMBERS]


def once_at_most(operator: LabOperator, when: str) -> None:
    where = [
        host for host in MEMBERS if "box" in operator.on(host, "virsh list --name --state-running").split()
    ]
    assert len(where) <= 1, f"{when}: it runs on {where}"


def test_all_new_or_all_old(operator: LabOperator, tmp_path: Path) -> None:
    script = tmp_path / "box.vnet"
    script.write_text(SCRIPT)
    all_new_or_all_old(
        operator, str(script), lambda: held(operator), each=lambda when: once_at_most(operator, when)
    )
