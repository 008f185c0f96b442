"""Why something is not planned or made, in the words of a terminal: for faces that are none."""

from __future__ import annotations

from vnetsh.diagnostics import ProblemsFound
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.errors import VnetshError
from vnetsh.interface import render


def why_not(error: VnetshError | ProblemsFound) -> str:
    """All of it, on lines of their own; what comes from elsewhere is as it is."""
    if isinstance(error, ProblemsFound | PlanRefused):
        return render.diagnostics_text(error.problems, render.Style.plain())
    if isinstance(error, HostsDown):
        return "\n".join(map(_with_help, error.failures))
    return _with_help(error)


def _with_help(error: VnetshError) -> str:
    return f"{error.message}\nhelp: {error.help}" if error.help else error.message
