"""What `expect` means: what the plan says of it, and what is seen at its place in the script."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.errors import CannotTell
from vnetsh.model import Fleet, Resource, Tried, Value
from vnetsh.nouns.expect_traced import trying
from vnetsh.nouns.ways import Refuse, foreseen, silent, trial_of
from vnetsh.schema import Answer, Foreseen, ValueType
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase


def foresee(action: Phrase, settler: Settling) -> Foreseen | None:
    """What the plan says; None, and refused, where it can never be told."""
    question = question_of(action)
    if action.schema.subject and action.schema.subject.way:
        trial = trial_of(action, settler.fleet, settler.refuse)
        return Foreseen(question, *foreseen(trial, settler.fleet)) if trial else None
    found = _found(action, settler.fleet, settler.refuse)
    if found is None:
        return None
    wrong = differing(action, found)
    return Foreseen(question, not wrong, wrong)


def answer(action: Phrase, asking: Asking) -> Answer:
    """What is seen. Raises `CannotTell` where it cannot be told truthfully, `HostUnreachable`."""
    fleet = asking.observe()
    question = question_of(action)
    problems: list[Diagnostic] = []
    if action.schema.subject and action.schema.subject.way:
        trial = trial_of(action, fleet, problems.append)
        tried = None
        if trial:
            why = silent(trial.target, fleet)
            tried = Tried(not trial.reaches, why, {"by": "state"}) if why else trying(trial, fleet, asking)
    else:
        found = _found(action, fleet, problems.append)
        tried = _compared(action, found) if found is not None else None
    if tried is None:
        problem = problems[0]
        raise CannotTell(problem.message, help=problem.help, code=problem.code)
    return Answer(
        f"{question}: {'yes' if tried.holds else 'no'}: {tried.says}",
        {"expect": question, "holds": tried.holds, "says": tried.says, **tried.data},
        ok=tried.holds,
        code="" if tried.holds else "E475",
    )


def question_of(action: Phrase) -> str:
    """An expectation as its sentence says it, without its first word."""
    words = [*action.schema.words, action.name]
    for name, said in action.attributes.items():
        attribute = action.schema.attribute(name)
        if attribute:
            words += [name, "none" if said.value is None else attribute.type.show(said.value)]
    return " ".join(words)


def _found(action: Phrase, fleet: Fleet, refuse: Refuse) -> Sequence[Resource] | None:
    """The things of that name, on that host if it is said; None, and refused, where there is none anywhere."""
    kind = action.schema.words[0]
    found = fleet.named(kind, action.name)
    if found:
        return found
    names = [resource.name for resource in fleet.of_kind(kind)]
    silent = "; ".join(error.message for error in fleet.unreachable.values())
    known = f"it may be where nobody answers: {silent}" if silent else f"`show {kind}s` lists them all"
    help = did_you_mean(action.name, names, known)
    refuse(Diagnostic("E304", f"there is no {kind} `{action.name}`", action.name_span, "not found", help))
    return None


def differing(action: Phrase, found: Sequence[Resource]) -> str:
    """In what none of the things of that name is as the sentence says, in words; empty where one is."""
    said = {resource.place: _differences(action, resource) for resource in found}
    if not all(said.values()):
        return ""
    return "; ".join(f"on {place} {wrong}" if len(said) > 1 else wrong for place, wrong in said.items())


def _differences(action: Phrase, resource: Resource) -> str:
    wrong = []
    for name, said in action.attributes.items():
        attribute = action.schema.attribute(name)
        value: Value = resource.place if name == "on" else resource.get(name)
        if attribute and not _same(attribute.type, value, said.value):
            shown = "none" if value is None else attribute.type.show(value)
            wrong.append(f"it is on {shown}" if name == "on" else f"its {name} is {shown}")
    return ", ".join(wrong)


def _same(type: ValueType, one: Value, other: Value) -> bool:
    return one == other if one is None or other is None else type.same(one, other)


def _compared(action: Phrase, found: Sequence[Resource]) -> Tried:
    wrong = differing(action, found)
    if wrong:
        return Tried(False, wrong, {"by": "look"})
    where = " and ".join(sorted({resource.place for resource in found if not _differences(action, resource)}))
    return Tried(True, f"so it is on {where}", {"by": "look"})
