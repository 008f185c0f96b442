"""What changes of routers cost, and to whom they open the way. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vnetsh.backend import Assessment
from vnetsh.model import Change, Fleet, Impact, Resource
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns.known import words_of


def router(change: Change, fleet: Fleet) -> Assessment:
    """Who leads outside otherwise, or joins less, loses packets for a moment."""
    before, after = change.before, change.after
    if before is None:
        return Assessment(Impact.NONE, how=_let_out(change.resource))
    hits = _guests(fleet, before.place, words_of(before.get("networks")))
    if after is None:
        return Assessment(Impact.BRIEF, hits, how="its networks are apart from then on")
    differing = change.differing()
    gateways = [words_of(one.get("chassis"))[:1] for one in (before, after)]
    if gateways[0] and gateways[1] and gateways[0] != gateways[1]:
        hosts = [
            (words_of(one.get("gateways")) or words_of(one.get("chassis")))[0] for one in (before, after)
        ]
        return Assessment(Impact.BRIEF, hits, how=f"its gateway moves from {hosts[0]} to {hosts[1]}")
    lost = _addresses(before) - _addresses(after)
    if lost or (before.get("uplink") and not {"uplink", "outside", "nexthops"}.isdisjoint(differing)):
        return Assessment(Impact.BRIEF, hits)
    if "snat" in differing and after.get("snat"):
        return Assessment(Impact.LIVE, hits, how=_let_out(after))
    disturbs = not {"snat", "advertises"}.isdisjoint(differing)
    return Assessment(Impact.LIVE if disturbs else Impact.NONE, hits if disturbs else ())


def _addresses(router: Resource) -> set[tuple[str, str]]:
    """Its address in each network."""
    words = (word.split() for word in words_of(router.get("ports")))
    return {(network, address) for network, *addresses in words for address in addresses}


def _let_out(router: Resource) -> str:
    if not router.get("snat"):
        return ""
    return f"lets its networks out as {', '.join(words_of(router.get('address')))}"


def hop(change: Change, fleet: Fleet) -> Assessment:
    """What goes that way otherwise, or no longer, is lost for a moment."""
    return Assessment(Impact.BRIEF if change.before else Impact.NONE)


def peer(change: Change, fleet: Fleet) -> Assessment:
    """Two routers' networks come to reach each other, or are apart."""
    before, after = change.before, change.after
    if after is None:
        return Assessment(Impact.BRIEF, how="their networks are apart from then on")
    tenants = {tenant_of(after.text(side)) for side in ("left", "right")} - {""}
    allowed = f", for what {' and '.join(sorted(tenants))} allow" if len(tenants) > 1 else ""
    if before is None:
        return Assessment(how=f"their networks reach each other{allowed}")
    lost = any(
        {*words_of(before.get(f"{side}-has"))} - {*words_of(after.get(f"{side}-has"))}
        for side in ("left", "right")
    )
    return Assessment(Impact.BRIEF if lost else Impact.NONE)


def door(change: Change, fleet: Fleet) -> Assessment:
    """What leads in: whom it opens to the outside, and whom it closes."""
    before, after = change.before, change.after
    impact = Impact.NONE if before is None else Impact.BRIEF
    if before and after and not {"inside", "port", "router", "interface"} & {*change.differing()}:
        return Assessment(Impact.NONE)
    if before and after and {*change.differing()} <= {"interface", "mac"}:
        who = "its vm's own host" if after.get("interface") else "its router's gateway"
        return Assessment(impact, how=f"{who} answers for it from then on")
    one = change.resource
    what = one.text("to")
    if one.kind == "forward":
        what = f"{one.text('protocol')} {one.text('port')} of {what}"
    if after is None:
        return Assessment(impact, how=f"closes {what} to the outside")
    tenant = tenant_of(one.text("router"))
    allowed = f", for what {tenant} allows" if tenant else ""
    return Assessment(impact, how=f"opens {what} to the outside{allowed}")


def _guests(fleet: Fleet, place: str, networks: Collection[str]) -> tuple[str, ...]:
    """The vms in some networks."""
    there = fleet.of_kind("attachment", place)
    return tuple(sorted({one.text("vm") for one in there if one.text("network") in networks} - {""}))


def joining(network: Resource, fleet: Fleet) -> Sequence[str]:
    """The routers that join a network, or lead outside by it."""
    return [
        one.name
        for one in fleet.of_kind("router", network.place)
        if network.name in (*words_of(one.get("networks")), one.text("uplink"))
    ]
