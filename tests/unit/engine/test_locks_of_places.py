"""Locks of places that are no hosts: a lock of their own, or those of the hosts that lead to them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from vnetsh.engine.connections import Connections
from vnetsh.engine.locks import Locks
from vnetsh.errors import HostUnreachable, VnetshError
from vnetsh.hosts.transport import Busy, Held
from vnetsh.model import Host, Inventory, Place

HOSTS = {name: Host(name) for name in ("kvm1", "kvm2", "kvm3")}
CLUSTER = Place("c1", sort="things", noun="cluster", hosts=("kvm1", "kvm2"))
INVENTORY: Inventory = {**HOSTS, "c1": CLUSTER}


class Machines(Connections):
    """Places whose locks are in memory: `held` are those that somebody has; `down` do not answer."""

    def __init__(self, held: Mapping[str, str] | None = None, *, down: str = "", own: bool = False) -> None:
        super().__init__({})
        self.held = dict(held or {})
        self.down = down
        self.own = own

    def lock(self, place: Place, who: str, *, overrule: bool = False) -> Held | Busy | None:
        if place.name == self.down:
            raise HostUnreachable(f"{place.name} does not answer")
        if not isinstance(place, Host) and not self.own:
            return None
        if place.name in self.held:
            return Busy(self.held[place.name])
        self.held[place.name] = who
        return Held(lambda: self.held.pop(place.name))


def locks(machines: Machines) -> Locks:
    return Locks(machines, 0.0, lambda place, text: None)


def test_a_place_without_a_lock_takes_those_of_its_hosts_and_of_a_host_that_is_named_too_one() -> None:
    machines = Machines()
    taken = locks(machines)
    taken.acquire(INVENTORY, ["c1", "kvm1", "kvm3"], "me")
    assert set(machines.held) == {"kvm1", "kvm2", "kvm3"}
    taken.acquire(INVENTORY, ["c1"], "me")  # held already
    taken.release()
    assert not machines.held


def test_a_place_with_a_lock_of_its_own_leaves_its_hosts_alone() -> None:
    machines = Machines(own=True)
    locks(machines).acquire(INVENTORY, ["c1"], "me")
    assert set(machines.held) == {"c1"}


def test_a_host_that_does_not_answer_leaves_the_locks_of_the_others() -> None:
    machines = Machines(down="kvm1")
    taken = locks(machines)
    taken.acquire(INVENTORY, ["c1"], "me")
    assert set(machines.held) == {"kvm2"}
    taken.release()
    assert not machines.held


def test_who_does_not_get_all_lets_go_of_all() -> None:
    machines = Machines({"kvm2": "another one"})
    with pytest.raises(VnetshError, match="kvm2 is being changed by another one"):
        locks(machines).acquire(INVENTORY, ["c1", "kvm3"], "me")
    assert set(machines.held) == {"kvm2"}


def test_root_overrules_a_user_s_lock_and_says_so_but_nobody_else_s() -> None:
    class OfUsers(Machines):
        def lock(self, place: Place, who: str, *, overrule: bool = False) -> Held | Busy | None:
            if overrule and self.held.get(place.name) == "a user":
                del self.held[place.name]
            found = super().lock(place, who)
            return Busy(found.who, foreign=True) if found == Busy("a user") else found

    taken = locks(OfUsers({"kvm2": "a user"}))
    taken.acquire(INVENTORY, ["kvm1", "kvm2"], "me")
    assert taken.overruled == ["kvm2: the lock of a user was overruled"]
    taken.release()
    machines = OfUsers({"kvm2": "a user", "kvm1": "another one"})
    with pytest.raises(VnetshError, match="is being changed by"):
        locks(machines).acquire(INVENTORY, ["kvm1", "kvm2"], "me")
    assert machines.held == {"kvm2": "a user", "kvm1": "another one"}


def test_a_lock_that_raises_is_said_and_lets_go_of_all() -> None:
    class Broken(Machines):
        def lock(self, place: Place, who: str, *, overrule: bool = False) -> Held | Busy | None:
            if place.name == "kvm2":
                raise RuntimeError("out of order")
            return super().lock(place, who, overrule=overrule)

    machines = Broken()
    with pytest.raises(VnetshError, match="kvm2: its lock cannot be taken: RuntimeError: out of order"):
        locks(machines).acquire(INVENTORY, ["c1", "kvm3"], "me")
    assert not machines.held
