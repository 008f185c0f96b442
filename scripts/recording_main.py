"""A session of vnetsh, typed on a pseudo-terminal and drawn as an animated SVG. `scripts/recording` calls it."""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

import pyte

from vnetsh_lab.lab import Lab

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 120, 30
FRAME = 0.08
"""Seconds between two pictures at least."""

KEY, PAUSE, HOLD = 0.05, 1.4, 5.0
"""Seconds between two keys, in which what was said is read, and of the last picture before it begins anew."""

SESSION = (
    "tunnel gre12 kvm1<->kvm2 on vswitch02",
    "vm cirros01 on kvm1 |memory 96M disk tiny.qcow2 port vswitch02",
    "migrate |cirros01 to |kvm2",
    "show vms",
    "undo",
)
"""What is typed at the prompt, one after the other; at `|` the menu is read."""

PROMPT = "vnetsh>"

Style = tuple[str, str, bool]
"""Colours of the letters and of what is behind them, and whether they are bold."""
Run = tuple[int, str, Style]
"""Letters of one style, and the column of the first."""
Line = tuple[Run, ...]


@dataclass
class Recorded:
    """A program on a terminal, and each picture of it with its time."""

    master: int
    pace: float = 1.0
    """What all waiting for a reader is taken by."""
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(COLUMNS, ROWS))
    pictures: list[tuple[float, tuple[Line, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stream = pyte.ByteStream(self.screen)
        self.screen.write_process_input = lambda data: os.write(self.master, data.encode())
        self._began = time.monotonic()

    def look(self, seconds: float) -> None:
        """Go on for a while."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.master], [], [], min(left, FRAME))[0]:
                self._stream.feed(os.read(self.master, 65536))
            self._picture()

    @property
    def at_cursor(self) -> str:
        """The line that the cursor is in."""
        return str(self.screen.display[self.screen.cursor.y]).rstrip()

    def look_until(self, right: Callable[[], bool], seconds: float = 120) -> None:
        """Go on until something stands there."""
        until = time.monotonic() + seconds
        while not right():
            if time.monotonic() > until:
                raise SystemExit("it never came:\n" + "\n".join(map(str.rstrip, self.screen.display)))
            self.look(FRAME)

    def type(self, text: str) -> None:
        """Type as a person does who knows what comes."""
        for letter in text:
            if letter != "|":
                os.write(self.master, letter.encode())
            self.look((PAUSE if letter == "|" else KEY) * self.pace)

    def _picture(self) -> None:
        now = time.monotonic() - self._began
        lines = tuple(_line(self.screen.buffer[row]) for row in range(ROWS))
        if not self.pictures or self.pictures[-1][1] != lines:
            if self.pictures and now - self.pictures[-1][0] < FRAME:
                self.pictures[-1] = self.pictures[-1][0], lines
            else:
                self.pictures.append((now, lines))


def _line(row: Mapping[int, pyte.screens.Char]) -> Line:
    styled = []
    for column in range(COLUMNS):
        char = row[column]
        front, back = (char.bg, char.fg) if char.reverse else (char.fg, char.bg)
        if char.reverse:
            front, back = "paper" if front == "default" else front, "ink" if back == "default" else back
        styled.append((char.data, (front, back, char.bold)))
    runs, column = [], 0
    for style, letters in groupby(styled, key=lambda cell: cell[1]):
        text = "".join(letter for letter, _ in letters)
        if text.strip() or style[1] != "default":
            runs.append((column, text if style[1] != "default" else text.rstrip(), style))
        column += len(text)
    return tuple(runs)


@contextmanager
def recorded(argv: Sequence[str], environment: Mapping[str, str], pace: float) -> Iterator[Recorded]:
    """Run a program on a terminal of its own."""
    pid, master = pty.fork()
    if pid == 0:
        os.execve(argv[0], list(argv), {**os.environ, "TERM": "xterm-256color", **environment})
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    try:
        yield Recorded(master, pace)
    finally:
        os.close(master)
        os.waitpid(pid, 0)


def play(seen: Recorded) -> None:
    """The session: what is typed has been done when an empty prompt is there again."""
    seen.look_until(lambda: seen.at_cursor == PROMPT)
    seen.look(PAUSE * seen.pace)
    for line in SESSION:
        seen.type(line)
        seen.look(PAUSE / 4 * seen.pace)
        seen.type("\r")
        seen.look_until(lambda: seen.at_cursor == PROMPT)
        seen.look(PAUSE * seen.pace)
    seen.type("\x04")


def svg(pictures: Sequence[tuple[float, tuple[Line, ...]]]) -> str:
    """All of it as one picture that moves; where nothing moves, it is the last one."""
    end = pictures[-1][0] + HOLD
    times = [when for when, _ in pictures] + [end]
    shown: dict[tuple[float, float], list[str]] = {}
    for row in range(ROWS):
        lines = ((lines[row], number) for number, (_, lines) in enumerate(pictures))
        for line, those in groupby(lines, key=lambda one: one[0]):
            numbers = [number for _, number in those]
            if line:
                shown.setdefault((times[numbers[0]], times[numbers[-1] + 1]), []).append(_drawn(row, line))
    rules, groups = [], []
    for number, ((first, last), drawn) in enumerate(sorted(shown.items())):
        begin, over = f"{first / end:.3%}", f"{last / end:.3%}"
        stays = last >= end
        rules.append(
            f"@keyframes k{number}{{0%{{visibility:hidden}}{begin}{{visibility:visible}}"
            + ("}" if stays else f"{over},100%{{visibility:hidden}}}}")
        )
        kind = ' class="z"' if stays else ""
        groups.append(f'<g{kind} style="animation-name:k{number}">{"".join(drawn)}</g>')
    return _PAGE.format(
        width=round(COLUMNS * WIDE + 2 * EDGE),
        height=round(ROWS * HIGH + 2 * EDGE),
        seconds=f"{end:.1f}s",
        edge=EDGE,
        rules="\n".join(rules),
        groups="\n".join(groups),
        title=escape("; ".join(SESSION).replace("|", "")),
    )


WIDE, HIGH, EDGE = 8.43, 18, 14
"""Of one letter in pixels, and of the space round all of them."""

_PAGE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>vnetsh, a session: {title}</title>
<!-- Made by scripts/recording. -->
<style>
svg{{--paper:#fff;--ink:#24292f;--red:#cf222e;--green:#116329;--brown:#7d4e00;--blue:#0550ae;
--magenta:#8250df;--cyan:#1b7c83;--grey:#6e7781;--bar:#e7eaef}}
@media (prefers-color-scheme:dark){{svg{{--paper:#0d1117;--ink:#e6edf3;--red:#ff7b72;--green:#7ee787;--brown:#e3b341;
--blue:#79c0ff;--magenta:#d2a8ff;--cyan:#76e3ea;--grey:#9198a1;--bar:#262c36}}}}
text{{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:var(--ink);white-space:pre}}
.b{{font-weight:bold}}
g{{visibility:hidden;animation:{seconds} steps(1,end) infinite}}
.z{{visibility:visible}}
@media (prefers-reduced-motion:reduce){{g{{animation:none}}}}
{rules}
</style>
<rect width="100%" height="100%" rx="8" fill="var(--paper)" stroke="var(--bar)"/>
<g class="z" style="animation:none" transform="translate({edge} {edge})">
{groups}
</g>
</svg>
"""

_NAMES = ("red", "green", "brown", "blue", "magenta", "cyan", "paper", "ink")


def _drawn(row: int, line: Line) -> str:
    """A line of letters, and what is behind them."""
    behind, letters = [], []
    for column, text, (front, back, bold) in line:
        x = f"{column * WIDE:.4g}"
        if back != "default":
            behind.append(
                f'<rect x="{x}" y="{row * HIGH}" width="{len(text) * WIDE:.4g}" height="{HIGH}" '
                f'style="fill:{_colour(back, "bar")}"/>'
            )
        if text.strip():
            look = (' class="b"' if bold else "") + (
                f' style="fill:{_colour(front, "grey" if back == "default" else "ink")}"'
                if front != "default"
                else ""
            )
            letters.append(f'<tspan x="{x}"{look}>{escape(text.rstrip())}</tspan>')
    return "".join(behind) + f'<text y="{row * HIGH + 14}">{"".join(letters)}</text>'


def _colour(name: str, otherwise: str) -> str:
    """A colour that is read on light and on dark paper; what a terminal has besides is grey."""
    name = name.removeprefix("bright")
    return f"var(--{name if name in _NAMES else otherwise})"


def main() -> int:
    """Record it."""
    parser = argparse.ArgumentParser(prog="scripts/recording")
    parser.add_argument("--demo", action="store_true", help="on hosts in memory")
    parser.add_argument("--fast", action="store_true", help="nobody is to read it: a test")
    parser.add_argument(
        "--to", type=Path, default=ROOT / "docs" / "vnetsh.svg", metavar="FILE", help="docs/vnetsh.svg"
    )
    asked = parser.parse_args()
    vnetsh = str(Path(sys.executable).with_name("vnetsh"))
    with tempfile.TemporaryDirectory(prefix="vnetsh-recording-") as folder:
        own = {"XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder, "VNETSH_LAB_DIR": f"{folder}/lab"}
        lab = None if asked.demo else Lab(f"{folder}/lab")
        try:
            if lab:
                lab.up(2)
            with recorded([vnetsh, "--lab" if lab else "--demo=2"], own, 0.1 if asked.fast else 1.0) as seen:
                play(seen)
        finally:
            if lab:
                lab.down()
        asked.to.write_text(svg(seen.pictures))
    print(asked.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
