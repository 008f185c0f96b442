"""The hosts that the server knows: found as the command line finds them, read again when their file changes."""

from __future__ import annotations

import argparse
from pathlib import Path

from vnetsh.diagnostics import Diagnostic, ProblemsFound
from vnetsh.errors import VnetshError
from vnetsh.model import Inventory
from vnetsh.registry import Plugins
from vnetsh.script.inventory import hosts_file, load_hosts


class Hosts:
    """The inventory of a world (`--demo`) or of the hosts file. No host is ever asked.

    `path` is the hosts file; `problems` are those of its last reading, `trouble` what else was wrong with it. While
    it cannot be read, what it held before counts.
    """

    def __init__(self, plugins: Plugins, options: argparse.Namespace) -> None:
        self._plugins = plugins
        self._options = options
        self._stamp: tuple[int, int] | None = None
        self._inventory: Inventory = {}
        self.path: Path | None = None
        self.problems: tuple[Diagnostic, ...] = ()
        self.trouble = ""

    def inventory(self) -> Inventory:
        """The hosts as they are written now."""
        self.trouble = ""
        try:
            self._read()
        except ProblemsFound as found:
            self.problems = found.problems
        except VnetshError as error:
            self.trouble = " ".join(filter(None, (error.message, error.help)))
        except OSError as error:
            self.trouble = f"cannot read {self.path}: {error.strerror}"
        return self._inventory

    def _read(self) -> None:
        for world in self._plugins.worlds.values():
            asked = getattr(self._options, f"world_{world.name}")
            if asked is not None:
                self._inventory = world.hosts(asked)
                return
        found = hosts_file(self._options.hosts)
        self.path = found.resolve() if found else None
        if not self.path:
            self._inventory, self._stamp, self.problems = {}, None, ()
            return
        state = self.path.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp != self._stamp:
            self._stamp, self.problems = stamp, ()
            self._inventory = load_hosts(self.path, self._plugins.vocabulary)
