"""Changes into a draft of a CIB, on the CIB as it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, fromstring

from vnetsh.model import Change, Resource, listed
from vnetsh_pacemaker.cib import Cib, draft_of, put, section
from vnetsh_pacemaker.marks import BY_HAND, LEAVING, META, OURS, RENEWING, is_marked
from vnetsh_pacemaker.reading import CONSTRAINTS, ID, XML, naming_it, preference
from vnetsh_pacemaker.shapes import SHAPES
from vnetsh_pacemaker.shapes.kept import PREFERENCE, Names, marked
from vnetsh_pacemaker.sort import APART, OUTDATED, TOGETHER

SAID = {
    "fence": ("by", "hosts", "options", "secrets"),
    "vip": ("on", "prefix", "prefer", "without", APART, TOGETHER),
    "ha": ("prefer", "restart", "migrate", "transport", "without", APART, TOGETHER),
    "order": ("first", "then"),
}
"""By kind what its sentences say of it: what is compared with what is there."""


MATES = {APART: "-INFINITY", TOGETHER: "INFINITY"}
"""How vms are beside others."""
_BESIDE = {"ha": ("ha",), "vip": ("ha", "vip")}
"""What is apart or together, by kind, and with what."""
LEAVE = f"{OURS}leave-"
"""Begins the ids of the rules by which a cluster forgets that it ran a vm."""


class Conflict(Exception):
    """What is there is neither as a change found it nor as it leaves it."""

    def __init__(self, change: Change, message: str) -> None:
        super().__init__(message)
        self.change, self.message = change, message


@dataclass(frozen=True)
class Drafted:
    """A draft, and those of the changes that are not made already."""

    draft: Element
    changes: Sequence[Change]


def drafted(
    changes: Sequence[Change], cib: Cib, there: Mapping[tuple[str, str], Resource], names: Names
) -> Drafted:
    """The draft that has the changes made; `there` is what the CIB says, by kind and name. Raises `Conflict`."""
    draft = draft_of(cib)
    ids = _ids(changes, draft, there)
    left = []
    for change in changes:
        now = there.get((change.resource.kind, change.resource.name))
        if now and change.before is None:
            _have_managed(draft, id_of(now))
        if now and change.resource.kind == "fence":
            _end_renewal(draft, id_of(now))
        if alike(now, change.after) and not is_outdated(now, change.after):
            continue
        if not alike(now, change.before) and not change.undo:
            raise Conflict(
                change,
                f"{change.resource.kind} {change.resource.name} is not as it was: somebody else has changed it",
            )
        _make(draft, change, now, names, ids)
        left.append(change)
    return Drafted(draft, left)


def _ids(
    changes: Sequence[Change], draft: Element, there: Mapping[tuple[str, str], Resource]
) -> Mapping[tuple[str, str], str]:
    """What everything is called there, or will be: by no name that anything else has."""
    taken = {one.get("id", "") for one in draft.iter()}
    found = {key: id_of(one) for key, one in there.items()}
    for change in changes:
        key = change.resource.kind, change.resource.name
        if key in found or change.resource.kind not in SHAPES:
            continue
        id = id_of(change.resource) or SHAPES[change.resource.kind].id(change.resource.name)
        while id in taken:
            id = f"{OURS}{id}"
        found[key] = id
    return found


def _have_managed(draft: Element, id: str) -> None:
    """Take back what was begun to let a vm go: a run that did so was cut off."""
    constraints = section(draft, "constraints")
    rules = [one for one in constraints if one.get("id", "").startswith(f"{LEAVE}{id}-")]
    for rule in rules:
        constraints.remove(rule)
    for primitive in draft.iter("primitive"):
        if primitive.get("id") == id and is_marked(primitive):
            put(primitive, "is-managed", None, META)
            put(primitive, LEAVING, None, META)


def _end_renewal(draft: Element, id: str) -> None:
    """Its hosts have the secrets of a device: that it changes has Pacemaker's fencer read them."""
    for primitive in draft.iter("primitive"):
        if primitive.get("id") == id:
            put(primitive, RENEWING, None, META)


def is_outdated(one: Resource | None, wanted: Resource | None) -> bool:
    """Whether a device has other secrets than it is to have; what it had before nobody brings back."""
    return one is not None and wanted is not None and bool(one.get(OUTDATED)) and not wanted.get(OUTDATED)


def alike(one: Resource | None, other: Resource | None) -> bool:
    """Whether two resources are the same as far as sentences can say."""
    if one is None or other is None:
        return one is other
    return (
        all(_value(one, word) == _value(other, word) for word in SAID[one.kind])
        and one.marked == other.marked
    )


def _value(one: Resource, word: str) -> object:
    value = one.get(word)
    return tuple(sorted(map(str, value))) if isinstance(value, tuple) else value or None


def _make(
    draft: Element, change: Change, now: Resource | None, names: Names, ids: Mapping[tuple[str, str], str]
) -> None:
    one = change.resource
    if one.kind == "order":
        _make_order(draft, change, now, ids)
        return
    resources, constraints = section(draft, "resources"), section(draft, "constraints")
    if change.after is None:
        assert now
        id = id_of(now)
        for home in resources.iter():
            for child in [child for child in home if child.tag == "primitive" and child.get("id") == id]:
                home.remove(child)
        for naming in [*naming_it(draft, id)]:
            if (
                naming in [*constraints] and naming.get("id", "").startswith((OURS, BY_HAND))
            ) or _is_preference(naming, id):
                constraints.remove(naming)
        return
    shape, id = SHAPES[one.kind], ids[one.kind, one.name]
    if now is None and change.after.record and XML in change.after.record:
        record = change.after.record
        resources.append(fromstring(str(record[XML])))
        found = record.get(CONSTRAINTS)
        for text in found if isinstance(found, (list, tuple)) else ():
            constraints.append(fromstring(str(text)))
    elif now is None:
        resources.append(shape.made(id, one))
    primitive = next(found for found in draft.iter("primitive") if found.get("id") == id)
    shape.write(primitive, change.after, names)
    marked(primitive, change.after)
    _prefer(draft, id, change.after, names)
    for word in MATES if one.kind in _BESIDE else ():
        _beside(draft, id, change.after, word, ids)


def id_of(resource: Resource) -> str:
    """What something is called in its CIB, as it was observed."""
    return str((resource.record or {}).get(ID, ""))


def _is_preference(one: Element, id: str) -> bool:
    return preference([one], id) is one


def _prefer(draft: Element, id: str, resource: Resource, names: Names) -> None:
    constraints = section(draft, "constraints")
    there = preference([*naming_it(draft, id)], id)
    host = resource.text("prefer")
    if there is not None and names.host(there.get("node", "")) == host:
        return
    if there is not None:
        constraints.remove(there)
    if host:
        SubElement(
            constraints,
            "rsc_location",
            {"id": f"{OURS}prefer-{id}", "rsc": id, "node": names.node(host), "score": PREFERENCE},
        )


def _beside(
    draft: Element, id: str, resource: Resource, word: str, ids: Mapping[tuple[str, str], str]
) -> None:
    """Have one be apart from some, or together with them: a rule for each pair."""
    constraints = section(draft, "constraints")
    kinds = {id: kind for (kind, _), id in ids.items()}
    found = (ids.get(("ha", one)) or ids.get(("vip", one)) for one in listed(resource.get(word)))
    mates = [one for one in found if one and kinds[one] in _BESIDE[resource.kind]]
    names = {
        mate: pair_id(word, id, mate) if resource.kind == "ha" else f"{OURS}{word}-{id}-{mate}"
        for mate in mates
    }
    wanted = {name: mate for mate, name in names.items()}
    there = [
        one
        for one in naming_it(draft, id)
        if one.get("id", "").startswith(f"{OURS}{word}-")
        and (one.get("rsc") == id if resource.kind == "vip" else kinds.get(one.get("rsc", "")) == "ha")
    ]
    for one in there:
        if wanted.pop(one.get("id", ""), None) is None:
            constraints.remove(one)
    for name, mate in wanted.items():
        rule = {"id": name, "rsc": id, "with-rsc": mate, "score": MATES[word]}
        SubElement(constraints, "rsc_colocation", rule)


def pair_id(word: str, one: str, other: str) -> str:
    """What the rule of a pair is called, whichever of the two it is made of."""
    return f"{OURS}{word}-{'-'.join(sorted((one, other)))}"


def _make_order(
    draft: Element, change: Change, now: Resource | None, ids: Mapping[tuple[str, str], str]
) -> None:
    constraints = section(draft, "constraints")
    if change.after is None:
        for one in [one for one in constraints if now and one.get("id") == id_of(now)]:
            constraints.remove(one)
        return
    if change.after.record and XML in change.after.record:
        constraints.append(fromstring(str(change.after.record[XML])))
        return
    called = (change.after.text(word) for word in ("first", "then"))
    first, then = (ids.get(("ha", name)) or ids.get(("vip", name)) or name for name in called)
    made = {"id": f"{OURS}order-{first}-{then}", "first": first, "then": then}
    SubElement(constraints, "rsc_order", made)
