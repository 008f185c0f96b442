"""Every hook that a plugin can implement. All optional, all called by keyword, registries handed in.

A plugin is a module or an object named by an entry point of the group `vnetsh`. It should import little: what
it registers may import the rest when it is first used. `Plan`, `Ran`, `Report` and `Script`, which hooks are given,
can be imported from here for their types only.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pluggy

if TYPE_CHECKING:
    from vnetsh.backend import Backend
    from vnetsh.diagnostics import Diagnostic
    from vnetsh.engine.ran import Ran as Ran
    from vnetsh.engine.report import Report as Report
    from vnetsh.model import Fleet, Place
    from vnetsh.planning.plan import Plan as Plan
    from vnetsh.schema import Attribute, Kind, Verb
    from vnetsh.script.script import Script as Script

PROJECT = "vnetsh"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Command:
    """A subcommand of `vnetsh` (`vnetsh NAME …`).

    `arguments` adds its options to a parser; `run` does the work and returns the exit code. What it is given also has
    `plugins`, all that is loaded. `on_hosts`: it takes the options besides that say which hosts there are, how to
    answer and what is allowed.
    """

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    on_hosts: bool = False


@dataclass(frozen=True)
class World:
    """A set of hosts that comes without an inventory file, chosen by the option `--NAME`.

    `hosts` gives them, and the other places that they lead to; its argument is the option's value (`--demo=3`), empty
    when there is none. Raises `UsageError` where the world is not there (the lab is down). `real`: its hosts outlive
    this process, and others may work on them.
    """

    name: str
    help: str
    hosts: Callable[[str], Mapping[str, Place]]
    argument: str = ""
    real: bool = True


@dataclass(frozen=True)
class Export:
    """What hosts hold, for another tool: `vnetsh export -o NAME`.

    `text` is given all that was observed. `partial`: it says itself which hosts did not answer; else that is an error.
    `deliver` compares it with what a server has (`--to URL`), tells what differs, and writes it if it is to; whether
    all is well then. Raises a `VnetshError` where the server does not do it.
    """

    name: str
    text: Callable[[Fleet], str]
    partial: bool = False
    deliver: Callable[[Delivery], bool] | None = None


@dataclass(frozen=True)
class Delivery:
    """What hosts hold, for a server: `vnetsh export -o NAME --to URL`.

    `seen` are the hosts of which all is known; of others nothing may be removed. `to` and `token` are empty where they
    were not said. `write`: not only to be compared. `tell` takes a line for the user.
    """

    fleet: Fleet
    seen: frozenset[str]
    to: str
    token: str
    write: bool
    tell: Callable[[str], None]


class KindRegistry(Protocol):
    """Takes nouns, verbs, attributes for nouns that exist already, and what codes mean."""

    def add(self, kind: Kind) -> None:
        """A new noun."""

    def extend(self, kind: str, *attributes: Attribute) -> None:
        """Further attributes of a noun (`host`, mostly)."""

    def add_verb(self, verb: Verb) -> None:
        """A new verb. Raises `PluginBroken` when it neither plans changes nor answers, or does both."""

    def add_cluster_type(self, name: str) -> None:
        """A type that `cluster … type` takes; the places that it declares are of the sort `name`."""

    def add_form(self, head: str, *forms: Kind | Verb) -> None:
        """Further forms of a noun or verb, their first words in their names: `expect vm`."""

    def explain(self, *places: str) -> None:
        """Where it is said what the codes of diagnostics mean (`vnetsh explain`): `module:NAME`.

        NAME is a tuple of `vnetsh.explanations.Explanation`; it is read when somebody asks. Codes must be free.
        """


class BackendRegistry(Protocol):
    """Takes backends."""

    def add(self, backend: Backend) -> None:
        """A backend; its name must be free."""


class CommandRegistry(Protocol):
    """Takes subcommands, worlds and forms of `export`."""

    def add(self, command: Command) -> None:
        """A subcommand; its name must be free."""

    def add_world(self, world: World) -> None:
        """A world; its name must be free."""

    def add_export(self, export: Export) -> None:
        """A form of `export`; its name must be free."""


@hookspec
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """Register nouns, verbs, further attributes and explanations of codes."""


@hookspec
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """Register backends."""


@hookspec
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """Register subcommands, worlds and forms of `export`."""


@hookspec
def vnetsh_check(topology: Script) -> Iterable[Diagnostic]:
    """Check a resolved script before any host is asked; the problems found refuse it."""
    return ()


@hookspec
def vnetsh_before_apply(plan: Plan) -> None:
    """Told before a plan is applied. Observes only: what it raises is a warning, and the plan is applied."""


@hookspec
def vnetsh_after_apply(plan: Plan, report: Report) -> None:
    """Told after a plan was applied, with what came of it. Observes only: what it raises is a warning."""


@hookspec
def vnetsh_after_run(ran: Ran) -> None:
    """Told when a run is over, also one with nothing to do, and one that was refused before it touched anything.

    Hosts are free again then, and what came of it is not printed yet. Observes only: what it raises is a warning.
    """


@hookspec
def vnetsh_after_drift(what: str, fleet: str, plan: Plan) -> None:
    """Told when hosts were compared with a script: `plan` is what would make them as it says.

    Observes only: what it raises is a warning.
    """
