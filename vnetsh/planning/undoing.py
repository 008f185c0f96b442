"""Runs of the past: what takes them back, what finishes them. Pure but for the planner's backends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.journal import Run, Step
from vnetsh.model import ActionKind, Attributes, Fleet, Impact, Inventory, Resource, Thing
from vnetsh.model.change import Change
from vnetsh.model.power import STATE
from vnetsh.model.reboot import SURVIVES
from vnetsh.nouns import taken
from vnetsh.planning.gone import hidden, problems as gone_problems
from vnetsh.planning.governing import governed
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.planning.planning_problems import failed_assessing
from vnetsh.planning.riding import riding
from vnetsh.schema import Scope, Vocabulary
from vnetsh.script.script import Segment


def inventory_for(run: Run, inventory: Inventory) -> Inventory:
    """The places of a run, as they are reached now; those that nobody knows any more, as they were then."""
    return {**run.places, **inventory}


def taking_back(
    steps: Sequence[Step], fleet: Fleet, backends: Mapping[str, Backend], vocabulary: Vocabulary
) -> tuple[Plan, list[Diagnostic]]:
    """The plan that takes steps back (the last of them first), and what speaks against it."""
    stages: list[tuple[Change, ...]] = []
    now = fleet
    problems: list[Diagnostic] = []
    last = -1
    for step in steps:
        if gone := gone_problems(
            (
                change
                for change in step.changes
                if is_gone(change, fleet, vocabulary) or hidden(change, fleet)
            ),
            fleet,
        ):
            return Plan((), fleet.places), gone  # what else there is to say would be of what is not there
        back, fleet = inverses(step.changes, fleet, backends, vocabulary, problems)
        if step.stage == last:
            stages[-1] += back
        else:
            stages.append(back)
        last = step.stage
    from vnetsh.planning.losses import with_losses  # this module is of every run: it starts the sooner

    return Plan((PlannedSegment(Segment(), with_losses(stages, now, fleet)),), fleet.places), problems


def is_gone(change: Change, fleet: Fleet, vocabulary: Vocabulary) -> bool:
    """Whether what was changed, or moved, is no longer there, neither as it was before nor afterwards."""
    change = _followed(change, fleet, vocabulary)
    before, after = change.before, change.after
    return bool(before and after) and not {one.key for one in (before, after) if one} & fleet.resources.keys()


def remaining(steps: Sequence[Step], done: Iterable[Change], vocabulary: Vocabulary) -> list[Step]:
    """What is still to be taken back of steps (the last of them first), when an earlier try to do so made `done`."""
    made = Counter(_sides(change, vocabulary) for change in done)
    left = []
    for step in steps:
        changes: list[Change] = []
        for change in reversed(step.changes):
            sides = _sides(change.inverse(), vocabulary)
            made[sides] -= 1
            if made[sides] < 0:
                changes.insert(0, change)
        if changes:
            left.append(replace(step, changes=tuple(changes)))
    return left


def lost_sight_of(steps: Sequence[Step], fleet: Fleet, vocabulary: Vocabulary) -> bool:
    """Whether something that is one in all (a vm) is at none of the places that were looked at."""
    left = [change.after for step in steps for change in step.changes if change.after]
    owners = {resource.parent or (resource.kind, resource.name) for resource in left}
    return any(
        vocabulary.kinds[kind].scope is Scope.FLEET and not fleet.named(kind, name) for kind, name in owners
    )


def _sides(change: Change, vocabulary: Vocabulary) -> str:
    """What it changes, and into what: the same of two tries to make it, whatever others changed in between."""

    def side(one: Resource | None) -> object:
        if one is None:
            return None
        kind, name = one.parent or (one.kind, one.name)
        known = vocabulary.kinds.get(kind)  # None of a plugin's that is not installed any more
        anywhere = known is not None and known.scope is Scope.FLEET
        return one.kind, kind, name, one.name, "" if anywhere else one.place

    target = change.resource.place if change.action is ActionKind.MOVE else ""
    new = sorted((name, value) for name, (_, value) in change.differing().items()) if change.after else []
    return repr((side(change.before), side(change.after), target, new))


def inverses(
    changes: Sequence[Change],
    fleet: Fleet,
    backends: Mapping[str, Backend],
    vocabulary: Vocabulary,
    problems: list[Diagnostic],
) -> tuple[tuple[Change, ...], Fleet]:
    """What takes changes back, with what it costs, and the fleet as it is then; `problems` grows."""
    found: list[Change] = []
    # What is undone first makes way for the rest: a bridge is free when its vm is gone.
    for _, kind in groupby(reversed(changes), key=lambda change: change.resource.kind):
        group, fleet = assessed([change.inverse() for change in kind], fleet, backends, vocabulary, problems)
        found += group
    return tuple(found), fleet


def assessed(
    changes: Sequence[Change],
    fleet: Fleet,
    backends: Mapping[str, Backend],
    vocabulary: Vocabulary,
    problems: list[Diagnostic],
) -> tuple[list[Change], Fleet]:
    """Changes with what they cost, and the fleet as it is then; `problems` grows."""
    found = [_assessed(change, fleet, backends, vocabulary, problems) for change in changes]
    return found, fleet.after(found)


def already_so(change: Change, fleet: Fleet) -> Change:
    """A change that is there already, and only removes what was made for it, or left."""
    rest = rest_of(change, fleet)
    if change.traceless and change.undo:
        return replace(
            change, impact=Impact.NONE, hits=(), how=f"there is nothing to take back of a {_act(change)}"
        )
    ends = [f"what is left of it on {rest.place} goes"] if rest else []
    going = filter(None, dict.fromkeys(thing.get("what") for thing in _going(change)))
    how = "; ".join(["already so", *ends, *(f"removes {what} if nobody uses it" for what in going)])
    return replace(_in_its_state(change, fleet), impact=Impact.NONE, hits=(), how=how)


def _in_its_state(change: Change, fleet: Fleet) -> Change:
    """A change that leaves a vm in the state in which it is by now: its host may have been started anew since."""
    there = fleet.resources.get(change.resource.key)
    if there is None or change.after is None or STATE in change.differing() or STATE not in there.attributes:
        return change
    return replace(change, after=change.after.with_attributes(state=there.get(STATE)))


def _act(change: Change) -> str:
    """What a change does that shows in no attribute."""
    return next(iter(change.wishes))


def rest_of(change: Change, fleet: Fleet) -> Resource | None:
    """Of a move that has come about, what is still there where it began: it goes, and counts no more."""
    before, after = change.before, change.after
    moved = before and after and before.key != after.key and after.key in fleet.resources
    return fleet.resources.get(before.key) if before and moved else None


def _going(change: Change) -> list[Thing]:
    """What was made for a change that is there already, and goes with it; of a move only what is where it began."""
    if change.undo and change.before is None:  # what was to go with it stays, now that it does
        return []
    moved = change.action is ActionKind.MOVE
    made = [thing for thing in change.made if not moved or thing.get("host", change.place) == change.place]
    # Where a file was made in the place of an old copy it is one itself, and stays as that did.
    stays = {thing["replaced"] for thing in made if "replaced" in thing}
    return [
        thing
        for thing in made
        if ("goes" in thing or (change.undo and "kept" not in thing and "replaced" not in thing))
        and thing.get("file") not in stays
    ]


def _assessed(
    change: Change,
    fleet: Fleet,
    backends: Mapping[str, Backend],
    vocabulary: Vocabulary,
    problems: list[Diagnostic],
) -> Change:
    """A change with what it costs now; one that is there already costs nothing, and removes only what was made."""
    said, change = change, _as_it_is_now(change, fleet, vocabulary)
    there = fleet.resources.get(change.resource.key)
    wanted = change.after and _but_error(change.after)
    if (there is None and change.after is None) or (there and wanted == _but_error(there)):
        return already_so((governed([change], fleet, backends, lambda problem: None) or [change])[0], fleet)
    if not (instead := governed([change], fleet, backends, problems.append)):
        return change
    [change] = instead
    try:
        assessment = backends[change.backend].assess(change, fleet)
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        raise failed_assessing(change, error) from error
    problem = (
        assessment.problem
        or taken.problem(change, fleet)
        or _in_the_way(said, change, vocabulary)
        or _has_more(change, fleet, vocabulary)
    )
    if problem:
        problems.append(problem)
    return assessment.said_of(change)


def _in_the_way(said: Change, change: Change, vocabulary: Vocabulary) -> Diagnostic | None:
    """What was given another value since, by others or a later run: that is not overwritten."""
    kind, thing = vocabulary.kinds[change.resource.kind], change.resource
    values = said.differing()
    for name, (now, wanted) in change.differing().items() if change.after else ():
        left = values[name][0] if name in values else None
        attribute = kind.word(name)
        if left is None or attribute is None or not attribute.settable or kind.same(name, now, left):
            continue
        shown = [vocabulary.shown(thing.kind, name, value) for value in (now, left, wanted)]
        return Diagnostic(
            "E227",
            f"{name} of {thing.kind} `{thing.name}` on {change.place} was changed since: "
            f"it is {shown[0]}, not {shown[1]}",
            None,
            help=f"take back first what changed it, or say it by a sentence: `{name} {shown[2]}`",
        )
    return None


def _has_more(change: Change, fleet: Fleet, vocabulary: Vocabulary) -> Diagnostic | None:
    """What is to go has parts, or things that ride on it, which it was not made with: they would go with it."""
    thing = change.resource
    if change.after is not None:
        return None
    riders = riding(thing, fleet, vocabulary)  # what escorts a vm was there before it, and goes after it
    others = [*fleet.parts(thing), *(one for one in riders if not vocabulary.kinds[one.kind].escorts)]
    if not others:
        return None
    names = ", ".join(f"{other.kind} `{other.name}`" for other in others)
    return Diagnostic(
        "E228",
        f"{thing.kind} `{thing.name}` on {change.place} has what was not made with it: {names}",
        None,
        help=f"it would go, too: remove it first, or take back the run that made it; or `delete {thing.kind} "
        f"{thing.name} on {change.place}`, which removes all of it",
    )


def _as_it_is_now(change: Change, fleet: Fleet, vocabulary: Vocabulary) -> Change:
    """A change of what was there before, where that is now: of it, and of nothing else that was changed since."""
    change = _followed(change, fleet, vocabulary)
    before, after = change.before, change.after
    if before is None:
        return change
    there = fleet.resources.get(before.key)
    if after is None:
        # Should something fail, it is put back as it was; with what was made for it that would not be all of it.
        return replace(change, before=there or before) if not change.made else change
    if there is None:
        there = fleet.resources.get(after.key)
        return replace(change, after=replace(after, attributes=there.attributes)) if there else change
    wanted = {**there.attributes, **{name: value for name, (_, value) in change.differing().items()}}
    # It may be as broken again as it was; and where a run was cut off, its host's starts may have forgotten it.
    wanted |= {name: after.get(name) for name in ("error", SURVIVES)}
    return replace(
        change,
        before=replace(before, attributes=there.attributes),
        after=replace(after, attributes={name: v for name, v in wanted.items() if v is not None}),
    )


def _followed(change: Change, fleet: Fleet, vocabulary: Vocabulary) -> Change:
    """A change of what is one in all, a vm or a part of one, where it was moved to since."""
    before, after = change.before, change.after
    kind, name = (before.parent or (before.kind, before.name)) if before else ("", "")
    found = fleet.named(kind, name) if kind and vocabulary.kinds[kind].scope is Scope.FLEET else []
    if before is None or len(found) != 1 or found[0].place in change.places:
        return change
    sides = [(one.parent or (one.kind, one.name), one.place) for one in (before, after) if one]
    if any(fleet.get(whose, place, called) for (whose, called), place in sides):
        return change  # it was renamed, and is there: another one has the name that it had
    place = found[0].place
    stays = after is None or change.action is ActionKind.MOVE
    return replace(
        change,
        before=replace(before, place=place),
        after=after if stays else after and replace(after, place=place),
    )


def _but_error(resource: Resource) -> Attributes:
    """Its attributes, but what its switch says is wrong with it just now."""
    return {name: value for name, value in resource.attributes.items() if name != "error"}
