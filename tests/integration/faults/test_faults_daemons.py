"""vswitchd dead, stopped and restarted; links that vanish between plan and apply."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from soaking import configuration, ovs_session, scratch_host

from vnetsh.diagnostics import Source
from vnetsh.engine.report import Outcome, Report
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs
from vnetsh_lab import Lab, running


@pytest.fixture
def ovs() -> Iterator[ScratchOvs]:
    with scratch_ovs(vswitchd=True) as running_one:
        yield running_one


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
    # On the way back it is not waited for again, and what is so is said.
    assert took < 0.7 + 1
    assert any("the database is as it was before" in text for text in report.leftovers)
    assert {outcome for _, outcome in report.outcomes} == {Outcome.FAILED}


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
