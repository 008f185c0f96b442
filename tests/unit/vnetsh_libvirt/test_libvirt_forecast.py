"""What is reckoned of a migration before it begins, and seen on its way."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from vnetsh.model import Attributes
from vnetsh_libvirt.course import LEAST_SECONDS, PATIENCE, Course
from vnetsh_libvirt.forecast import HANDOVER, SETUP, Load, Writes, after_post_copy, forecast, slowed_down
from vnetsh_libvirt.means import bytes_a_second

MIB = 2**20


def load(writes: Writes, memory: int = 100, disks: int = 0) -> Load:
    return Load(memory * MIB, disks * MIB, writes)


def test_a_guest_that_writes_nothing_is_sent_once() -> None:
    found = forecast(load(Writes(), disks=50), 10 * MIB)
    assert found.ends
    assert found.seconds == pytest.approx(SETUP + 15, abs=0.2)
    assert found.pause < HANDOVER + 200


def test_what_is_written_is_sent_again_and_the_pause_is_the_rest() -> None:
    found = forecast(load(Writes(5 * MIB)), 10 * MIB, 300)
    assert found.ends
    assert SETUP + 15 < found.seconds < SETUP + 20.5
    assert HANDOVER < found.pause <= HANDOVER + 300


@pytest.mark.parametrize("rate", [10, 11, 40])
def test_one_that_writes_faster_than_can_be_sent_has_no_end(rate: int) -> None:
    assert not forecast(load(Writes(rate * MIB)), 10 * MIB).ends


def test_what_is_always_the_same_is_little() -> None:
    """Of 30 MiB that are written again and again no more is to be sent, however long the rounds are."""
    writes = Writes.seen(28 * MIB, 30 * MIB)
    assert writes.within(60, 100 * MIB) == pytest.approx(30 * MIB, rel=0.1)
    assert not forecast(load(writes), 10 * MIB).ends
    found = after_post_copy(load(writes), 10 * MIB)
    assert found.seconds == pytest.approx(SETUP + 10 + 2 * 3, rel=0.1)


@pytest.mark.parametrize(("one", "three"), [(0, 0), (0, 9), (3, 9), (3, 3), (9, 3)])
def test_what_was_seen_is_never_nonsense(one: int, three: int) -> None:
    """Samples are few: they may say that three seconds changed less than one."""
    writes = Writes.seen(one * MIB, three * MIB)
    assert 0 <= writes.within(1, 100 * MIB) <= writes.within(10, 100 * MIB) <= 100 * MIB


def test_slowing_a_guest_down_ends_what_had_no_end() -> None:
    writes = Writes.seen(20 * MIB, 30 * MIB)
    assert not forecast(load(writes), 10 * MIB).ends
    found = slowed_down(load(writes), 10 * MIB)
    assert found.ends
    assert found.seconds > SETUP + 20


def test_bandwidth_is_in_libvirts_measure() -> None:
    assert bytes_a_second({}) == 0
    assert bytes_a_second({"bandwidth": 1_000}) == MIB
    assert bytes_a_second({"bandwidth": 100 * 10**6}) == 11 * MIB


def told(round: int, left: int, **more: int) -> Mapping[str, int]:
    return {"memory_iteration": round, "memory_remaining": left * MIB, "memory_bps": MIB, **more}


def course(wishes: Attributes, *left: int, **more: int) -> Course:
    found = Course(wishes)
    for round, size in enumerate(left, 1):
        found.note(told(round, size, **more))
        found.note({})  # libvirt says nothing when a round just begins
        found.note(told(round, size // 2, **more))
    return found


LONG = LEAST_SECONDS + 1


def test_a_course_without_gain_is_hopeless_after_some_rounds() -> None:
    assert not course({}, 100, 30, 29, 30).is_hopeless(LONG)
    lost = course({}, 100, *[30] * (PATIENCE + 1), memory_dirty_rate=7680, memory_page_size=4096)
    assert not lost.is_hopeless(LEAST_SECONDS - 1)
    assert lost.is_hopeless(LONG)
    assert "web writes 30 MiB of its memory in a second, and 1 MiB are sent" in lost.why("web").message


def test_one_that_comes_nearer_is_not() -> None:
    assert not course({}, 100, 60, 50, 44, 38, 33, 28, 24, 20, 17).is_hopeless(LONG)


def test_one_that_can_be_slowed_down_further_is_not() -> None:
    rounds = (100, *[30] * (PATIENCE + 3))
    assert not course({"auto-converge": True}, *rounds, auto_converge_throttle=40).is_hopeless(LONG)
    assert course({"auto-converge": True}, *rounds, auto_converge_throttle=99).is_hopeless(LONG)


def test_post_copy_begins_when_it_is_wished_and_only_that_helps() -> None:
    assert not course({}, 100, 30, 30).needs_post_copy()
    assert not course({"post-copy": True}, 100, 30, 10).needs_post_copy()
    needing = course({"post-copy": True}, 100, 30, 30)
    assert needing.needs_post_copy()
    needing.post_copying = True
    assert not needing.needs_post_copy()
    assert not needing.is_hopeless(LONG)
