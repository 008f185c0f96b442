"""What a change in the northbound database costs, or why it cannot be made. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Impact, Resource
from vnetsh_ovn import assessing_routing, openings
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns.further import FURTHER_KIND

IN_USE, NOT_OURS = "E558", "E559"
"""Code: something is on what is to go."""
_SILENT = frozenset({"tenant"})
"""Kinds of which no packet knows."""
_OWN: Mapping[str, Callable[[Change, Fleet], Assessment]] = {
    "router": assessing_routing.router,
    "hop": assessing_routing.hop,
    "peer": assessing_routing.peer,
    "eip": assessing_routing.door,
    "forward": assessing_routing.door,
    **dict.fromkeys(openings.KINDS, openings.assess),
    "loadbalancer": openings.balancer,
}
"""By kind how its changes are judged, where that takes more than whether there was something before."""


def assess(change: Change, fleet: Fleet) -> Assessment:
    """New things disturb nobody; what is changed or goes, its packets notice."""
    if change.undo and change.after is None and (problem := in_use(change, fleet)):
        return Assessment(problem=problem)
    if change.resource.kind == FURTHER_KIND.name:
        return Assessment(problem=_not_ours(change.resource))
    if change.before is None and change.resource.kind == "network":
        return Assessment(how=openings.closed_to(change.resource))
    if own := _OWN.get(change.resource.kind):
        return own(change, fleet)
    if change.before is None or change.resource.kind in _SILENT:
        return Assessment(Impact.NONE)
    if change.after is None:
        return Assessment(Impact.BRIEF)
    return Assessment(Impact.LIVE)


def _not_ours(row: Resource) -> Diagnostic:
    return Diagnostic(
        NOT_OURS,
        f"{row.text('table')} `{row.name}` is a row that vnetsh only shows",
        row.at("name"),
        help="whoever made it takes it away: `ovn-nbctl`",
    )


def in_use(change: Change, fleet: Fleet) -> Diagnostic | None:
    """Why something cannot go: the NICs that are on a network, also others' ports, and what a tenant has still.

    Taken back, things go one after the other; else all that goes with it is looked at at once (`forbids`).
    """
    thing = change.resource
    if thing.kind == "network":
        on = [one for one in fleet.of_kind("attachment", thing.place) if one.text("network") == thing.name]
        users = [
            f"NIC {one.name} of vm {one.text('vm')}" if one.get("vm") else f"port {one.name}" for one in on
        ]
        users += [f"router {name}" for name in assessing_routing.joining(thing, fleet)]
    elif thing.kind == "tenant":
        users = [
            f"{one.kind} {one.name}"
            for one in fleet.resources.values()
            if one.place == thing.place and tenant_of(one.name) == thing.name
        ]
    else:
        return None
    if not users:
        return None
    more = f" and {len(users) - 3} more" if len(users) > 3 else ""
    return Diagnostic(
        IN_USE,
        f"{thing.kind} `{thing.name}` still has {', '.join(sorted(users)[:3])}{more}",
        thing.at("name"),
        help="delete these first, or put them elsewhere",
    )
