"""Whom a way from outside, or between routers, really opens: what is closed stays so until a rule says else. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vnetsh.model import Change, Fleet, Resource, listed
from vnetsh.schema import ANY, Ranges
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns.known import inside_of
from vnetsh_ovn.nouns.targets import as_address
from vnetsh_ovn.shapes.rules import SOURCE, TARGET, end

_SPANS = Ranges()
_ALL = "all"


@dataclass(frozen=True)
class _Whom:
    """To whom a way leads: the words by which rules name it, and whether anything is closed to it."""

    targets: frozenset[str]
    closed: bool


def door(change: Change, after: Fleet) -> str:
    """What an `eip` or a `forward` opens to the outside, or what it would take; nothing where it leads as before."""
    one = change.resource
    if change.before and not {"inside", "port", "router"} & {*change.differing()}:
        return ""
    whom, to = _whom(one, after), one.text("to")
    protocol, port = (one.text("protocol"), one.get("port")) if one.kind == "forward" else (_ALL, None)
    what = f"{protocol} {port} of {to}" if port else to
    denied = [*_about(whom, "deny", one.place, after)]
    if not whom.closed:
        return f"opens {what} to the outside" + _but(denied)
    allowed = [*_about(whom, "allow", one.place, after)]
    if port:
        if any(_takes(rule, protocol, port) for rule in allowed):
            closed = any(_takes(rule, protocol, port) for rule in denied)
            return f"leads to {what}, which a `deny` closes" if closed else f"opens {what} to the outside"
    elif allowed:
        return f"opens {', '.join(_taken(allowed))} of {to} to the outside" + _but(denied)
    vm = f"vm:{to}" if not as_address(to) else next(iter(sorted(whom.targets))).removeprefix("network:")
    hint = f"{protocol} {port}" if port else "tcp PORT"
    return f"leads to {what}, which stays closed until a rule says so: `allow any -> {vm} {hint}`"


def _whom(one: Resource, fleet: Fleet) -> _Whom:
    router = fleet.get("router", one.place, one.text("router"))
    inside, to = ipaddress.ip_address(one.text("inside")), one.text("to")
    nets = inside_of(router) if router else {}
    network = next(
        (name for net, name in nets.items() if net.version == inside.version and inside in net), ""
    )
    vm, port = to, ""
    if as_address(to):
        nics = fleet.of_kind("attachment", one.place)
        here = (n for n in nics if n.text("network") == network and str(inside) in listed(n.get("address")))
        nic = next(here, None)
        vm, port = (nic.text("vm"), nic.text("interface")) if nic else ("", "")
    groups = [
        f"group:{group.name}"
        for group in fleet.of_kind("group", one.place)
        if group.get("members") is not None
        and (vm in listed(group.get("members")) or port in listed(group.get("ports")))
    ]
    words = {f"network:{network}", *groups, *([f"vm:{vm}"] if vm else [])}
    return _Whom(frozenset(words), bool(groups) or bool(tenant_of(network)))


def _about(whom: _Whom, kind: str, place: str, fleet: Fleet) -> Iterator[Resource]:
    """The rules on what everybody may send to somebody, or may not."""
    for rule in fleet.of_kind(kind, place):
        if listed(rule.get(SOURCE)) == (ANY,) and not whom.targets.isdisjoint(listed(rule.get(TARGET))[:1]):
            yield rule


def _takes(rule: Resource, protocol: str, port: object) -> bool:
    ports = rule.get("ports")
    said = rule.text("protocol")
    return said == _ALL or (said == protocol and (not isinstance(ports, tuple) or port in ports))


def _taken(rules: Sequence[Resource]) -> Sequence[str]:
    """What rules are about: `tcp 80, 443`."""
    found = (" ".join(filter(None, (r.text("protocol"), _ports(r)))) for r in rules)
    return sorted({"everything" if one == _ALL else one for one in found})


def _ports(rule: Resource) -> str:
    ports = rule.get("ports")
    return _SPANS.show(ports) if ports else ""


def _but(denied: Sequence[Resource]) -> str:
    return f", but for {', '.join(_taken(denied))}, which a `deny` closes" if denied else ""


def peered(change: Change, after: Fleet) -> str:
    """What a new peer opens between two routers' networks, or what it would take."""
    peer = change.resource
    if change.before:
        return ""
    routers = [after.get("router", peer.place, peer.text(side)) for side in ("left", "right")]
    nets = [listed(one.get("networks")) if one else () for one in routers]
    said = []
    for here, there in ((nets[0], nets[1]), (nets[1], nets[0])):
        mine = {tenant_of(one) for one in there}
        closed = [one for one in here if tenant_of(one) and mine != {tenant_of(one)}]
        if closed and there and not any(_lets_in(closed, there, peer.place, after)):
            said.append(f"`allow {there[0]} -> {closed[0]} tcp PORT`")
    if not said:
        return "their networks reach each other, for what their tenants and groups allow"
    return f"a way between their networks; stays closed until a rule says so: {', '.join(said)}"


def _lets_in(targets: Sequence[str], sources: Sequence[str], place: str, fleet: Fleet) -> Iterator[bool]:
    """Whether each rule lets somebody in those networks send to somebody in these."""
    nics = [*fleet.of_kind("attachment", place)]
    for rule in fleet.of_kind("allow", place):
        yield _is_in(rule, TARGET, targets, nics, fleet) and _is_in(rule, SOURCE, sources, nics, fleet)


def _is_in(
    rule: Resource, side: str, networks: Sequence[str], nics: Sequence[Resource], fleet: Fleet
) -> bool:
    kind, name, _ = end(rule, side)
    if kind in (ANY, "network"):
        return kind == ANY or name in networks
    group = fleet.get("group", rule.place, name) if kind == "group" else None
    vms = listed(group.get("members")) if group else (name,)
    return any(nic.text("vm") in vms and nic.text("network") in networks for nic in nics)
