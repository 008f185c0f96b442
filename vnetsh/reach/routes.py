"""A way as the things that a packet passes, each with what is known to be wrong with it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vnetsh.model import LINK_DOWN, LINK_UP, Finding, Fleet, Hop, Key, Resource, Route, link_of
from vnetsh.model.facts import SWITCHED_OFF
from vnetsh.model.power import RUNNING, STATE
from vnetsh.reach.addresses import address_of
from vnetsh.reach.points import Point, of_address
from vnetsh.reach.tags import named, outermost
from vnetsh.reach.walk import Step, Walk, Walker

CABLES = ("uplink", "link")
"""Kinds of things between hosts of which it counts that they are seen to be down."""

Wrong = tuple[int, Finding]
"""What is wrong, with the number of the hop at which that is."""


@dataclass(frozen=True)
class Told:
    """A route, and what the model knows to be wrong on it: in the order of its hops, symptoms last.

    `broken`: its hops do not hang together; else all are there, and one of them may be ill. `below` are the ways of its
    tunnels' own packets, between their hosts.
    """

    route: Route
    wrong: tuple[Wrong, ...]
    broken: bool = False
    below: tuple[Route, ...] = ()


def told(walk: Walk, fleet: Fleet, *, underlay: bool = True) -> Told:
    """A walk as a route. Without `underlay` it is one of the hosts' own network, below which is no other."""
    hops: list[Hop] = []
    wrong: list[Wrong] = []
    ways: list[Route] = []
    _begin(walk, fleet, hops, wrong)
    for number, step in enumerate(walk.steps):
        _go(walk, number, step, fleet, hops, wrong)
        tunnel = tunnel_at(step, 0, fleet) if underlay and tunnel_at(step, 1, fleet) else None
        if tunnel and (way := below(_remote(step, 1, fleet), tunnel.text("remote"), fleet)):
            at = next(at for at in reversed(range(len(hops))) if hops[at].kind == "tunnel")
            own = _remote(step, 1, fleet), tunnel.text("remote")
            carried = replace(way.route, addresses=own, carries=tunnel.text("type") or "gre")
            ways += [] if way.broken else [carried]
            wrong += [(at, one) for _, one in way.wrong if not one.symptom or one.at[0] in CABLES][:1]
    _end(walk, fleet, hops, wrong)
    source, target = walk.source, walk.target
    route = Route(tuple(hops), (source.mac, target.mac), (_address(source), _address(target)))
    ordered = sorted(wrong, key=lambda one: (one[1].symptom, one[0], one[1].at[0] == "tunnel"))
    return Told(route, tuple(ordered), not walk.arrives, tuple(ways))


def _address(point: Point) -> str:
    """An IPv4 address of a point; empty where none is known."""
    return next((address_of(text) for text in point.addresses if ":" not in text), "")


def _begin(walk: Walk, fleet: Fleet, hops: list[Hop], wrong: list[Wrong]) -> None:
    source = walk.source
    first = end_hops(source, fleet)
    hops += first
    wrong += [(0, one) for one in off(source, fleet)]
    wrong += [(len(first) - 1, one) for one in (*walk.begins, *ill(source, fleet))]
    if source.spot and not source.spot[1].startswith("/"):
        hops.append(_bridge(walk, 0, source.link, fleet))


def _end(walk: Walk, fleet: Fleet, hops: list[Hop], wrong: list[Wrong]) -> None:
    last = end_hops(walk.target, fleet)[::-1]
    wrong += [(len(hops), one) for one in (*walk.ends, *ill(walk.target, fleet))]
    hops += last
    wrong += [(len(hops) - 1, one) for one in off(walk.target, fleet)]


def end_hops(point: Point, fleet: Fleet) -> list[Hop]:
    """The hops of an end: its vm, where it is one's, and its port."""
    vlan = outermost(point.vlans[0]) if len(point.vlans) == 1 else 0
    what, name = point.what, point.link
    kind, backend, where = "link", "", ""
    if what:
        kind, backend, name = what.kind, what.backend, what.name
        where = f" on {what.text('bridge') or 'no bridge'}" if kind == "port" else ""
    tags = f", {named(point.vlans[0])}" if vlan else ""
    if len(point.vlans) > 1:
        tags = f", VLANs {', '.join(map(str, point.vlans))}"
    if what and what.get("qinq"):
        tags = f", QinQ in VLAN {vlan}"
    vm = fleet.get("vm", point.place, point.of_vm) if point.of_vm else None
    if vm is None:
        at = f" ({', '.join(map(address_of, point.addresses))})" if point.addresses else ""
        says = f"{kind} {name}{at}{where} of {point.place}{tags}"
        return [Hop(kind, name, point.place, says, backend, point.link, vlan)]
    mac = f" ({point.mac})" if point.mac else ""
    return [
        Hop("vm", vm.name, point.place, f"{vm.name}{mac} on {point.place}", vm.backend),
        Hop(kind, name, point.place, f"its NIC {name}{where}{tags}", backend, point.link, vlan),
    ]


def alone(point: Point, fleet: Fleet) -> list[Finding]:
    """What is wrong with an end and its vm."""
    return [*off(point, fleet), *ill(point, fleet)]


def off(point: Point, fleet: Fleet) -> Iterator[Finding]:
    """What is wrong with the vm whose NIC an end is."""
    vm = fleet.get("vm", point.place, point.of_vm) if point.of_vm else None
    if vm and vm.get(STATE) not in (None, RUNNING):
        yield Finding(vm.key, f"it is {vm.text(STATE)}")


def ill(point: Point, fleet: Fleet) -> Iterator[Finding]:
    """What is wrong with an end by itself."""
    what = point.what
    key = what.key if what else ("link", point.place, point.link)
    if what and what.get("error"):
        yield Finding(key, f"its switch says: {what.text('error')}")
    if what and what.get("link") == LINK_DOWN:
        yield Finding(key, "its link is down: its guest sees no cable", {"link": LINK_UP})
    if point.spot is None:
        yield Finding(key, "it is on no bridge")
    if why := fleet.down(point.place, point.link):
        yield _down(key, point.place, point.link, why)


def _down(key: Key, place: str, link: str, why: str) -> Finding:
    """A link by which nothing passes: one without a carrier may have been switched on a moment ago."""
    if why == SWITCHED_OFF:
        return Finding(key, f"{link} {why}", command=f"ip link set {shlex.quote(link)} up")
    return Finding(key, f"{link} {why}", symptom=True)


def _bridge(walk: Walk, number: int, enters: str, fleet: Fleet) -> Hop:
    """The bridge before a step, or before the end."""
    steps = walk.steps
    spot = steps[number].near if number < len(steps) else steps[-1].far if steps else walk.source.spot
    assert spot
    place, name = spot
    frame = steps[number - 1].vlan if number else walk.vlan
    vlan = outermost(frame)
    leaves = _device(steps[number], 0, fleet) if number < len(steps) else walk.target.link
    before, after = steps[number - 1] if number else None, steps[number] if number < len(steps) else None
    found = fleet.get("bridge", place, name)
    between = before is not None and after is not None
    says = f"bridge {name} on {place}" + (f", {named(frame)}" if vlan else "") if between else ""
    return Hop(
        "bridge", name, place, says, found.backend if found else "", "", vlan, enters, leaves,
        _remote(after, 0, fleet), _remote(before, 1, fleet),
    )  # fmt: skip


def _device(step: Step, end: int, fleet: Fleet) -> str:
    """The link at one side of a step; of a tunnel the device that its backend has for it, if it has one."""
    tunnel = tunnel_at(step, end, fleet)
    return link_of(tunnel) if tunnel else step.link(end)


def _remote(step: Step | None, end: int, fleet: Fleet) -> str:
    """Where the tunnel leads that is one end of a step."""
    found = tunnel_at(step, end, fleet) if step else None
    return found.text("remote") if found else ""


def tunnel_at(step: Step, end: int, fleet: Fleet) -> Resource | None:
    """The tunnel's end at one side of a step."""
    key = step.key(end)
    return fleet.resources.get(key) if key[0] == "tunnel" else None


def _go(walk: Walk, number: int, step: Step, fleet: Fleet, hops: list[Hop], wrong: list[Wrong]) -> None:
    """Add a step, and the bridge to which it leads."""
    hop = _joint(step, fleet)
    if not hops or hops[-1].says != hop.says:
        hops.append(hop)
    at = len(hops) - 1
    wrong += [(at, one) for one in step.findings]
    wrong += [(at, one) for one in _unwell(step, fleet)]
    if not step.far[1].startswith("/") and step.far[0]:
        hops.append(_bridge(walk, number + 1, _device(step, 1, fleet), fleet))


def _joint(step: Step, fleet: Fleet) -> Hop:
    end, other = tunnel_at(step, 0, fleet), tunnel_at(step, 1, fleet)
    key = step.key(0)
    if end or other:
        one = end or other
        assert one
        more = f", key {one.get('key')}" if one.get("key") is not None else ""
        place = step.near[0]
        says = f"tunnel {step.link(0) or step.link(1)} to {step.far[0]}, {one.text('type') or 'gre'}{more}"
        return Hop("tunnel", step.link(0) or step.link(1), place, says, one.backend, step.link(0))
    if not step.joint.by:
        missing = step.findings[0].at if step.findings else key
        says = f"from {step.near[1]} on {step.near[0]} to {step.far[1]} on {step.far[0]}"
        return Hop(missing[0], missing[2], missing[1], says)
    inner = step.near if step.near[0] and not step.near[1].startswith("/") else step.far
    bridge = fleet.get("bridge", *inner)
    link = step.link(0) or step.link(1)
    name = link or step.joint.by
    kind = "uplink" if key[0] == "bridge" and link else key[0] if link else "network"
    return Hop(kind, name, inner[0], step.joint.by, bridge.backend if bridge else "", link)


def _unwell(step: Step, fleet: Fleet) -> Iterator[Finding]:
    """What is wrong with the links of a joint that is there."""
    for end, spot in ((0, step.near), (1, step.far)):
        link, key = _device(step, end, fleet), step.key(end)
        found = fleet.resources.get(key)
        if not link or found is None:
            continue
        error = found.text("error") if found.name == step.link(end) else ""
        plug = fleet.plug(spot[0], link)
        if error := error or (plug.error if plug else ""):
            yield Finding(key, f"its switch says: {error}")
        made = key[0] != "tunnel" or fleet.link_kind(spot[0], link) in _devices_of(found)
        if made and (why := fleet.down(spot[0], link)):  # no device of its own has a tunnel of Open vSwitch
            yield _down(("uplink", spot[0], link) if key[0] == "bridge" else key, spot[0], link, why)
    ends = tunnel_at(step, 0, fleet), tunnel_at(step, 1, fleet)
    deaf = [end for end in ends if end and end.get("bfd") and end.get("state") not in (None, "up")]
    if deaf:
        says = f"its end on {deaf[0].place} hears nothing of the other one (BFD: {deaf[0].text('state')})"
        yield Finding(deaf[0].key, says, symptom=True)


def _devices_of(tunnel: Resource) -> Sequence[str]:
    """The kernel's kinds of devices that a tunnel has at a Linux bridge."""
    kind = tunnel.text("type") or "gre"
    return ("gretap", "ip6gretap") if kind == "gre" else (kind,)


def below(here: str, there: str, fleet: Fleet) -> Told | None:
    """The way between two addresses of hosts, where they are in one subnet: else there are routers, unknown here."""
    ends = [of_address(address, fleet) for address in (here, there)]
    if not all(ends) or not ({*_nets(ends[0])} & {*_nets(ends[1])}):
        return None
    walk = Walker(fleet).walk(*ends)
    if walk is None or any(found.at[0] == "port" for found in (*walk.begins, *walk.ends)):
        return None
    return told(walk, fleet, underlay=False)


def _nets(points: Sequence[Point]) -> Iterator[str]:
    from ipaddress import ip_interface

    return (str(ip_interface(text).network) for point in points for text in point.addresses)
