"""The leader of three OVN servers is killed while a run is at work: all of it is made, or none of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from in_lab import LabOperator
from soaking import Findings
from waiting import eventually

from vnetsh_lab import Lab, running

HOSTS = 3
NETWORKS = 39
STATUS = "ovs-appctl -t /run/ovn/ovnnb_db.ctl cluster/status OVN_Northbound"
KILL = "kill -9 $(cat /run/ovn/ovnnb.pid)"
AT_MOST = 60.0
"""Seconds for a run whose leader is killed, with a timeout of 10."""


def soak_raft(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Rounds with the seeds from that one on, in one lab."""
    found, counts = Findings(), Counter[str]()
    with running(hosts=HOSTS, ovn="raft") as lab, TemporaryDirectory(prefix="raft-") as folder:
        operator = LabOperator.of(lab, Path(folder), "--yes", "--timeout", "10")
        found.each(seed, rounds, say, lambda number: _round(number, lab, operator, found, counts))
    found.counted(counts, say)
    return found


def _round(seed: int, lab: Lab, operator: LabOperator, found: Findings, counts: Counter[str]) -> None:
    random = Random(seed)
    names = [f"n{seed}x{number}" for number in range(NETWORKS)]
    script = "; ".join(
        f"network {name} subnet 10.{seed % 200}.{n}.0/24 dhcp" for n, name in enumerate(names, 1)
    )
    leader = _leader(operator)
    began = time.monotonic()
    process = operator.start("-c", script)
    try:
        time.sleep(random.uniform(0.8, 3.0))  # before, at and after the commit
        operator.on(leader, KILL)
        out, err = process.communicate(timeout=100)
    finally:
        process.kill()
    took = time.monotonic() - began
    lab.up(HOSTS)
    said = (
        f"seed {seed}: {leader} killed: exit {process.returncode} in {took:.1f} s: {out[-500:]}{err[-500:]}"
    )
    there = _there(operator, names)
    if process.returncode == 1 and "cut off" in operator("history").stdout.split("\n")[1]:
        counts["left to `recover`, and said"] += 1
        operator("recover", "--undo")
        there = _there(operator, names)
    wanted = 0 if process.returncode else 2 * NETWORKS
    counts["made" if process.returncode == 0 else "taken back"] += 1
    if there != wanted or process.returncode not in (0, 1) or took > AT_MOST:
        found.failures.append(f"{said}\n{there} rows of it, not {wanted}")


def _leader(operator: LabOperator) -> str:
    leaders: list[str] = []

    def known() -> bool:
        leaders[:] = [
            host
            for host in (f"kvm{n}" for n in range(1, HOSTS + 1))
            if "Role: leader" in operator.on(host, f"{STATUS} 2>/dev/null")
        ]
        return bool(leaders)

    assert eventually(known, 20), "no server leads"
    return leaders[0]


def _there(operator: LabOperator, names: list[str]) -> int:
    """How many of the networks there are, and how many of their DHCP options."""
    leader = _leader(operator)
    switches = operator.on(leader, "ovn-nbctl --bare --columns=name list Logical_Switch").split()
    options = operator.on(leader, "ovn-nbctl --bare --columns=external_ids list DHCP_Options")
    return len({*names} & {*switches}) + sum(f"vnetsh-key={name} dhcpv4" in options for name in names)
