"""Loops of bridges over all hosts: a broadcast would go round for ever. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Impact, Key
from vnetsh.planning.plan import Stage
from vnetsh.reach.floods import without_doubles
from vnetsh.reach.joints import Joint, Spot, joints, wrapping
from vnetsh.reach.segments import vlans_of_joints
from vnetsh.reach.trees import unblocked

_JOINING = {
    "tunnel": {"bridge", "remote", "type", "key", "isolated"},
    "bridge": {"uplink", "stp", "vlan-filtering"},
    "port": {"peer", "bridge", "vlan", "trunk", "qinq", "isolated"},
}


def may_join(change: Change) -> bool:
    """Whether it may close a loop."""
    joining = _JOINING.get(change.resource.kind)
    if joining is None or change.after is None:
        return False
    if change.resource.kind == "port":  # a link of the host's own may be one end of a pair
        joins = change.after.get("peer") is not None or change.after.get("type") == "system"
        return joins or change.after.get("qinq") is not None
    differing = change.differing().keys() & joining
    if change.resource.kind == "bridge":  # without its spanning tree, or its VLANs, a ring is one again
        return ("uplink" in differing and change.after.get("uplink") is not None) or (
            any(name in differing and change.after.get(name) is None for name in ("stp", "vlan-filtering"))
        )
    return bool(differing)


class Closing(NamedTuple):
    """A change that closes a loop: the joint that does, and the way that there is without it."""

    change: Change
    joint: Joint
    way: Sequence[Joint]

    @property
    def sure(self) -> bool:
        """Whether it does so for certain."""
        return self.joint.sure and all(step.sure for step in self.way)


def closing(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Closing]:
    """The changes that close a loop."""
    changed = {change.resource.key: change for change in changes if may_join(change)}
    if not changed:
        return
    # A tunnel that is down counts: its switch may bring it up at any time.
    all_before = joints(before, down=True)
    there = set(unblocked(all_before, before))
    blocked = set(all_before) - there
    all_joints = sorted(unblocked(joints(after, down=True), after), key=lambda joint: not joint.sure)
    all_joints = [*wrapping(after), *all_joints]  # there frames begin that are nowhere else
    vlans = vlans_of_joints(all_joints)
    # What is new, and by nothing that changes: a second uplink tells that the first one leads into the same network.
    given: list[Joint] = []
    new: list[Joint] = []
    for one in all_joints:
        freed = one in blocked or not changed.keys().isdisjoint(one.made_of)
        (new if freed and one not in there else given).append(one)
    old, _ = without_doubles([], given, vlans)
    told: set[Key] = set()
    for joint, known in without_doubles(old, new, vlans)[1]:
        # One that a spanning tree kept from forwarding is freed by a change of any of its bridges.
        key = next((key for key in joint.made_of if key in changed), None) or _freeing(changed)
        if key not in told:
            told.add(key)
            yield Closing(changed[key], joint, _way(joint, known))


def _freeing(changed: Mapping[Key, Change]) -> Key:
    """A change that takes a bridge out of its spanning tree."""
    found = (key for key, change in changed.items() if "stp" in change.differing())
    return next(found, next(iter(changed)))


def _way(joint: Joint, known: Iterable[Joint]) -> list[Joint]:
    """The shortest way from one end of a joint to the other."""
    by_spot: dict[Spot, list[Joint]] = {}
    for other in known:
        by_spot.setdefault(other.one, []).append(other)
        by_spot.setdefault(other.other, []).append(other)
    came: dict[Spot, tuple[Spot, Joint]] = {}
    waiting = deque([joint.one])
    while waiting and joint.other not in came:
        spot = waiting.popleft()
        for step in by_spot.get(spot, ()):
            there = step.other if step.one == spot else step.one
            if there not in came and there != joint.one:
                came[there] = spot, step
                waiting.append(there)
    way: list[Joint] = []
    spot = joint.other
    while spot in came:
        spot, step = came[spot]
        way.insert(0, step)
    return way


def loops(found: Iterable[Closing]) -> Iterator[Diagnostic]:
    """The problems of what closes a loop for certain."""
    told: set[object] = set()
    for change, _, way in (one for one in found if one.sure):
        what = change.resource
        if what.span in told:
            continue  # of a mesh one tunnel says it for all
        told.add(what.span or what.key)
        bridge = what.name if what.kind == "bridge" else what.text("bridge")
        if not way and what.get("qinq"):
            yield Diagnostic(
                "E211",
                f"port `{what.name}` closes a loop: of bridge `{bridge}` on {what.place} what it wraps would go round",
                what.at("qinq", "name"),
                "a broadcast would go round for ever",
                "wrap into a VLAN that each link between bridges carries tagged",
            )
            continue
        without = "without its spanning tree " * (what.kind == "bridge" and "stp" in change.differing())
        where = f"bridge `{bridge}` on {what.place}"
        how = f"{where} is joined already by {_said(way)}" if way else f"it leads from {where} back to that"
        yield Diagnostic(
            "E211",
            f"{without}{what.kind} `{what.name}` closes a loop: {how}",
            what.at("stp" if without else "uplink" if what.kind == "bridge" else "name"),
            "a broadcast would go round for ever",
            "leave it out, take the other way away first, put it on a bridge of its own, or say one `mesh` of "
            "all its hosts",
        )


def with_doubts(stages: Sequence[Stage], found: Iterable[Closing]) -> tuple[Stage, ...]:
    """The same changes; those that close a loop unless uplinks lead into different networks say so."""
    doubtful: Mapping[Key, str] = {
        one.change.resource.key: f"perhaps a loop: joined already by {_said(one.way)}, if those lead into one network"
        for one in found
        if not one.sure
    }
    return tuple(
        tuple(_doubted(change, doubtful.get(change.resource.key)) for change in stage) for stage in stages
    )


def _doubted(change: Change, doubt: str | None) -> Change:
    if not doubt:
        return change
    how = "; ".join(filter(None, (change.how, doubt)))
    return replace(change, impact=max(change.impact, Impact.BRIEF), how=how)


def _said(way: Sequence[Joint]) -> str:
    return ", ".join(dict.fromkeys(step.by for step in way))
