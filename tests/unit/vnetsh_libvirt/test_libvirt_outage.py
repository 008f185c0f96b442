"""What a move's probes come to: the longest gap, what of it was the prober's own, what is said of it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from vnetsh.hosts.frames import garp, rarp
from vnetsh.model import KNOWN, Change, Fleet, Host, Resource
from vnetsh.model.change import ActionKind
from vnetsh_libvirt.outage import assessing
from vnetsh_libvirt.outage.findings import Findings, Seen
from vnetsh_libvirt.outage.gaps import Gaps
from vnetsh_libvirt.outage.judging import silent
from vnetsh_libvirt.outage.probe import Probe, Target
from vnetsh_libvirt.outage.prober_session import program
from vnetsh_libvirt.outage.switches import Entry, Plugged, entries, stale
from vnetsh_libvirt.outage.wishes import Wish

MS = 0.001


def probed(until: int, *, unanswered=(), late=(), trip: float = 1.0) -> Gaps:
    """Probes every 5 ms, each answered after `trip` ms; those sent in `unanswered` are lost, none is sent in `late`."""
    gaps = Gaps(5 * MS)
    answers: list[float] = []
    for at in range(0, until, 5):
        while answers and answers[0] <= at:
            gaps.answer(answers.pop(0) * MS)
        if any(begin <= at < end for begin, end in late):
            continue
        gaps.send(at * MS)
        if not any(begin <= at < end for begin, end in unanswered):
            answers.append(at + trip)
    for at in answers:
        gaps.answer(at * MS)
    gaps.end(until * MS)
    return gaps


def test_the_gap_is_the_time_between_two_answers() -> None:
    gaps = probed(1000, unanswered=[(300, 450)])
    assert gaps.longest == pytest.approx(155 * MS)
    assert gaps.began == pytest.approx(296 * MS)
    assert (gaps.lost, gaps.late) == (30, pytest.approx(0))


def test_without_a_gap_it_is_the_interval() -> None:
    gaps = probed(1000)
    assert gaps.longest == pytest.approx(5 * MS)
    assert gaps.lost == 0


def test_the_probers_own_delay_is_no_gap() -> None:
    gaps = probed(1000, late=[(300, 450)])
    assert gaps.longest == pytest.approx(5 * MS)
    assert gaps.lost == 0


@pytest.mark.parametrize("late", [(300, 340), (410, 450)], ids=["before it", "behind it"])
def test_what_was_not_asked_at_an_edge_of_a_gap_is_taken_off(late: tuple[int, int]) -> None:
    lost = (340, 450) if late[0] == 300 else (300, 410)
    gaps = probed(1000, unanswered=[lost], late=[late])
    assert gaps.longest == pytest.approx(115 * MS)
    assert gaps.late == pytest.approx(40 * MS)


def test_what_was_not_asked_in_the_midst_of_a_gap_was_a_gap() -> None:
    gaps = probed(1000, unanswered=[(300, 450)], late=[(350, 400)])
    assert gaps.longest == pytest.approx(155 * MS)
    assert gaps.late == pytest.approx(0)


def test_answers_that_take_longer_than_the_interval() -> None:
    gaps = probed(1000, trip=17)
    assert gaps.longest == pytest.approx(5 * MS)
    assert gaps.lost == 0


def test_a_gap_that_does_not_end() -> None:
    gaps = probed(1000, unanswered=[(600, 1000)])
    assert gaps.longest == pytest.approx(404 * MS)
    assert gaps.lost == 80


def test_what_never_answered_has_no_gap() -> None:
    gaps = probed(1000, unanswered=[(0, 1000)])
    assert (gaps.answers, gaps.longest, gaps.lost) == (0, 0, 0)


def test_counting_anew() -> None:
    gaps = probed(1000, unanswered=[(300, 450)])
    gaps.restart()
    for at in range(1000, 1200, 5):
        gaps.send(at * MS)
        gaps.answer((at + 1) * MS)
    assert gaps.longest == pytest.approx(5 * MS)
    assert (gaps.sent, gaps.lost) == (40, 0)


SEEN = Seen("kvm1", "br0", "52:54:00:00:00:01", "10.0.0.5", 0.1434, 0.0, 1_700_000_000.25, 310, 28)


def test_findings_in_words() -> None:
    found = Findings("web", [SEEN], downtime=118)
    words = "web: gap 143 ms (the longest, seen from kvm1), 28 of 310 probes lost, libvirt's downtime 118 ms"
    assert found.sentence == words
    assert found.data["probes"][0]["began"] == "2023-11-14T22:13:20.250Z"  # type: ignore[index]
    nothing = Findings("web", why=["no address of it is known"])
    assert nothing.sentence == "web: its gap was not measured: no address of it is known"
    assert nothing.gap is None


def test_what_nobody_saw_is_what_all_gaps_have_in_common() -> None:
    """Each by its own clock: the second one is 5 s ahead."""
    one = replace(SEEN, began=100.0, ended=100.2, gap=0.2)
    other = replace(SEEN, host="kvm2", began=105.05, ended=105.15, gap=0.1, ahead=5.0)
    found = Findings("web", [one, other])
    assert (found.gap, found.away) == (200, 100)
    assert "seen from kvm1), nobody had an answer for 100 ms of it, 28" in found.sentence
    assert Findings("web", [one, replace(other, ahead=0.0)]).away is None


def test_a_pace_that_changes_is_no_delay() -> None:
    gaps = Gaps(50 * MS)
    for at in range(0, 1000, 50):
        gaps.send(at * MS)
        gaps.answer((at + 1) * MS)
    gaps.interval = 5 * MS
    for at in range(1000, 1200, 5):
        gaps.send(at * MS)
        if not 1050 <= at < 1150:
            gaps.answer((at + 1) * MS)
    assert gaps.longest == pytest.approx(105 * MS)
    assert gaps.late == pytest.approx(0)


def test_the_program_is_whole() -> None:
    """It has all of its parts, and needs nothing of vnetsh's on the host."""
    text = program().decode()
    assert "vnetsh_libvirt" not in text
    compile(text, "prober", "exec")
    assert text.endswith("main()\n")


def fleet(*bridges: tuple[str, str]) -> tuple[Resource, Fleet]:
    vm = Resource("vm", "web", "kvm1", {"state": "running"}, backend="libvirt")
    nic = Resource("port", "w1", "kvm1", {"bridge": "br0"}, parent=("vm", "web"), backend="libvirt")
    found = [vm, nic, *(Resource("bridge", name, host, {}, backend="ovs") for host, name in bridges)]
    return vm, Fleet({host: Host(host) for host in ("kvm1", "kvm2")}, {one.key: one for one in found})


def moved(vm: Resource, **wishes: int | str | None) -> Change:
    after = Resource(vm.kind, vm.name, "kvm2", vm.attributes, backend=vm.backend)
    return Change(ActionKind.MOVE, vm, after, wishes=wishes)


def test_the_plan_says_from_where_it_is_probed() -> None:
    vm, both = fleet(("kvm1", "br0"), ("kvm2", "br0"))
    assert assessing.assess(moved(vm), both).how == "probed from kvm1, kvm2"
    limited = assessing.assess(moved(vm, outage=1500), both).how
    assert limited == "outage 1500ms at most, probed from kvm1, kvm2"
    assert not assessing.assess(moved(vm, outage=None), both).how
    _, none = fleet()
    refused = assessing.assess(moved(vm, outage=200), none).problem
    assert refused
    assert refused.code == "E463"


def test_wishes() -> None:
    vm, _ = fleet()
    assert Wish.of(moved(vm)) == Wish(None, "", True)
    assert Wish.of(moved(vm, outage=None)) == Wish(None, "", False)
    assert Wish.of(moved(vm, outage=200, address="10.0.0.5")) == Wish(200, "10.0.0.5", True)
    told = {KNOWN: ("AE:00:00:00:00:01 fd00::5", "AE:00:00:00:00:01 10.0.0.5", "AE:00:00:00:00:01 10.0.0.6")}
    assert Wish.of(moved(vm, **told)).known == {"ae:00:00:00:00:01": "10.0.0.5"}


SAID = """bridge ovs br0 7
 port  VLAN  MAC                Age
LOCAL     0  0a:00:00:00:00:09    3
    7     0  52:54:00:00:00:01    0
    9     5  52:54:00:00:00:02   40
    9     0  52:54:00:00:00:03  static
bridge linux lbr0 w4
52:54:00:00:00:04 dev eth1 used 3/40 master lbr0
fe:54:00:00:00:04 dev w4 vlan 1 used 0/0 master lbr0 permanent
"""


def test_what_switches_believe() -> None:
    found = {entry.mac[-2:]: entry for entry in entries("kvm1", SAID)}
    assert (found["01"].port, found["01"].tap, found["01"].age) == ("7", "7", 0)
    assert (found["02"].vlan, found["02"].age) == (5, 40)
    assert "03" not in found  # somebody wrote it there
    linux = next(entry for entry in entries("kvm1", SAID) if entry.port == "eth1")
    assert (linux.bridge, linux.tap, linux.age, linux.openvswitch) == ("lbr0", "w4", 40, False)


def nic(number: int, bridge: str = "br0", vlan: int | None = 0) -> Plugged:
    return Plugged(bridge, "w", f"52:54:00:00:00:{number:02}", vlan)


def entry(port: str, age: int, tap: str = "", vlan: int = 0) -> Entry:
    return Entry("kvm1", "br0", True, "52:54:00:00:00:01", port, vlan, age, tap)


def test_what_is_stale() -> None:
    assert not stale(entry("7", 90, tap="7"), [nic(1)], 0.2)  # it is there
    assert stale(entry("9", 0, tap="7"), [nic(1)], 0.2)  # it is beside it
    assert stale(entry("9", 2), [nic(1)], 0.2)  # of another host: known from before
    assert not stale(entry("9", 1), [nic(1)], 0.2)  # and learnt since, as far as whole seconds tell
    assert not stale(entry("9", 90, vlan=5), [nic(1)], 0.2)  # another network's
    assert stale(entry("9", 90, vlan=5), [nic(1, vlan=None)], 0.2)
    assert not stale(entry("9", 90), [nic(2)], 0.2)


def test_what_announces_a_vm() -> None:
    own = bytes.fromhex("525400000001")
    assert rarp("52:54:00:00:00:01")[:14] == b"\xff" * 6 + own + b"\x80\x35"
    frame = garp("52:54:00:00:00:01", "10.0.0.5")
    assert (frame[28:32], frame[38:42]) == (bytes([10, 0, 0, 5]),) * 2
    assert len(frame) == len(rarp("52:54:00:00:00:01")) == 60


MAC = "52:54:00:00:00:01"


def heard(host: str, *, before: bool = True, again: bool = True, why: str = "", mac: str = MAC) -> Probe:
    """What a prober has heard of one NIC."""
    name = f"{host}-{mac[-2:]}"
    found = SimpleNamespace(host=host, targets=[Target(name, "br0", mac)], why=why)
    found.answers = {name: f"10.0.0.{int(mac[-1])}"} if before else {}
    found.again = {name} if again else set()
    return cast(Probe, found)


def test_who_tells_that_a_vm_is_cut_off() -> None:
    here, gone = heard("kvm1"), heard("kvm1", again=False)
    assert silent([here, heard("kvm2")], "kvm2") == {}
    # Its bridge there is an island: who is beside it had no answer before, or does not count.
    assert silent([gone, heard("kvm2", before=False)], "kvm2") == {"10.0.0.1": "kvm1"}
    assert silent([gone, heard("kvm2")], "kvm2") == {"10.0.0.1": "kvm1"}
    # Who was lost, or lost its port, judges nobody; then who is beside it does.
    assert silent([heard("kvm1", again=False, why="lost"), heard("kvm2")], "kvm2") == {}
    assert silent([gone, heard("kvm2")], "kvm2", {"kvm1-01"}) == {}
    assert silent([gone, heard("kvm2", again=False)], "kvm2", {"kvm1-01"}) == {"10.0.0.1": "kvm2"}
    assert silent([gone], "kvm2", {"kvm1-01"}) == {}
    # Of several NICs each counts.
    assert silent([here, heard("kvm1", again=False, mac="52:54:00:00:00:02")], "kvm2") == {"10.0.0.2": "kvm1"}
    assert silent([heard("kvm1", before=False, again=False)], "kvm2") == {}
