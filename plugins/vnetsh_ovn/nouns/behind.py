"""What follows a router that joins other networks, or is new: its forwards, and the load balancers there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.model import listed
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns.known import followed_so_far

if TYPE_CHECKING:
    from vnetsh.model import Resource, Value
    from vnetsh.schema.lent import Settling


def led(router: Resource, there: Resource | None, settler: Settling) -> Iterator[Resource]:
    """Those that the segment does not name. `router` as it will be, `there` as it is."""
    joins = {*listed(router.get("networks"))}
    had = {*listed(there.get("networks"))} if there else set()
    if joins == had:
        return
    because = f"router {router.name} {'changes' if there else 'is new'}"
    forwards = settler.once(("ovn led forwards", router.place), lambda: _forwards(router.place, settler))
    wanted: Value = tuple(sorted(joins)) or None
    for forward in forwards.get(router.name, ()):
        yield replace(forward, attributes={"networks": wanted}, because=because, span=router.span)
    balancers = settler.once(("ovn led balancers", router.place), lambda: _balancers(router.place, settler))
    for tenant in sorted({tenant_of(one) for one in joins | had}):
        for balancer in balancers.get(tenant, ()):
            more = followed_so_far(balancer, settler)
            will_be = balancer.with_attributes(**more)
            routers = {*listed(will_be.get("routers"))} - {router.name}
            if joins & {*listed(will_be.get("networks"))}:
                routers.add(router.name)
            known: Value = tuple(sorted(routers)) or None
            if known != will_be.get("routers"):
                attributes = {**more, "routers": known}
                yield replace(balancer, attributes=attributes, because=because, span=router.span)


def _forwards(place: str, settler: Settling) -> Mapping[str, Sequence[Resource]]:
    """By router the forwards that follow it."""
    return _following("forward", place, settler, lambda one: one.text("router"))


def _balancers(place: str, settler: Settling) -> Mapping[str, Sequence[Resource]]:
    """By tenant the load balancers that follow routers of their networks."""
    return _following("loadbalancer", place, settler, lambda one: tenant_of(one.name))


def _following(
    kind: str, place: str, settler: Settling, by: Callable[[Resource], str]
) -> Mapping[str, Sequence[Resource]]:
    said = {one.key for one in settler.said if one.kind == kind}
    found: dict[str, list[Resource]] = {}
    for one in settler.fleet.of_kind(kind, place):
        if one.marked and one.key not in said:
            found.setdefault(by(one), []).append(one)
    return found
