"""What the user asked for: on which hosts, how to answer, what is allowed."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from vnetsh.diagnostics import Source
from vnetsh.errors import UsageError
from vnetsh.language.files import read_source, read_stream
from vnetsh.model.change import Impact
from vnetsh.registry import Plugins


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    `action` is `run`, `shell`, or the name of one of the core's subcommands.
    """

    plugins: Plugins
    action: str
    arguments: argparse.Namespace

    @property
    def json(self) -> bool:
        """Whether the output is JSON."""
        return bool(self.arguments.output == "json")

    @property
    def max_impact(self) -> Impact | None:
        """The worst impact that is let through; None when the user did not say."""
        said = self.arguments.max_impact
        return Impact[said.upper()] if said else None

    @property
    def undo_on_failure(self) -> bool:
        """Whether a run of which something fails is taken back, also what stands. Raises `UsageError`."""
        said = bool(self.arguments.undo_on_failure)
        if said and self.arguments.keep_going:
            raise UsageError(
                "`--undo-on-failure` and `--keep-going` contradict each other",
                help="the one takes all back when something fails, the other goes on: say one of them",
            )
        return said

    @property
    def settings(self) -> dict[str, str]:
        """Variables from outside. Raises `UsageError`."""
        found = {}
        for text in self.arguments.set or ():
            name, equals, value = text.partition("=")
            if not equals or not name.isidentifier():
                raise UsageError(f"`--set {text}` sets nothing", help="for example `--set n=3`")
            found[name] = value
        return found

    def sources(self) -> list[Source]:
        """The scripts to read. Raises `UsageError` when a file cannot be read."""
        if self.arguments.c is not None:
            return [Source("<command>", self.arguments.c)]
        return [
            read_stream(sys.stdin, "<stdin>") if name == "-" else read_source(Path(name))
            for name in self.arguments.names
        ]
