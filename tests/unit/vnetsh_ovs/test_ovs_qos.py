"""Delay and loss of ports: what rows say of them, what the kernel is told and asked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from vnetsh.hosts.transport import Completed
from vnetsh.model import ActionKind, Change, Fleet, Host, Resource, Value
from vnetsh_ovs import qos, shaping
from vnetsh_ovs.backend import OvsBackend
from vnetsh_ovs.fields import limit_columns
from vnetsh_ovsdb.operations import as_pairs


def port(**said: Value) -> Resource:
    return Resource("port", "p1", "kvm1", {"bridge": "b", **said}, ("bridge", "b"), "ovs")


@pytest.mark.parametrize(
    ("type", "told", "said"),
    [
        ("linux-netem", {"latency": "20000", "loss": "3"}, (None, 20, 300)),
        ("linux-netem", {"loss": "3"}, (None, None, 300)),
        ("linux-netem", {"latency": "1500", "loss": "3"}, (None, None, None)),
        ("linux-netem", {"latency": "20000", "jitter": "5"}, (None, None, None)),
        ("linux-htb", {"max-rate": "5000"}, (5000, None, None)),
    ],
)
def test_what_a_row_says(type: str, told: dict[str, str], said: tuple[Value, ...]) -> None:
    row = {"type": type, "other_config": as_pairs(told), "queues": ["set", []]}
    assert (qos.limit(row), qos.delay(row), qos.loss(row)) == said
    assert qos.says_only_limit(row) == any(one is not None for one in said)
    if qos.says_only_limit(row):
        names = dict(zip(("inbound", "delay", "loss"), said, strict=True))
        written = limit_columns(port(**{name: one for name, one in names.items() if one is not None}))
        assert written["type"] == type
        assert dict(written["other_config"][1]) == told  # type: ignore[index]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"delay": 20, "loss": 100}, ""),
        ({"delay": 20, "inbound": 5000}, "E508"),
        ({"loss": 50}, "E508"),
        ({"delay": 0}, "E508"),
        ({"delay": None, "loss": None, "inbound": 5000}, ""),
        ({"delay": 20, "type": "patch"}, "E508"),
    ],
)
def test_what_would_do_nothing_is_refused(said: dict[str, Value], code: str) -> None:
    change = Change(ActionKind.ADD, None, port(**said))
    found = OvsBackend().assess(change, Fleet({"kvm1": Host("kvm1")}, {}))
    assert (found.problem.code if found.problem else "") == code


@pytest.mark.parametrize("has", [True, False])
def test_the_kernel_is_asked_once_and_only_where_it_matters(has: bool) -> None:
    asked: list[Sequence[str]] = []

    def ask(argv: Sequence[str]) -> Completed:
        asked.append(argv)
        return Completed(0 if has else 1, "", "")

    plain, delayed = port(), port(delay=20)
    changes = [Change(ActionKind.ADD, None, one) for one in (plain, delayed, port(loss=100))]
    changes.append(Change(ActionKind.CHANGE, delayed, plain))
    codes = [one.problem.code if one.problem else "" for one in shaping.judged(changes, ask)]
    assert codes == ["", *([""] if has else ["E526"]) * 2, ""]
    assert len(asked) == 1


def test_what_vswitchd_leaves_undone() -> None:
    asked: list[Sequence[str]] = []

    def ask(argv: Sequence[str]) -> Completed:
        asked.append(argv)
        return Completed(0, "", "")

    one, other = port(delay=20, loss=100), port(delay=30)
    shaping.bring_about([Change(ActionKind.ADD, None, one), Change(ActionKind.REMOVE, port(), None)], (), ask)
    assert asked == []
    shaping.bring_about(
        [Change(ActionKind.CHANGE, one, other), Change(ActionKind.CHANGE, other, one)], (), ask
    )
    assert [" ".join(argv[-4:]) for argv in asked] == ["limit 1000 delay 30ms", "delay 20ms loss 1%"]
    shaping.bring_about([Change(ActionKind.REMOVE, port(inbound=5000), None)], (), ask)
    assert asked[-1][-1] == "p1"

    rows = {"Port": {"p": {"name": "p1", "qos": ["uuid", "q"]}, "o": {"name": "p2", "qos": ["set", []]}}}
    with_p1, with_p2 = (
        Resource("bridge", "b", "kvm1", {"uplink": name}, None, "ovs", record=rows) for name in ("p1", "p2")
    )
    bare = Resource("bridge", "b", "kvm1", {}, None, "ovs")
    asked.clear()
    shaping.bring_about([Change(ActionKind.CHANGE, with_p2, bare)], (), ask)
    shaping.bring_about([Change(ActionKind.CHANGE, with_p1, bare)], {"p1"}, ask)
    assert asked == [], "it had none; it is there still, as a port"
    shaping.bring_about([Change(ActionKind.CHANGE, with_p1, bare)], (), ask)
    shaping.bring_about([Change(ActionKind.REMOVE, with_p1, None)], (), ask)
    assert [argv[-1] for argv in asked] == ["p1", "p1"]
