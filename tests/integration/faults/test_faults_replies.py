"""A commit's reply is dropped, again and again: nothing is done twice, nothing is lost."""

from __future__ import annotations

import random

from relay import Relay
from soaking import Findings, configuration, ovs_session, scratch_host

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs

PORTS = 25  # few, so that a round finds them there, changed and gone


def soak_replies(rounds: int, seed: int = 1) -> Findings:
    """Each round changes a few ports in one commit; it is carried out, and its reply is dropped."""
    found, chance = Findings(), random.Random(seed)
    with scratch_ovs() as ovs:
        ovs.vsctl("add-br", "br0")
        relay = Relay(ovs)
        host = scratch_host(ovs, ovsdb=f"unix:{relay.path}")
        wanted: dict[str, int] = {}
        begun = _next_cfg(ovs)
        try:
            with ovs_session({"kvm1": host}) as session:
                for number in range(1, rounds + 1):
                    found.rounds = number
                    script = _some_changes(wanted, chance)
                    relay.faults.append(lambda forward: forward())
                    report = session.apply(session.prepare(Source("<soak>", script)))
                    found.expect(report.ok, f"{script}: {report.failures}")
                    found.expect(not relay.faults, f"{script}: nothing was committed")
                    relay.faults.clear()
                    found.expect(_ports(ovs) == wanted, f"{script}: ports {_ports(ovs)}, not {wanted}")
                    found.expect(_next_cfg(ovs) == begun + number, f"{script}: next_cfg {_next_cfg(ovs)}")
                    run = next(journal.runs(session.runs))
                    found.expect(
                        (run.number, run.outcome, bool(run.half_made())) == (report.run, "done", False),
                        f"{script}: the journal says {run.number} {run.outcome!r}, not {report.run} 'done'",
                    )
        finally:
            relay.close()
    return found


def _some_changes(ports: dict[str, int], chance: random.Random) -> str:
    """A script of one segment, so of one commit: ports added and given other VLANs, or one port deleted."""
    there = sorted(ports)
    if there and chance.random() < 0.4:
        name = chance.choice(there)
        del ports[name]
        return f"delete port {name} on kvm1"
    said = []
    for number in sorted(chance.sample(range(PORTS), chance.randint(1, 3))):
        name = f"p{number}"
        ports[name] = ports.get(name, 0) % 4000 + chance.randint(1, 90)  # never the VLAN that it has
        said.append(f"port {name} type internal vlan {ports[name]}")
    return f"bridge br0 on kvm1 {' '.join(said)}"


def _ports(ovs: ScratchOvs) -> dict[str, int]:
    """The VLANs of br0's ports by name. Raises `ValueError` when a row is there twice or belongs to nobody."""
    rows = configuration(ovs)
    bridge = rows["Bridge"][0]
    assert isinstance(bridge, dict)
    owned = {uuid for _, uuid in bridge["ports"][1]} if bridge["ports"][0] == "set" else {bridge["ports"][1]}
    names = [row["name"] for row in rows["Port"]]  # type: ignore[index]
    if len(owned) != len(names) or len(set(names)) != len(names) or len(rows["Interface"]) != len(names):
        raise ValueError(f"{len(owned)} ports of br0, rows {names}, {len(rows['Interface'])} interfaces")
    return {r["name"]: r["tag"] for r in rows["Port"] if r["name"] != "br0"}  # type: ignore[index]


def _next_cfg(ovs: ScratchOvs) -> int:
    select = {"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]}
    return int(ovs.transact(select)[0]["rows"][0]["next_cfg"])  # type: ignore[index]


def test_dropped_replies() -> None:
    soak_replies(30).check()
