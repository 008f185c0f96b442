"""A mesh over many hosts, by scratch ovsdb-servers: made, looked at again, and with one host more."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from contest import Contestant, compare, timed
from ports import ask_all, fresh, read_of_tables, session_on

from vnetsh.diagnostics import Source
from vnetsh.model import Host
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import scratch_ovs

Tunnels = Mapping[str, Sequence[str]]
"""For each host those that it gets a tunnel to."""


def address(host: str) -> str:
    """A host's own, in a network that is nobody's (RFC 5737)."""
    return f"192.0.2.{host[1:]}"


def between(hosts: Sequence[str]) -> Tunnels:
    """Each with each."""
    return {host: [other for other in hosts if other != host] for host in hosts}


def request(others: Sequence[str]) -> bytes:
    """One JSON-RPC request that adds a host's tunnels to others, with all that vnetsh writes of them."""
    operations: list[dict[str, object]] = []
    for other in others:
        name = f"t{other}"
        options = {"remote_ip": address(other), "key": "42"}
        row: dict[str, object] = {"name": name, "type": "vxlan", "options": ["map", [*options.items()]]}
        row["bfd"] = ["map", [["enable", "true"]]]
        marks = ["map", [["vnetsh", "1"], ["vnetsh-mesh", "m"]]]
        operations.append({"op": "insert", "table": "Interface", "row": row, "uuid-name": f"i{name}"})
        row = {
            "name": name,
            "interfaces": ["named-uuid", f"i{name}"],
            "protected": True,
            "external_ids": marks,
        }
        operations.append({"op": "insert", "table": "Port", "row": row, "uuid-name": f"p{name}"})
    ports = ["set", [["named-uuid", f"pt{other}"] for other in others]]
    mutation = {"mutations": [["ports", "insert", ports]], "where": [["name", "==", "br0"]]}
    operations.append({"op": "mutate", "table": "Bridge", **mutation})
    root = {"where": [], "mutations": [["next_cfg", "+=", 1]]}
    operations.append({"op": "mutate", "table": "Open_vSwitch", **root})
    return json.dumps({"method": "transact", "params": ["Open_vSwitch", *operations], "id": 1}).encode()


def commands(others: Sequence[str]) -> list[str]:
    """The words of one ovs-vsctl that does the same, or finds it done."""
    words: list[str] = []
    for other in others:
        name = f"t{other}"
        words += [
            "--",
            "--may-exist",
            "add-port",
            "br0",
            name,
            "protected=true",
            "external_ids:vnetsh-mesh=m",
        ]
        words += ["--", "set", "interface", name, "type=vxlan", f"options:remote_ip={address(other)}"]
        words += ["options:key=42", "bfd:enable=true"]
    return words[1:]


class Fleet:
    """So many servers, each a host's."""

    def __init__(self, stack: ExitStack, count: int) -> None:
        self.servers = {f"h{n}": stack.enter_context(scratch_ovs()) for n in range(1, count + 1)}
        self.hosts = {
            name: Host(
                name, address(name), attributes={"local": True, "vswitchd": "skip", **ovs.host_attributes}
            )
            for name, ovs in self.servers.items()
        }

    def fresh(self, there: Tunnels) -> None:
        """An empty bridge on all of them, but for these tunnels."""
        for ovs in self.servers.values():
            fresh(ovs)
        self.ask({name: request(others) for name, others in there.items()})

    def ask(self, requests: Mapping[str, bytes]) -> None:
        """Send each of these hosts its request over a bare socket, all at once."""
        ask_all({self.servers[name].socket: [one] for name, one in requests.items()})

    def vsctl(self, tunnels: Tunnels) -> None:
        """One `ovs-vsctl` a host, all at once."""
        started = [
            subprocess.Popen(
                ["ovs-vsctl", f"--db=unix:{self.servers[name].socket}", "--no-wait", *commands(others)]
            )
            for name, others in tunnels.items()
        ]
        assert not any(process.wait() for process in started)


def mesh(count: int = 50, rounds: int = 5) -> None:
    """A mesh of so many hosts. Each contestant finds what there is in the same state."""
    with ExitStack() as stack:
        fleet = Fleet(stack, count)
        names = list(fleet.hosts)
        session = stack.enter_context(session_on(fleet.hosts))
        most, every = between(names[:-1]), between(names)
        added: Tunnels = {names[-1]: names[:-1], **{name: [names[-1]] for name in names[:-1]}}
        raw, more = ({name: request(o) for name, o in t.items()} for t in (every, added))
        reads = dict.fromkeys(names, read_of_tables())

        def given(there: Tunnels, work: Callable[[], object]) -> Contestant:
            def run() -> float:
                fleet.fresh(there)
                return timed(work)

            return run

        goal = "goal: × 1.5"
        text = f"mesh m {', '.join(names)} on br0 type vxlan key 42"
        for title, there, ask, due in (
            (f"a mesh of {count} hosts, {count * (count - 1)} tunnel ports; {goal}", {}, raw, every),
            ("the same again: no changes", every, reads, every),
            (f"one host added, {2 * (count - 1)} tunnel ports; {goal}", most, more, added),
        ):
            compare(
                title,
                {
                    "prepared transactions over bare sockets, all at once": given(
                        there, partial(fleet.ask, ask)
                    ),
                    "vnetsh: a line in a session": given(there, partial(said, session, text)),
                    "one batched ovs-vsctl a host, all at once": given(there, partial(fleet.vsctl, due)),
                },
                rounds,
            )


def said(session: Session, text: str) -> None:
    """Have a sentence be true."""
    report = session.apply(session.prepare(Source("bench", text), lock=True))
    assert report.ok, report.failures
