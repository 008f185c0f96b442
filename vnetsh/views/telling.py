"""The page of one thing: what the fleet says of it, and what is asked for it: counters, runs, its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from vnetsh.errors import VnetshError
from vnetsh.export.exporting import sentence_of
from vnetsh.model import Fleet, Resource
from vnetsh.schema import Told
from vnetsh.session import Session
from vnetsh.views.page import Page, Row, Section, parts_of, topology
from vnetsh.views.past import runs_of
from vnetsh.views.ways import ways_from


def pages_of(session: Session, found: Sequence[Resource], fleet: Fleet) -> Sequence[Page]:
    """A page for each resource that was found in a fleet; one of all, where they stand for the same thing."""
    if found and session.vocabulary.kinds[found[0].kind].members:
        first = found[0]
        at_each = Section("at each host", first.kind, found)
        return [Page(first.kind, first, (at_each, *_sections(session, found, fleet)), everywhere=True)]
    return [Page(one.kind, one, tuple(_sections(session, [one], fleet))) for one in found]


def _sections(session: Session, found: Sequence[Resource], fleet: Fleet) -> Iterator[Section]:
    """What is told of one thing, be it at several places, besides its attributes."""
    resource, kind = found[0], session.vocabulary.kinds[found[0].kind]
    parts = parts_of(kind, found, fleet)
    besides = kind.tells(resource, fleet) if kind.tells else Told()
    yield from topology(kind, resource, parts, fleet, session.vocabulary, besides.resources)
    yield from (Section(title, rows=rows) for title, rows in besides.tables.items() if rows)
    if ways := ways_from(resource, parts, fleet):
        yield Section("reaches", rows=ways)
    if rows := _counted(session, [resource, *parts]):
        yield Section("counters", rows=rows)
    yield from _origin(session, resource, parts)
    said = _said(session, resource, fleet)
    if said:
        yield Section("export", lines=said.split("\n"))
    if fleet.unreachable:
        yield Section("not seen", lines=[error.message for error in fleet.unreachable.values()])


def _counted(session: Session, resources: Sequence[Resource]) -> list[Row]:
    told = session.counters(resources)
    return [
        {"name": one.name, "host": one.place, **asdict(told[one.key])} for one in resources if one.key in told
    ]


def _origin(session: Session, resource: Resource, parts: Sequence[Resource]) -> Iterator[Section]:
    """Who made it, and in which runs."""
    if resource.marked:
        yield Section("made by", lines=[f"vnetsh, for {resource.owner}" if resource.owner else "vnetsh"])
    elif resource.backend and not resource.inherent:
        yield Section("made by", lines=["others: it has no mark of vnetsh"])
    if rows := runs_of(resource, parts, session.runs):
        yield Section("runs", rows=rows)


def _said(session: Session, resource: Resource, fleet: Fleet) -> str:
    try:
        return sentence_of(session, resource, fleet)
    except VnetshError as error:
        return f"# {error.message}"
