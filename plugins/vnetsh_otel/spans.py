"""A run as a tree of spans: plain data that is handed to the process which sends them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import vnetsh
from vnetsh.model.change import ActionKind, Change

if TYPE_CHECKING:
    from vnetsh.hookspecs import Ran, Report

Value = str | int | float | bool | Sequence[str]
MOST = 50
"""Changes of a step that are said by name; of more there is their number."""


@dataclass(frozen=True)
class Span:
    """What was done from when to when, in seconds since the epoch; `error` says why it failed."""

    name: str
    began: float
    ended: float
    about: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""
    parts: Sequence[Span] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Span:
        """A span again, that was written as JSON."""
        return cls(**{**data, "parts": [cls.of(part) for part in data["parts"]]})


def spans_of(ran: Ran) -> Span:
    """The run: under it its plan, and each host with its steps; under a step that moves a vm, the migration."""
    about: dict[str, Value] = {
        "vnetsh.version": vnetsh.__version__,
        "vnetsh.what": ran.what,
        "vnetsh.fleet": ran.fleet,
        "vnetsh.outcome": str(ran.ending),
    }
    parts = [Span("plan", ran.began, ran.planned, _planned(ran), "" if ran.plan else ran.error)]
    error = ran.error
    if ran.report:
        parts += _hosts(ran.report)
        about |= {"vnetsh.run": ran.report.run, "vnetsh.changes": len(ran.report.outcomes)}
        error = next((failure.message for failure in ran.report.failures), "")
    if str(ran.ending) != "done":
        error = error or str(ran.ending)
    ended = max(ran.ended, *(part.ended for part in parts))
    return Span("vnetsh run", ran.began, ended, about, error, parts)


def _planned(ran: Ran) -> Mapping[str, Value]:
    if ran.plan is None:
        return {"vnetsh.hosts.down": list(ran.down)} if ran.down else {}
    counts = {f"vnetsh.plan.{action}": count for action, count in ran.plan.summary().items()}
    return {"vnetsh.plan.impact": str(ran.plan.impact), **counts}


def _hosts(report: Report) -> Iterator[Span]:
    for place in dict.fromkeys(step.place for step in report.steps):
        parts = list(_steps(report, place))
        error = next((part.error for part in parts if part.error), "")
        began, ended = min(part.began for part in parts), max(part.ended for part in parts)
        yield Span("host", began, ended, {"host.name": place}, error, parts)


def _steps(report: Report, place: str) -> Iterator[Span]:
    for step in report.steps:
        if step.place == place:
            said = [str(change) for change in step.changes[:MOST]]
            about: dict[str, Value] = {
                "host.name": place,
                "vnetsh.backend": step.backend,
                "vnetsh.changes": len(step.changes),
                "vnetsh.change": said,
                "vnetsh.undoes": step.back,
            }
            moves = [
                Span("migration", step.began, step.ended, _migration(report, change), step.failed)
                for change in step.changes
                if change.action is ActionKind.MOVE
            ]
            yield Span("undo" if step.back else "step", step.began, step.ended, about, step.failed, moves)


def _migration(report: Report, change: Change) -> Mapping[str, Value]:
    about: dict[str, Value] = {
        "vnetsh.vm": change.resource.name,
        "vnetsh.from": change.place,
        "vnetsh.to": change.resource.place,
    }
    for measured in report.measured:
        if measured.change is change:
            for name, key in (("gap", "gap_ms"), ("downtime", "downtime_ms")):
                milliseconds = measured.data.get(key)
                if isinstance(milliseconds, int | float):
                    about[f"vnetsh.migration.{name}_seconds"] = milliseconds / 1000
    return about
