"""Ports on one bridge, and on many hosts, by scratch ovsdb-servers."""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import cast

import ovs.db.idl
import ovs.poller
from contest import Contestant, compare, timed

from vnetsh.diagnostics import Source
from vnetsh.engine.apply import Applier
from vnetsh.journal import Journal
from vnetsh.model import Host
from vnetsh.planning.plan import Plan
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import SCHEMA, ScratchOvs, scratch_ovs


def prepared_transaction(count: int, *, cfg: bool = False) -> bytes:
    """One JSON-RPC request that adds a bridge `raw` with so many ports, as `ovs-vsctl --no-wait` does it."""
    operations: list[dict[str, object]] = []
    ports = []
    for number in range(count):
        name = f"p{number}"
        operations.append(
            {"op": "insert", "table": "Interface", "row": {"name": name}, "uuid-name": f"i{number}"}
        )
        row = {"name": name, "interfaces": ["named-uuid", f"i{number}"]}
        operations.append({"op": "insert", "table": "Port", "row": row, "uuid-name": f"p{number}"})
        ports.append(["named-uuid", f"p{number}"])
    where = [["name", "==", "br0"]]
    mutation = ["ports", "insert", ["set", ports]]
    operations.append({"op": "mutate", "table": "Bridge", "where": where, "mutations": [mutation]})
    if cfg:
        operations.append(
            {"op": "mutate", "table": "Open_vSwitch", "where": [], "mutations": [["next_cfg", "+=", 1]]}
        )
        operations.append({"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]})
    request = {"method": "transact", "params": ["Open_vSwitch", *operations], "id": 1}
    return json.dumps(request).encode()


def read_of_tables() -> bytes:
    """A request for what a plan has to know."""
    columns = {
        "Bridge": ["name", "ports"],
        "Port": ["name", "interfaces", "tag"],
        "Interface": ["name", "type", "options"],
    }
    selects = [{"op": "select", "table": t, "where": [], "columns": names} for t, names in columns.items()]
    return json.dumps({"method": "transact", "params": ["Open_vSwitch", *selects], "id": 1}).encode()


def send(path: str, request: bytes) -> list[dict[str, object]]:
    """Send a request over a bare socket and read its reply to the end; its result."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        link.sendall(request)
        received = b""
        while True:
            received += link.recv(1 << 20)
            if not received.endswith(
                b"}"
            ):  # to parse what is not whole would be its own time, many times over
                continue
            try:
                reply = json.loads(received)
            except ValueError:
                continue
            assert reply["error"] is None, reply
            assert isinstance(reply["result"], dict) or all("error" not in r for r in reply["result"] if r), (
                reply
            )
            found: list[dict[str, object]] = reply["result"]
            return found


def ask_all(requests: Mapping[str, Sequence[bytes]]) -> None:
    """Send each server, by its socket's path, its requests, one after the other; all at once, over bare sockets."""
    with selectors.DefaultSelector() as waiting, ExitStack() as stack:

        def ask(link: socket.socket, left: Sequence[bytes]) -> None:
            link.sendall(left[0])
            waiting.register(link, selectors.EVENT_READ, (left[1:], bytearray()))

        for path, its in requests.items():
            link = stack.enter_context(socket.socket(socket.AF_UNIX))
            link.connect(path)
            ask(link, its)
        while waiting.get_map():
            for key, _ in waiting.select():
                link = cast(socket.socket, key.fileobj)
                left, received = key.data
                received += link.recv(1 << 20)
                if not received.endswith(b"}"):
                    continue
                with suppress(ValueError):
                    assert json.loads(received)["error"] is None
                    waiting.unregister(link)
                    if left:
                        ask(link, left)


def fresh(ovs: ScratchOvs) -> None:
    """An empty bridge `br0`, and nothing else; `ovs-vsctl` would take a quarter of a minute to remove 10,000 ports."""
    rows = (
        ("Interface", "i", {"name": "br0", "type": "internal"}),
        ("Port", "p", {"name": "br0", "interfaces": ["named-uuid", "i"]}),
        ("Bridge", "b", {"name": "br0", "ports": ["named-uuid", "p"]}),
    )
    inserts = [{"op": "insert", "table": t, "uuid-name": name, "row": row} for t, name, row in rows]
    root = {"op": "update", "table": "Open_vSwitch", "where": [], "row": {"bridges": ["named-uuid", "b"]}}
    ovs.transact(*inserts, root)
    ovs.vsctl(
        "set", "Bridge", "br0", "other_config:new=1"
    )  # with a vswitchd, it waits until that has come so far


def script_for(count: int, hosts: str = "here") -> str:
    """A sentence for so many ports."""
    return f"bridge br0 on {hosts} " + " ".join(f"port p{n}" for n in range(count))


@contextmanager
def session_on(hosts: dict[str, Host]) -> Iterator[Session]:
    """A session that knows Open vSwitch only."""
    plugins = load_plugins()
    plugins.backends = {"ovs": plugins.backends["ovs"]}
    with Session(plugins, hosts) as session:
        yield session


def here(ovs: ScratchOvs, vswitchd: str = "skip") -> Host:
    """The scratch server as a host."""
    return Host("here", attributes={"local": True, "vswitchd": vswitchd, **ovs.host_attributes})


def by_idl(ovs_: ScratchOvs, count: int) -> None:
    """The same by `ovs.db.idl`, one transaction."""
    helper = ovs.db.idl.SchemaHelper(location=str(SCHEMA))
    for table, columns in (
        ("Bridge", ["name", "ports"]),
        ("Port", ["name", "interfaces"]),
        ("Interface", ["name"]),
    ):
        helper.register_columns(table, columns)
    idl = ovs.db.idl.Idl(f"unix:{ovs_.socket}", helper, leader_only=False)
    while not idl.has_ever_connected():
        idl.run()
        poller = ovs.poller.Poller()
        idl.wait(poller)
        poller.timer_wait(1)  # run() may have done all there was to do
        poller.block()
    transaction = ovs.db.idl.Transaction(idl)
    bridge = next(row for row in idl.tables["Bridge"].rows.values() if row.name == "br0")
    for n in range(count):
        interface = transaction.insert(idl.tables["Interface"])
        interface.name = f"p{n}"
        port = transaction.insert(idl.tables["Port"])
        port.name = f"p{n}"
        port.interfaces = [interface]
        bridge.addvalue("ports", port)
    status = transaction.commit_block()
    assert status == ovs.db.idl.Transaction.SUCCESS, status
    idl.close()


def ports(count: int = 1000, each: int = 20, rounds: int = 9) -> None:
    """So many ports on one bridge, on an ovsdb-server without vswitchd."""
    request = prepared_transaction(count)
    commands = [word for n in range(count) for word in ("--", "add-port", "br0", f"p{n}")]
    source = Source("bench", script_for(count))
    with scratch_ovs() as ovs_:

        def with_fresh(work: Callable[[], object]) -> Contestant:
            def run() -> float:
                fresh(ovs_)
                return timed(work)

            return run

        def planned(session: Session) -> Plan:
            checked = session.check(source)
            plan, problems = session.planner.plan(checked, session.observe_for(checked))
            assert not problems
            return plan

        def commit(session: Session, plan: Plan) -> None:
            book = Journal("bench", "bench", session.runs)
            applier = Applier(session.inventory, session.connections, lambda *_: None, book)
            assert all(applier.run(segment.stages) for segment in plan.segments), applier.failures
            book.end("done")

        def commit_alone() -> float:
            fresh(ovs_)
            with session_on({"here": here(ovs_)}) as session:
                plan = planned(session)
                return timed(lambda: commit(session, plan))

        def in_new_session(work: Callable[[Session], None]) -> Contestant:
            def run() -> float:
                fresh(ovs_)
                with session_on({"here": here(ovs_)}) as session:
                    return timed(lambda: work(session))

            return run

        def whole(session: Session) -> None:
            report = session.apply(session.prepare(source, lock=True))
            assert report.ok, report.failures

        def processes() -> None:
            for number in range(each):
                ovs_.vsctl("add-port", "br0", f"p{number}")

        def one_each() -> float:
            fresh(ovs_)
            return timed(processes) * count / each

        contestants = {
            "one prepared JSON-RPC transaction (the floor)": with_fresh(lambda: send(ovs_.socket, request)),
            "vnetsh: commit a plan, with journal (goal: × 1.5)": commit_alone,
            "vnetsh: check, observe, plan, commit": in_new_session(lambda s: commit(s, planned(s))),
            "vnetsh: check, lock, observe, … observe again": in_new_session(whole),
            "ovs.db.idl, one transaction": with_fresh(lambda: by_idl(ovs_, count)),
            "one ovs-vsctl process with all commands": with_fresh(
                lambda: ovs_.vsctl(*commands[1:], timeout=120)
            ),
        }
        if each:
            contestants[f"a process a port (of {each}, scaled up)"] = one_each
        compare(f"{count} ports on one bridge, ovsdb-server alone", contestants, rounds)


def many_ports() -> None:
    """As `ports`, ten times as many."""
    ports(10_000, each=0, rounds=3)


class Renewed:
    """Scratch daemons for each round: new ones now and then, for a vswitchd gets slower with all that it has made."""

    def __init__(self, stack: ExitStack, runs: int) -> None:
        self._stack = stack.enter_context(ExitStack())
        self._runs = runs
        self._done = 0

    def fresh(self) -> ScratchOvs:
        """Daemons with an empty bridge."""
        if self._done % self._runs == 0:
            self._stack.close()
            self._ovs = self._stack.enter_context(scratch_ovs(vswitchd=True))
        self._done += 1
        fresh(self._ovs)
        return self._ovs


def applied(count: int = 1000) -> None:
    """Really applied: a vswitchd on dummy interfaces has made every port. Its time varies: many rounds."""
    request = prepared_transaction(count, cfg=True)
    source = Source("bench", script_for(count))
    with ExitStack() as stack:
        daemons = Renewed(stack, runs=6)  # an odd number of rounds: each contestant is the first one as often

        def raw() -> float:
            ovs_ = daemons.fresh()
            return timed(lambda: until_made(ovs_))

        def until_made(ovs_: ScratchOvs) -> None:
            root = send(ovs_.socket, request)[-1]["rows"][0]  # type: ignore[index]
            where = [["cur_cfg", ">=", root["next_cfg"]]]
            wait = {
                "op": "wait",
                "table": "Open_vSwitch",
                "where": where,
                "columns": [],
                "until": "!=",
                "rows": [],
            }
            waiting = {"method": "transact", "params": ["Open_vSwitch", wait], "id": 2}
            send(ovs_.socket, json.dumps(waiting).encode())

        def whole() -> float:
            with session_on({"here": here(daemons.fresh(), "wait")}) as session:
                return timed(lambda: applied_by(session))

        def applied_by(session: Session) -> None:
            report = session.apply(session.prepare(source, lock=True))
            assert report.ok, report.failures

        contestants = {
            "one prepared transaction, then cur_cfg (the floor)": raw,
            "vnetsh, verified": whole,
        }
        compare(f"{count} ports that vswitchd has made; goal: × 1.1", contestants, rounds=24)


def nothing(count: int = 10_000) -> None:
    """A script of which all is there already: read, compared, nothing written."""
    with scratch_ovs() as ovs_:
        fresh(ovs_)
        send(ovs_.socket, prepared_transaction(count))
        source = Source("bench", script_for(count))
        read = read_of_tables()

        def again() -> float:
            with session_on({"here": here(ovs_)}) as session:
                return timed(lambda: found_done(session))

        def found_done(session: Session) -> None:
            prepared = session.prepare(source, lock=True)
            assert not prepared.plan.changes
            assert session.apply(prepared).ok

        contestants = {
            "raw read of the tables": lambda: timed(lambda: send(ovs_.socket, read)),
            "vnetsh: no changes": again,
        }
        compare(f"{count} ports that are there; goal: × 4, no writes", contestants, rounds=5)


@contextmanager
def delayed(servers: Sequence[ScratchOvs], seconds: float) -> Iterator[list[str]]:
    """A socket before each server's own; all that comes through it comes so much later."""
    fronts = [str(server.folder / "delayed.sock") for server in servers]
    pairs = [path for front, server in zip(fronts, servers, strict=True) for path in (front, server.socket)]
    command = [sys.executable, str(Path(__file__).with_name("delaying.py")), str(seconds), *pairs]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield fronts


def fleet(count: int = 20, each: int = 100) -> None:
    """Many hosts at once, each behind a slow way, against the slowest of them alone."""
    with ExitStack() as stack:
        servers = [stack.enter_context(scratch_ovs()) for _ in range(count)]
        hosts = {}
        for n, front in enumerate(stack.enter_context(delayed(servers, 0.01))):
            hosts[f"h{n}"] = Host(
                f"h{n}", attributes={"local": True, "vswitchd": "skip", "ovsdb": f"unix:{front}"}
            )

        def run(names: Sequence[str]) -> Contestant:
            def work() -> float:
                for server in servers:
                    fresh(server)
                with session_on({name: hosts[name] for name in names}) as session:
                    source = Source("bench", script_for(each, ", ".join(names)))
                    return timed(lambda: session.apply(session.prepare(source)))

            return work

        # What this machine, with all servers on it, leaves to a client that does nothing but ask and wait.
        schema = json.dumps({"method": "get_schema", "params": ["Open_vSwitch"], "id": 1}).encode()
        requests = [schema, read_of_tables(), prepared_transaction(each), read_of_tables()]

        def bare(names: Sequence[str]) -> Contestant:
            paths = [hosts[name].text("ovsdb").removeprefix("unix:") for name in names]

            def work() -> float:
                for server in servers:
                    fresh(server)
                return timed(lambda: ask_all(dict.fromkeys(paths, requests)))

            return work

        contestants = {
            "one host": run(["h0"]),
            f"{count} hosts": run(list(hosts)),
            "bare sockets, the same four questions: one host": bare(["h0"]),
            f"bare sockets, the same four questions: {count} hosts": bare(list(hosts)),
        }
        compare(f"{each} ports on each of {count} hosts, 10 ms of delay; goal: × 1.5", contestants, rounds=9)
