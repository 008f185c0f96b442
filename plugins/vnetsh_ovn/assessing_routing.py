"""What changes of routers cost, and to whom they open the way. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vnetsh.backend import Assessment
from vnetsh.model import Change, Fleet, Impact, Resource, listed
from vnetsh_ovn.shapes.routers import GUARD


def router(change: Change, fleet: Fleet) -> Assessment:
    """Who leads outside otherwise, or joins less, loses packets for a moment."""
    before, after = change.before, change.after
    if before is None:
        return Assessment(Impact.NONE, how=_let_out(change.resource))
    hits = _guests(fleet, before.place, listed(before.get("networks")))
    if after is None:
        return Assessment(Impact.BRIEF, hits, how="its networks are apart from then on")
    differing = change.differing()
    gateways = [listed(one.get("chassis"))[:1] for one in (before, after)]
    if gateways[0] and gateways[1] and gateways[0] != gateways[1]:
        hosts = [(listed(one.get("gateways")) or listed(one.get("chassis")))[0] for one in (before, after)]
        return Assessment(Impact.BRIEF, hits, how=f"its gateway moves from {hosts[0]} to {hosts[1]}")
    lost = _addresses(before) - _addresses(after)
    if lost or (before.get("uplink") and not {"uplink", "outside", "nexthops"}.isdisjoint(differing)):
        return Assessment(Impact.BRIEF, hits)
    if "snat" in differing:
        if after.get("snat"):
            return Assessment(Impact.LIVE, hits, how=_let_out(after))
        return Assessment(Impact.BRIEF, hits, how="its networks go out under their own addresses")
    if {*differing} == {GUARD}:
        return Assessment(how="under which addresses nobody outside can send")
    disturbs = "advertises" in differing
    return Assessment(Impact.LIVE if disturbs else Impact.NONE, hits if disturbs else ())


def _addresses(router: Resource) -> set[tuple[str, str]]:
    """Its address in each network."""
    words = (word.split() for word in listed(router.get("ports")))
    return {(network, address) for network, *addresses in words for address in addresses}


def _let_out(router: Resource) -> str:
    if not router.get("snat"):
        return ""
    return f"lets its networks out as {', '.join(listed(router.get('address')))}"


def hop(change: Change, fleet: Fleet) -> Assessment:
    """What goes that way otherwise, or no longer, is lost for a moment."""
    return Assessment(Impact.BRIEF if change.before else Impact.NONE)


def peer(change: Change, fleet: Fleet) -> Assessment:
    """Two routers' networks come to reach each other, or are apart."""
    before, after = change.before, change.after
    if after is None:
        return Assessment(Impact.BRIEF, how="their networks are apart from then on")
    if before is None:
        return Assessment()
    lost = any(
        {*listed(before.get(f"{side}-has"))} - {*listed(after.get(f"{side}-has"))}
        for side in ("left", "right")
    )
    return Assessment(Impact.BRIEF if lost else Impact.NONE)


def door(change: Change, fleet: Fleet) -> Assessment:
    """What leads in, and whom it closes; whom it opens depends on the rules that come with it (`ways_in`)."""
    before, after = change.before, change.after
    impact = Impact.NONE if before is None else Impact.BRIEF
    if before and after and not {"inside", "port", "router", "interface"} & {*change.differing()}:
        return Assessment(Impact.NONE)
    if before and after and {*change.differing()} <= {"interface", "mac"}:
        who = "its vm's own host" if after.get("interface") else "its router's gateway"
        slow = "; OVN announces no IPv6 address: neighbours outside ask anew within a minute"
        return Assessment(
            impact, how=f"{who} answers for it from then on{slow if ':' in change.resource.name else ''}"
        )
    one = change.resource
    what = one.text("to")
    if one.kind == "forward":
        what = f"{one.text('protocol')} {one.text('port')} of {what}"
    if after is None:
        return Assessment(impact, how=f"closes {what} to the outside")
    return Assessment(impact)


def _guests(fleet: Fleet, place: str, networks: Collection[str]) -> tuple[str, ...]:
    """The vms in some networks."""
    there = fleet.of_kind("attachment", place)
    return tuple(sorted({one.text("vm") for one in there if one.text("network") in networks} - {""}))


def joining(network: Resource, fleet: Fleet) -> Sequence[str]:
    """The routers that join a network, or lead outside by it."""
    return [
        one.name
        for one in fleet.of_kind("router", network.place)
        if network.name in (*listed(one.get("networks")), one.text("uplink"))
    ]
