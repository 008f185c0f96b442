"""Runs the benches that are named."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from importlib import import_module

BENCHES = {
    "startup": "startup:startup",
    "parse": "language:parse",
    "completion": "language:completion",
    "ports": "ports:ports",
    "many-ports": "ports:many_ports",
    "applied": "ports:applied",
    "nothing": "ports:nothing",
    "fleet": "ports:fleet",
    "mesh": "mesh:mesh",
    "migration": "migration:migration",
    "network-moves": "migration:networked",
    "draining": "draining:draining",
    "images": "fetching:images",
    "rivals": "rivals:rivals",
    "converging": "converging:converging",
    "keystrokes": "keystrokes:keystrokes",
    "page": "painting:page",
    "ovn": "ovn:ovn",
    "chassis": "chassis:chassis",
}
USUAL = ("startup", "parse", "completion", "ports", "nothing", "fleet")


def main(names: list[str]) -> int:
    """Run the benches that are named; by default those that are quick and need no root."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {unknown[0]}: there is {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as an installed program runs: from its bytecode
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # a lab goes with its bench
    gc.set_threshold(500_000)  # as vnetsh.cli does
    with tempfile.TemporaryDirectory() as own:
        os.environ.setdefault("XDG_CACHE_HOME", own)
        os.environ["XDG_STATE_HOME"] = own
        os.environ["VNETSH_RECORDS"] = f"{own}/records"
        for name in names or USUAL:
            module, function = BENCHES[name].split(":")
            getattr(import_module(module), function)()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
