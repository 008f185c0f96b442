"""What a script deletes and needs all the same; what is not certain is not refused."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from conftest import found
from hypothesis import given, settings, strategies as st

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.model import Resource
from vnetsh.registry import load_plugins
from vnetsh.schema import HOSTS, VM, Attribute, Kind, Verb
from vnetsh.script import checks
from vnetsh.session import Session

WEB = "vm web on kvm1 port b name p\n"


@pytest.fixture
def session(demo: Session) -> Session:
    demo.vocabulary.kinds["farm"] = Kind(
        "farm",
        attributes=(Attribute("on", HOSTS, "", required=True),),
        expand=lambda farm, _: [Resource("farm", farm.name, host, {}) for host in farm.names("on")],
    )
    demo.vocabulary.verbs["restore"] = Verb("restore", subject=VM, plan=lambda *_: ())
    return demo


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (WEB + "delete bridge b on kvm2\nmigrate web to kvm2", 3),
        (WEB + "delete bridge b on kvm2, kvm3\nstop web\nmigrate web to kvm3", 4),
        ("delete bridge b on kvm2\n" + WEB + "migrate web to kvm2", 3),
        ("migrate web to kvm2\ndelete bridge b on kvm2\nvm web port b", 3),
        ("delete bridge b\nvm web port b", 2),
        ("delete bridge b on kvm1\ndelete bridge b on kvm2, kvm3\nvm web port b", 3),
        ("delete vm web\nmigrate web to kvm2", 2),
        ("delete vm web\nvm web memory 1G", 2),
        ("delete vms web\nstart web", 2),
        ("delete bridge b on kvm2\nvm web port b name p\nvm db port b\nmigrate web to kvm2", 4),
    ],
)  # fmt: skip
def test_what_is_gone_is_not_used(session: Session, text: str, line: int) -> None:
    (problem,) = found(session, text)
    assert problem.code == "E215"
    assert problem.span
    assert problem.span.source.position(problem.span.start)[0] == line


@pytest.mark.parametrize(
    "text",
    [
        # The vm may be elsewhere, and stays there.
        "delete bridge b on kvm1\n" + WEB,
        "delete bridge b on kvm1, kvm2\nvm web port b",
        "delete vm web on kvm1\nstart web",
        # It has come back, or may have.
        WEB + "delete bridge b on kvm2\nbridge b on kvm2\nmigrate web to kvm2",
        WEB + "delete bridge b on kvm2\ntunnel t kvm2<->kvm3 on b\nmigrate web to kvm2",
        WEB + "delete bridge b on kvm2\nfarm f on kvm3\nmigrate web to kvm2",
        "delete bridge b\nbridge b on kvm1\n" + WEB,
        "delete vm web\n" + WEB + "start web",
        "delete vm web\nrestore web\nstart web",
        "delete bridge b\nrestore web\nvm web port b",
        # The port is on another bridge by then, or no longer there.
        WEB + "delete bridge b on kvm2\nvm web port c name p\nmigrate web to kvm2",
        WEB + "delete bridge b on kvm2\ndelete port p\nmigrate web to kvm2",
        WEB + "delete vm web\ndelete bridge b on kvm2\nvm web on kvm1\nmigrate web to kvm2",
        # It is moved on in time.
        "migrate web to kvm2\nmigrate web to kvm1\ndelete bridge b on kvm2\nvm web port b",
        "delete vm web\ndelete vm web\ndelete bridge b\ndelete bridge b",
        "delete nothing web",
    ],
)
def test_what_may_be_right_is_not_refused(session: Session, text: str) -> None:
    assert found(session, text) == []


SENTENCES = st.sampled_from(
    [
        *(f"{bridge} on {host}" for bridge in ("bridge b", "delete bridge b") for host in ("kvm1", "kvm2")),
        "delete bridge b",
        "tunnel t kvm1<->kvm2 on b",
        "vm web on kvm1 port b name p",
        "vm web on kvm2",
        "vm web port b name p",
        "vm web port vswitch01 name p",
        *("migrate web to kvm1", "migrate web to kvm2", "start web", "stop web"),
        *("delete vm web", "delete vm web on kvm1", "delete port p"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(SENTENCES, max_size=4), st.lists(SENTENCES, min_size=2, max_size=7))
def test_only_what_the_plan_refuses_is_refused(before: list[str], sentences: list[str]) -> None:
    """Whatever the hosts hold."""
    plugins = load_plugins()
    script = "\n".join(sentences)
    with Session(plugins, plugins.worlds["demo"].hosts("2")) as session:
        try:
            session.apply(session.prepare(Source("given", "\n".join(before))))
        except (PlanRefused, ProblemsFound):
            return
        refused = any(problem.code == "E215" for problem in found(session, script))
        others = tuple(check for check in checks.CHECKS if check is not checks.nothing_is_used_once_deleted)
        with patch.object(checks, "CHECKS", others):
            try:
                session.prepare(Source("t.vnet", script))
            except (PlanRefused, ProblemsFound):
                return
        assert not refused
