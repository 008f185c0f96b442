"""What changes would leave behind: what stands on things that go, or will be otherwise, and is not said anew. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Resource, listed
from vnetsh_ovn.assessing import in_use
from vnetsh_ovn.nouns.known import IpNetwork, inside_of
from vnetsh_ovn.nouns.targets import as_address
from vnetsh_ovn.shapes.networks import gateway_of, subnets_of
from vnetsh_ovn.shapes.rules import SOURCE, TARGET, end

LEFT_BEHIND = "E586"
"""Code: something would be left behind by what changes."""


def left_behind(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """What stands soundly before the changes, and would not afterwards: each of it refuses them."""
    for change in changes:
        if change.after is None and (used := in_use(change, after)):
            yield used
    mine = [one for one in changes if one.before and not one.undo and one.resource.kind in _CHANGING]
    for place in sorted({one.place for one in mine}):
        there = _World(before, place)
        span = next(one.resource.span for one in mine if one.place == place)
        for thing, problems in _World(after, place).problems():
            had = before.resources.get(thing.key)
            known = there.problems_of(had) if had else problems  # what is new answers for itself
            if problem := next((one for one in problems if one not in known), ""):
                words = f"{'NIC' if thing.kind == 'attachment' else thing.kind} `{thing.name}` {problem}"
                yield Diagnostic(LEFT_BEHIND, words, span, help=_help(thing))


_CHANGING = frozenset({"network", "attachment", "router", "loadbalancer"})
"""Kinds that others stand on."""


def _help(thing: Resource) -> str:
    if thing.kind == "attachment":
        vm = thing.text("vm")
        said = (
            f"`vm {vm} port {thing.text('network')} name {thing.name} address …`"
            if vm
            else "its owner's matter"
        )
        return f"say it in the same script: {said}"
    if not thing.marked:
        return "others made it: it is theirs to change, before this"
    if thing.kind == "group":
        return f"take it out before: `group {thing.name} members …`"
    return f"say it anew in the same script, or before: `delete {thing.kind} {thing.name}`"


class _World:
    """What a cluster has, as one fleet shows it."""

    def __init__(self, fleet: Fleet, place: str) -> None:
        self._fleet, self._place = fleet, place

    def problems(self) -> Iterator[tuple[Resource, Sequence[str]]]:
        """All that does not stand soundly, and why."""
        for kind in _CHECKS:
            for thing in self._fleet.of_kind(kind, self._place):
                if problems := self.problems_of(thing):
                    yield thing, problems

    def problems_of(self, thing: Resource) -> Sequence[str]:
        """Why something does not stand soundly."""
        return [*_CHECKS[thing.kind](self, thing)]

    @cached_property
    def _networks(self) -> dict[str, Sequence[IpNetwork]]:
        return {one.name: subnets_of(one) for one in self._fleet.of_kind("network", self._place)}

    @cached_property
    def _routers(self) -> dict[str, Resource]:
        return {one.name: one for one in self._fleet.of_kind("router", self._place)}

    @cached_property
    def _nics(self) -> dict[str, list[Resource]]:
        """The NICs of each vm."""
        found: dict[str, list[Resource]] = {}
        for one in self._fleet.of_kind("attachment", self._place):
            found.setdefault(one.text("vm"), []).append(one)
        return found

    @cached_property
    def _addresses(self) -> set[tuple[str, str]]:
        """Logical ports, each with its addresses."""
        return {
            (one.text("interface"), address)
            for nics in self._nics.values()
            for one in nics
            for address in listed(one.get("address"))
        }

    def _is_known(self, vm: str) -> bool:
        return vm in self._nics or bool(self._fleet.named("vm", vm))

    def nic(self, nic: Resource) -> Iterator[str]:
        """One with an address outside of its network, or its gateway's."""
        network = self._fleet.get("network", self._place, nic.text("network"))
        if network is None:
            return
        addresses = listed(nic.get("address"))
        if out := _outside(addresses, self._networks[network.name]):
            yield f"would have {out}, which is in no subnet of network `{network.name}`"
        for gateway in {gateway_of(network, 4), gateway_of(network, 6)} & {*addresses}:
            yield f"would have {gateway}, and so would the router of network `{network.name}`"

    def hop(self, hop: Resource) -> Iterator[str]:
        """One whose next router is in none of its router's subnets."""
        router = self._routers.get(hop.name.partition(" ")[0])
        if router and (out := _outside(listed(hop.get("via")), _all_of(router))):
            yield f"would go by {out}, which is in no subnet of router `{router.name}`"

    def way_in(self, way: Resource) -> Iterator[str]:
        """An eip or a forward that leads where nobody is."""
        router, inside, to = self._routers.get(way.text("router")), way.text("inside"), way.text("to")
        if router is None:
            return
        outer = self._networks.get(router.text("uplink"), ())
        if outer and _outside([way.text("address") or way.name], outer):
            yield f"would be in no subnet that router `{router.name}` leads to outside"
        if not router.text("uplink"):
            yield f"would be router `{router.name}`'s, which leads nowhere outside"
        if _outside([inside], [*inside_of(router)]):
            yield f"would lead to {inside}, which router `{router.name}` does not reach"
        if to and not as_address(to) and not self._has(to, [inside]):
            yield f"would lead to {inside}, which vm `{to}` has no more"
        if (port := way.text("interface")) and (port, inside) not in self._addresses:
            yield f"would be at the host of a port that has {inside} no more"

    def balancer(self, balancer: Resource) -> Iterator[str]:
        """One that nobody answers for, or whose backends are others."""
        backends, networks = listed(balancer.get("backends")), {*listed(balancer.get("networks"))}
        for vm in listed(balancer.get("to")):
            if not as_address(vm) and not self._has(vm, backends):
                yield f"would lead to an address that vm `{vm}` has no more"
        for address, port, source in (one.split() for one in listed(balancer.get("checks"))):
            if (port, address) not in self._addresses:
                yield f"would ask {address} by a port that has it no more, from {source}"
        joined = (listed(one.get("networks")) for one in self._routers.values())
        if networks and not any(networks & {*one} for one in joined):
            yield f"would be answered for by no router at {balancer.text('address')}"

    def group(self, group: Resource) -> Iterator[str]:
        """One with a member that is not there."""
        for vm in listed(group.get("members")):
            if not self._is_known(vm):
                yield f"would have the member `{vm}`, and there is no such vm any more"

    def rule(self, rule: Resource) -> Iterator[str]:
        """One that names a vm that is not there,."""
        for side in (SOURCE, TARGET):
            kind, name, _ = end(rule, side)
            if kind == "vm" and not self._is_known(name):
                yield f"would be about vm `{name}`, and there is no such vm any more"

    def _has(self, vm: str, addresses: Iterable[str]) -> bool:
        wanted = {*addresses}
        return any(wanted & {*listed(one.get("address"))} for one in self._nics.get(vm, ()))


_CHECKS = {
    "attachment": _World.nic,
    "hop": _World.hop,
    "eip": _World.way_in,
    "forward": _World.way_in,
    "loadbalancer": _World.balancer,
    "group": _World.group,
    "allow": _World.rule,
    "deny": _World.rule,
}


def _all_of(router: Resource) -> Sequence[IpNetwork]:
    outer = [ipaddress.ip_interface(one).network for one in listed(router.get("outside"))]
    return [*inside_of(router), *outer]


def _outside(addresses: Iterable[str], subnets: Sequence[IpNetwork]) -> str:
    """The first address that is in none of the subnets; empty where all are in one."""
    return next(
        (one for one in addresses if not any(ipaddress.ip_address(one) in subnet for subnet in subnets)), ""
    )
