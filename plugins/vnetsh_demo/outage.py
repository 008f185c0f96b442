"""The outage of a move between hosts in memory: there is none, so every limit is kept. Pure."""

from __future__ import annotations

import json

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Thing
from vnetsh.schema import Duration

OUTAGE = "outage"


def words(change: Change) -> str:
    """What the plan says of it where a limit is said, and of its way; empty elsewhere."""
    limit, over = change.wishes.get(OUTAGE), change.wishes.get("over")
    way = f"; over {over}" if over else ""
    if not isinstance(limit, int) or change.undo:
        return way
    return f"{way}; outage {Duration().show(limit)} at most, probed from {', '.join(change.places)}"


def problem(change: Change, fleet: Fleet) -> Diagnostic | None:
    """Why a limit cannot be kept: nothing can be probed."""
    vm = change.before
    if vm is None or change.undo or change.wishes.get(OUTAGE) is None or fleet.nics(vm):
        return None
    return Diagnostic(
        "E463",
        f"the outage of `{vm.name}` cannot be measured: it has no NIC on a bridge",
        change.resource.at(OUTAGE),
        "",
        f"move it without: `migrate {vm.name} to {change.resource.place}`",
    )


def measured(change: Change) -> Thing | None:
    """What the report says where a limit was said."""
    if change.wishes.get(OUTAGE) is None or change.undo:
        return None
    name = change.resource.name
    data = {"gap_ms": 0, "downtime_ms": 0, "probes": [], "not_measured": [], "notes": ["in memory"]}
    says = f"{name}: gap 0 ms: in memory nothing is ever away"
    return {"what": f"the gap of {name}", "measured": json.dumps(data), "says": says}
