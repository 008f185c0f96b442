"""Logical ports of OVN, by scratch servers of its databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack

from cloud import COLUMNS, Cloud
from contest import Contestant, compare
from ports import send

from vnetsh.diagnostics import Source
from vnetsh.engine.apply import Applier
from vnetsh.journal import Journal
from vnetsh.planning.plan import Plan
from vnetsh.session import Session


def _commit(session: Session, plan: Plan) -> None:
    """What of a plan the northbound database gets: the vms' hosts are in memory, and nobody waits for them."""
    book = Journal("bench", "bench", session.runs)
    applier = Applier(session.inventory, session.connections, lambda *_: None, book)
    mine = [[change for change in stage if change.place == "c"] for s in plan.segments for stage in s.stages]
    assert applier.run([stage for stage in mine if stage]), applier.failures
    book.end("done")


def _planned(session: Session, source: Source) -> Plan:
    script = session.check(source)
    plan, problems = session.planner.plan(script, session.observe_for(script))
    assert not problems, problems
    return plan


def _made(count: int, rounds: int, each: int = 0) -> None:
    """So many ports made, on a northbound database without northd."""
    with ExitStack() as stack:
        cloud = Cloud(stack, count)
        request, commands = cloud.prepared(), cloud.commands(cloud.ports)
        rows: list[list[str]] = []

        def with_fresh(work: Callable[[], object]) -> Contestant:
            def run() -> float:
                cloud.fresh()
                return cloud.timed(work)

            return run

        def commit() -> float:
            cloud.fresh()
            with cloud.session() as session:
                plan = _planned(session, cloud.script)
                return cloud.timed(lambda: _commit(session, plan))

        def batch() -> None:
            cloud.nbctl(*(word for words in commands for word in words))

        def processes() -> None:
            for words in commands[:each]:
                cloud.nbctl(*words)

        contestants = {
            "one prepared JSON-RPC transaction (the floor)": with_fresh(
                lambda: send(cloud.north.socket, request)
            ),
            "vnetsh: commit a plan, with journal (goal: × 1.5)": commit,
            "one ovn-nbctl process with all commands": with_fresh(batch),
        }
        for name, contestant in contestants.items():  # each of them makes the same
            contestant()
            rows.append(cloud.rows())
            assert len(rows[0]) == count
            assert rows[-1] == rows[0], name
        if each:
            one_each = with_fresh(processes)
            contestants[f"a process a port (of {each}, scaled up)"] = lambda: one_each() * count / each
        compare(f"{count} logical ports, ovsdb-server alone", contestants, rounds)


def _read() -> bytes:
    """A request for what a plan has to know of ports, switches, groups, and what guests are told."""
    columns = {
        "Logical_Switch": ["name", "ports", "external_ids", "other_config"],
        "Logical_Switch_Port": [*COLUMNS, "type", "up"],
        "Port_Group": ["name", "ports", "external_ids"],
        "DHCP_Options": ["cidr", "options", "external_ids"],
    }
    selects = [{"op": "select", "table": t, "where": [], "columns": names} for t, names in columns.items()]
    return json.dumps({"method": "transact", "params": ["OVN_Northbound", *selects], "id": 1}).encode()


def _nothing(count: int, nics: int, rounds: int) -> None:
    """All is there already: read, compared, nothing written."""
    with ExitStack() as stack:
        cloud = Cloud(stack, count, nics)
        with cloud.session() as session:
            report = session.apply(session.prepare(cloud.script, lock=True))
            assert report.ok, report.failures

        def again(source: Source) -> Contestant:
            def found_done(session: Session) -> None:
                prepared = session.prepare(source, lock=True)
                assert not prepared.plan.changes
                assert session.apply(prepared).ok

            def run() -> float:
                with cloud.session() as session:
                    return cloud.timed(lambda: found_done(session))

            return run

        contestants = {
            "raw read of the tables": lambda: cloud.timed(lambda: send(cloud.north.socket, _read())),
            "vnetsh: zone, tenant and networks said: no changes": again(cloud.ground),
            f"vnetsh: {count // nics} vms of {nics} NICs said: no changes": again(cloud.script),
        }
        compare(f"{count} logical ports that are there; goal: × 4, no writes", contestants, rounds)


def ovn() -> None:
    """Logical ports made, and looked at again."""
    _made(1000, rounds=9, each=20)
    _made(5000, rounds=5)
    _nothing(5000, nics=1, rounds=5)
    _nothing(5000, nics=50, rounds=5)
