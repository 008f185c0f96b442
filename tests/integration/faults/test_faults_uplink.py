"""The controller is killed at each of its steps while it moves an uplink that carries the host's address."""

from __future__ import annotations

import contextlib
import signal

import pytest
from soaking import Findings
from uplink_hosts import FOLDER, HOST, NIC, SCRIPT, Management, management
from waiting import eventually

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

CONFIRM = 3
BACK = f"bridge vmgmt on {HOST} uplink none; delete bridge vmgmt on {HOST}"


def soak_uplink(lab: Lab, most: int = 1000) -> Findings:
    """At each point: the host is reached afterwards, has gone back or stays confirmed; the same script ends it."""
    found = Findings()
    with management(lab) as host:
        log = host.folder / "points"
        whole = host.run(SCRIPT, confirm=CONFIRM, VNETSH_CRASH_LOG=str(log))
        found.expect(whole.returncode == 0, whole.stderr)
        there = _addresses(host)
        _take_back(host, found)
        before = _addresses(host)
        names = log.read_text().splitlines()
        step = max(1, len(names) // most)
        for point in range(step, len(names) + 1, step):
            found.rounds += 1
            what = f"point {point} ({names[point - 1]})"
            done = host.run(SCRIPT, confirm=CONFIRM, VNETSH_CRASH_AT=str(point))
            found.expect(done.returncode == -signal.SIGKILL, f"{what}: exit code {done.returncode}")
            settled = eventually(lambda: not host.armed(), CONFIRM + 4)
            found.expect(settled, f"{what}: still armed")
            outcome = _addresses(host)
            found.expect(outcome in (before, there), f"{what}: neither as before nor as wanted: {outcome}")
            found.expect(eventually(host.reachable), f"{what}: not reached any more")
            went = "moved" if outcome == there else "as before"
            again = host.run(SCRIPT, confirm=CONFIRM)
            found.expect(again.returncode == 0, f"{what}, again: {again.stderr}")
            found.expect(_addresses(host) == there, f"{what}, again: {_addresses(host)}")
            _take_back(host, found)
            found.expect(_addresses(host) == before, f"{what}: taken back to {_addresses(host)}")
            found.notes.append(f"{what}: {went}, then finished")
    return found


def _addresses(host: Management) -> list[list[str]]:
    """The addresses of the NIC and of the bridge, without what a lease adds: that is lost on the way."""
    return [
        sorted(a.replace('"dynamic": true, ', "").replace("vmgmt", NIC) for a in host.addresses(link))
        for link in (NIC, "vmgmt")
    ]


def _take_back(host: Management, found: Findings) -> None:
    done = host.run(BACK, confirm=CONFIRM)
    found.expect(done.returncode == 0, f"back: {done.stderr}")
    with contextlib.suppress(AssertionError):  # nothing of it need be there
        host.on("rm", "-rf", f"{FOLDER}/outcome")


def test_killed_while_it_moves_an_uplink() -> None:
    with running(hosts=2) as lab:
        soak_uplink(lab, most=1).check()
