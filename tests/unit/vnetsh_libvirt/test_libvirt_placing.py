"""Where a VM belongs, in its metadata: beside what others keep there, and without a trace when it is gone."""

from __future__ import annotations

import threading
import time

import pytest

from vnetsh.backend import ApplyFailed, JobState
from vnetsh.errors import HostUnreachable
from vnetsh.testing.fleet import move, vm
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.at_once import Going, at_once, on_the_way
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.draft import Draft

PLAIN = "<domain>\n  <name>web</name>\n  <devices/>\n</domain>"
OTHERS = '<domain>\n  <name>web</name>\n  <metadata>\n    <app:x xmlns:app="urn:x">a</app:x>\n  </metadata>\n</domain>'
SAID = {"drained": ("kvm1", "kvm2")}


@pytest.mark.parametrize("xml", [PLAIN, OTHERS])
def test_it_is_kept_and_goes_without_a_trace(xml: str) -> None:
    draft = Draft(xml)
    draft.placing(domain_xml.placing(SAID))
    assert Definition(draft.text).placing == SAID
    draft.placing(domain_xml.placing({"drained": ("kvm1", "kvm3")}))
    assert Definition(draft.text).placing == {"drained": ("kvm1", "kvm3")}
    draft.placing(domain_xml.placing({}))
    assert draft.text.replace("<devices/>\n", "<devices/>") == Draft(xml).text.replace(
        "<devices/>\n", "<devices/>"
    )
    assert Definition(draft.text).placing == {}


class Places:
    """A host that counts who comes and goes."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.leaving = threading.Semaphore(most)
        self.coming = threading.Semaphore(most)
        self.under_way = threading.Semaphore(2 * most)


class Moves:
    """Moves of `count` VMs from kvm1 to kvm2, of which the most at the same time are noted."""

    def __init__(self, count: int, most: int) -> None:
        hosts = {name: Places(name, most) for name in ("kvm1", "kvm2")}
        self.hosts, self.going = hosts, 0
        self.lock, self.now, self.peak, self.done = threading.Lock(), 0, 0, []
        self.fails: dict[str, BaseException] = {}
        self.changes = [move(vm(f"g{n}"), "kvm2") for n in range(count)]
        self.all = [
            Going(one, lambda tell, one=one: self.work(one, tell), hosts.__getitem__) for one in self.changes
        ]

    def work(self, change, tell) -> None:
        name = change.resource.name
        with self.lock:
            self.now += 1
        try:
            with on_the_way(name, self.hosts["kvm1"], self.hosts["kvm2"], tell):
                with self.lock:
                    self.going += 1
                    self.peak = max(self.peak, self.going)
                if name in self.fails:
                    raise self.fails[name]
                for step in range(20):
                    tell(JobState(f"{name}: {step}", step, 10))
                    time.sleep(0.03)
                self.done.append(change)
                with self.lock:
                    self.going -= 1
        except KeyboardInterrupt as error:
            raise ApplyFailed("interrupted", change=change) from error
        finally:
            with self.lock:
                self.now -= 1


def test_so_many_at_once_as_the_hosts_take():
    moves, said = Moves(6, most=2), []
    at_once(moves.all, moves.done, said.append)
    assert moves.peak == 2
    assert len(moves.done) == 6
    assert any("of 6 moved" in state.text and state.total for state in said)


def test_when_one_fails_the_others_are_broken_off():
    moves = Moves(5, most=2)
    moves.fails["g1"] = ApplyFailed("no room", change=moves.changes[1], leftovers=["a file"])
    with pytest.raises(ApplyFailed, match="no room") as failed:
        at_once(moves.all, moves.done, lambda state: None)
    assert failed.value.change is moves.changes[1]
    assert failed.value.leftovers == ("a file",)
    assert set(map(id, failed.value.done)) == set(map(id, moves.done))
    assert len(moves.done) < 5
    assert moves.now == 0


def test_where_nobody_knows_how_one_ended_that_is_what_is_told():
    moves = Moves(3, most=3)
    moves.fails["g2"] = HostUnreachable("gone")
    with pytest.raises(HostUnreachable, match="gone"):
        at_once(moves.all, moves.done, lambda state: None)


def test_broken_off_all_of_them_end():
    moves = Moves(4, most=4)

    def tell(state: JobState) -> None:
        raise KeyboardInterrupt

    with pytest.raises(ApplyFailed, match="interrupted"):
        at_once(moves.all, moves.done, tell)
    assert moves.now == 0
