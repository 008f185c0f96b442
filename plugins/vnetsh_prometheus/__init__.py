"""Metrics for Prometheus: `vnetsh export -o prometheus`, and a textfile that is written after each run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.hookspecs import CommandRegistry, Export, hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import Plan, Ran
    from vnetsh.model import Fleet

FILE = "VNETSH_METRICS"
"""The variable of the environment that says which textfile is written after each run."""


def _text(fleet: Fleet) -> str:
    from vnetsh_prometheus.fleet import fleet_metrics
    from vnetsh_prometheus.text import text

    return text(fleet_metrics(fleet))


@hookimpl
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """Register `export -o prometheus`."""
    commands.add_export(Export("prometheus", _text, partial=True))


@hookimpl
def vnetsh_after_run(ran: Ran) -> None:
    """Write what came of a run into the textfile, where there is to be one."""
    if file := os.environ.get(FILE):
        from vnetsh_prometheus.runs import after_run
        from vnetsh_prometheus.textfile import update

        update(Path(file), lambda known: after_run(known, ran))


@hookimpl
def vnetsh_after_drift(what: str, fleet: str, plan: Plan) -> None:
    """Write a drift into the textfile, where there is to be one."""
    if file := os.environ.get(FILE):
        from vnetsh_prometheus.runs import after_drift
        from vnetsh_prometheus.textfile import update

        update(Path(file), lambda known: after_drift(known, what, fleet, plan))
