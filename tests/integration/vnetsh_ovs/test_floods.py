"""Who reaches whom, and what would go round: random networks on a real Open vSwitch do as the model says."""

from __future__ import annotations

import pytest
from flooded_for_real import soak_floods

pytestmark = pytest.mark.lab


def test_frames_come_where_the_model_says() -> None:
    soak_floods(5).check()
