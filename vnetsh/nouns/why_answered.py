"""What `why` answers: the hops of a way, and where it stops, by what is observed and by what the hosts tell."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import CannotTell
from vnetsh.model import Finding, Fleet, Hop, Route
from vnetsh.nouns.why_ends import Meant, meant_by, nobodys
from vnetsh.nouns.why_found import DETAIL, Found, asked_of, thing
from vnetsh.nouns.why_mending import sentence
from vnetsh.nouns.why_room import narrow
from vnetsh.nouns.why_traced import packet_of, traced
from vnetsh.reach.routes import Told, alone, end_hops, told
from vnetsh.reach.walk import Walker
from vnetsh.schema import Answer, Foreseen
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase

_ENDS = ("vm", "port", "link")

_SETTLING = 2.5
"""Seconds in which the ends of a tunnel that has just come find one another: so long a silence says nothing."""


def foresee(action: Phrase, settler: Settling) -> Foreseen | None:
    """What the plan says, by what is known of the networks; None, and refused, where an end is not clear."""
    ends = meant_by(action, settler.fleet, settler.refuse)
    if ends is None:
        return None
    if packet_of(action, ends, settler.fleet):
        return Foreseen(f"why {question_of(action)}", None, "its networks are asked when it is so far")
    found = _by_model(ends, settler.fleet)
    stop = found.wrong[0][1] if found.wrong else None
    why = f"stops at {thing(stop.at)}: {stop.says}" if stop else "it arrives, as far as it is known"
    return Foreseen(f"why {question_of(action)}", stop is None, why)


def answer(action: Phrase, asking: Asking) -> Answer:
    """What is found. Raises `CannotTell` where an end is not clear."""
    until = time.monotonic() + _SETTLING
    while True:
        fleet, problems = asking.observe(), list[Diagnostic]()
        ends = meant_by(action, fleet, problems.append)
        if ends is None:
            problem = problems[0]
            raise CannotTell(problem.message, help=problem.help, code=problem.code)
        packet = packet_of(action, ends, fleet)
        if packet:
            known = traced(packet, ends, fleet, asking)
            if known is None:
                lost = nobodys(next(end.address for end in ends if end.address), None)
                raise CannotTell(lost.message, help=lost.help, code=lost.code)
            return _answer(action, known, fleet)
        found = find(ends, fleet, asking, asked_of(action))
        passing = found.stop and found.stop.symptom and not found.broken
        if not passing or time.monotonic() > until:
            return _answer(action, found, fleet)
        time.sleep(0.2)


def find(
    ends: tuple[Meant, Meant], fleet: Fleet, asking: Asking, asks: tuple[str, int] | None = None
) -> Found:
    """The way by what was observed, and then by what its hosts tell; `asks`: a protocol and its port."""
    known = _by_model(ends, fleet)
    route = known.route
    if known.wrong and known.wrong[0][1].at[0] in ("vm", "host"):
        return Found(route, known.wrong[0][1])  # nothing that its host tells would change that
    seen = [
        one
        for way in (replace(_asked(ends, known, fleet), asks=asks), *known.below)
        for one in asking.trace(way, fleet)
    ]
    notes = [one for one in seen if not one.stops]
    stopping = sorted((one for one in seen if one.stops), key=lambda one: _order(one, route))
    first = _first(stopping, known)
    if first is None:
        notes += narrow(route, fleet)
    return Found(route, first, notes, known.broken)


def _asked(ends: tuple[Meant, Meant], known: Told, fleet: Fleet) -> Route:
    """What its hosts are asked of: of a way that is broken only its ends, and the thing at which it breaks."""
    if not known.broken:
        return known.route
    hops = [hop for hop in known.route.hops if hop.kind in _ENDS]
    loose = [point for end in ends for point in end.points if point.spot is None]
    hops += [hop for point in loose for hop in end_hops(point, fleet) if hop not in hops]
    kind, place, name = known.wrong[0][1].at
    there = fleet.bridge_of_uplink(place, name) if kind == "uplink" else fleet.get(kind, place, name)
    if there and kind not in _ENDS:
        hops.append(Hop(kind, name, place, backend=there.backend, link=name))
    return replace(known.route, hops=tuple(hops))


def _first(seen: Sequence[Finding], known: Told) -> Finding | None:
    """What stops a packet first.

    Of a way that is broken a host knows better what is wrong with an end of it than the model, which guesses.
    """
    real = [one for one in seen if not one.symptom]
    best = next((one for one in real if one.at[0] == "host"), next(iter(real), None))
    definite = [one for one in known.wrong if not one[1].symptom]
    if best is None or not definite:
        return best or next((one for _, one in known.wrong), None) or next(iter(seen), None)
    at, guess = definite[0]
    nearer = known.broken and (best.at[0] in _ENDS or best.at == guess.at)
    return best if nearer or best.at[0] == "host" or _order(best, known.route) < at else guess


def _order(finding: Finding, route: Route) -> int:
    """The number of the hop at which something is; behind all where it is at none."""
    return next((at for at, hop in enumerate(route.hops) if hop.key == finding.at), len(route.hops))


def _by_model(ends: tuple[Meant, Meant], fleet: Fleet) -> Told:
    source, target = ends
    walk = Walker(fleet).walk(source.points, target.points)
    if walk:
        return told(walk, fleet)
    hops: list[Hop] = []
    wrong: list[tuple[int, Finding]] = []
    for end in ends:
        if end.points:
            found = [(len(hops), one) for one in alone(end.points[0], fleet)]
            more = end_hops(end.points[0], fleet)
        else:
            found, more = _nowhere(end, len(hops), fleet)
        hops += more if end is source else more[::-1]
        wrong += found
    if not wrong:
        joined = f"no network joins {source.said} and {target.said}"
        wrong = [(len(hops) - 1, Finding(hops[-1].key, joined, symptom=True))]
    return Told(Route(tuple(hops)), tuple(wrong), broken=True)


def _nowhere(end: Meant, at: int, fleet: Fleet) -> tuple[list[tuple[int, Finding]], list[Hop]]:
    """What is wrong with an end that has no point."""
    if end.vm:
        hop = Hop("vm", end.vm.name, end.vm.place, f"{end.vm.name} on {end.vm.place}", end.vm.backend)
        return [(at, Finding(end.vm.key, "it has no NIC on a bridge"))], [hop]
    hop = Hop("host", end.host, end.host, end.host)
    away = end.host in fleet.unreachable
    says = "it does not answer" if away else "none of its links is seen to have an address"
    return [(at, Finding(hop.key, says))], [hop]


def question_of(action: Phrase) -> str:
    """What was asked, as its sentence says it."""
    asked = asked_of(action)
    return action.name + (f" {asked[0]} {asked[1]}" if asked else "")


def _answer(action: Phrase, found: Found, fleet: Fleet) -> Answer:
    question = question_of(action)
    stop = _told(found.stop, fleet) if found.stop else None
    notes = _noted(found.notes, fleet)
    unseen = any(not note.stops and note.at[0] != "link" for note in found.notes)
    lines = [f"why {question}:", *(f"  {hop.says}" for hop in found.route.hops if hop.says)]
    says = f"stops at {thing(found.stop.at)}: {found.stop.says}" if found.stop else ""
    arrives = "arrives, as far as it can be seen" if unseen else "arrives"
    lines.append(says or found.beyond or arrives)
    lines += _mends(stop) if stop else []
    for note in notes:
        at = thing((note["kind"], note["host"], note["name"]))
        lines += [f"note: {at}: {note['says']}", *_mends(note)]
    if found.rests:
        lines.append(f"told {found.rests}; no packet was sent")
    if action.value(DETAIL) and found.detail:
        lines += ["", found.detail]
    hops = [{"kind": h.kind, "name": h.name, "host": h.place, "says": h.says} for h in found.route.hops]
    data: dict[str, object] = {
        "why": question, "arrives": not stop, "hops": hops, "stops": stop, "notes": notes,
        **({"beyond": found.beyond} if found.beyond and not stop else {}),
        **({"rests": found.rests} if found.rests else {}),
        **({"detail": found.detail} if action.value(DETAIL) else {}),
    }  # fmt: skip
    if stop is None:
        return Answer("\n".join(lines), data)
    help = next(iter(_mends(stop)), "")
    return Answer("\n".join(lines), data, ok=False, code="E503", help=help, failed=f"why {question}: {says}")


def _mends(end: Mapping[str, str]) -> list[str]:
    where = f", on {end['host']}" if end["by"] == "command" else ""
    first = "to see to" if end["by"] == "advice" else "to mend it"
    return [f"{first}{where}: {end['mend']}"] if end["mend"] else []


def _told(finding: Finding, fleet: Fleet) -> dict[str, str]:
    kind, place, name = finding.at
    said = sentence(finding, fleet)
    by = "sentence" if said else "command" if finding.command else "advice" if finding.advice else ""
    mend = said or finding.command or finding.advice
    return {"kind": kind, "name": name, "host": place, "says": finding.says, "mend": mend, "by": by}


def _noted(notes: Sequence[Finding], fleet: Fleet) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for note in notes:
        if (told := _told(note, fleet)) not in found:
            found.append(told)
    return found
