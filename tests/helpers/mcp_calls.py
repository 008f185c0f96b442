"""Hostile sequences of calls of `vnetsh mcp`, through its own library's client, on hosts in memory.

Whatever is asked: nothing changes but by a hash that was offered for just what was then there, nothing costs more than
the limit, and all that was made can be taken back.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import anyio
from mcp.client import Client
from soaking import Findings

from vnetsh.diagnostics import Source
from vnetsh.interface.mcp.command import server
from vnetsh.interface.mcp.tools import Tools
from vnetsh.journal import runs
from vnetsh.model.change import Impact
from vnetsh.registry import load_plugins
from vnetsh.session import Session

Snapshot = Mapping[tuple[str, str, str], object]

BEFORE = """
bridge lan on kvm1, kvm2, kvm3
vm web1 on kvm1 memory 512M port lan vlan 10
vm web2 on kvm2 memory 512M port lan vlan 10
vm old on kvm3 memory 512M
"""

SCRIPTS = (
    "bridge br{n} on kvm1, kvm2",
    "bridge lan on kvm1 mtu 1400",
    "bridge br{n} on kvm3 port p{n} type internal vlan {n}",
    "vm new{n} on kvm2 memory 256M port lan vlan {n}",
    "migrate web1 to kvm{k}",
    "vm web1 on kvm1 port lan vlan {n}",
    "vm web2 on kvm2 memory 1G",
    "stop web2",
    "start web2",
    "snapshot web2 as s{n}",
    "tunnel t{n} kvm1<->kvm2 on lan key {n}",
    "delete vm old",
    "delete bridge lan on kvm1",
    "delete vm web1; delete vm web2",
    "rename vm web2 to web9",
    "show vms",
)
"""What costs nothing, and what costs all."""

HOSTILE = (
    "", " ", "\x00", "\x1b]0;owned\x07", "\u202e", "../../etc/passwd", "vms; delete vm web1", "vms\ndelete vm web1",
    "include /etc/passwd", "include \"/etc/shadow\"", "host evil address 10.0.0.1 ssh \"-oProxyCommand=id\"",
    "vm x on kvm1 cloudinit user-data /etc/passwd", "for x in 1..100000000 { bridge b$x on kvm1 }",
    "{" * 5000, "(" * 300,
    "let a = $(id)", "bridge $HOME on kvm1", "vms > /tmp/x", "vms | sh", "screenshot web1 to /tmp/owned.png",
    "capture web1 to /tmp/owned.pcap", "confirm within 1s { delete vm web1 }", "doctor; delete vm web1", "-> ->", "* *",
    "web1 -> web2 ; stop web1", "watch vms", "delete vm web1", "--max-impact destroy", "plan", "9" * 10000,
    "reboot host kvm1", "drain kvm1", "A" * 100_000, "0" * 64, "None", "true",
)  # fmt: skip
"""What is no harmless argument of anything."""

NONSENSE: Sequence[object] = (None, 0, -1, 1e308, True, [], {}, ["delete vm web1"], {"hash": "x"}, [[[[]]]])
EXTRA = (
    "max_impact",
    "most",
    "yes",
    "answer",
    "allowed",
    "force",
    "limit",
    "self",
    "session",
    "__class__",
    "ctx",
)
TOOLS = ("show", "why", "doctor", "export", "graph", "plan", "plan_undo", "apply")
ARGUMENT = {
    "show": "what",
    "why": "way",
    "doctor": "hosts",
    "graph": "format",
    "plan": "script",
    "plan_undo": "run",
    "apply": "hash",
}


def snapshot(session: Session) -> Snapshot:
    """All that the hosts hold."""
    return {
        key: (dict(one.attributes), one.parent, one.backend, one.owner)
        for key, one in session.observe().resources.items()
    }


def at(hosts: Collection[str], all: Snapshot) -> Snapshot:
    """What some hosts hold."""
    return {key: value for key, value in all.items() if key[1] in hosts}


class Round:
    """One sequence against a server with a limit, beside which somebody else is at work on the same hosts."""

    def __init__(self, seed: int, findings: Findings) -> None:
        self.random = random.Random(seed)
        self.findings = findings
        self.most = self.random.choice([None, *Impact])
        self.offered: dict[str, tuple[set[str], Snapshot, Impact]] = {}
        self.spent: list[str] = []
        self.applied = 0

    def expect(self, holds: object, otherwise: str) -> None:
        """Note a failure unless something holds."""
        self.findings.expect(holds, f"limit {self.most}: {otherwise}")

    async def go(self, session: Session, client: Client) -> None:
        """Call and look."""
        self.session, self.client = session, client
        for _ in range(16):
            before = snapshot(session)
            kind = self.random.random()
            if kind < 0.33:
                await self.plan()
            elif kind < 0.62:
                await self.apply_offered(before)
                continue
            elif kind < 0.68:
                self.somebody_else()
                continue
            elif kind < 0.74:
                await self.forge()
            else:
                await self.hostile()
            self.expect(snapshot(session) == before, "something changed, and nothing was applied")

    async def call(self, tool: str, arguments: dict[str, Any]) -> tuple[bool, str]:
        """Call a tool; whether it did as it was told, and its text. What the protocol refuses is no success either."""
        try:
            found = await self.client.call_tool(tool, arguments)
        except Exception as error:  # whatever its library makes of it
            return False, f"{type(error).__name__}: {error}"
        text = "".join(getattr(part, "text", "") for part in found.content)
        self.expect("\x1b" not in text and "\x07" not in text, f"{tool} {arguments}: a character acts")
        self.expect("root:" not in text, f"{tool} {arguments}: a file of this machine is read")
        return not found.is_error, text

    async def plan(self) -> None:
        """Plan something that may be refused as too dear, or what takes a run back."""
        script = self.random.choice(SCRIPTS).format(
            n=self.random.randrange(2, 60), k=self.random.randrange(1, 4)
        )
        undo = self.random.random() < 0.2
        good, text = await self.call("plan_undo" if undo else "plan", {} if undo else {"script": script})
        if good:
            told = json.loads(text)
            impact = Impact[told["plan"]["impact"].upper()]
            allowed = self.most is not None and impact <= self.most
            self.expect(told["allowed"] == allowed, f"{script}: `allowed` is {told['allowed']} at {impact}")
            self.note(told)

    def note(self, told: Mapping[str, Any]) -> None:
        """Keep what was offered, with what there is at the hosts that it would touch."""
        changes = [change for segment in told["plan"]["segments"] for change in segment["changes"]]
        hosts = {change["host"] for change in changes}
        hosts |= {change["after"]["host"] for change in changes if change["action"] == "move"}
        self.offered[told["hash"]] = (
            hosts,
            at(hosts, snapshot(self.session)),
            Impact[told["plan"]["impact"].upper()],
        )

    async def apply_offered(self, before: Snapshot) -> None:
        """Apply something that was offered at some time, or was made already."""
        known = [*self.offered, *self.spent]
        if not known:
            return
        hash = self.random.choice(known)
        count = len(list(runs(self.session.runs)))
        good, text = await self.call("apply", {"hash": hash})
        after = snapshot(self.session)
        if not good:
            self.expect(after == before, f"it was refused, and something changed: {text}")
            return
        self.expect(self.most is not None, "something was applied where nothing may be")
        self.expect(hash in self.offered, "a hash was good twice")
        hosts, there, impact = self.offered.pop(hash, (set(), {}, Impact.NONE))
        self.spent.append(hash)
        self.expect(self.most is not None and impact <= self.most, f"{impact} was applied")
        self.expect(there == at(hosts, before), "a stale hash was applied")
        self.applied += len(list(runs(self.session.runs))) - count
        self.expect(json.loads(text)["ok"] or after == before, f"it failed and left something: {text}")

    def somebody_else(self) -> None:
        """Another changes something beside it: what was offered is stale then."""
        name, host = f"other{self.random.randrange(5)}", f"kvm{self.random.randrange(1, 4)}"
        text = f"bridge {name} on {host} mtu {self.random.randrange(1280, 1500)}"
        assert self.session.apply(self.session.prepare(Source("<other>", text), lock=True)).ok

    async def forge(self) -> None:
        """Apply a hash that nobody was offered."""
        hash = self.random.choice(
            [*self.offered, *self.spent, "0" * 64, "".join(self.random.choices("0123456789abcdef", k=64))]
        )
        wrong = self.random.choice(
            [hash[:-1], hash + "0", hash.upper() + " ", hash[::-1] + "x", f" {hash}", hash[:8]]
        )
        good, text = await self.call("apply", {"hash": wrong})
        self.expect(not good, f"a forged hash was applied: {text}")

    async def hostile(self) -> None:
        """Call anything with anything, but no hash that is good."""
        tool = self.random.choice([*TOOLS, "undo", "delete", "../apply", "", "apply\x00", "__init__"])
        said: object = self.random.choice([*HOSTILE, *HOSTILE, *NONSENSE])
        arguments: dict[str, Any] = {ARGUMENT.get(tool, "x"): said}
        if self.random.random() < 0.3:
            arguments[self.random.choice(EXTRA)] = self.random.choice(["destroy", True, *NONSENSE])
        if self.random.random() < 0.1:
            arguments = {}
        good, text = await self.call(tool, arguments)
        if good and tool in ("plan", "plan_undo"):
            told = json.loads(text)
            self.note(told)


def calls(seed: int, findings: Findings) -> None:
    """One round; in its end all is taken back."""
    plugins = load_plugins()
    with Session(plugins, plugins.worlds["demo"].hosts("3")) as session:
        assert session.apply(session.prepare(Source("<before>", BEFORE), lock=True)).ok
        before = snapshot(session)
        for (
            run
        ) in session.runs.iterdir():  # what there was has been there from of old: it is not to be taken back
            run.unlink()
        one = Round(seed, findings)

        async def go() -> None:
            async with Client(server(Tools(session, one.most))) as client:
                await one.go(session, client)

        anyio.run(go)
        while True:
            left = [run for run in runs(session.runs) if not (run.takes_back or run.taken_back_by)]
            if not left:
                break
            report = session.apply(session.take_back(left[0]))
            findings.expect(report.ok, f"run {left[0].name} cannot be taken back: {report.failures}")
            if not report.ok:
                return
        taken = sum(1 for run in runs(session.runs) if run.takes_back and not run.taken_back_by)
        after = snapshot(session)
        other = {key: (before.get(key), after.get(key)) for key in {**before, **after}}
        other = {key: pair for key, pair in other.items() if pair[0] != pair[1]}
        findings.expect(
            not other, f"seed {seed}: after {taken} undos something is not as it was before: {other}"
        )
        findings.notes.append(f"{one.applied} applied")


def soak_mcp_calls(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Sequences of calls, each with a seed of its own."""
    findings = Findings()
    findings.each(seed, rounds, say, lambda number: calls(number, findings))
    applied = sum(int(note.split()[0]) for note in findings.notes)
    findings.notes = [f"{applied} runs were made"]
    return findings
