"""Two operators on the same hosts: what they do comes out as if one had waited for the other."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from soaking import Findings, Operator

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.errors import VnetshError
from vnetsh.model import Host, Inventory
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import Lab, running
from vnetsh_lab.processes import lab_processes

pytestmark = pytest.mark.lab

# Each takes away what the other one makes, on both hosts, and wants another VLAN for the same port.
OURS = """bridge shared on kvm1, kvm2 port common type internal vlan 10
bridge ours on kvm1, kvm2
delete bridge theirs"""
THEIRS = """bridge shared on kvm2, kvm1 port common type internal vlan 20
bridge theirs on kvm2, kvm1
delete bridge ours"""
OUTCOMES = (("shared", "theirs", "20"), ("ours", "shared", "10"))
CLEARING = "for b in shared ours theirs; do ovs-vsctl --timeout=5 --if-exists del-br $b; done"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture
def clear(lab: Lab) -> Iterator[None]:
    """Hosts without the bridges that this is about, afterwards too."""
    _clear(lab)
    yield
    _clear(lab)


def _clear(lab: Lab) -> None:
    for host in ("kvm1", "kvm2"):
        lab.exec(host, ["sh", "-c", CLEARING])


def _seen(lab: Lab, host: str) -> tuple[str, ...]:
    """What a host has of it: its bridges, and the port's VLAN."""
    command = "ovs-vsctl list-br | grep -v vswitch01; ovs-vsctl get port common tag"
    return tuple(lab.exec(host, ["sh", "-c", command]).stdout.split())


def soak_operators(lab: Lab, rounds: int, folder: Path) -> Findings:
    """The same user starts conflicting scripts at the same moment, in two processes with one journal."""
    found, counts = Findings(), dict.fromkeys(OUTCOMES, 0)
    operator = Operator(folder, ("--lab", "--max-impact", "destroy"), {"VNETSH_LAB_DIR": str(lab.folder)})
    for _ in range(rounds):
        found.rounds += 1
        scripts = (OURS, THEIRS) if found.rounds % 2 else (THEIRS, OURS)
        processes = [operator.start("-c", script) for script in scripts]
        for process in processes:
            out, err = process.communicate(timeout=100)
            found.expect(process.returncode == 0, f"exit code {process.returncode}: {out}{err}")
        first, second = (_seen(lab, host) for host in ("kvm1", "kvm2"))
        found.expect(first == second, f"kvm1 has {first}, kvm2 {second}")
        found.expect(first in OUTCOMES, f"{first} is the outcome of neither order")
        if first in counts:
            counts[first] += 1
    runs = journal.runs(folder / "state" / "vnetsh" / "runs")
    bad = [(run.number, run.outcome) for run in runs if run.outcome != "done" or run.half_made()]
    found.expect(not bad, f"the journal says {bad}")
    found.notes.append(f"the last one was {' and '.join(f'{n} × {o}' for o, n in counts.items())}")
    return found


def test_conflicting_scripts_at_the_same_moment(lab: Lab, clear: None, tmp_path: Path) -> None:
    soak_operators(lab, 2, tmp_path).check()


HOLDER = """
import sys, time
from vnetsh.diagnostics import Source
from vnetsh.registry import load_plugins
from vnetsh.session import Session
plugins = load_plugins()
with Session(plugins, plugins.worlds["lab"].hosts("")) as session:
    session.prepare(Source("<test>", sys.argv[1]), lock=True)
    print("held", flush=True)
    time.sleep(300)
"""


@contextlib.contextmanager
def holder(lab: Lab, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has locked both hosts."""
    environment = {**os.environ, "VNETSH_LAB_DIR": str(lab.folder), "XDG_STATE_HOME": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, OURS], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


@contextlib.contextmanager
def _session(hosts: Inventory, lock_timeout: float, said: list[str]) -> Iterator[Session]:
    def progress(host: str, text: str, fraction: float | None) -> None:
        said.append(f"{host} {text}")

    with Session(load_plugins(), hosts, lock_timeout=lock_timeout, progress=progress) as session:
        yield session


def test_a_killed_holder_holds_nothing(lab: Lab, clear: None, tmp_path: Path) -> None:
    soak_killed_holder(lab, 2, tmp_path).check()


def soak_killed_holder(lab: Lab, rounds: int, folder: Path) -> Findings:
    """The holder is killed while another one waits; that one goes on at once."""
    found, longest = Findings(), 0.0
    for _ in range(rounds):
        found.rounds += 1
        said: list[str] = []
        with holder(lab, folder) as process, _session(lab.hosts(), 30, said) as session:
            session.observe()  # connected, so that only the lock takes its time
            process.kill()
            process.wait()
            killed = time.monotonic()
            prepared = session.prepare(Source("<test>", THEIRS), lock=True)
            took = time.monotonic() - killed
            found.expect(prepared.plan.changes, "nothing was planned")
            longest = max(longest, took)
            found.expect(took < 2, f"the lock came after {took:.2f} s: {said}")
    found.notes.append(f"the lock of a killed holder came after {longest:.2f} s at most, with observing")
    return found


def test_a_stopped_holder_is_named_and_waited_for_no_longer_than_said(
    lab: Lab, clear: None, tmp_path: Path
) -> None:
    said: list[str] = []
    with holder(lab, tmp_path) as process, _session(lab.hosts(), 1.5, said) as session:
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(VnetshError, match=f"is being changed by .*, process {process.pid}$"):
            session.prepare(Source("<test>", THEIRS), lock=True)
        assert 1.4 < time.monotonic() - began < 4
        assert any("waits for" in line and str(process.pid) in line for line in said)
        assert _seen(lab, "kvm1") == _seen(lab, "kvm2") == ()
        process.send_signal(signal.SIGCONT)


def test_killed_in_the_midst_of_its_work_the_next_one_mends_it(lab: Lab, clear: None, tmp_path: Path) -> None:
    """The same operator's next run: it has the journal of the one that was killed."""
    world = {"VNETSH_LAB_DIR": str(lab.folder)}
    operator = Operator(tmp_path, ("--lab", "--max-impact", "destroy"), world)
    assert operator("-c", OURS, VNETSH_CRASH_AT="3").returncode == -signal.SIGKILL
    began = time.monotonic()
    after = operator("-c", THEIRS)
    assert after.returncode == 0, after.stderr
    assert time.monotonic() - began < 15
    assert _seen(lab, "kvm1") == _seen(lab, "kvm2") == OUTCOMES[0]


def test_no_lock_outlives_its_run(lab: Lab, clear: None, tmp_path: Path) -> None:
    with _session(lab.hosts(), 1, []) as session:
        session.apply(session.prepare(Source("<test>", OURS), lock=True))
        for host in ("kvm1", "kvm2"):
            assert lab.exec(host, ["flock", "-n", "/run/vnetsh/lock", "true"]).returncode == 0
    assert not [p for p in lab_processes(lab.folder) if p.command == "flock"]


def test_two_names_of_one_machine_share_its_lock(lab: Lab, clear: None) -> None:
    """A session does not wait for itself."""
    hosts = lab.hosts()
    with _session({"kvm1": hosts["kvm1"], "alias": _renamed(hosts)}, 2, []) as session:
        prepared = session.prepare(Source("<test>", "bridge ours on kvm1; bridge theirs on alias"), lock=True)
        assert len(prepared.plan.changes) == 2


def _renamed(hosts: Inventory) -> Host:
    return replace(hosts["kvm1"], name="alias", address="")
