"""A round: hosts made by others, their export, then sentences and their undo. A seed says all of it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import rmtree

from soaking import Findings, Operator

from brownfield.ills import misreported, planted
from brownfield.looking import Look, Looking, differences
from brownfield.machines import machines, networks
from brownfield.sentences import script
from brownfield.switches import switches
from brownfield.world import HOSTS, World
from vnetsh_lab import Lab, running

SCRIPTS = 4
"""That many scripts are tried on each world, each taken back before the next."""


def soak_taken_over(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """The same hosts, with more that is wrong: no scripts, but all that `takeover` reports is looked at."""
    found, tried = Findings(), dict[str, int]()

    def one(number: int) -> None:
        failures = len(found.failures)
        world = world_of(number)
        planted(world, Random(f"ills of {number}"))
        with _made(number, world, found, tried) as made:
            made.take_over()
        say(f"seed {number}: {len(found.failures) - failures} failures, {len(world.ills)} things wrong")

    found.each(seed, rounds, say, one)
    found.counted(tried, say)
    return found


def soak_brownfield(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Rounds with the seeds from that one on; each has a lab of its own, so that it can be repeated alone."""
    found = Findings()
    tried: dict[str, int] = {}
    for number in range(seed, seed + rounds):
        found.rounds = number
        failures = len(found.failures)
        try:
            brownfield_round(number, found, tried)
        except Exception as error:  # the next seeds are to be tried all the same
            found.failures.append(f"seed {number}: {type(error).__name__}: {error}")
        for failure in found.failures[failures:]:
            say(f"FAILED {failure}")
        say(f"seed {number}: {len(found.failures) - failures} failures")
    found.rounds = rounds
    found.notes.append(", ".join(f"{count} {what}" for what, count in sorted(tried.items())))
    return found


def world_of(seed: int) -> World:
    """The hosts of a seed."""
    world = World(Random(seed))
    switches(world)
    networks(world)
    machines(world)
    return world


def brownfield_round(seed: int, found: Findings, tried: dict[str, int]) -> None:
    """Make the hosts of a seed, and try its scripts there. What fails stands in `found`."""
    with _made(seed, world_of(seed), found, tried) as made:
        made.run()


@contextmanager
def _made(seed: int, world: World, found: Findings, tried: dict[str, int]) -> Iterator[Round]:
    """A world on a lab of its own."""
    with running(hosts=len(HOSTS)) as lab, tempfile.TemporaryDirectory(prefix="brown-") as folder:
        operator = Operator(Path(folder), ("--lab",), {"VNETSH_LAB_DIR": str(lab.folder)})
        made = Round(seed, world, lab, operator, found, tried)
        made.make()
        yield made


class Round:
    """One world, made on a lab, and what is tried on it."""

    def __init__(
        self, seed: int, world: World, lab: Lab, operator: Operator, found: Findings, tried: dict[str, int]
    ) -> None:
        self._seed, self._world, self._lab, self._operator = seed, world, lab, operator
        self._found, self._tried, self._looking = found, tried, Looking(lab)

    def make(self) -> None:
        """The world, on its hosts."""
        for host in HOSTS:
            done = self._lab.exec(host, ["bash", "-s"], input=self._world.script(host), timeout=120)
            assert done.returncode == 0, f"{host} could not be made: {done.stdout[-2000:]}{done.stderr}"

    def run(self) -> None:
        """The export first, for it is to change nothing; then the scripts."""
        before = self._looking.all()
        self._export(before)
        random = Random(self._seed)
        for _ in range(SCRIPTS):
            if not self._script(script(self._world, random), before):
                return  # the hosts are no longer as they were: what follows would say nothing

    def _fail(self, sentences: str, what: str) -> None:
        said = sentences.replace("\n", "\n    ")
        self._found.failures.append(
            f"seed {self._seed}: {what}\n  with\n    {said}\n  on\n{self._world.text()}"
        )

    def _count(self, what: str) -> None:
        self._tried[what] = self._tried.get(what, 0) + 1

    def _same(self, before: Mapping[str, Look], sentences: str, when: str, *but: str) -> bool:
        """Whether the hosts are as they were; a failure where not, `but` for what the plan said is not brought back."""
        after = self._looking.all()
        differing = list(differences(before, after))
        found = [line for line in differing if not any(part in line.split(": ")[0] for part in but)]
        if found:
            self._fail(sentences, f"{when}:\n    " + "\n    ".join(found[:12]))
        return not differing

    def _export(self, before: Mapping[str, Look]) -> None:
        done = self._operator("export")
        if done.returncode:
            self._fail("export", f"exit code {done.returncode}: {done.stdout}{done.stderr}")
            return
        file = self._operator.folder / "export.vnet"
        file.write_text(done.stdout)
        planned = self._operator("plan", "--exit-code", str(file))
        if planned.returncode:
            self._fail(done.stdout, f"the export is not what is there: {planned.stdout}{planned.stderr}")
        self.take_over()
        self._same(before, "export", "export, takeover and plan changed something")

    def take_over(self) -> None:
        """What is written is what is there, and names all that is wrong."""
        over = self._operator.folder / "over"
        rmtree(over, ignore_errors=True)
        taken = self._operator("takeover", "--to", str(over))
        planned = self._operator("plan", "--exit-code", str(over / "all.vnet"))
        if taken.returncode or planned.returncode:
            says = f"{taken.stdout}{taken.stderr}{planned.stdout}{planned.stderr}"
            self._fail("takeover", f"what it wrote is not what is there: {says}")
        if not taken.returncode:
            report = (over / "REPORT.md").read_text()
            if wrong := [*misreported(self._world, report)]:
                self._fail("takeover", "\n    ".join(["its report is wrong:", *wrong, report]))
            self._tried["things wrong"] = self._tried.get("things wrong", 0) + len(self._world.ills)

    def _script(self, sentences: str, before: Mapping[str, Look]) -> bool:
        """Run it and take it back; whether the hosts are as they were."""
        done = self._operator("--max-impact", "destroy", "-c", sentences)
        if "Traceback" in done.stderr or "defect" in done.stderr:
            self._fail(sentences, f"a defect: {done.stderr}")
        if done.returncode:
            late = not self._operator("plan", "-c", sentences).returncode
            self._count("refused when it was applied" if late else "refused")
            if late:
                self._found.notes.append(f"seed {self._seed}: {sentences!r}: {done.stderr.strip()[:400]}")
            return self._same(before, sentences, f"it was refused, but ({done.stderr.strip()[:600]})")
        if "no changes" in done.stdout:
            self._count("no changes")
            return self._same(before, sentences, "nothing was to change, but")
        self._count("done and taken back")
        after = self._looking.all()
        gone = [
            f"{host}:{name}"
            for host in HOSTS
            for name in before[host]["files"].keys() - after[host]["files"].keys()
        ]
        # libvirt's own files of a definition go with it; an image does not.
        gone = [name for name in gone if "/images/" in name]
        if gone:
            self._fail(
                sentences, f"files are gone that the run did not make: {', '.join(gone)}\n{done.stdout}"
            )
        again = self._operator("plan", "--exit-code", "-c", sentences)
        if again.returncode and _says_where_it_ends(sentences):
            self._count("not the same when said twice")
            self._fail(
                sentences, f"said again it is not done: {again.stdout}{again.stderr}\n  first: {done.stdout}"
            )
        back = self._operator("--max-impact", "destroy", "undo")
        if "did not let go" in back.stderr:  # no guest here has a system that could
            self._count("done, and kept by its guest")
            self._same(after, sentences, "its undo was refused, but")
            return False
        if back.returncode:
            self._fail(sentences, f"undo: {back.stdout}{back.stderr}\n  of: {done.stdout}")
            return False
        said = [part for part, words in _NOT_BROUGHT_BACK if words in done.stdout]
        return self._same(before, sentences, "after its undo", *said)


_NOT_BROUGHT_BACK = (
    ("/live/memory", "started again it has what it is defined with"),
    ("/live/disks", "told by its file from then on"),
    ("/xml", "told by its file from then on"),
)
"""What a plan says that it does not bring back, by its words."""

_DOING = "delete vm|migrate|start|stop|suspend|resume|save|snapshot|rename"
"""The verbs whose subject is a VM."""


def _says_where_it_ends(sentences: str) -> bool:
    """Whether no sentence does something with a VM (stop, start, move, delete it) of which another one speaks, too."""
    names: list[str] = []
    doing: set[str] = set()
    for line in sentences.splitlines():
        found = re.match(rf'(vm|{_DOING}) ("(?:[^"\\]|\\.)*")', line)
        if found:
            names.append(found[2])
            doing |= {found[2]} if found[1] != "vm" else set()
    return not any(names.count(name) > 1 for name in doing)
