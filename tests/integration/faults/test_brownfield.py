"""Hosts that others set up: a few of the rounds of `scripts/soak brownfield`."""

from __future__ import annotations

import pytest
from brownfield.rounds import brownfield_round, world_of
from soaking import Findings

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("seed", [3, 7])
def test_nothing_is_lost_on_hosts_that_others_set_up(seed: int) -> None:
    found, tried = Findings(rounds=1), dict[str, int]()
    brownfield_round(seed, found, tried)
    found.check()
    assert tried.get("done and taken back"), "nothing was tried"


def test_a_seed_says_all_of_a_world() -> None:
    assert world_of(7).things == world_of(7).things != world_of(8).things
