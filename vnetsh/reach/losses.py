"""Who reaches whom no longer, between two fleets. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vnetsh.model import Fleet
from vnetsh.reach.joints import Spot
from vnetsh.reach.segments import Reach, Segment

_OFF = frozenset({"stopped"})
"""States of vms that nobody talks with."""


@dataclass(frozen=True)
class Loss:
    """Each of `ones` reached each of `others`, and does no longer.

    They are names of vms, and of what is behind uplinks: that is only among the others. `networks` are those where
    they had met.
    """

    ones: tuple[str, ...]
    others: tuple[str, ...]
    networks: frozenset[Spot] = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class _Member:
    before: frozenset[Segment]
    after: frozenset[Segment]
    talks: bool = True


def lost(before: Fleet, after: Fleet, moved: Mapping[tuple[str, str], str]) -> list[Loss]:
    """What vms that run lose that are in both fleets; `moved` are the hosts of those that went, by host and name."""
    had, have = Reach(before), Reach(after)
    alike: dict[_Member, list[str]] = {}
    for name, member in [*_vms(before, had, have, moved), *_outsides(had, have)]:
        alike.setdefault(member, []).append(name)
    meeting: dict[Segment, list[_Member]] = {}
    for member in alike:
        for segment in member.before:
            meeting.setdefault(segment, []).append(member)
    found: dict[tuple[_Member, _Member], set[Spot]] = {}
    for (network, _), members in meeting.items():
        for one, other in _apart(members):
            found.setdefault((one, other), set()).add(network)
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
    for (host, name), segments in had.vms.items():
        vm = before.get("vm", host, name)
        there = moved.get((host, name), host)
        if segments and vm and vm.get("state") not in _OFF and (there, name) in have.vms:
            twin = len(before.named("vm", name)) > 1
            yield f"{name} on {host}" if twin else name, _Member(segments, have.vms[there, name])


def _outsides(had: Reach, have: Reach) -> Iterable[tuple[str, _Member]]:
    """What is behind the uplinks, in each VLAN that a vm is in there."""
    used = sorted({segment for segments in had.vms.values() for segment in segments})
    left = {spot for spots in have.cables.values() for spot in spots}
    for spots in had.cables.values():
        for network, vlan in used:
            if had.network(*spots[0]) == network:
                host, nic = spots[0]
                name = f"what is behind {nic[1:]} of {host}" + (f" in VLAN {vlan}" if vlan else "")
                after = frozenset((have.network(*spot), vlan) for spot in spots if spot in left)
                yield name, _Member(frozenset({(network, vlan)}), after, talks=False)
