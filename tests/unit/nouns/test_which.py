"""A vm's name on two hosts: who names it is asked which, and `on HOST` says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.session import Session
from vnetsh.testing.fleet import nic, vm
from vnetsh_demo.backend import DemoBackend


@pytest.fixture
def twins(demo: Session) -> Session:
    backend = demo.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    for host, state in (("kvm1", "running"), ("kvm2", "stopped")):
        there = backend.host(host).resources
        there["vm", "twin"] = replace(vm("twin", host, memory=2**26, vcpus=1, state=state), backend="demo")
        there["port", f"{host}_p"] = replace(nic(f"{host}_p", "vswitch01", "twin", host), backend="demo")
    return demo


@pytest.mark.parametrize(
    ("text", "mark", "help"),
    [
        ("start twin", "twin", "`start twin on kvm1`"),
        ("stop twin", "twin", "`stop twin on kvm1`"),
        ("migrate twin to kvm3", "twin", "`migrate twin on kvm1 to kvm3`"),
        ("migrate twin to kvm1", "twin", "`migrate twin on kvm2 to kvm1`"),
        ("delete vm twin", "twin", "`delete vm twin on kvm1`"),
        ("vm twin memory 1G", "twin", "`vm twin on kvm1 …`"),
        ("vm twin on kvm3 memory 1G", "twin", "`vm twin on kvm1 …`"),
    ],
)
def test_which_one_is_asked(twins: Session, text: str, mark: str, help: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        twins.prepare(Source("x", text))
    [problem] = refused.value.problems
    assert problem.code == "E220"
    assert problem.span is not None
    assert text[problem.span.start : problem.span.end] == mark
    assert help in problem.help


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("start twin on kvm2", ["change vm twin on kvm2"]),
        ("stop twin on kvm1", ["change vm twin on kvm1"]),
        ("start twin on kvm1", []),
        ("migrate twin on kvm1 to kvm3", ["move vm twin from kvm1 to kvm3"]),
        ("vm twin on kvm2 memory 1G", ["change vm twin on kvm2"]),
        ("vm twin on kvm2 port vswitch01 name kvm2_p", []),
        ("delete vm twin on kvm2", ["remove port kvm2_p of vm twin on kvm2", "remove vm twin on kvm2"]),
        ("delete vm twin on kvm2; start twin", [
            "remove port kvm2_p of vm twin on kvm2", "remove vm twin on kvm2",
        ]),
    ],
)  # fmt: skip
def test_on_says_it(twins: Session, text: str, changes: list[str]) -> None:
    assert [str(change) for change in twins.prepare(Source("x", text)).plan.changes] == changes


def test_it_is_not_on_that_host(twins: Session) -> None:
    with pytest.raises(PlanRefused) as refused:
        twins.prepare(Source("x", "start twin on kvm3"))
    [problem] = refused.value.problems
    assert (problem.code, problem.help) == ("E301", "it is on `kvm1` and `kvm2`")


def test_moved_already_is_no_change_whatever_is_said_of_where_it_was(demo: Session) -> None:
    backend = demo.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    backend.host("kvm2").resources["vm", "a"] = replace(vm("a", "kvm2"), backend="demo")
    assert demo.prepare(Source("x", "migrate a on kvm1 to kvm2")).plan.changes == ()
