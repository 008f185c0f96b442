"""A packet's way by each backend among which a load balancer chooses: `ovn-trace` itself takes one at random."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vnetsh_ovn.tracing.asking import Tracer
from vnetsh_ovn.tracing.trace_text import Event, Stage, Trace

_RESOLVED = re.compile(r"\bx?x?reg0 == ([0-9a-f.:]+)")
_TRIES = 12


def by_backend(
    tracer: Tracer, datapath: str, flow: str, first: Trace
) -> Iterator[tuple[str, Trace, Sequence[Event]]]:
    """Each way of a packet, with the backend that it goes to, empty where none is chosen. Raises as `Tracer.trace`."""
    at = next(
        (number for number, one in enumerate(first.events) if isinstance(one, Stage) and one.backends), None
    )
    balancing = first.events[at] if at is not None else None
    if at is None or not isinstance(balancing, Stage):
        yield "", first, first.events
        return
    for backend in balancing.backends:
        address = backend.rpartition(":")[0].strip("[]")
        if _resolved(first.events) == address or len(balancing.backends) == 1:
            yield backend, first, first.events
            continue
        # It is told whom to choose, and then does so before the balancer, where connections are looked up: only what
        # comes behind that is the way.
        told = tracer.trace(datapath, flow, backend)
        events = [*first.events[: at + 1], *_after(told.events, first.events[at + 1 :])]
        tries = 0
        while _resolved(events) != address and tries < _TRIES:
            told = tracer.trace(datapath, flow)
            events, tries = [*told.events], tries + 1
        yield backend, told, events


def _after(events: Sequence[Event], rest: Sequence[Event]) -> Sequence[Event]:
    """The events from the stage on with which the rest of another way begins."""
    name = next((one.name for one in rest if isinstance(one, Stage)), "")
    stages = (number for number, one in enumerate(events) if isinstance(one, Stage) and one.name == name)
    return events[next(stages, len(events)) :]


def _resolved(events: Sequence[Event]) -> str:
    """The address that a router looked for at last."""
    stages = [one for one in events if isinstance(one, Stage) and one.name == "lr_in_arp_resolve"]
    found = [said[1] for one in stages if (said := _RESOLVED.search(one.match))]
    return found[-1] if found else ""
