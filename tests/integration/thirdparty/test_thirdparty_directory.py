"""A third party's noun that lives in a place of its own: a database with a schema of its own, behind several hosts."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run, apply, found

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.engine.watching import Watching
from vnetsh.errors import VnetshError
from vnetsh.export.exporting import export
from vnetsh.language.completion import candidates
from vnetsh.model import Inventory
from vnetsh.registry import Plugins
from vnetsh.schema import Answer
from vnetsh.script.reading import read_hosts
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs

SCHEMA = ROOT / "tests" / "thirdparty" / "vnetsh_directory" / "directory.ovsschema"
SCRIPT = "service web address 192.0.2.80 ports 443, 80\nservice db address 192.0.2.90 ports 5432"
OTHER_ORDER = SCRIPT.replace("443, 80", "80, 443")


@pytest.fixture
def server() -> Iterator[ScratchOvs]:
    with scratch_ovs(schema=SCHEMA) as running:
        yield running


@pytest.fixture
def loaded(thirdparty: Callable[..., Plugins]) -> Plugins:
    return thirdparty("vnetsh_directory")


@pytest.fixture
def hosts(server: ScratchOvs, tmp_path: Path) -> str:
    """A hosts file: a directory behind a host that is down and one that is up."""
    (tmp_path / "nobody").write_text("Host *\n  HostName 127.0.0.1\n  Port 1\n")
    return (
        f'host down ssh-config "{tmp_path}/nobody"\nhost up local\n'
        f'cluster dir1 type directory on down, up socket "{server.socket}"\n'
    )


@pytest.fixture
def opened(loaded: Plugins, hosts: str) -> Iterator[Callable[..., Session]]:
    """Opens sessions, with more or other places where these are said."""
    sessions: list[Session] = []

    def open(more: str = "", **options: Any) -> Session:
        inventory = read_hosts(Source("hosts.vnet", hosts + more), loaded.vocabulary)
        sessions.append(Session(loaded, inventory, **options))
        return sessions[-1]

    yield open
    for session in sessions:
        session.close()


def plan(session: Session, script: str) -> Any:
    return session.prepare(Source("<test>", script)).plan.changes


def rows(server: ScratchOvs) -> list[Any]:
    [found] = server.transact(
        {"op": "select", "table": "Service", "where": [], "columns": ["name", "address"]}
    )
    return sorted((row["name"], row["address"]) for row in found["rows"])  # type: ignore[attr-defined]


def test_which_host_is_tried_is_told_meanwhile(opened: Callable[..., Session]) -> None:
    told: list[tuple[str, str]] = []
    session = opened(progress=lambda place, text, fraction: told.append((place, text)))
    session.prepare(Source("<test>", SCRIPT))
    assert [one for one in told if "through" in one[1]] == [("dir1", "through down"), ("dir1", "through up")]
    assert told[0] == ("dir1", "looking")
    assert told[-1] == ("dir1", "")


def test_a_round(opened: Callable[..., Session], server: ScratchOvs) -> None:
    """Planned, made, verified, planned again, exported, drifted, taken back; its first host is down all the time."""
    session = opened()
    assert [str(change) for change in plan(session, SCRIPT)] == [
        "add service web on dir1",
        "add service db on dir1",
    ]
    apply(session, SCRIPT)
    assert rows(server) == [("db", "192.0.2.90"), ("web", "192.0.2.80")]
    assert plan(session, SCRIPT) == plan(session, OTHER_ORDER) == ()
    assert [(one.place, one.get("ports")) for one in session.look("service")] == [
        ("dir1", (5432,)),
        ("dir1", (80, 443)),
    ]
    changed = {
        "op": "update",
        "table": "Service",
        "where": [["name", "==", "db"]],
        "row": {"address": "192.0.2.91"},
    }
    server.transact(changed)
    (drift,) = session.drift(Source("<test>", SCRIPT)).plan.changes
    assert drift.differing() == {"address": ("192.0.2.91", "192.0.2.90")}
    apply(session, "service db address 192.0.2.90 ports none")
    run = next(journal.runs(journal.folder()))
    assert [place.name for place in run.places.values()] == ["dir1"]
    [step] = run.standing()
    assert step.changes[0].before
    assert step.changes[0].before.get("ports") == (5432,)
    assert session.apply(session.take_back(run)).ok
    assert rows(server) == [("db", "192.0.2.91"), ("web", "192.0.2.80")]


def test_the_facts_say_which_host_leads_there(opened: Callable[..., Session]) -> None:
    session = opened()
    session.prepare(Source("<test>", SCRIPT))
    fleet = session.observe_for(session.check(Source("<test>", SCRIPT)))
    assert getattr(fleet.facts["dir1", "directory"], "through") == "up"  # noqa: B009 - of a class that is loaded later


def test_it_is_deleted_though_a_host_is_down(opened: Callable[..., Session], server: ScratchOvs) -> None:
    """Only the places that can have it are looked at."""
    session = opened()
    apply(session, SCRIPT)
    apply(session, "delete service web")
    assert rows(server) == [("db", "192.0.2.90")]


def test_nobody_leads_there(opened: Callable[..., Session], server: ScratchOvs) -> None:
    server.kill_server()
    with pytest.raises(HostsDown, match=r"dir1: no host leads to it: down: .*; up: .*nobody listens"):
        opened().prepare(Source("<test>", SCRIPT))


def test_where_it_lives_when_that_is_not_said(opened: Callable[..., Session], loaded: Plugins) -> None:
    """At the only place there is; with none, several or an unknown one that is a problem of the script."""
    two = 'cluster dir2 type directory on up socket "/nowhere"\n'
    (problem,) = found(opened(two), "service web address 192.0.2.80")
    assert (problem.code, problem.message) == ("E220", "service `web` could be at `dir1` or `dir2`")
    assert problem.help == "say where: `in dir1`"
    (problem,) = found(opened(two), "service web in dir3 address 192.0.2.80")
    assert (problem.code, problem.message) == ("E220", "unknown directory `dir3`")
    assert not found(opened(two), "service web in dir1 address 192.0.2.80")
    with Session(loaded, read_hosts(Source("hosts.vnet", "host a"), loaded.vocabulary)) as session:
        (problem,) = found(session, "service web address 192.0.2.80")
    assert (problem.code, problem.message) == ("E220", "there is no directory for service `web`")


def test_an_export_says_where_each_is(opened: Callable[..., Session], loaded: Plugins) -> None:
    with scratch_ovs(schema=SCHEMA) as another:
        session = opened(f'cluster dir2 type directory on up socket "{another.socket}"\n', keep_going=True)
        script = "service web in dir1 address 192.0.2.80\nservice web in dir2 address 192.0.2.81 ports 80\n"
        apply(session, script)
        text = export(session, ["services"], keep_going=True).text
        assert [
            line for line in text.splitlines() if line and not line.startswith("#")
        ] == script.splitlines()
        assert plan(session, text) == ()


def test_verbs_say_at_which_place(opened: Callable[..., Session], loaded: Plugins) -> None:
    with scratch_ovs(schema=SCHEMA) as another:
        session = opened(f'cluster dir2 type directory on up socket "{another.socket}"\n')
        apply(session, "service web in dir1 address 192.0.2.80; service web in dir2 address 192.0.2.81")
        (change,) = plan(session, "delete service web on dir2")
        assert (change.place, change.resource.text("address")) == ("dir2", "192.0.2.81")
        both = plan(session, "delete service web on dir1, dir2")
        assert both == plan(session, "delete service web")
        assert len(both) == 2
        shown: list[Answer] = []
        session.apply(session.prepare(Source("<test>", "show services on dir2")), shown.append)
        assert [service.place for service in shown[0].found["service"]] == ["dir2"]
        (problem,) = found(session, "delete service web on dir3")
        assert (problem.code, problem.message) == ("E220", "unknown directory `dir3`")
        (problem,) = found(session, "delete service web on up")
        assert problem.message == "unknown directory `up`"
        names = {"directory": ["dir1"], "host": ["up"]}
        offered = candidates("delete service web on ", loaded.vocabulary, names)
        assert [one.text for one in offered] == ["dir1"]


def test_the_second_operator_is_told_who_the_first_is(
    opened: Callable[..., Session], server: ScratchOvs
) -> None:
    first, second = opened(), opened(lock_timeout=0.3)
    first.prepare(Source("<test>", SCRIPT), lock=True)
    with pytest.raises(VnetshError, match=rf"dir1 is being changed by .*, process {os.getpid()}"):
        second.prepare(Source("<test>", SCRIPT), lock=True)
    first.release()
    assert second.apply(second.prepare(Source("<test>", SCRIPT), lock=True)).ok
    [operators] = server.transact({"op": "select", "table": "Operator", "where": []})
    assert operators["rows"] == []


def test_its_own_check_and_what_its_code_means(opened: Callable[..., Session], loaded: Plugins) -> None:
    session = opened()
    explanation = loaded.vocabulary.explanations["D101"]
    script = "service a address 192.0.2.80 ports 80\nservice b address 192.0.2.80 ports 443, 80"
    (problem,) = found(session, script)
    assert problem.code == "D101"
    assert problem.message == "services `a` and `b` are both at 192.0.2.80 port 80"
    with Session(loaded, loaded.worlds["demo"].hosts("1")) as demo:
        assert [problem.code for problem in found(demo, explanation.wrong)] == ["D101"]
        assert not found(demo, explanation.right)


def test_no_directory_is_imagined(loaded: Plugins) -> None:
    """On hosts in memory there is nobody who serves one: that is said, and nothing else is taken for it."""
    script = Source("<test>", "cluster dir1 type directory on kvm1; service web address 192.0.2.80")
    with Session(loaded, loaded.worlds["demo"].hosts("1")) as demo:
        assert "dir1" not in {place for _, place, _ in demo.observe_for(demo.check(script)).resources}
        with pytest.raises(PlanRefused, match="nothing here makes a service on dir1"):
            demo.prepare(script)


def test_who_is_refused_keeps_nobody_waiting(opened: Callable[..., Session]) -> None:
    first, second = opened(), opened(lock_timeout=0.3)
    with pytest.raises(PlanRefused, match="on any host that answers") as refused:
        first.prepare(Source("<test>", "migrate web to up"), lock=True)
    assert "nobody answers: down:" in refused.value.problems[0].help
    assert second.prepare(Source("<test>", SCRIPT), lock=True).plan.changes


def test_by_the_command_line(site: Path, vnetsh: Run, hosts: str, server: ScratchOvs, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text(hosts)

    def run(*arguments: str) -> Any:
        done = vnetsh(*arguments, PYTHONPATH=str(site))
        assert done.returncode == 0, done.stderr
        return done.stdout

    (change,) = json.loads(run("plan", "-o", "json", "-c", "service web address 192.0.2.80 ports 80"))[
        "segments"
    ][0]["changes"]
    assert (change["place"], change["after"]["ports"]) == ("dir1", [80])
    assert "host" not in change
    run("-c", SCRIPT)
    assert [row["name"] for row in json.loads(run("show", "hosts", "-o", "json"))] == ["down", "up"]
    (cluster,) = json.loads(run("show", "clusters", "-o", "json"))
    assert (cluster["name"], cluster["type"], cluster["socket"]) == ("dir1", "directory", server.socket)
    db, _ = json.loads(run("show", "services", "-o", "json"))
    assert db == {"name": "db", "place": "dir1", "address": "192.0.2.90", "ports": [5432]}
    run("undo", "--yes")
    assert rows(server) == []


@pytest.fixture
def kept(loaded: Plugins, hosts: str) -> Iterator[Callable[[str], Watching]]:
    """Watches the places of a hosts file."""
    watching: list[Watching] = []

    def watch(text: str) -> Watching:
        inventory: Inventory = read_hosts(Source("hosts.vnet", text), loaded.vocabulary)
        watching.append(Watching(inventory, {"directory": loaded.backends["directory"]}))
        watching[-1].start()
        assert watching[-1].seen.wait(5)
        return watching[-1]

    yield watch
    for one in watching:
        one.close()


def seen(watching: Watching, name: str, seconds: float = 2.0) -> bool:
    """Whether a service shows up in time, without a call."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if watching.fleet.named("service", name):
            return True
        time.sleep(0.01)
    return False


def insert(server: ScratchOvs, name: str) -> None:
    server.transact({"op": "insert", "table": "Service", "row": {"name": name, "address": "192.0.2.1"}})


def test_what_others_do_shows_up_by_itself(
    kept: Callable[[str], Watching], hosts: str, server: ScratchOvs
) -> None:
    watching = kept(hosts)
    for name in ("one", "two"):
        insert(server, name)
        assert seen(watching, name)


def test_a_place_that_was_lost_is_watched_again(
    kept: Callable[[str], Watching], hosts: str, server: ScratchOvs
) -> None:
    watching = kept(hosts)
    server.kill_server()
    deadline = time.monotonic() + 2
    while "dir1" not in watching.fleet.unreachable and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "dir1" in watching.fleet.unreachable
    server.start_server()
    insert(server, "one")
    assert not seen(watching, "one", 0.2)
    watching.look_again()
    assert seen(watching, "one")
    insert(server, "two")
    assert seen(watching, "two")


def test_a_place_that_cannot_tell_is_looked_at_when_asked(
    kept: Callable[[str], Watching],
    hosts: str,
    server: ScratchOvs,
    loaded: Plugins,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import vnetsh_directory.backend as backend

    monkeypatch.setattr(backend.DirectoryConnection, "watch", lambda self, tell: False)
    watching = kept(hosts)
    insert(server, "one")
    assert not seen(watching, "one", 0.3)
    watching.look_again()
    assert seen(watching, "one")


def test_a_place_that_hangs_holds_up_no_other(
    kept: Callable[[str], Watching],
    hosts: str,
    server: ScratchOvs,
    tmp_path: Path,
) -> None:
    with scratch_ovs(schema=SCHEMA) as another:
        watching = kept(hosts + f'cluster dir2 type directory on up socket "{another.socket}"\n')
        assert another.server
        insert(another, "hangs")  # so it is looked at, but does not answer any more
        another.server.send_signal(signal.SIGSTOP)
        try:
            insert(server, "one")
            assert seen(watching, "one")
        finally:
            another.server.send_signal(signal.SIGCONT)


def test_a_plugin_that_fails_does_not_end_the_watch(
    kept: Callable[[str], Watching], hosts: str, server: ScratchOvs, monkeypatch: pytest.MonkeyPatch
) -> None:
    import vnetsh_directory.backend as backend

    broken = threading.Event()
    observe = backend.DirectoryConnection.observe

    def sometimes(self: Any, progress: Any) -> Any:
        if broken.is_set():
            raise RuntimeError("out of order")
        return observe(self, progress)

    monkeypatch.setattr(backend.DirectoryConnection, "observe", sometimes)
    watching = kept(hosts)
    broken.set()
    insert(server, "one")
    assert not seen(watching, "one", 0.3)
    broken.clear()
    watching.look_again()
    assert seen(watching, "one")
