"""Runs on a scratch northbound database that are killed at one of their points, and what mends them, killed as well.

`soak_crash_clouds(rounds, seed)` is for long runs; the test suite does a few. A seed says all of a round.
"""

from __future__ import annotations

import difflib
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from random_clouds import Cloud
from scratch_ovn import CENTRAL, CLUSTER, ScratchOvn, look, scratch_ovn
from soaking import Findings, Operator

from vnetsh.testing.scratch_ovs import scratch_ovs

WAYS = ("the script again", "recover", "recover --undo", "another script")
OTHER = "network beside subnet 10.99.0.0/24"


def soak_crash_clouds(
    rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None, *, kills: int = 6
) -> Findings:
    """Rounds with the seeds from that one on; in each a script is killed so often."""
    found, counts = Findings(), Counter[str]()
    with scratch_ovn() as ovn, scratch_ovs() as ovs:

        def one(number: int) -> None:
            with tempfile.TemporaryDirectory(prefix="crash-") as folder:
                hosts = Path(folder) / "hosts.vnet"
                hosts.write_text(
                    f'host {CENTRAL} address 192.0.2.1 local ovsdb "unix:{ovs.socket}" vswitchd skip\n'
                    f'cluster {CLUSTER} type ovn on {CENTRAL} northbound "unix:{ovn.northbound.socket}" '
                    f'southbound "unix:{ovn.southbound.socket}"\n'
                )
                operator = Operator(Path(folder), ("--hosts", str(hosts), "--max-impact", "destroy"))
                Round(number, ovn, operator, found, counts).run(kills)

        found.each(seed, rounds, say, one)
    found.counted(counts, say)
    return found


class Round:
    """A cloud, and a script on it that is killed again and again."""

    def __init__(
        self, seed: int, ovn: ScratchOvn, operator: Operator, found: Findings, counts: Counter[str]
    ) -> None:
        self._seed, self._ovn, self._operator, self._found, self._counts = seed, ovn, operator, found, counts
        self._random = Random(seed)
        self._cloud = Cloud(self._random, hosts=(CENTRAL,), vms=0)
        self._script = ""
        self._log: list[str] = []

    def run(self, kills: int) -> None:
        self._ovn.clear()
        self._ovn.chassis(self._cloud.bridges, (CENTRAL,))
        colleague = replace(self._operator, folder=self._operator.folder / "colleague")
        begun = colleague("-c", self._cloud.text)  # its making stands in another journal
        if begun.returncode:
            self._fail(f"the cloud is refused: {begun.stderr}")
            return
        before = look(self._ovn.rows())
        after, points = self._uninterrupted(before)
        for _ in range(kills if points else 0):
            if not self._killed(before, after, points):
                return

    def _fail(self, what: str) -> None:
        steps = "\n".join(self._log)
        history = self._operator("history").stdout
        self._found.failures.append(
            f"seed {self._seed}: {what}\n{self._cloud.text}\n--- the script:\n{self._script}\n{steps}\n{history}"
        )

    def _uninterrupted(self, before: list[str]) -> tuple[list[str], int]:
        """What a script that may be said twice comes to, and its points; none where no such is found."""
        log = self._operator.folder / "points"
        for _ in range(20):
            changes = [self._cloud.change() for _ in range(self._random.randint(1, 4))]
            self._script = "\n".join(dict.fromkeys(filter(None, changes)))
            log.write_text("")
            done = self._operator("-c", self._script, VNETSH_CRASH_LOG=str(log))
            if done.returncode or "no changes" in done.stdout:
                if look(self._ovn.rows()) != before:
                    self._fail(f"what is refused has changed something: {done.stdout}{done.stderr}")
                    return [], 0
                continue
            after, points = look(self._ovn.rows()), len(log.read_text().splitlines())
            again = self._operator("-c", self._script)
            twice = again.returncode == 0 and look(self._ovn.rows()) == after
            if not self._undo_all() or not self._is(before, "after the whole run was taken back"):
                return [], 0
            if twice:
                return after, points
        self._counts["without a script"] += 1
        return [], 0

    def _undo_all(self) -> bool:
        """Take back all runs; whether that went well."""
        while "nothing to undo" not in (back := self._operator("undo")).stderr:
            self._log.append(f"undo: {back.returncode}\n{back.stdout}{back.stderr}")
            if back.returncode:
                self._fail("undo fails")
                return False
        return True

    def _is(self, wanted: list[str], when: str) -> bool:
        rows = look(self._ovn.rows())
        if rows != wanted:
            lines = [line for line in difflib.ndiff(wanted, rows) if not line.startswith("  ")]
            self._fail(f"{when}:\n    " + "\n    ".join(lines[:12]))
        return rows == wanted

    def _killed(self, before: list[str], after: list[str], points: int) -> bool:
        self._log = []
        self._run(["-c", self._script], self._random.randint(1, points))
        way = self._random.choice(WAYS)
        first = self._random.choice(WAYS[:3]) if self._random.random() < 0.4 else ""
        if first:
            self._mend(first, self._random.randint(1, points + 8))
        if way == "another script":  # it settles what is half made; between two steps a run stays as it is
            if self._mend(way).returncode:
                self._fail(f"{way} fails")
                return False
            way = self._random.choice(WAYS[1:3])
        if self._mend(way).returncode:
            self._fail(f"{way} fails")
            return False
        rows = [line for line in look(self._ovn.rows()) if "name=['beside']" not in line]
        self._counts[
            "all new" if rows == after else "all old" if rows == before else "between two steps"
        ] += 1
        # What was killed while it took the run back may be finished so: then all is old. And where the script, said
        # again, was killed, too, that is the run which is taken back: the first one stands until the next `undo`.
        apart = (first, way) == ("the script again", "recover --undo")
        if not apart and rows not in ([after] if way == "the script again" else [before, after]):
            self._is(after, f"after {way}, from all new")
            self._is(before, f"after {way}, from all old")
            return False
        return self._undo_all() and self._is(before, f"after {way}, and all was taken back")

    def _mend(self, way: str, kill: int = 0) -> subprocess.CompletedProcess[str]:
        words = {"the script again": ["-c", self._script], "another script": ["-c", OTHER]}
        return self._run(words.get(way, way.split()), kill)

    def _run(self, words: list[str], kill: int = 0) -> subprocess.CompletedProcess[str]:
        at = {"VNETSH_CRASH_AT": str(kill)} if kill else {}
        done = self._operator(*words, **at)
        self._log.append(
            f"{' '.join(words)[:60]} killed at {kill or 'no'} point: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        if "Traceback" in done.stderr:
            self._fail("a traceback")
        self._counts["killed" if done.returncode == -signal.SIGKILL else "to the end"] += 1
        return done
