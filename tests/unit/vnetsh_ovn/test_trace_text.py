"""What `ovn-trace` prints, as events: traces of the class's cloud, as OVN 23.03 printed them on the lab."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from vnetsh_ovn.tracing.asking import Tracer
from vnetsh_ovn.tracing.choosing import by_backend
from vnetsh_ovn.tracing.trace_text import Entry, NewAddress, Output, Redirected, Stage, Trace

TRACES = Path(__file__).parent / "traces"


def trace(name: str) -> Trace:
    return Trace((TRACES / f"{name}.txt").read_text())


def stages(name: str) -> Sequence[Stage]:
    return [one for one in trace(name).events if isinstance(one, Stage)]


def test_a_rule_that_drops_is_the_last_stage() -> None:
    last = trace("dropped").events[-1]
    assert isinstance(last, Stage)
    assert last.drops
    assert last.name == "ls_out_acl"
    assert last.priority == 2000
    assert "outport == @group.acme.dbs && ip" in last.match
    assert len(last.uuid) == 8
    assert not any(one.drops for one in stages("dropped")[:-1])


def test_pipelines_begin_in_their_order() -> None:
    begins = [one for one in trace("dropped").events if isinstance(one, Entry)]
    assert [one.pipeline for one in begins] == ["ingress", "egress"] * 3
    assert [one.inport for one in begins[2::2]] == ["acme/r1:acme/web", "acme/db:acme/r1"]


def test_a_router_gives_another_target_and_the_end_is_a_vms_port() -> None:
    events = trace("eip").events
    assert NewAddress("dst", "10.0.1.11") in events
    assert isinstance(events[-1], Output)
    assert events[-1].type == ""


def test_who_is_asked_for_outside_is_not_known_yet() -> None:
    [unknown] = [one for one in stages("unknown") if one.unknown]
    routed = [one for one in stages("unknown") if one.outport]
    assert unknown.name == "lr_in_arp_resolve"
    assert "acme/r1:public" in {one.outport for one in routed}
    assert Redirected("cr-acme/r1:public") in trace("unknown").events


def test_what_is_no_trace_is_none() -> None:
    assert not Trace('unknown datapath "nix"\n').is_one
    nothing = Trace(" 8. ls_in_acl: no match (implicit drop)\n")
    assert nothing.events == [Stage("ls_in_acl")]
    assert isinstance(nothing.events[0], Stage)
    assert nothing.events[0].drops


class Chooses:
    """Told whom to choose it does so where connections are looked up, as `ovn-trace` does: the balancer is not met."""

    def __init__(self, tells: bool) -> None:
        self.tells, self.asked = tells, 0

    def trace(self, datapath: str, packet: str, backend: str = "", connections: str = "new") -> Trace:
        self.asked += 1
        text = trace("balanced").text
        if backend and not self.tells:
            return Trace(text)
        other = text.replace("reg0 == 10.0.1.11", "reg0 == 10.0.1.12")
        return Trace(other if backend or self.asked > 3 else text)


@pytest.mark.parametrize("tells", [True, False])
def test_each_backend_is_followed_by_the_balancer_itself(tells: bool) -> None:
    first = Trace(trace("balanced").text.replace("reg0 == 10.0.1.12", "reg0 == 10.0.1.11"))
    asked = cast(Tracer, Chooses(tells))
    ways = {backend: events for backend, _, events in by_backend(asked, "acme/db", "…", first)}
    assert [*ways] == ["10.0.1.11:80", "10.0.1.12:80"]
    for backend, events in ways.items():
        balanced = [one for one in events if isinstance(one, Stage) and one.backends]
        found = [one.match for one in events if isinstance(one, Stage) and one.name == "lr_in_arp_resolve"]
        assert len(balanced) == 1, "the balancer is on the way"
        assert backend.partition(":")[0] in found[-1]
