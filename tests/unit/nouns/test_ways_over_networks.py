"""What `why` and `expect` make of networks of many hosts: whom they ask, what counts first, and by whom it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from vnetsh.diagnostics import Diagnostic, Source, Span
from vnetsh.errors import CannotTell
from vnetsh.model import End, Finding, Fleet, Host, Packet, Place, Resource, Route, Traced, Trial, Tried
from vnetsh.nouns.expect import EXPECT
from vnetsh.nouns.expect_traced import trying
from vnetsh.nouns.ways import trial_of
from vnetsh.nouns.why import WHY
from vnetsh.nouns.why_answered import answer
from vnetsh.nouns.why_ends import meant_by
from vnetsh.nouns.why_traced import packet_of
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase, Said
from vnetsh.testing.fleet import nic, vm

AT = Span(Source("<test>", ""), 0, 0)
PLACES = {"kvm1": Host("kvm1", "192.0.2.1"), "kvm2": Host("kvm2", "192.0.2.2"), "c": Place("c", sort="cloud")}
CLOSED = Finding(("group", "c", "dbs"), "it takes only what is allowed", sentence="allow web -> dbs icmp")
NOWHERE = Finding(("attachment", "c", "db_port1"), "its port is on no chassis", symptom=True)
STALE = Finding(("host", "kvm2", "kvm2"), "its controller does not answer", stops=False)
ELSEWHERE = Finding(("network", "c", "web"), "it is another one's", other=("attachment", "c", "db_port1"))
FLOWS = "by the flows of c"


def attachment(of: str, network: str, address: str) -> Resource:
    said = {"network": network, "address": (address,), "vm": of, "interface": f"id-{of}"}
    return Resource("attachment", f"{of}_port1", "c", said, backend="cloud")


def fleet() -> Fleet:
    """Two vms on two networks of a cluster."""
    found = []
    for host, name, network, address in (
        ("kvm1", "web", "web", "10.0.1.11"),
        ("kvm2", "db", "db", "10.0.2.11"),
    ):
        found += [vm(name, host), attachment(name, network, address)]
        found.append(nic(f"{name}_port1", "br-int", name, host, **{"interface-id": f"id-{name}"}))
    return Fleet(PLACES, {one.key: one for one in found})


class Asked:
    """A place that says what a test says of packets, and a guest that answers, does not, or may not be asked."""

    def __init__(self, *told: Finding, guest: bool | None = None, hosts: Sequence[Finding] = ()) -> None:
        self.told, self.guest, self.hosts, self.beyond = told, guest, hosts, ""
        self.packets: list[Packet] = []
        self.tried: list[Trial] = []

    def observe(self) -> Fleet:
        return fleet()

    def trace_packet(self, packet: Packet, fleet: Fleet) -> Traced:
        self.packets.append(packet)
        return Traced((), self.told, beyond=self.beyond, rests=FLOWS)

    def trace(self, route: Route, fleet: Fleet) -> Sequence[Finding]:
        return self.hosts

    def try_way(self, trial: Trial, fleet: Fleet) -> Tried:
        self.tried.append(trial)
        if self.guest is None:
            raise CannotTell("its guest may not be asked")
        return Tried(self.guest, "it answers" if self.guest else "it does not answer", {"by": "ping"})


def tried(asked: Asked, *, reaches: bool = True, tcp: int = 0, loss: int | None = None) -> Tried:
    known = fleet()
    ends = [
        End(name, "vm", host, tuple(known.nics(vm(name, host))))
        for name, host in (("web", "kvm1"), ("db", "kvm2"))
    ]
    trial = Trial(ends[0], ends[1], reaches=reaches, tcp=tcp, loss=loss, within=300)
    return trying(trial, known, cast(Asking, asked))


def test_the_guest_itself_counts_and_nobody_beside_it() -> None:
    asked = Asked(guest=True)
    assert tried(asked).says == "it answers"
    [trial] = asked.tried
    assert trial.alone
    assert trial.target.address == "10.0.2.11"


def test_why_a_guest_is_not_answered_is_said() -> None:
    found = tried(Asked(CLOSED, guest=False))
    assert not found.holds
    assert CLOSED.says in found.says
    assert FLOWS in found.says


@pytest.mark.parametrize(("told", "holds"), [((), True), ((CLOSED,), False), ((NOWHERE,), False)])
def test_without_a_guest_the_place_tells_and_that_is_said(told: Sequence[Finding], holds: bool) -> None:
    found = tried(Asked(*told), tcp=80)
    assert found.holds is holds
    assert FLOWS in found.says
    assert "may not be asked" in found.says
    assert found.data["by"] == "trace"


def test_a_loss_is_told_by_packets_alone() -> None:
    with pytest.raises(CannotTell, match="may not be asked"):
        tried(Asked(), loss=100)


@pytest.mark.parametrize("tcp", [0, 22])
def test_that_one_is_not_reached_is_told_by_what_stops_it(tcp: int) -> None:
    by_both = tried(Asked(CLOSED, guest=False), reaches=False, tcp=tcp)
    assert by_both.holds
    assert by_both.data["by"] == "trace, ping"
    by_place = tried(Asked(CLOSED), reaches=False, tcp=tcp)
    assert by_place.holds
    assert by_place.data["by"] == "trace"


def test_that_one_is_not_reached_fails_where_anybody_says_otherwise() -> None:
    assert not tried(Asked(CLOSED, guest=True), reaches=False).holds, "a packet came through"
    assert not tried(Asked(guest=False), reaches=False).holds, "nothing answers, and nothing stops it"
    assert not tried(Asked(), reaches=False).holds


@pytest.mark.parametrize("asked", [Asked(NOWHERE), Asked(CLOSED, STALE), Asked(CLOSED, hosts=[STALE])])
def test_that_one_is_not_reached_never_holds_for_nobody_knows(asked: Asked) -> None:
    with pytest.raises(CannotTell):
        tried(asked, reaches=False)


def test_that_one_is_not_reached_never_holds_for_a_broken_host() -> None:
    broken = Finding(("host", "kvm2", "kvm2"), "it has no tunnel")
    with pytest.raises(CannotTell, match="it has no tunnel"):
        tried(Asked(hosts=[broken], guest=False), reaches=False)


def test_what_leaves_is_told_to_arrive_by_nobody() -> None:
    asked = Asked()
    asked.beyond = "it leaves"
    with pytest.raises(CannotTell, match="it leaves"):
        tried(asked)
    assert not tried(asked, reaches=False).holds


def test_between_nics_on_bridges_nobody_asks_a_network() -> None:
    more = [nic(f"{name}_port2", "lan", name, host) for host, name in (("kvm1", "web"), ("kvm2", "db"))]
    known = replace(fleet(), resources={**fleet().resources, **{one.key: one for one in more}})
    ends = [
        End(name, "vm", host, tuple(known.nics(vm(name, host))))
        for name, host in (("web", "kvm1"), ("db", "kvm2"))
    ]
    asked = Asked(guest=True)
    trying(Trial(ends[0], ends[1]), known, cast(Asking, asked))
    [trial] = asked.tried
    assert not trial.alone
    assert not asked.packets
    assert [one.name for one in (*trial.source.nics, *trial.target.nics)] == ["web_port2", "db_port2"]


def test_an_address_that_is_another_ones_there_is_asked_of_nobody() -> None:
    asked = Asked(ELSEWHERE, guest=True)
    assert not tried(asked).holds
    assert tried(asked, reaches=False).holds
    assert not asked.tried, "who answers there is not the target"


def test_at_bridges_nobody_tells_what_is_refused_and_the_plan_says_so() -> None:
    plain = replace(
        fleet(), resources={key: one for key, one in fleet().resources.items() if one.place != "c"}
    )
    problems: list[Diagnostic] = []
    form = next(one for one in EXPECT.forms if one.name == "expect no tcp")
    said = Phrase(
        form, "web -> db", AT, {"port": Said(22, AT)}, {}, (), AT, Said(("web", "db"), AT, (AT, AT))
    )
    assert trial_of(said, plain, problems.append) is None
    assert [one.code for one in problems] == ["E476"]
    known = trial_of(said, fleet(), problems.append)
    assert known
    assert (known.tcp, known.reaches) == (22, False)


def phrase(way: str) -> Phrase:
    ends = tuple(way.split(" -> "))
    return Phrase(WHY, way, AT, {}, {}, (), AT, Said(ends, AT, (AT, AT)))


def why(way: str, *told: Finding, hosts: Sequence[Finding] = ()) -> dict[str, object]:
    found = answer(phrase(way), cast(Asking, Asked(*told, hosts=hosts)))
    assert isinstance(found.data, dict)
    return found.data


def test_why_tells_what_the_place_tells() -> None:
    stops = why("web -> db", CLOSED)["stops"]
    assert isinstance(stops, dict)
    assert (stops["kind"], stops["name"], stops["by"]) == ("group", "dbs", "sentence")
    assert stops["mend"] == "allow web -> dbs icmp"
    assert why("web -> db")["rests"] == FLOWS


def test_what_is_definite_counts_before_what_follows_from_it() -> None:
    broken = Finding(("host", "kvm2", "kvm2"), "its NIC is not plugged")
    stops = why("web -> db", NOWHERE, hosts=[broken])["stops"]
    assert isinstance(stops, dict)
    assert stops["says"] == "its NIC is not plugged"


def test_of_an_address_outside_its_network_knows() -> None:
    problems: list[Diagnostic] = []
    asked = phrase("web -> 203.0.113.9")
    ends = meant_by(asked, fleet(), problems.append)
    assert ends
    assert not problems
    packet = packet_of(asked, ends, fleet())
    assert packet
    assert packet.source
    assert packet.source.name == "web_port1"
    assert packet.target is None
    assert packet.addresses == ("", "203.0.113.9")
