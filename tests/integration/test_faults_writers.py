"""Others at work between plan and commit; vswitchd dead, stopped and restarted; links that vanish; bad plugins."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points

import pytest
from soaking import Findings, configuration, ovs_session, scratch_host
from waiting import eventually

from vnetsh.diagnostics import Source
from vnetsh.errors import VnetshError
from vnetsh.hookspecs import hookimpl
from vnetsh.plugins import Plugins, load_plugins
from vnetsh.report import Outcome, Report
from vnetsh.session import HostsDown, PlanRefused, Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs
from vnetsh_lab import Lab, running


@pytest.fixture
def bare() -> Iterator[ScratchOvs]:
    with scratch_ovs() as ovs:
        yield ovs


@pytest.fixture
def ovs() -> Iterator[ScratchOvs]:
    with scratch_ovs(vswitchd=True) as running_one:
        yield running_one


# A competing writer

BASE = (
    "--if-exists del-br b0 -- --if-exists del-br b1 -- --if-exists del-br b2 "
    "-- add-br b0 -- add-br b1 -- add-port b0 p1 tag=10 -- add-port b0 up0 "
    "-- add-port b0 g1 -- set interface g1 type=gre options:remote_ip=192.0.2.9 options:key=1"
)


@dataclass(frozen=True)
class Race:
    """A script, and what somebody else does after it was planned.

    `mine` and `theirs` ask the database (ovs-vsctl get …) whether either came about.
    """

    script: str
    meanwhile: str
    theirs: tuple[str, str]
    succeeds: bool = False


RACES = (
    Race("bridge b0 on kvm1 port p1 vlan 20", "set port p1 tag=30", ("get port p1 tag", "30")),
    Race("bridge b0 on kvm1 port p1 vlan 20", "set port p1 tag=20", ("get port p1 tag", "20"), succeeds=True),
    Race("bridge b0 on kvm1 port p1 vlan 20", "del-port p1", ("--if-exists get port p1 tag", "")),
    Race(
        "bridge b0 on kvm1 port p1 vlan 20",
        "del-port p1 -- add-port b1 p1 tag=10",
        ("iface-to-br p1", "b1"),
    ),
    Race("bridge b0 on kvm1 port p2 vlan 7", "add-port b1 p2", ("iface-to-br p2", "b1")),
    Race("bridge b0 on kvm1 port p2 vlan 7", "add-port b0 p2 tag=8", ("get port p2 tag", "8")),
    Race("bridge b0 on kvm1 port p2 vlan 7", "add-port b0 p2 tag=7", ("get port p2 tag", "7"), succeeds=True),
    Race("bridge b0 on kvm1 port p2 vlan 7", "add-port b0 p3", ("iface-to-br p3", "b0"), succeeds=True),
    Race("bridge b0 on kvm1 port p2 vlan 7", "del-br b0", ("--if-exists get bridge b0 name", "")),
    Race(
        "bridge b0 on kvm1 port p2 vlan 7",
        "del-br b0 -- add-br b0",
        ("list-ports b0", "p2"),
        succeeds=True,
    ),
    Race("bridge b2 on kvm1 uplink nic9", "add-br b2", ("list-ports b2", "")),
    Race("bridge b2 on kvm1 uplink nic9", "add-port b1 nic9", ("iface-to-br nic9", "b1")),
    Race(
        "bridge b0 on kvm1 uplink nic9",
        "del-port up0",
        ("--if-exists get port up0 name", ""),
        succeeds=True,
    ),
    Race("delete bridge b0", "add-port b0 p9", ("iface-to-br p9", "b0")),
    Race("delete bridge b0", "del-br b0", ("--if-exists get bridge b0 name", ""), succeeds=True),
    Race("delete port p1", "del-port p1", ("--if-exists get port p1 tag", ""), succeeds=True),
    Race("delete port p1", "del-port p1 -- add-port b1 p1", ("iface-to-br p1", "b1")),
    Race(
        "tunnel g1 kvm1<->kvm2 on b0 key 2",
        "set interface g1 options:key=3",
        ("get interface g1 options:key", '"3"'),
    ),
    Race(
        "tunnel g1 kvm1<->kvm2 on b0 key 2",
        "set interface g1 options:tos=inherit",
        ("get interface g1 options:tos", "inherit"),
        succeeds=True,
    ),
)

# Open: what a change of a tunnel does not name is written too, from what was read for the plan.
OPEN_RACES = (
    Race(
        "tunnel g1 kvm1<->kvm2 on b0 key 2", "set interface g1 type=vxlan", ("get interface g1 type", "vxlan")
    ),
    Race(
        "tunnel g1 kvm1<->kvm2 on b0 type vxlan",
        "set interface g1 options:key=3",
        ("get interface g1 options:key", '"3"'),
    ),
)


def soak_writers(races: tuple[Race, ...] = RACES) -> Findings:
    """Each race once: the other's word stands, and vnetsh says what is in its way; or both come about."""
    found = Findings()
    with scratch_ovs() as near, scratch_ovs() as far:
        far.vsctl("add-br", "b0")
        hosts = {"kvm1": scratch_host(near), "kvm2": scratch_host(far, "kvm2")}
        hosts = {
            name: type(host)(name, f"192.0.2.{number}", host.attributes)
            for number, (name, host) in enumerate(hosts.items(), 8)
        }
        for race in races:
            found.rounds += 1
            near.vsctl(*BASE.split())
            far.vsctl("--if-exists", "del-port", "g1")
            what = f"{race.script} / {race.meanwhile}"
            with ovs_session(hosts) as session:
                prepared = session.prepare(Source("<soak>", race.script))
                found.expect(prepared.plan.changes, f"{what}: nothing to do")
                near.vsctl(*race.meanwhile.split())
                after_theirs = configuration(near)
                report = session.apply(prepared)
                again = _changes(session, race.script)
            question, answer = race.theirs
            now = near.vsctl(*question.split()).strip()
            found.expect(
                answer in now.split() or answer == now, f"{what}: {question} says {now!r}, not {answer!r}"
            )
            words = "; ".join(failure.message for failure in report.failures)
            found.expect(report.ok == race.succeeds, f"{what}: ok {report.ok}: {words}")
            if race.succeeds:
                found.expect(again == 0, f"{what}: {again} changes are still to be made")
            else:
                found.expect(configuration(near) == after_theirs, f"{what}: something else was changed")
                found.expect(words and not report.leftovers, f"{what}: {words} {report.leftovers}")
            found.notes.append(f"{what}: {words or 'both came about'}")
    return found


def _changes(session: Session, script: str) -> int:
    """How many changes a script would still make; -1 when it is refused."""
    try:
        return len(session.prepare(Source("<soak>", script)).plan.changes)
    except PlanRefused:
        return -1


def test_what_others_write_meanwhile_is_never_overwritten() -> None:
    soak_writers().check()


@pytest.mark.xfail(strict=True, reason="a tunnel's type, remote and key are written together")
@pytest.mark.parametrize("race", OPEN_RACES, ids=lambda race: race.meanwhile)
def test_what_others_write_of_a_tunnel_is_never_overwritten(race: Race) -> None:
    soak_writers((race,)).check()


# vswitchd

SCRIPT = "bridge b0 on kvm1 port p1 type internal vlan 5"


def _run(session: Session, script: str = SCRIPT) -> Report:
    return session.apply(session.prepare(Source("<test>", script)))


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_vswitchd_that_does_not_follow_is_given_up_and_taken_back(ovs: ScratchOvs, how: str) -> None:
    before, hosts = configuration(ovs), {"kvm1": scratch_host(ovs)}
    assert ovs.vswitchd
    if how == "killed":
        ovs.kill_vswitchd()
    else:
        os.kill(ovs.vswitchd.pid, signal.SIGSTOP)
    with ovs_session(hosts, timeout=0.7) as session:
        began = time.monotonic()
        report = _run(session)
        took = time.monotonic() - began
    assert report.exit_code == 1
    assert "ovs-vswitchd did not answer in 0.7 s" in report.failures[0].message
    assert configuration(ovs) == before
    # It follows the way back no more than the way there: that is two waits, and it is said.
    assert took < 2 * 0.7 + 1
    assert any("could not be taken back" in text for text in report.leftovers)
    assert {outcome for _, outcome in report.outcomes} == {Outcome.LEFT}


@pytest.mark.parametrize("how", ["killed and started", "stopped and continued"])
def test_a_vswitchd_that_comes_back_in_time_is_waited_for(ovs: ScratchOvs, how: str) -> None:
    assert ovs.vswitchd
    pid = ovs.vswitchd.pid
    back, over = threading.Event(), threading.Event()

    def bring_back() -> None:
        time.sleep(0.7)
        if how == "killed and started":
            ovs.start_vswitchd()
        else:
            os.kill(pid, signal.SIGCONT)
        back.set()
        over.wait(20)  # it dies with the thread that started it

    with ovs_session({"kvm1": scratch_host(ovs)}, timeout=8) as session:
        prepared = session.prepare(Source("<test>", SCRIPT))
        if how == "killed and started":
            ovs.kill_vswitchd()
        else:
            os.kill(pid, signal.SIGSTOP)
        thread = threading.Thread(target=bring_back)
        thread.start()
        try:
            report = session.apply(prepared)
            assert back.is_set()
            assert report.ok, report.failures
            assert ovs.vsctl("get", "interface", "p1", "ofport").strip().isdigit()
        finally:
            over.set()
            thread.join()


# Links

_VETH = "ip link add vx9 type veth peer name vy9"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as lab:
        yield lab


def _on(lab: Lab, command: str) -> str:
    done = lab.exec("kvm1", ["sh", "-c", command])
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.lab
def test_a_link_that_vanishes_between_plan_and_apply(lab: Lab) -> None:
    before = _on(lab, "ovs-vsctl show")
    _on(lab, _VETH)
    with Session(load_plugins(), lab.hosts(), timeout=5) as session:
        prepared = session.prepare(Source("<test>", "bridge v1 on kvm1 port vx9"))
        _on(lab, "ip link del vx9")
        report = session.apply(prepared)
    assert "could not open network device vx9 (No such device)" in report.failures[0].message
    assert not report.leftovers
    assert _on(lab, "ovs-vsctl show") == before


@pytest.mark.lab
def test_a_linux_bridge_whose_link_vanishes(lab: Lab) -> None:
    _on(lab, _VETH)
    before = _on(lab, "ip -br link | grep -v v[xy]9")
    with Session(load_plugins(), lab.hosts(), timeout=5) as session:
        prepared = session.prepare(Source("<test>", "bridge v1 on kvm1 backend linux port vx9"))
        _on(lab, "ip link del vx9")
        report = session.apply(prepared)
    assert report.exit_code == 1
    assert "vx9" in report.failures[0].message
    assert not report.leftovers
    assert _on(lab, "ip -br link") == before


# Plugins


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


def _seen(plugins: Plugins, session: Session) -> dict[object, object]:
    """What the hosts hold, past the bad connection."""
    inner = plugins.backends["demo"]._inner  # type: ignore[attr-defined]
    hosts = (inner.connect(host, session.connections) for host in session.inventory.values())
    return {r.key: dict(r.attributes) for connection in hosts for r in connection.observe().resources}


_EXITS = pytest.param(
    _exits, marks=pytest.mark.xfail(strict=True, raises=SystemExit, reason="the core catches no SystemExit")
)


@pytest.mark.parametrize("where", ["apply", "verify"])
@pytest.mark.parametrize("what", [_raises, _EXITS])
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
        assert [failure.host for failure in report.failures] == ["kvm2"]
        assert "backend demo failed" in report.failures[0].message
        assert _seen(plugins, session) == before


@pytest.mark.parametrize("what", [_raises, _EXITS])
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
            return {key.host for key in _seen(plugins, session) if key.name == "b0"} == {"kvm1", "kvm3"}  # type: ignore[attr-defined]

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


class _Point:
    """An entry point that leads to an object."""

    name, dist = "zbad", None

    def __init__(self, plugin: object) -> None:
        self._plugin = plugin

    def load(self) -> object:
        return self._plugin


@pytest.mark.parametrize("what", [_raises, _exits])
def test_a_plugin_that_only_looks_on_leaves_nothing_half_made(what: Callable[[], None]) -> None:
    plugins = load_plugins([*entry_points(group="vnetsh"), _Point(BadObserver(what))])  # type: ignore[list-item]
    assert not plugins.warnings
    with Session(plugins, plugins.worlds["demo"].hosts("2")) as session:
        with pytest.raises((RuntimeError, SystemExit)):  # before anything is done
            _run(session, "bridge b0 on kvm1")
        assert len(session.prepare(Source("<test>", "bridge b0 on kvm1")).plan.changes) == 1
