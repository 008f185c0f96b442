"""What the fault tests share with scripts/soak: findings, sessions on scratch databases, vnetsh as a process."""

from __future__ import annotations

import os
import subprocess
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ready_vnetsh import COMMAND, run_vnetsh

from vnetsh.diagnostics import Source
from vnetsh.engine.report import Report
from vnetsh.model import Host
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs


@dataclass
class Findings:
    """What came of the rounds of one fault. `notes` are worth a line in the table, `failures` are defects."""

    rounds: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def expect(self, holds: object, otherwise: str) -> None:
        """Note a failure unless something holds."""
        if not holds:
            self.failures.append(f"round {self.rounds}: {otherwise}")

    def each(self, seed: int, rounds: int, say: Callable[[str], None], one: Callable[[int], object]) -> None:
        """Rounds with the seeds from that one on; what fails is said at once, and the next ones are tried as well."""
        for number in range(seed, seed + rounds):
            failures = len(self.failures)
            try:
                one(number)
            except Exception as error:
                said = f"seed {number}: {type(error).__name__}: {error}"
                self.failures.append(f"{said}\n{traceback.format_exc()}")
            for failure in self.failures[failures:]:
                say(f"FAILED {failure}")
            self.rounds += 1

    def counted(self, counts: Mapping[str, int], say: Callable[[str], None]) -> None:
        """Note how much of each thing there was, and say so."""
        self.notes.append(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
        say(self.notes[-1])

    def check(self) -> None:
        """Fail a test when there is a failure, or when nothing was tried."""
        assert self.rounds
        assert not self.failures, "\n".join(self.failures)


def scratch_host(ovs: ScratchOvs, name: str = "kvm1", **attributes: object) -> Host:
    """A scratch database as a host; without vswitchd nobody waits for one."""
    wait = "wait" if ovs.vswitchd else "skip"
    return Host(name, attributes={"local": True, "vswitchd": wait, **ovs.host_attributes, **attributes})


@contextmanager
def ovs_session(hosts: Mapping[str, Host], **options: object) -> Iterator[Session]:
    """A session that knows Open vSwitch only."""
    plugins = load_plugins()
    plugins.backends = {"ovs": plugins.backends["ovs"]}
    with Session(plugins, hosts, **options) as session:
        yield session


def done(session: Session, script: str) -> Report:
    """Run a script; what came of it."""
    return session.apply(session.prepare(Source("<soak>", script)))


def configuration(ovs: ScratchOvs) -> dict[str, list[object]]:
    """What the database says of bridges, ports and interfaces, but for what vswitchd writes."""
    columns = {
        "Bridge": ["_uuid", "name", "ports", "external_ids", "datapath_type"],
        "Port": ["_uuid", "name", "interfaces", "tag", "external_ids"],
        "Interface": ["_uuid", "name", "type", "options", "external_ids"],
    }
    selects = [{"op": "select", "table": t, "where": [], "columns": c} for t, c in columns.items()]
    results = ovs.transact(*selects)
    return {
        table: sorted(result["rows"], key=str)  # type: ignore[call-overload]
        for table, result in zip(columns, results, strict=True)
    }


@dataclass(frozen=True)
class Operator:
    """Runs vnetsh in processes of its own, with a journal of its own."""

    folder: Path
    world: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start vnetsh."""
        return subprocess.Popen(
            [str(COMMAND), *self.world, *arguments],
            env=self._environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run vnetsh to its end."""
        return run_vnetsh([*self.world, *arguments], self._environment(environment), 120)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        state = {"XDG_STATE_HOME": str(self.folder / "state"), "NO_COLOR": "1"}
        state |= {"VNETSH_RECORDS": str(self.folder / "records")}
        return {**os.environ, **state, **self.environment, **more}
