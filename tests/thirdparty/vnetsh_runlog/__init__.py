"""Looks on: writes a line for each plan, and one for what came of it. `vnetsh runlog` shows them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.hookspecs import Command, CommandRegistry, hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import Plan, Report


def _file() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "vnetsh-runlog"


def _write(line: str) -> None:
    with _file().open("a") as file:
        file.write(f"{line}\n")


@hookimpl
def vnetsh_before_apply(plan: Plan) -> None:
    """What is to be done, and what it costs."""
    _write(f"{len(plan.changes)} to do, impact {plan.impact}")


@hookimpl
def vnetsh_after_apply(plan: Plan, report: Report) -> None:
    """What came of it."""
    done = ", ".join(f"{change} {outcome}" for change, outcome in report.outcomes)
    _write(f"{'done' if report.ok else 'failed'}: {done or 'nothing'}")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last", type=int, default=10, metavar="N", help="how many lines, at most")


def _show(found: argparse.Namespace) -> int:
    for line in _file().read_text().splitlines()[-found.last :] if _file().exists() else []:
        print(line)
    return 0


@hookimpl
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """The subcommand."""
    commands.add(Command("runlog", "what was applied, and what came of it", _arguments, _show))
