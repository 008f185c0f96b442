"""Where a VM is after a move of which nobody knows how it ended: what both hosts say decides."""

from types import SimpleNamespace

import pytest

from vnetsh.errors import BackendRefused
from vnetsh_libvirt.files import Files, Stat, _is
from vnetsh_libvirt.settling import Ends, has_moved
from vnetsh_libvirt.sights import CRASHED, GONE, MOVING, OFF, PAUSED, RUNNING, Sight

HERE, THERE = SimpleNamespace(name="kvm1"), SimpleNamespace(name="kvm2")


def moved(here, there, was="running", uuid="u"):
    ends = Ends("web", HERE, THERE, was)
    return has_moved(ends, Sight(here, "u"), Sight(there, uuid))


@pytest.mark.parametrize("there", [RUNNING, PAUSED, MOVING, OFF, CRASHED])
def test_one_that_is_at_one_host_only(there):
    assert moved(GONE, there)
    assert not moved(there, GONE)


@pytest.mark.parametrize("here", [PAUSED, MOVING, OFF, CRASHED])
def test_where_it_runs_it_is(here):
    assert moved(here, RUNNING)
    assert not moved(RUNNING, here)


def test_one_that_runs_at_both_went_on_where_it_was_first():
    assert not moved(RUNNING, RUNNING)


@pytest.mark.parametrize("there", [PAUSED, MOVING, OFF, CRASHED])
@pytest.mark.parametrize("here", [PAUSED, MOVING, OFF, CRASHED])
def test_one_that_runs_nowhere_stays(here, there):
    assert not moved(here, there)


def test_one_that_was_off_is_defined_there_when_its_files_are_whole():
    assert moved(OFF, OFF, "stopped")
    assert not moved(OFF, OFF, "running")


def test_what_is_not_one_vm():
    with pytest.raises(BackendRefused, match="neither"):
        moved(GONE, GONE)
    with pytest.raises(BackendRefused, match="taken"):
        moved(RUNNING, RUNNING, uuid="another")


def found(identity="7 100.5", born=100.5, written=101.0):
    return Stat(identity, "ext2/ext3", born, written)


@pytest.mark.parametrize(
    ("same", "stat", "thing"),
    [
        (True, found(), {"id": "7 100.5"}),
        (False, found(), {"id": "8 100.5"}),
        (False, found("7 0", born=0), {"id": "7 0"}),  # its filesystem tells no birth: inodes come again
        (True, found(), {"since": "100.4"}),
        (False, found(), {"since": "100.7"}),  # it was there before
        (False, found(written=200.0), {"since": "100.4"}),  # somebody has written to it since
        (False, found(), {"since": ""}),
    ],
)
def test_whether_a_file_is_the_one_that_was_made(same, stat, thing):
    assert _is(stat, thing) is same


def test_what_was_made_is_told_by_host():
    made = [
        {"host": "kvm1", "file": "/a", "since": "1"},
        {"host": "kvm1", "file": "/a", "id": "7 1"},
        {"host": "kvm2", "file": "/b", "id": "7 1"},
        {"host": "kvm1", "goes": "/c", "id": "9 1"},
        {"host": "kvm1", "goes": "its definition"},
    ]
    files = Files(lambda thing: None, list, made)
    assert files.made_on(HERE) == ["/a"]
    assert files.to_go(HERE) == ["/c"]
    assert files.old_on(HERE) == []
