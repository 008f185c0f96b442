"""What is tried for an expectation, and in which words it is told: the hosts' side is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from vnetsh.errors import CannotTell
from vnetsh.model import End, Resource, Trial
from vnetsh.testing.fleet import no_progress
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.ways import tried
from vnetsh_libvirt.ways.agent import NoAgent
from vnetsh_libvirt.ways.tried import Way, try_way
from vnetsh_libvirt.ways.trying import Attempt, program

MAC = "52:54:00:00:00:01"


def nic(name: str, place: str, **more: Any) -> Resource:
    return Resource("port", name, place, {"bridge": "lan", "mac": MAC, **more}, ("vm", name[0]))


A = End("a", "vm", "kvm1", (nic("a1", "kvm1", vlan=10),))
B = End("b", "vm", "kvm2", (nic("b1", "kvm2"),), "10.0.0.2")
HOST = End("kvm1", "host", "kvm1", (), "192.0.2.1")
BARE = End("10.0.0.7", address="10.0.0.7")


def at(name: str) -> LibvirtHost:
    return cast("LibvirtHost", SimpleNamespace(name=name))


def seen(answers: int, **more: Any) -> Mapping[str, Any]:
    return {"sent": 100, "answers": answers, "ms": 1.25, "why": "", "address": "10.0.0.2", "mac": MAC, **more}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Attempt]]:
    """What was attempted, and where. Everybody answers who is expected to."""
    found: list[tuple[str, Attempt]] = []

    def attempted(host: LibvirtHost, attempt: Attempt, progress: object) -> Mapping[str, Any]:
        found.append((host.name, attempt))
        return {"holds": True, "senders": [seen(98 if attempt.reaches else 0)]}

    monkeypatch.setattr(tried, "attempted", attempted)
    monkeypatch.setattr(tried, "has_agent", lambda host, name: "")
    return found


def says(trial: Trial) -> str:
    return try_way(trial, at, no_progress).says


def test_from_a_port_beside_it(asked: list[tuple[str, Attempt]]) -> None:
    beside = "from a port of its own beside a (lan in VLAN 10 on kvm1)"
    assert says(Trial(A, B)) == f"b (10.0.0.2) answers ARP {beside}, in 1.2 ms"
    [(host, attempt)] = asked
    assert host == "kvm1"
    assert [(port.bridge, port.vlan) for port in attempt.ports] == [("lan", 10)]
    assert attempt.targets == [{"mac": MAC, "address": "10.0.0.2"}]
    assert (attempt.count, attempt.interval, attempt.own) == (0, 0.1, "")
    assert says(Trial(A, B, loss=200)).endswith(": 2 of 100 lost")
    assert asked[-1][1].count == 100
    assert "answers ping" in says(Trial(A, B, own="10.0.0.99/24"))
    assert "with the address 10.0.0.99" in says(Trial(A, B, own="10.0.0.99/24", tcp=80))
    assert asked[-1][1].tcp == 80


def test_who_is_not_to_be_reached_answers_who_is_beside_it(asked: list[tuple[str, Attempt]]) -> None:
    assert "does not answer ARP" in (said := says(Trial(A, B, reaches=False)))
    assert "ARP goes through no router" in said
    assert [(host, attempt.reaches) for host, attempt in asked] == [("kvm2", True), ("kvm1", False)]


def test_a_host_tries_by_itself(asked: list[tuple[str, Attempt]]) -> None:
    assert says(Trial(HOST, B)).startswith("b (10.0.0.2) answers ping from kvm1 itself")
    assert not asked[-1][1].ports


@pytest.mark.parametrize(
    ("trial", "why"),
    [
        (Trial(A, B, tcp=80), "has no address of its own to connect from"),
        (Trial(A, BARE, reaches=False), "whether 10.0.0.7 would answer anybody, nobody knows"),
        (Trial(End("a", "vm", "kvm1", (nic("a1", "kvm1", trunk=(1, 2)),)), B), "carries several VLANs"),
        (Trial(HOST, End("b", "vm", "kvm2", ())), "no address of b is known"),
    ],
    ids=["tcp", "whose", "trunk", "no address"],
)
def test_what_cannot_be_told(
    asked: list[tuple[str, Attempt]], trial: Trial, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tried, "_known", lambda *told: {})
    with pytest.raises(CannotTell, match=why) as found:
        try_way(trial, at, no_progress)
    assert found.value.code == "E476"
    assert found.value.help


def test_who_answers_nobody_is_no_proof(
    asked: list[tuple[str, Attempt]], monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = {"holds": False, "senders": [seen(0)]}
    monkeypatch.setattr(tried, "attempted", lambda *told: silent)
    with pytest.raises(CannotTell, match="does not answer a port beside it on kvm2 either"):
        try_way(Trial(A, B, reaches=False), at, no_progress)


class Guest:
    """A guest that answers so many of its pings, one list for each time that it is asked."""

    def __init__(self, *answers: int, tcp: Sequence[str] = (), why: str = "") -> None:
        self.answers, self.connects, self.why = list(answers), list(tcp), why

    def __call__(self, host: object, uuid: str) -> Guest:
        return self

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ping(self, address: str, count: int, progress: object) -> tuple[int, int]:
        if self.why:
            raise NoAgent(self.why)
        return count, min(count, self.answers.pop(0) if self.answers else 0)

    def tcp(self, address: str, port: int, progress: object) -> str:
        return self.connects.pop(0) if self.connects else "Connection refused"


@pytest.mark.parametrize(
    ("trial", "guest", "holds", "said"),
    [
        (Trial(A, B), Guest(1), True, "answers ping from a itself, asked by its guest agent"),
        (Trial(A, B), Guest(0, 0, 1), True, "answers ping"),
        (Trial(A, B, within=1), Guest(), False, "does not answer ping"),
        (Trial(A, B, reaches=False), Guest(0), True, "does not answer ping"),
        (Trial(A, B, reaches=False, within=1), Guest(*[5] * 100_000), False, "answers ping"),
        (Trial(A, B, loss=100), Guest(1, 99), True, "1 of 100 lost"),
        (Trial(A, B, loss=100, within=0), Guest(1, 90), False, "10 of 100 lost"),
        (Trial(A, B, tcp=80), Guest(tcp=["no", ""]), True, "answers a connection to port 80"),
        (Trial(A, B, tcp=80, within=1), Guest(), False, "Connection refused"),
    ],
)
def test_a_guest_tries_itself(
    asked: list[tuple[str, Attempt]],
    monkeypatch: pytest.MonkeyPatch,
    trial: Trial,
    guest: Guest,
    holds: bool,
    said: str,
) -> None:
    monkeypatch.setattr(tried, "has_agent", lambda host, name: "uuid")
    monkeypatch.setattr(tried, "Guest", guest)
    if not trial.reaches:  # it answers who is beside it
        monkeypatch.setattr(tried, "_controlled", lambda way: way)
    found = try_way(trial, at, no_progress)
    assert (found.holds, said in found.says) == (holds, True), found.says


def test_a_guest_that_may_not_be_asked(
    asked: list[tuple[str, Attempt]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tried, "has_agent", lambda host, name: "uuid")
    monkeypatch.setattr(tried, "Guest", Guest(why="guest-exec has been disabled"))
    said = says(Trial(A, B))
    assert "answers ARP from a port of its own beside a" in said
    assert "its agent was asked first: guest-exec has been disabled" in said


def test_so_many_packets_that_one_that_is_lost_is_within_the_loss() -> None:
    def count(loss: int | None) -> int:
        return Way(Trial(A, B, loss=loss), at, no_progress, []).count(1000)

    assert [count(loss) for loss in (None, 0, 1, 10, 100, 5000)] == [0, 1000, 1000, 1000, 100, 100]


def test_the_program_is_one_and_needs_no_module_of_ours() -> None:
    text = program().decode()
    compile(text, "trier", "exec")
    assert "from vnetsh" not in text
