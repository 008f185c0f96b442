"""Clouds on a scratch northbound database: a few rounds of `scripts/soak`, one made by hand, and daemons that hang."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random

import pytest
from cloud_by_hand import make_by_hand
from cloud_crashes import soak_crash_clouds
from cloud_replies import soak_cloud_replies
from cloud_rounds import soak_clouds
from random_clouds import Cloud
from scratch_ovn import HOSTS, look, scratch_ovn

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.export.exporting import export
from vnetsh.session import Session


@pytest.mark.parametrize("seed", [63, 74])
def test_random_clouds_are_exported_made_again_changed_and_taken_back(seed: int) -> None:
    soak_clouds(1, seed).check()


def test_a_killed_run_is_all_new_or_all_old() -> None:
    soak_crash_clouds(1, 259).check()


def test_what_is_lost_on_the_way_is_looked_up_and_nothing_is_done_twice() -> None:
    soak_cloud_replies(3, 1).check()


@pytest.mark.parametrize(
    ("who", "words"),
    [("southbound", "nothing was changed, for nobody could verify it"), ("northd", "did not follow in 1 s")],
)
def test_who_hangs_is_named_in_time_and_nothing_stays(
    who: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with scratch_ovn() as ovn, ovn.session() as session:
        session.connections.timeout = 1.0
        _made(session, "network there subnet 10.0.1.0/24 dhcp")
        before = look(ovn.rows())
        prepared = session.prepare(Source("mine.vnet", "network hung subnet 10.0.2.0/24 dhcp"))
        pid = ovn.northd.pid if who == "northd" else ovn.southbound.server.pid  # type: ignore[union-attr]
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            report = session.apply(prepared)
        finally:
            took = time.monotonic() - began
            os.kill(pid, signal.SIGCONT)
        assert words in report.failures[0].message
        assert took < 6
        assert look(ovn.rows()) == before
        assert ("taken back all the same" in " ".join(report.warnings)) is (who == "northd")


LEFT_OUT = {
    "policy 100: ip4.src == 192.168.0.2",
    "snat of 172.168.0.200 to 192.168.0.0/24",
    "dnat of 172.168.0.112 to 192.168.0.3",
    "route 192.168.0.0/25 by 172.168.0.2",
    "dns records",
    "settings exclude_ips",
    'qos rule 100: inport == "sw0-port1"',
    "settings of port lr0-sw1",
    "options",
    "made by others: whether it closes its ports is not known",
    "made by others: to-lport 1001 outport == @neutron_pg_drop && ip drop",
    "no sentence has a place for it",
}


def test_a_cloud_made_by_hand_is_told_of_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with scratch_ovn() as ovn:
        ovn.chassis({"physnet1": HOSTS, "vswitch01": HOSTS, "second": HOSTS})
        make_by_hand(ovn)
        before = look(ovn.rows())
        with ovn.session() as session:
            found = export(session, ())
            assert {unsaid.reason for unsaid in found.unsaid} >= LEFT_OUT
            further = [one.resource for one in found.unsaid if one.resource.kind == "ovn-row"]
            assert {one.text("table") for one in further} >= {"Meter", "BFD", "Copp", "Mirror", "Address_Set"}
            with pytest.raises(PlanRefused) as refused:
                session.prepare(Source("mine.vnet", f"delete ovn-row {further[0].name}"))
            assert [problem.code for problem in refused.value.problems] == ["E559"]
            for prune in (False, True):
                assert not session.prepare(Source("theirs.vnet", found.text), prune=prune).plan.changes
            _made(session, Cloud(Random(5)).text)
            assert len(look(ovn.rows())) > len(before)
            assert {*before} <= {*look(ovn.rows())}
            assert not session.prepare(Source("theirs.vnet", found.text), prune=True).plan.changes
            _made(session, "")
            assert look(ovn.rows()) == before


def _made(session: Session, script: str) -> None:
    """Have a file say this, and what it said and does not say any more go."""
    report = session.apply(session.prepare(Source("mine.vnet", script), prune=True))
    assert report.ok, report.failures
