"""Plugins that raise, exit or hang: it is a failure of theirs, and what the others did is taken back."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest
from waiting import eventually

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import HostsDown
from vnetsh.engine.report import Report
from vnetsh.errors import VnetshError
from vnetsh.hookspecs import hookimpl
from vnetsh.registry import Plugins, load_plugins
from vnetsh.registry.entrypoints import entry_points
from vnetsh.session import Session
from vnetsh.testing.fleet import no_progress


def _run(session: Session, script: str) -> Report:
    return session.apply(session.prepare(Source("<test>", script)))


class BadConnection:
    """Does what it is told, at the place where it is told."""

    def __init__(self, inner: object, where: str, what: Callable[[], None]) -> None:
        self._inner, self._where, self._what = inner, where, what

    def __getattr__(self, name: str) -> object:
        there = getattr(self._inner, name)
        if name != self._where:
            return there

        def bad(*arguments: object) -> object:
            self._what()
            return there(*arguments)

        return bad


class BadBackend:
    """The demo's backend on one host, but for one call of its connection."""

    def __init__(self, inner: object, where: str, what: Callable[[], None]) -> None:
        self._inner, self._where, self._what = inner, where, what

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def connect(self, host: object, context: object) -> object:
        connection = self._inner.connect(host, context)  # type: ignore[attr-defined]
        return BadConnection(connection, self._where, self._what) if host.name == "kvm2" else connection  # type: ignore[attr-defined]


def _raises() -> None:
    raise RuntimeError("what nobody expected")


def _exits() -> None:
    sys.exit("enough of it")


def _demo_with(where: str, what: Callable[[], None]) -> tuple[Plugins, Session]:
    plugins = load_plugins()
    plugins.backends = {**plugins.backends}
    plugins.backends["demo"] = BadBackend(plugins.backends["demo"], where, what)  # type: ignore[assignment]
    return plugins, Session(plugins, plugins.worlds["demo"].hosts("3"))


def _seen(plugins: Plugins, session: Session) -> dict[tuple[str, str, str], object]:
    """What the hosts hold, past the bad connection."""
    inner = plugins.backends["demo"]._inner  # type: ignore[attr-defined]
    hosts = (inner.connect(host, session.connections) for host in session.inventory.values())
    return {
        r.key: dict(r.attributes) for connection in hosts for r in connection.observe(no_progress).resources
    }


@pytest.mark.parametrize("where", ["apply", "verify"])
@pytest.mark.parametrize("what", [_raises, _exits])
def test_a_backend_that_raises_or_exits_is_a_failure_and_the_others_are_taken_back(
    where: str, what: Callable[[], None]
) -> None:
    calls = 0

    def once() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            what()

    plugins, session = _demo_with(where, once)
    with session:
        before = _seen(plugins, session)
        report = _run(session, "bridge b0 on kvm1, kvm2, kvm3")
        assert report.exit_code == 1
        assert [failure.place for failure in report.failures] == ["kvm2"]
        assert "backend demo failed" in report.failures[0].message
        assert _seen(plugins, session) == before


@pytest.mark.parametrize("what", [_raises, _exits])
def test_a_backend_that_cannot_look_is_named(what: Callable[[], None]) -> None:
    plugins, session = _demo_with("observe", what)
    with session, pytest.raises((VnetshError, HostsDown), match="kvm2: backend demo failed"):
        session.prepare(Source("<test>", "bridge b0 on kvm1, kvm2"))
    assert plugins


def test_a_backend_that_hangs_hangs_only_its_own_host_and_ends_with_it() -> None:
    """The core cannot end a plugin's call; what it promises is that all the others have been done meanwhile."""
    let_go = threading.Event()
    plugins, session = _demo_with("apply", lambda: let_go.wait(20) and None)
    with session:
        reports: list[Report] = []
        thread = threading.Thread(
            target=lambda: reports.append(_run(session, "bridge b0 on kvm1, kvm2, kvm3"))
        )
        thread.start()

        def others_are_done() -> bool:
            return {host for _, host, name in _seen(plugins, session) if name == "b0"} == {"kvm1", "kvm3"}

        try:
            assert eventually(others_are_done, 5)
        finally:
            let_go.set()
            thread.join(10)
        assert reports[0].ok, reports[0].failures


class BadObserver:
    """A plugin that raises where it may only look on."""

    def __init__(self, what: Callable[[], None]) -> None:
        self._what = what

    @hookimpl
    def vnetsh_before_apply(self, plan: object) -> None:
        self._what()

    @hookimpl
    def vnetsh_after_apply(self, report: object) -> None:
        self._what()


class _Point:
    """An entry point that leads to an object."""

    name = owner = "zbad"
    distribution = ""

    def __init__(self, plugin: object) -> None:
        self._plugin = plugin

    def load(self) -> object:
        return self._plugin


@pytest.mark.parametrize("what", [_raises, _exits])
def test_a_plugin_that_only_looks_on_costs_a_warning(what: Callable[[], None]) -> None:
    plugins = load_plugins([*entry_points("vnetsh"), _Point(BadObserver(what))])  # type: ignore[list-item]
    assert not plugins.warnings
    with Session(plugins, plugins.worlds["demo"].hosts("2")) as session:
        report = _run(session, "bridge b0 on kvm1")
        assert report.ok
        for warning, hook in zip(report.warnings, ("before", "after"), strict=True):
            assert warning.startswith(f"plugin zbad failed in vnetsh_{hook}_apply: ")
        assert not session.prepare(Source("<test>", "bridge b0 on kvm1")).plan.changes
