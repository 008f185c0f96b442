"""kill -9 at the points of a run with disks on servers: nothing is lost there. `scripts/soak crash` runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from crashing import all_new_or_all_old, images, state
from in_lab import LabOperator, without_system

from vnetsh_lab import running
from vnetsh_lab.storage import EXPORT, FOLDER, TARGET

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif("VNETSH_CRASH_POINTS" not in os.environ, reason="takes minutes: scripts/soak crash"),
]

STORE, SERVER = "kvm3", "10.77.0.3"
SCRIPT = f"""
pool store on kvm1, kvm2 type nfs source {SERVER}:{EXPORT}
vm box on kvm1 memory 64M disk system from tiny.qcow2 copy pool store disk data size 64M pool store port vswitch01
vm box disk more size 64M pool store disk lun file "iscsi://{SERVER}/{TARGET}/1"
migrate box to kvm2
stop box force
delete disk box/lun
migrate box to kvm1
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=3, storage=True) as lab:
        without_system(lab)
        yield LabOperator.of(lab, tmp_path_factory.mktemp("operator"), "--max-impact", "destroy")


def held(operator: LabOperator) -> tuple[object, ...]:
    """All that the hosts hold, and the server's files."""
    return state(operator.lab), images(operator.lab), operator.on(STORE, f"ls {FOLDER}/nfs")


def test_all_new_or_all_old(operator: LabOperator, tmp_path: Path) -> None:
    script = tmp_path / "box.vnet"
    script.write_text(SCRIPT)
    all_new_or_all_old(operator, str(script), lambda: held(operator))
