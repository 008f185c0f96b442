"""What the user asked for: on which hosts, how to answer, what is allowed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vnetsh.diagnostics import Source
from vnetsh.errors import UsageError
from vnetsh.hookspecs import Command
from vnetsh.language.files import read_source, read_stream
from vnetsh.model.change import Impact
from vnetsh.registry import Plugins

FORMATS = ("table", "json", "yaml", "csv")
"""How commands answer."""

DRAWN = ("svg", "html", "dot", "mermaid", "d2", "drawio")
"""How pictures are drawn."""

OF_SCRIPTS = ("plan", "source", "check", "fmt", "drift")
"""Commands that are given scripts: files, or sentences by `-c` and in the shell."""

CONFIRMED = ("plan", "source", "check")
"""Those of them that take a script as one that has to be confirmed, as does the command line without a command."""

PLANNED = ("undo", "rollback", "recover", "adopt")
"""Commands of which `plan` says what they would do: `plan undo 12`."""


def is_planned(word: str) -> bool:
    """Whether `plan WORD` says what another command would do: of a file of that name it does not."""
    return word in PLANNED and not Path(word).exists()


@dataclass(frozen=True)
class CommandLine:
    """What a shell does its lines with that are commands of the command line.

    `options` are those of all commands on hosts; `flags` how they are written, and whether a word of its own is the
    value; `parse` makes of words, and what the shell was given, a command and what that is to be given.
    """

    commands: Mapping[str, Command]
    options: Sequence[argparse.Action]
    flags: Mapping[str, bool]
    parse: Callable[[Sequence[str], argparse.Namespace], tuple[Command, argparse.Namespace]]


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    `action` is `run`, `shell`, or the name of one of the core's subcommands; of a shell `line` is there, too.
    """

    plugins: Plugins
    action: str
    arguments: argparse.Namespace
    line: CommandLine | None = None

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

    def see_enough(self) -> None:
        """Raise `UsageError` where a command needs a word or a script and has none."""
        if self.action == "show" and not self.arguments.names:
            raise UsageError("show what?", help="for example `vnetsh show vms`")
        if self.action in OF_SCRIPTS and self.arguments.c is None and not self.arguments.names:
            what = f"`vnetsh {self.action} FILE`, `-` for standard input, or `-c '…'`"
            raise UsageError(f"{self.action} what?", help=f"{what}; in the shell sentences, too")

    def sources(self) -> list[Source]:
        """The scripts to read. Raises `UsageError` when a file cannot be read."""
        if self.arguments.c is not None:
            return [Source("<command>", self.arguments.c)]
        return [
            read_stream(sys.stdin, "<stdin>") if name == "-" else read_source(Path(name))
            for name in self.arguments.names
        ]
