"""What a host's own addresses and services cost when they change, as the real backend says it. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model.change import Change, Impact

_ANEW = "dnsmasq is begun anew"
_GOES = {
    "address": "who talks to the host there loses it",
    "dhcp": "dnsmasq ends; what it lent is forgotten",
    "nat": "its connections to the outside end",
    "static": _ANEW,
}


def assess(change: Change) -> Assessment:
    """What is made costs nothing."""
    kind = change.resource.kind
    if change.before is None:
        return Assessment()
    if change.after is None:
        return Assessment(Impact.BRIEF if kind == "nat" else Impact.LIVE, how=_GOES.get(kind, ""))
    return Assessment(Impact.LIVE, how=_ANEW if kind in ("dhcp", "static") else "")
