"""A way over networks of many hosts: the place that has these is asked, and then the hosts at its ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.errors import CannotTell
from vnetsh.model import ECHO, Finding, Fleet, Hop, Packet, Resource, Route, Traced
from vnetsh.nouns.why_ends import Meant
from vnetsh.nouns.why_found import Found, asked_of
from vnetsh.reach.addresses import address_of
from vnetsh.reach.points import Point, of_port
from vnetsh.reach.routes import CABLES, alone, below, end_hops, off
from vnetsh.reach.walk import Walker
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase


def packet_of(action: Phrase, ends: tuple[Meant, Meant], fleet: Fleet) -> Packet | None:
    """The packet of which a place is to be asked; None of a way over bridges alone."""
    protocol, port = asked_of(action) or (ECHO, 0)
    here, there = ([*_attached(end, fleet)] for end in ends)
    unknown = any(end.address for end in ends)
    if not (here or there or unknown) or (not unknown and _by_bridges(ends, fleet)):
        return None
    both = ((one, other) for one in here for other in there if _network(one) == _network(other))
    source, target = next(both, (next(iter(here), None), next(iter(there), None)))
    addresses = tuple("" if nic else _address(end) for nic, end in zip((source, target), ends, strict=True))
    return Packet(source, target, (addresses[0], addresses[1]), protocol, port)


def traced(packet: Packet, ends: tuple[Meant, Meant], fleet: Fleet, asking: Asking) -> Found | None:
    """The way of a packet, as its place and the hosts tell it; None where no place knows of it.

    Raises `CannotTell`, `HostUnreachable`.
    """
    for nic, address, end in zip((packet.source, packet.target), packet.addresses, ends, strict=True):
        if not nic and not address:
            help = "say its address in its place"
            raise CannotTell(f"by which address {end.said} is known, nobody knows", help=help, code="E502")
    way = followed(packet, fleet, asking, ends[0].points[:1])
    if way is None:
        return None
    told, route, findings = way
    seen = [*_off(ends, fleet), *findings]
    stopping = sorted((one for one in seen if one.stops), key=lambda one: one.symptom)
    notes = [one for one in seen if not one.stops]
    stop = next(iter(stopping), None)
    return Found(route, stop, notes, beyond=told.beyond, rests=told.rests, detail=told.detail)


def followed(
    packet: Packet, fleet: Fleet, asking: Asking, begins: Sequence[Point] = ()
) -> tuple[Traced, Route, Sequence[Finding]] | None:
    """A packet's way, all its hops, and what its place, its hosts and the ways between these tell; None as `traced`.

    It `begins` there where its source is on no network of the place. Raises as `traced`.
    """
    told = asking.trace_packet(packet, fleet)
    if told is None:
        return None
    begins, comes = [*_points(packet.source, fleet)] or begins, [*_points(told.ends, fleet)]
    first = [hop for point in begins for hop in end_hops(point, fleet)]
    last = [hop for point in comes for hop in end_hops(point, fleet)[::-1]]
    if not begins:
        first = [Hop("address", packet.addresses[0], "", packet.addresses[0])]
    route = Route((*first, *told.hops, *last), asks=(packet.protocol, packet.port) if packet.port else None)
    seen = [one for point in (*begins, *comes) for one in alone(point, fleet)]
    seen += [*told.findings, *asking.trace(route, fleet), *_below(told.hops, fleet, asking)]
    return told, route, seen


def _attached(end: Meant, fleet: Fleet) -> Iterator[Resource]:
    """What networks of many hosts have of an end's NICs."""
    for point in end.points:
        if point.what and (found := fleet.attached(point.what)):
            yield found


def _network(nic: Resource) -> tuple[str, str]:
    return nic.place, nic.text("network")


def _by_bridges(ends: tuple[Meant, Meant], fleet: Fleet) -> bool:
    """Whether two ends reach each other by NICs that are on bridges alone."""
    plain = [[one for one in end.points if not (one.what and fleet.attached(one.what))] for end in ends]
    walk = Walker(fleet).walk(*plain) if all(plain) else None
    return walk is not None and walk.arrives


def _address(end: Meant) -> str:
    """The address of an end that is on no such network."""
    known = (address_of(text) for point in end.points for text in point.addresses if ":" not in text)
    return end.address or next(known, "")


def _points(nic: Resource | None, fleet: Fleet) -> Iterator[Point]:
    """A NIC on its host, by what the network has of it."""
    for port in fleet.of_kind("port") if nic else ():
        if nic and fleet.attached(port) is nic:
            yield of_port(port, fleet)


def _off(ends: Sequence[Meant], fleet: Fleet) -> Iterator[Finding]:
    """A vm at an end that does not run: nothing else counts beside that."""
    for end in ends:
        yield from (one for point in end.points[:1] for one in off(point, fleet))


def _below(hops: Sequence[Hop], fleet: Fleet, asking: Asking) -> Iterator[Finding]:
    """What is wrong on the ways of the tunnels' own packets, where they are known."""
    for hop in hops:
        way = below(hop.origin, hop.remote, fleet) if hop.remote and hop.origin else None
        if way is None:
            continue
        yield from (one for _, one in way.wrong if not one.symptom or one.at[0] in CABLES)
        if not way.broken:
            yield from asking.trace(
                replace(way.route, addresses=(hop.origin, hop.remote), carries=hop.carries), fleet
            )
