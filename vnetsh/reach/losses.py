"""Who reaches whom no longer, between two fleets. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vnetsh.model import Fleet, is_off
from vnetsh.reach.addresses import plain_address, seen
from vnetsh.reach.joints import Spot, outside
from vnetsh.reach.segments import Domain, Reach
from vnetsh.reach.tags import named


@dataclass(frozen=True)
class Loss:
    """Each of `ones` reached each of `others`, and does no longer.

    They are names of vms, of hosts at addresses of their own, and of what is behind uplinks: that is only among the
    others. `networks` are those where they had met.
    """

    ones: tuple[str, ...]
    others: tuple[str, ...]
    networks: frozenset[Spot] = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class _Member:
    before: frozenset[Domain]
    after: frozenset[Domain]
    talks: bool = True


def lost(before: Fleet, after: Fleet, moved: Mapping[tuple[str, str], str]) -> list[Loss]:
    """What vms that run lose that are in both fleets, and the hosts themselves at their own addresses.

    `moved` are the hosts of those vms that went, by host and name.
    """
    had = Reach(before)
    have = Reach(after, had.vlans)
    hosts = {name: member for name, member in _hosts(before, after, had, have) if member.before}
    alike: dict[_Member, list[str]] = {}
    used = {domain for domains in had.vms.values() for domain in domains}
    used.update(domain for member in hosts.values() for domain in member.before)
    spots = {outside(host, link) for places in seen(after).values() for host, link in places}
    outsides = _outsides(had, have, used, spots)
    for name, member in [*_vms(before, had, have, moved), *hosts.items(), *outsides]:
        alike.setdefault(member, []).append(name)
    meeting: dict[Domain, list[_Member]] = {}
    for member in alike:
        for domain in member.before:
            meeting.setdefault(domain, []).append(member)
    found: dict[tuple[_Member, _Member], set[Spot]] = {}
    for ((spot, _), _), members in meeting.items():
        for one, other in _apart(members):
            found.setdefault((one, other), set()).add(had.network(*spot))
    return [
        Loss(tuple(sorted(alike[one])), tuple(sorted(alike[other])), frozenset(networks))
        for (one, other), networks in found.items()
    ]


def _apart(members: list[_Member]) -> Iterator[tuple[_Member, _Member]]:
    """Pairs of members that meet nowhere any more; of a pair the first is one that talks."""
    if len({member.after for member in members}) < 2:
        return
    for at, one in enumerate(members):
        for other in members[at + 1 :]:
            if (one.talks or other.talks) and one.after.isdisjoint(other.after):
                yield (one, other) if one.talks else (other, one)


def _vms(
    before: Fleet, had: Reach, have: Reach, moved: Mapping[tuple[str, str], str]
) -> Iterable[tuple[str, _Member]]:
    for (host, name), domains in had.vms.items():
        vm = before.get("vm", host, name)
        there = moved.get((host, name), host)
        if domains and vm and not is_off(vm) and (there, name) in have.vms:
            twin = len(before.named("vm", name)) > 1
            yield f"{name} on {host}" if twin else name, _Member(domains, have.vms[there, name])


def _hosts(before: Fleet, after: Fleet, had: Reach, have: Reach) -> Iterable[tuple[str, _Member]]:
    """The hosts, at each of their own addresses."""
    still = seen(after)
    for address, places in seen(before).items():
        hosts = " and ".join(dict.fromkeys(host for host, _ in places))
        was = frozenset(domain for place in places for domain in had.link(*place))
        now = frozenset(domain for place in still.get(address, ()) for domain in have.link(*place))
        yield f"{hosts} at {address}", _Member(was, now)


def is_cut_off(host: str, before: Fleet, after: Fleet) -> bool:
    """Whether something outside reaches a host's underlay address, by its bridges, and then nothing does any more."""
    address = plain_address(before.hosts[host].address) if host in before.hosts else ""
    was, now = seen(before).get(address, ()), seen(after).get(address, ())
    if not any(before.interface(*place) for place in was) or not now:
        return False
    had, have = Reach(before), Reach(after)
    ways = {vlan for place in was for vlan in had.ways_out(*place)}
    return bool(ways) and ways.isdisjoint(vlan for place in now for vlan in have.ways_out(*place))


def _outsides(
    had: Reach, have: Reach, used: Collection[Domain], own: Iterable[Spot]
) -> Iterable[tuple[str, _Member]]:
    """What is behind the uplinks, in each VLAN that somebody is in there; `own` is behind NICs that hosts have."""
    left = {spot for spots in have.cables.values() for spot in spots}.union(own)
    for spots in had.cables.values():
        host, nic = spots[0]
        for vlan in sorted(had.frames(spots[0])):
            domains = had.at(spots[0], vlan)
            if not domains.isdisjoint(used):
                name = f"what is behind {nic[1:]} of {host}" + (f" in {named(vlan)}" if vlan else "")
                after = frozenset(one for spot in spots if spot in left for one in have.at(spot, vlan))
                yield name, _Member(domains, after, talks=False)
