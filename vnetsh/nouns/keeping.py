"""What `keep` means: no plan may part two ends by what is known of the networks; they are watched as it is made."""

from __future__ import annotations

from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import CannotTell
from vnetsh.model import End, Fleet, Trial
from vnetsh.nouns.expecting import question_of
from vnetsh.nouns.ways import Refuse, ends_of, sending, silent
from vnetsh.reach import meet
from vnetsh.reach.deciding import between
from vnetsh.schema import Answer, Foreseen, Going
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase


def foresee(action: Phrase, settler: Settling) -> Foreseen | None:
    """What the plan says; None, and refused, where it cannot be."""
    ends = _kept(action, settler.fleet, settler.refuse)
    if ends is None:
        return None
    together = meet(*ends, settler.fleet)
    why = f"{ends[0]} and {ends[1]} are in one network" if together else ""
    if flows := between(*ends, settler.fleet):
        together, why = None, f"{flows} decide that"
    return Foreseen(f"keep {question_of(action)}", None if together is None else True, why)


def parted(action: Phrase, fleet: Fleet) -> Diagnostic | None:
    """What refuses a fleet on which they do not reach each other."""
    problems: list[Diagnostic] = []
    ends = ends_of(action, fleet, problems.append)
    if ends is None:
        return problems[0]
    why = silent(ends[0], fleet) or silent(ends[1], fleet)
    help = "do that in a script of its own, or take `keep` out"
    if not why and meet(*ends, fleet) is False and not between(*ends, fleet):
        why = f"no network joins {ends[0]} and {ends[1]}"
        help = "join them otherwise first, or take `keep` out"
    if not why:
        return None
    return Diagnostic("E479", f"`keep {action.name}` cannot hold: {why}", action.span, help=help)


def begin(action: Phrase, asking: Asking) -> Answer:
    """Begin to watch. Raises `CannotTell`, `HostUnreachable`."""
    problems: list[Diagnostic] = []
    fleet = asking.observe()
    ends = _kept(action, fleet, problems.append)
    if ends is None:
        raise CannotTell(problems[0].message, help=problems[0].help, code=problems[0].code)
    said = action.value("outage")
    trial = Trial(*ends, outage=said if isinstance(said, int) else Trial.outage)
    watching = asking.watch_way(trial, fleet)
    question = f"keep {question_of(action)}"

    def end() -> Answer:
        found = watching.end()
        data = {"keep": question, "holds": found.holds, "says": found.says, **found.data}
        return Answer(
            f"{question}: {'kept' if found.holds else 'lost'}: {found.says}",
            data,
            ok=found.holds,
            code="" if found.holds else "E479",
        )

    return Answer(f"{question}: {watching.says}", going=Going(end))


def _kept(action: Phrase, fleet: Fleet, refuse: Refuse) -> tuple[End, End] | None:
    """The ends of what can be kept."""
    ends = ends_of(action, fleet, refuse)
    if ends is None:
        return None
    source = ends[0]
    problem = sending(source, fleet, action.name_span)
    if not problem and source.kind == "host":
        problem = Diagnostic(
            "E476",
            f"a way is watched from beside a vm, and `{source}` is a host",
            action.name_span,
            help="say it the other way round, from a vm",
        )
    if not problem and (why := silent(ends[1], fleet)):
        help = "start or resume it first"
        problem = Diagnostic("E476", f"{why}: it answers nobody", action.name_span, help=help)
    if problem:
        refuse(problem)
        return None
    return ends
