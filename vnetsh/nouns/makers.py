"""Which backend has a bridge, for what joins it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

USUAL = "ovs"
"""What makes a bridge of which nothing is said."""


def maker_of(bridge: str, place: str, settler: Settling) -> str:
    """The backend of a bridge at a place or, where it is missing there, the one that all others of that name have."""
    here = settler.fleet.get("bridge", place, bridge) or settler.find("bridge", place, bridge)
    others = (*settler.fleet.named("bridge", bridge), *settler.said)
    found = [here] if here else [one for one in others if (one.kind, one.name) == ("bridge", bridge)]
    makers = {one.text("backend") for one in found} - {""}
    return makers.pop() if len(makers) == 1 else USUAL
