"""What is to be written to a server so that it says what the hosts hold. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vnetsh_netbox.objects import host_tag
from vnetsh_netbox.server import Record
from vnetsh_netbox.sorts import SORTS, VM, Field, Known, Ref, Sort, Wanted
from vnetsh_netbox.there import There, number, tags_of


@dataclass(frozen=True)
class Step:
    """One object to add (`+`), change (`~`) or remove (`-`); `fields` are those that are said.

    `late`: it is set when what it refers to is there.
    """

    sign: str
    ref: Ref
    fields: Mapping[str, Field]
    tags: tuple[str, ...] = ()
    id: int = 0
    words: str = ""
    late: bool = False

    def __str__(self) -> str:
        return f"{self.sign} {self.ref}{f': {self.words}' if self.words else ''}"


@dataclass(frozen=True)
class Difference:
    """The steps, in the order in which they are made, and remarks on what is left as it is."""

    steps: tuple[Step, ...]
    remarks: tuple[str, ...]


def compare(wanted: Sequence[Wanted], there: There, seen: Collection[str]) -> Difference:
    """What is to be done. Only of hosts that were `seen` is anything removed."""
    refs = {one.ref for one in wanted}
    removals, remarks = _removals(refs, there, {host_tag(host) for host in seen})
    going = {(step.ref.sort, step.id) for step in removals}
    made: list[Step] = []
    left: set[Ref] = set()
    for one in wanted:
        if one.ref in there.taken or any(ref in left for ref in _refs(one.fields)):
            left.add(one.ref)
            if one.ref in there.taken:
                remarks.append(f"{one.ref} is left out: {there.taken[one.ref]}")
        elif step := _made(one, there):
            made.append(step)
    late = (_late(one, there, going, left) for one in wanted if one.ref not in left)
    return Difference((*removals, *made, *filter(None, late)), tuple(remarks))


def _removals(wanted: Collection[Ref], there: There, tags: Collection[str]) -> tuple[list[Step], list[str]]:
    """What is there and not wanted any more; of a vm that goes its parts go with it."""
    removals: list[Step] = []
    remarks: list[str] = []
    for ref, record in there.own.items():
        vm = Ref(VM, ref.key[:1])
        if ref in wanted or (ref != vm and vm not in wanted and vm not in there.kept):
            continue
        if vm not in wanted and not tags_of(there.own[vm]) & {*tags}:
            if ref == vm:
                remarks.append(f"{ref} stays: its host was not seen")
        elif ref in there.kept:
            remarks.append(f"{ref} stays: on it is {there.kept[ref]}, which others made")
        else:
            removals.append(Step("-", ref, {}, id=int(record["id"])))
    removals.sort(key=lambda step: (-SORTS.index(step.ref.sort), step.ref.key))
    return removals, remarks


def _made(one: Wanted, there: There) -> Step | None:
    """The step that makes one object as it is to be; None where it is."""
    record = there.own.get(one.ref) or there.stays.get(one.ref)
    if record is None:
        return Step("+", one.ref, {**one.first, **one.fields}, one.tags, words=_shortly(one))
    if one.ref.sort.stays:
        return None
    differing = {
        name: value for name, value in one.fields.items() if not _same(value, record.get(name), there)
    }
    tags = _tags(record, one.tags)
    if not (differing or tags):
        return None
    shown = (f"{name} {_shown(record.get(name))} -> {_shown(value)}" for name, value in differing.items())
    words = ", ".join(shown) or f"tags {', '.join(one.tags)}"
    if "cluster" in differing:
        differing["site"] = None  # it is that of its cluster
    return Step("~", one.ref, differing, tags, int(record["id"]), words)


def _late(
    one: Wanted, there: There, going: Collection[tuple[Sort, int]], left: Collection[Ref]
) -> Step | None:
    """What is set where nobody has set it, once that is there which it refers to."""
    record = there.own.get(one.ref)
    empty = {
        name: value
        for name, value in one.late.items()
        if isinstance(value, Ref) and value not in left and _is_empty(record, name, value.sort, going)
    }
    return Step("~", one.ref, empty, id=int(record["id"]) if record else 0, late=True) if empty else None


def _is_empty(record: Record | None, name: str, sort: Sort, going: Collection[tuple[Sort, int]]) -> bool:
    """Whether a field refers to nothing, or to what is removed before."""
    there = number(record.get(name)) if record else None
    return there is None or (sort, there) in going


def _refs(fields: Mapping[str, Field]) -> list[Ref]:
    values = (value if isinstance(value, tuple) else (value,) for value in fields.values())
    return [one for some in values for one in some if isinstance(one, Ref)]


def _tags(record: Record, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """All that it is to have where one is missing, or is of another host; others' stay."""
    there = tags_of(record)
    ours = {tag for tag in there if any(tag.startswith(f"{one}-") for one in wanted[:1])}
    want = (there - ours) | {*wanted} if len(wanted) > 1 else there | {*wanted}
    return tuple(sorted(want)) if want != there else ()


def _same(wanted: Field, record: Any, there: There) -> bool:
    if isinstance(record, dict) and "value" in record:
        record = record["value"]
    if isinstance(wanted, tuple):
        return sorted(map(_id(there), wanted)) == sorted(number(one) for one in record or ())
    if isinstance(wanted, Ref | Known):
        return bool(_id(there)(wanted) == number(record))
    if isinstance(wanted, float):
        return record is not None and Decimal(str(record)) == Decimal(str(wanted))
    return bool(wanted == record)


def _id(there: There) -> Any:
    def found(one: Ref | Known) -> int:
        if isinstance(one, Known):
            return one.id
        record = there.own.get(one) or there.stays.get(one)
        return int(record["id"]) if record else -1

    return found


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("display") or value.get("label") or value.get("name")
    if isinstance(value, Known):
        return f"number {value.id}"
    if isinstance(value, tuple | list):
        return ", ".join(map(_shown, value)) or "none"
    return "none" if value is None else str(value.key[-1] if isinstance(value, Ref) else value)


def _shortly(one: Wanted) -> str:
    told = ("status", "vcpus", "memory", "size", "untagged_vlan", "tagged_vlans")
    said = {name: one.fields[name] for name in told if one.fields.get(name) not in (None, ())}
    return ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in said.items())
