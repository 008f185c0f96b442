"""Somebody else writes between plan and commit: what they wrote stands, and it is said."""

from __future__ import annotations

from dataclasses import dataclass, replace

from soaking import Findings, configuration, ovs_session, scratch_host

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import scratch_ovs

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
    Race(
        "tunnel g1 kvm1<->kvm2 on b0 key 2",
        "set interface g1 type=vxlan",
        ("get interface g1 type", "vxlan"),
        succeeds=True,
    ),
    Race(
        "tunnel g1 kvm1<->kvm2 on b0 type vxlan",
        "set interface g1 options:key=3",
        ("get interface g1 options:key", '"3"'),
        succeeds=True,
    ),
)


def soak_writers(races: tuple[Race, ...] = RACES) -> Findings:
    """Each race once: the other's word stands, and vnetsh says what is in its way; or both come about."""
    found = Findings()
    with scratch_ovs() as near, scratch_ovs() as far:
        far.vsctl("add-br", "b0")
        hosts = {"kvm1": scratch_host(near), "kvm2": scratch_host(far, "kvm2")}
        hosts = {
            name: replace(host, address=f"192.0.2.{number}")
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
