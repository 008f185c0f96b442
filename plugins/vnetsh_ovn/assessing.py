"""What a change in the northbound database costs, or why it cannot be made. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Change, Fleet, Impact

_SILENT = frozenset({"tenant"})
"""Kinds of which no packet knows."""


def assess(change: Change, fleet: Fleet) -> Assessment:
    """New things disturb nobody; what is changed or goes, its packets notice."""
    if change.before is None or change.resource.kind in _SILENT:
        return Assessment(Impact.NONE)
    if change.after is None:
        return Assessment(Impact.BRIEF)
    return Assessment(Impact.LIVE)
