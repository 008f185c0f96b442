"""What a script says that is to be kept, on all the fleets that its plan passes through. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet
from vnetsh.planning.plan import Stage
from vnetsh.schema import Verb
from vnetsh.schema.phrase import Phrase


def broken(kept: Sequence[Phrase], stages: Sequence[Stage], fleet: Fleet) -> Iterator[Diagnostic]:
    """What refuses stages that would break something, each once; on the fleet before them it is as it should be."""
    if not kept:
        return
    from vnetsh.planning.losses import may_cut  # most runs keep nothing, and start the sooner

    left = list(kept)
    for stage in stages:
        fleet = fleet.after(stage)
        for action in list(left):
            verb = action.schema
            problem = verb.keeps(action, fleet) if isinstance(verb, Verb) and verb.keeps else None
            if problem:
                left.remove(action)
                by = next((change for change in stage if may_cut(change)), stage[0])
                yield replace(problem, message=f"{problem.message}, after: {by}")


def at_once(action: Phrase, fleet: Fleet) -> Iterator[Diagnostic]:
    """What refuses to keep something of a fleet where it is not so already."""
    verb = action.schema
    problem = verb.keeps(action, fleet) if isinstance(verb, Verb) and verb.keeps else None
    if problem:
        yield replace(problem, message=f"{problem.message}, already before it")
