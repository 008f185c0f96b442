"""Blocks that have to be confirmed: what of them their places cannot take back alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Host
from vnetsh.model.change import Change
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.planning.planning_problems import failed_assessing
from vnetsh.schema.phrase import Phrase
from vnetsh.script.confirmed import remedy


def not_alone(planned: PlannedSegment, fleet: Fleet, backends: Mapping[str, Backend]) -> Iterator[Diagnostic]:
    """What refuses the changes of a block that has to be confirmed; `fleet` is as it is before them."""
    block = planned.segment.unconfirmed
    if block is None:
        return
    for stage in planned.stages:
        for change in stage:
            why = _why_not(change, fleet, backends[change.backend])
            if why:
                yield Diagnostic(
                    "E535",
                    f"{change}: its host cannot take that back alone: {why}",
                    change.resource.at("name"),
                    help=remedy(block, "say it before or after the block that has to be confirmed"),
                )
        fleet = fleet.after(stage)


def _why_not(change: Change, fleet: Fleet, backend: Backend) -> str:
    if change.traceless:
        return "what is done cannot be taken back"
    if not all(isinstance(fleet.places.get(place), Host) for place in change.places):
        return "it is made at no host"
    try:
        return backend.alone(change, fleet)
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        raise failed_assessing(change, error) from error


def seconds_of(block: Phrase) -> float:
    """The time in which a block has to be confirmed."""
    word = block.schema.attribute(getattr(block.schema, "confirms", ""))
    said = block.value(word.name) if word else None
    found = said if isinstance(said, int) else word.default if word else None
    assert isinstance(found, int)
    return found / 1000


def inside(segments: Sequence[PlannedSegment], bound: PlannedSegment) -> Iterator[PlannedSegment]:
    """The segments of a block that has to be confirmed, by the one that begins or ends it."""
    at = next(n for n, one in enumerate(segments) if one is bound)
    beyond = reversed(segments[:at]) if bound.segment.ended else segments[at + 1 :]
    return takewhile(lambda one: not one.segment.bounds, beyond)


def places_in(segments: Sequence[PlannedSegment], bound: PlannedSegment) -> list[str]:
    """The places that such a block changes, by name."""
    changes = (change for one in inside(segments, bound) for change in one.changes)
    return sorted({place for change in changes for place in change.places})


def nothing_expected(plan: Plan) -> bool:
    """Whether such a block changes something of which nothing is expected: a person may confirm it."""
    return any(
        places_in(plan.segments, bound) and not any(one.segment.query for one in inside(plan.segments, bound))
        for bound in plan.segments
        if bound.segment.bounds and bound.segment.ended
    )
