"""How far a copy is, in words."""

from __future__ import annotations

import pytest

from vnetsh_libvirt.how_far import copying
from vnetsh_libvirt.means import MIB


@pytest.mark.parametrize(
    ("moved", "total", "seconds", "says"),
    [
        (0, 100, 0.2, "web: copying /x, 0 of 100 MiB"),
        (40, 100, 4.0, "web: copying /x, 40 of 100 MiB, 10 MiB/s, about 6 s to go"),
        (40, 0, 4.0, "web: copying /x, 40 MiB, 10 MiB/s"),  # nobody could tell how much it will be
        (0, 0, 4.0, "web: copying /x, 0 MiB"),
    ],
)
def test_a_copy_says_its_rate_and_its_end_as_far_as_they_are_known(
    moved: int, total: int, seconds: float, says: str
) -> None:
    assert copying("web", "/x", moved * MIB, total * MIB, seconds).text == says
