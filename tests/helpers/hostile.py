"""Names by which somebody wants to act on the terminal of whoever lists them; demo hosts that are full of them."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass

from vnetsh import cli
from vnetsh.model import Resource
from vnetsh_demo.host import DemoHost

_ACTING = (
    "\x1b[5m", "\x1b[2J", "\x1b]0;title\x07", "\x1b]52;c;cm0=\x07", "\x1bP+q\x1b\\", "\x1b[6n", "\x1bc", "\x1b[?1049h",
    "\x1b]8;;http://x\x1b\\", "\x9b5m", "\x90q\x9c", "\x9d0;t\x9c", "\x07", "\x08\x08\x08", "\x7f\x7f", "\x00", "\x05",
    "\x0e", "\x0f", "\x0b", "\x0c", "\x1a", "\x18", "\x85", "\x84", "\x8d", "\r", "\n", "\r\n", "\t",
)  # fmt: skip
_HIDING = (
    "\u202e", "\u202d", "\u202a", "\u202b", "\u202c", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f",
    "\u061c", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u2028", "\u2029", "\u180e", "\ufff9",
    "\U000e0041", "\ue000", "\udc80", "\ud83d",
)  # fmt: skip
_FORGING = (
    "\nerror: kvm1 was deleted",
    "\r\x1b[Kdone: 9 changes, verified",
    "\n  - vm      db   on kvm1",
    "$(reboot)\n",
    "'\n; reboot #",
    '"\n}\ndelete vm db\n#',
)
NAMES = tuple(f"x{text}y" for text in (*_ACTING, *_HIDING, *_FORGING))

_OURS = re.compile(r"\x1b\[(?:0|1|2|3[1-6]|1;3[1-6])m|\r(?:\x1b\[\d+A)?\x1b\[[JK]")
"""What vnetsh itself says to a terminal; on a slow machine also how far it is."""


def acts(text: str) -> list[str]:
    """What of an output acts on a terminal or hides on it, but line ends and vnetsh's own colours."""
    return sorted({char for char in _OURS.sub("", text) if not char.isprintable() and char not in "\n\xa0"})


def seed() -> None:
    """Have every demo host hold a vm, a bridge and ports of each of these names."""

    def filled(host: DemoHost) -> None:
        def put(
            kind: str, name: str, attributes: dict[str, object], parent: tuple[str, str] | None = None
        ) -> None:
            found = Resource(kind, name, host.name, attributes, parent, backend="demo")  # type: ignore[arg-type]
            host.resources[kind, name] = found

        put("bridge", "vswitch01", {"backend": "ovs", "uplink": "eth0"})
        for name in NAMES:
            mark = f"{host.name}{name}"
            put("bridge", mark, {"backend": "ovs", "uplink": name})
            put("port", f"{mark}p", {"type": name, "bridge": mark}, ("bridge", mark))
            put("vm", mark, {"memory": 2**20, "vcpus": 1, "state": "running", "disk": f"{name}.qcow2"})
            put(
                "port",
                f"{mark}n",
                {"type": "vm", "vm": mark, "bridge": "vswitch01", "mac": name},
                ("vm", mark),
            )

    DemoHost.__post_init__ = filled  # type: ignore[method-assign]


class _Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def run(*arguments: str, terminal: bool = True, input: str = "") -> Ran:
    """`vnetsh` in this process, on a terminal or into files; what it wrote, byte for byte."""
    make = _Terminal if terminal else io.TextIOWrapper
    ways = [make(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    before = sys.stdout, sys.stderr, sys.stdin
    sys.stdout, sys.stderr, sys.stdin = *ways, io.TextIOWrapper(io.BytesIO(input.encode()), encoding="utf-8")
    try:
        code = cli.main(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdout, sys.stderr, sys.stdin = before
    for way in ways:
        way.flush()
    out, err = (way.buffer.getvalue().decode() for way in ways)  # type: ignore[attr-defined]
    return Ran(code, out, err)


if __name__ == "__main__":  # the shell on such hosts, for a terminal
    seed()
    sys.exit(cli.main(sys.argv[1:]))
