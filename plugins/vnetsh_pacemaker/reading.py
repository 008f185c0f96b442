"""What a CIB and its cluster's state say, as resources. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element, tostring

from vnetsh.backend import Observation
from vnetsh.model import Attributes, Resource
from vnetsh_pacemaker.cib import primitives, section
from vnetsh_pacemaker.facts import ClusterFacts
from vnetsh_pacemaker.hindrances import barred, bound, halted, leaving
from vnetsh_pacemaker.marks import BY_HAND, OURS, is_marked, owner_of
from vnetsh_pacemaker.members import Look
from vnetsh_pacemaker.shapes import SHAPES
from vnetsh_pacemaker.shapes.fences import secret_options
from vnetsh_pacemaker.shapes.kept import Names, Shape
from vnetsh_pacemaker.sort import APART, NAME, OUTDATED, TOGETHER
from vnetsh_pacemaker.standing_by import members
from vnetsh_pacemaker.status import Running

ID, XML, CONSTRAINTS, SECRET = "id", "xml", "constraints", "secret"
"""Keys of a record: what is needed to make a resource anew as it was; that it has a secret which is not in there."""


def shape_of(primitive: Element) -> Shape | None:
    """The shape of a resource; None of one that is of no noun."""
    return next((shape for shape in SHAPES.values() if shape.reads(primitive)), None)


def observation(
    look: Look, names: Names, place: str, outdated: Mapping[str, tuple[str, ...]] | None = None
) -> Observation:
    """All that is there, whoever made it; `outdated` are secrets, by their devices' ids."""
    config = look.cib.configuration
    found = [*_resources(look, names, place, outdated or {})]
    known = {str((one.record or {})[ID]): one.name for one in found if one.record}
    orders = [*_orders(config, known, place)]
    further = [*_further(look, names, place, {one.name for one in orders}, known)]
    fences = [one for one in found if one.kind == "fence"]
    hosts = [*members(look, names, place, fences)]
    unmanaged = {known[id] for id, one in look.status.running.items() if id in known and not one.managed}
    fencing = look.cib.option("stonith-enabled", "true") in ("true", "1", "yes", "on")
    nodes = {names.host(node): state for node, state in look.status.nodes.items()}
    ids = frozenset(one.get("id", "") for one in config.iter())
    facts = ClusterFacts(
        look.quorate, fencing, nodes, ids, frozenset(unmanaged),
        leaving=frozenset(known[id] for id in leaving(look.cib) if id in known),
        halted=halted(look.cib),
        barred=dict(barred(look.cib, names, known)),
        bound=dict(bound(look.cib, known)),
    )  # fmt: skip
    return Observation([*found, *orders, *hosts, *further], facts)


def _resources(
    look: Look, names: Names, place: str, outdated: Mapping[str, tuple[str, ...]]
) -> Iterator[Resource]:
    config = look.cib.configuration
    called = {
        one.get("id", ""): (shape.kind, shape.name(one, names))
        for one, _ in primitives(config)
        if (shape := shape_of(one)) is not None
    }
    for primitive, within in primitives(config):
        shape, id = shape_of(primitive), primitive.get("id", "")
        if shape is None:
            continue
        naming = [*naming_it(config, id)]
        preferred = preference(naming, id)
        others = [one.get("id", "") for one in naming if not _is_own(one, preferred)]
        running = look.status.running.get(id, Running())
        failures = look.status.failures.get(id, ())
        attributes: Attributes = {
            **shape.attributes(primitive, names),
            "prefer": names.host(preferred.get("node", ""))
            if preferred is not None and shape.kind != "fence"
            else None,
            "at": tuple(names.host(node) for node in running.nodes) or None,
            "error": failures[-1] if failures and not running.nodes else None,
            **_mates(naming, id, called),
            OUTDATED: outdated.get(id),
            "named-by": tuple(sorted([*others, *([within] if within else [])])) or None,
        }
        yield Resource(
            shape.kind, shape.name(primitive, names), place, {k: v for k, v in attributes.items() if v is not None},
            backend=NAME, marked=is_marked(primitive), owner=owner_of(primitive),
            record=_record(primitive, [one for one in naming if _is_own(one, preferred)]),
        )  # fmt: skip


def _mates(naming: Iterable[Element], id: str, called: Mapping[str, tuple[str, str]]) -> Attributes:
    """Whom something is apart from and together with by rules of vnetsh's.

    A rule of two vms is said by either, one that begins with a vip by that alone.
    """
    found: dict[str, tuple[str, ...]] = {}
    for one in naming:
        ends = one.get("rsc", ""), one.get("with-rsc", "")
        of_vip = called.get(ends[0], ("", ""))[0] == "vip"
        for word in (APART, TOGETHER):
            if one.get("id", "").startswith(f"{OURS}{word}-") and (ends[0] == id or not of_vip):
                _, other = called.get(ends[1] if ends[0] == id else ends[0], ("", ""))
                found[word] = tuple(sorted((*found.get(word, ()), other)))
    return found


def _record(primitive: Element, own: Iterable[Element]) -> dict[str, object]:
    hidden = (
        any(value != "lrm://" for value in secret_options(primitive).values())
        if primitive.get("class") == "stonith"
        else False
    )
    record: dict[str, object] = {ID: primitive.get("id", "")}
    if hidden:
        return {**record, SECRET: True}
    constraints = [tostring(one, encoding="unicode").strip() for one in own if one.tag == "rsc_location"]
    return {**record, XML: tostring(primitive, encoding="unicode").strip(), CONSTRAINTS: constraints}


def naming_it(config: Element, id: str) -> Iterator[Element]:
    """The constraints, tags and levels of fencing that name a resource."""
    for one in section(config, "constraints"):
        if id in (one.get("rsc"), one.get("with-rsc"), one.get("first"), one.get("then")) or any(
            ref.get("id") == id for ref in one.iter("resource_ref")
        ):
            yield one
    for one in config.iterfind("tags/tag"):
        if any(ref.get("id") == id for ref in one.iter("obj_ref")):
            yield one
    for one in config.iterfind("fencing-topology/fencing-level"):
        if id in one.get("devices", "").split(","):
            yield one


def preference(naming: Iterable[Element], id: str) -> Element | None:
    """The constraint that says on which host a resource is rather put."""
    for one in naming:
        score = one.get("score", "")
        wants = (score.isdigit() and int(score) > 0) or score in ("INFINITY", "+INFINITY")
        plain = one.tag == "rsc_location" and one.get("rsc") == id and one.get("node") and not len(one)
        if plain and wants and not one.get("id", "").startswith(BY_HAND):
            return one
    return None


def _is_own(one: Element, preferred: Element | None) -> bool:
    return one is preferred or one.get("id", "").startswith((OURS, BY_HAND))


def _orders(config: Element, known: dict[str, str], place: str) -> Iterator[Resource]:
    for one in section(config, "constraints").iterfind("rsc_order"):
        first, then = known.get(one.get("first", "")), known.get(one.get("then", ""))
        actions = {one.get("first-action", "start"), one.get("then-action", "start")}
        if first and then and actions == {"start"} and one.get("kind", "Mandatory") == "Mandatory":
            yield Resource(
                "order", f"{first} then {then}", place, {"first": first, "then": then},
                backend=NAME, marked=one.get("id", "").startswith(OURS),
                record={ID: one.get("id", ""), XML: tostring(one, encoding="unicode").strip()},
            )  # fmt: skip


def _further(
    look: Look, names: Names, place: str, orders: set[str], known: dict[str, str]
) -> Iterator[Resource]:
    """What is of no noun: others' resources, groups, clones and constraints."""
    config = look.cib.configuration
    for primitive, within in primitives(config):
        if shape_of(primitive) is None:
            agent = ":".join(filter(None, (primitive.get(word) for word in ("class", "provider", "type"))))
            running = look.status.running.get(primitive.get("id", ""), Running())
            at = tuple(names.host(node) for node in running.nodes)
            about = f"{agent}, in {within}" if within else agent or f"of template {primitive.get('template')}"
            yield _one(primitive, place, about, at)
    for child in section(config, "resources"):
        if child.tag != "primitive":
            yield _one(child, place, child.tag)
    for child in section(config, "constraints"):
        id = child.get("id", "")
        ends = [known.get(child.get(word, "")) for word in ("first", "then")]
        whose = known.get(child.get("rsc", ""))
        naming = [*naming_it(config, child.get("rsc", ""))] if whose else []
        if id.startswith((OURS, BY_HAND)) or f"{ends[0]} then {ends[1]}" in orders:
            continue
        if whose and preference(naming, child.get("rsc", "")) is child:
            continue
        words = [child.tag.removeprefix("rsc_")]
        words += [value for word, value in child.attrib.items() if word != "id"]
        yield _one(child, place, " ".join(words))


def _one(element: Element, place: str, about: str, at: tuple[str, ...] = ()) -> Resource:
    values: Attributes = {"about": about, **({"at": at} if at else {})}
    return Resource("ha-resource", element.get("id", ""), place, values, backend=NAME)
