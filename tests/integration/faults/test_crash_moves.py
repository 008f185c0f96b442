"""Killed with a live migration under way: a few of the rounds of `scripts/soak crash-moves`."""

from __future__ import annotations

import pytest
from crash_moves import crash_round
from soaking import Findings

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("seed", [1, 15])
def test_every_vm_runs_once_with_its_disk(seed: int) -> None:
    found = Findings(rounds=1)
    crash_round(seed, found)
    found.check()
