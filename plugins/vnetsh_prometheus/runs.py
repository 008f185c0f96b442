"""What came of a run, or of a comparison with a script, added to the metrics that there are already. Pure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import vnetsh
from vnetsh.model.change import ActionKind
from vnetsh_prometheus.text import Labels, Metrics, labels

if TYPE_CHECKING:
    from vnetsh.hookspecs import Plan, Ran, Report

_OUTCOMES = ("done", "failed", "interrupted", "cut_off", "refused", "unreachable")
_Values = dict[tuple[str, Labels], float]


def after_run(known: Metrics, ran: Ran) -> Metrics:
    """The metrics after a run: counters go on from where they were, the rest is of the last run."""
    found = dict(known)
    for key in [key for key in found if key[0] == "vnetsh_build_info"]:
        del found[key]
    found["vnetsh_build_info", labels(version=vnetsh.__version__)] = 1
    fleet = labels(fleet=ran.fleet)
    for outcome in _OUTCOMES:
        said = labels(fleet=ran.fleet, outcome=outcome)
        found["vnetsh_last_run_outcome", said] = float(ran.ending == outcome)
        _add(found, "vnetsh_runs_total", said, float(ran.ending == outcome))
    found["vnetsh_last_run_timestamp_seconds", fleet] = round(ran.ended, 3)
    found["vnetsh_last_run_duration_seconds", fleet] = round(max(0.0, ran.ended - ran.began), 3)
    if ran.ending == "done":
        found["vnetsh_last_run_success_timestamp_seconds", fleet] = round(ran.ended, 3)
    for place, answered in ran.places.items():
        said = labels(fleet=ran.fleet, host=place)
        found["vnetsh_last_run_host_up", said] = float(answered)
        _add(found, "vnetsh_failures_total", said, 0)
    if ran.report:
        _report(found, ran.fleet, ran.report, ran.ended)
    if ran.plan:
        _forget(found, ran.fleet, ran.plan)
    return found


def _add(found: _Values, name: str, said: Labels, value: float) -> None:
    found[name, said] = found.get((name, said), 0) + value


def _report(found: _Values, fleet: str, report: Report, ended: float) -> None:
    for change, outcome in report.outcomes:
        said = labels(fleet=fleet, host=change.place, action=str(change.action), outcome=str(outcome))
        _add(found, "vnetsh_changes_total", said, 1)
        resource = change.resource
        if (resource.kind, change.action, outcome) == ("vm", ActionKind.REMOVE, "done"):
            _no_moves(found, fleet, resource.name)
    for failure in report.failures:
        _add(found, "vnetsh_failures_total", labels(fleet=fleet, host=failure.place), 1)
    for measured in report.measured:
        change = measured.change
        if change.action is ActionKind.MOVE:
            vm = change.resource
            _no_moves(found, fleet, vm.name)
            said = labels(fleet=fleet, vm=vm.name, from_=change.place, to=vm.place)
            found["vnetsh_migration_timestamp_seconds", said] = round(ended, 3)
            _seconds(found, "vnetsh_migration_gap_seconds", said, measured.data.get("gap_ms"))
            _seconds(found, "vnetsh_migration_downtime_seconds", said, measured.data.get("downtime_ms"))


def _seconds(found: _Values, name: str, said: Labels, milliseconds: object) -> None:
    """Note a time that was measured; what was not measured is not 0."""
    if isinstance(milliseconds, int | float):
        found[name, said] = milliseconds / 1000


def _no_moves(found: _Values, fleet: str, vm: str) -> None:
    about = {("fleet", fleet), ("vm", vm)}
    for key in [key for key in found if key[0].startswith("vnetsh_migration_") and about <= {*key[1]}]:
        del found[key]


def _forget(found: _Values, fleet: str, plan: Plan) -> None:
    """Of hosts that are no more in the inventory there is no state; their counters stay."""
    for name, said in list(found):
        about = dict(said)
        if (
            name == "vnetsh_last_run_host_up"
            and about.get("fleet") == fleet
            and about["host"] not in plan.inventory
        ):
            del found[name, said]


def after_drift(known: Metrics, what: str, fleet: str, plan: Plan) -> Metrics:
    """The metrics after a script was compared with its hosts: all of them, also those that are as it says."""
    about = {("fleet", fleet), ("script", what)}
    found = {
        (name, said): value
        for (name, said), value in known.items()
        if not (name.startswith("vnetsh_drift_") and about <= {*said})
    }
    differs: Mapping[str, int] = Counter(change.resource.place for change in plan.changes)
    for place in {**plan.inventory, **differs}:
        said = labels(fleet=fleet, script=what, host=place)
        found["vnetsh_drift_objects", said] = float(differs.get(place, 0))
    found["vnetsh_drift_timestamp_seconds", labels(fleet=fleet, script=what)] = round(time.time(), 3)
    return found
