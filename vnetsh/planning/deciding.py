"""Changes that join or part networks in which flows decide: that is said, for nobody knows whom they concern. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vnetsh.model import Change, Fleet
from vnetsh.planning.loops import may_join
from vnetsh.planning.losses import may_cut
from vnetsh.planning.plan import Stage
from vnetsh.reach import Reach
from vnetsh.reach.deciding import deciding
from vnetsh.reach.joints import Spot
from vnetsh.reach.segments import device_of


def with_flows(stages: Sequence[Stage], before: Fleet, after: Fleet) -> Sequence[Stage]:
    """The same changes; those that join or part what is in a network with flows say so."""
    if not any(after.of_kind("flow")):
        return stages
    reach = Reach(before), Reach(after)
    found = deciding(after, reach[0]), deciding(after, reach[1])
    return [tuple(_with(change, (before, after), reach, found) for change in stage) for stage in stages]


def _with(
    change: Change,
    fleets: tuple[Fleet, Fleet],
    reach: tuple[Reach, Reach],
    found: tuple[Mapping[Spot, Sequence[str]], Mapping[Spot, Sequence[str]]],
) -> Change:
    if not (may_cut(change) or may_join(change)):
        return change
    where = dict.fromkeys(
        bridge
        for at in (0, 1)
        for spot in _spots(change, at, fleets[at])
        for bridge in found[at].get(reach[at].network(*spot), ())
    )
    if not where:
        return change
    unknown = f"flows on {', '.join(sorted(where))}: who reaches whom is not known there"
    return replace(change, how="; ".join(filter(None, (change.how, unknown))))


def _spots(change: Change, at: int, fleet: Fleet) -> Iterator[Spot]:
    """The bridges that a change is about, as they are before or after it."""
    there = (change.before, change.after)[at]
    if there is None:
        return
    bridges = [there.name if there.kind == "bridge" else there.text("bridge")]
    if there.kind == "vm":
        bridges = [port.text("bridge") for port in fleet.parts(there)]
    yield from (device_of(fleet, there.place, bridge)[0] for bridge in bridges if bridge)
