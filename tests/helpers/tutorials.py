"""The tutorials of the manual, played as a reader does who types what they print, in a folder and a lab of their own.

A fence `vnet file NAME` is a file that the reader writes. In a fence `console` what is behind `$ ` is typed, and what
follows is printed: all of it, in that order. A line `…` stands for any lines, `…` in a line for anything. Times,
sizes and the widths of columns are as they are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from in_lab import DIED
from soaking import Findings

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted(path for path in (ROOT / "docs" / "tutorials").glob("*.md") if path.name != "README.md")

TRIES = 3
"""A guest without KVM may die of its move (docs/lab.md)."""

_FENCE = re.compile(r"^```(console|\w+ file (\S+))\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"!\[[^]]*\]\((\S+\.svg)\)")
_MEASURED = (
    r"\b\d+(\.\d+)?(?= ?(s|ms|us|min|MiB/s|KiB|MiB|GiB|%|packets|B)\b)|\b\d\d:\d\d:\d\d\b|\b\d{4}-\d\d-\d\d\b"
)


@dataclass(frozen=True)
class Typed:
    """A line that is typed, and what the page says is printed then."""

    line: str
    printed: str


@dataclass
class Reader:
    """Who follows a page; what differed from it is told in the end."""

    page: Path
    folder: Path
    """Where they are, with their state and their lab; new for each page."""
    update: bool
    """Write what was printed into the page, where it says something else."""
    differences: list[str] = field(default_factory=list)

    def play(self) -> list[str]:
        """Type all of it, look at all that is printed; the lab goes in any case. What differed."""
        (self.folder / "at").mkdir(parents=True)
        try:
            text = _FENCE.sub(self._fence, self.page.read_text())
            if self.update:
                self.page.write_text(text)
            self._pictures(text)
        finally:
            self.run("vnetsh lab down")
        return self.differences

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line as a shell does; both of its outputs in one, as on a terminal."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "VNETSH_LAB_DIR": str(self.folder / "lab"),
            "COLUMNS": "120",
        }
        return subprocess.run(
            ["bash", "-c", line],
            env=environment,
            cwd=self.folder / "at",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )

    def _fence(self, fence: re.Match[str]) -> str:
        kind, name, text = fence.groups()
        if name:
            (self.folder / "at" / name).write_text(text)
            return fence[0]
        return f"```{kind}\n{''.join(map(self._typed, typed(text)))}```"

    def _typed(self, typed: Typed) -> str:
        done = self.run(typed.line)
        if done.returncode:
            self.differences.append(f"$ {typed.line}\nexit code {done.returncode}\n{done.stdout}")
        printed = done.stdout
        if typed.line.startswith(
            "vnetsh lab up"
        ):  # its hosts are at work together, and one of them is ready first
            printed = "".join(sorted(printed.splitlines(keepends=True)))
        if not same(typed.printed, printed):
            self.differences.append(f"$ {typed.line}\n{printed}\ninstead of\n{typed.printed}")
            return f"$ {typed.line}\n{printed}"
        return f"$ {typed.line}\n{typed.printed}"

    def _pictures(self, text: str) -> None:
        for name in _PICTURE.findall(text):
            made, shown = self.folder / "at" / name, self.page.parent / name
            if self.update:
                shutil.copy2(made, shown)
            elif _texts(made) != _texts(shown):
                self.differences.append(f"{name} is another picture now")


def played(page: Path, folder: Path, *, update: bool = False) -> list[str]:
    """Play a page in a folder of its own: once more where a guest died of its move. What differed from it."""
    said = page.read_text()
    for number in range(TRIES):
        differences = Reader(page, folder / f"{page.stem}{number}", update).play()
        if not re.search(DIED, "".join(differences)):
            break
        if update:
            page.write_text(said)
    return differences


def typed(text: str) -> Iterator[Typed]:
    """What a fence has typed."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, printed = part.split("\n", 1)
        yield Typed(line, printed)


def same(page: str, printed: str) -> bool:
    """Whether a page says what was printed."""
    pattern = ""
    for line in _alike(page).splitlines():
        pattern += r"(.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
    return re.fullmatch(pattern, _alike(printed)) is not None


def _alike(text: str) -> str:
    """A text without what is measured; columns are as wide as what stands in them."""
    lines = (re.sub(" {2,}", "  ", line).rstrip() for line in re.sub(_MEASURED, "0", text).splitlines())
    return "".join(f"{line}\n" for line in lines)


def _texts(picture: Path) -> list[str]:
    return sorted(re.findall(r"<text[^>]*>([^<]*)<", picture.read_text()))


def soak_tutorials(seed: int, rounds: int, say: Callable[[str], None]) -> Findings:
    """Play all pages, so many times."""
    findings = Findings()

    def play(number: int) -> None:
        with TemporaryDirectory(prefix="vnetsh-tutorials-") as folder:
            for page in PAGES:
                began = time.monotonic()
                findings.failures += [
                    f"{page.stem}: {difference}" for difference in played(page, Path(folder))
                ]
                say(f"round {number}: {page.stem}: {time.monotonic() - began:.0f} s")

    findings.each(seed, rounds, say, play)
    return findings


def main() -> int:
    """Play pages by their names, and write what they print into them: look at the difference afterwards."""
    for page in PAGES:
        if not sys.argv[1:] or page.stem in sys.argv[1:]:
            with TemporaryDirectory(prefix="vnetsh-tutorials-") as folder:
                print(page.stem, *played(page, Path(folder), update=True), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
