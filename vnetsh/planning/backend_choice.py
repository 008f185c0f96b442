"""Which backend realises a new resource. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Key, Resource
from vnetsh.planning.desired import Settler
from vnetsh.schema import Kind
from vnetsh.script.check_backends import no_backend


def backend_of(
    wanted: Resource, kind: Kind, settler: Settler, chosen: Mapping[Key, str], backends: Mapping[str, Backend]
) -> str | None:
    """The backend that will realise a new resource: its parent's or leader's where that can, else the one asked for."""
    place = settler.inventory[wanted.place]
    leader = wanted.parent or _leader(wanted, kind)
    if leader:
        key = leader[0], wanted.place, leader[1]
        existing = None if key in chosen else settler.fleet.resources.get(key)
        its = backends.get(chosen.get(key) or (existing.backend if existing else ""))
        if its and kind.name in its.kinds and its.serves(place):
            return its.name
    able = [b for b in backends.values() if kind.name in b.kinds and b.serves(place)]
    asked = wanted.text("backend") if kind.attribute("backend") else ""
    named = [b for b in able if b.name == asked]
    # A world without hardware stands in for every backend that there is.
    preferred = named or ([b for b in able if b.preferred] if not asked or place.world else [])
    if not preferred:
        settler.refuse(_no_backend(wanted, asked, able))
        return None
    missing = settler.fleet.absent.get((place.name, preferred[0].name))
    if missing:
        settler.refuse(Diagnostic("E303", missing.message, wanted.at("backend"), help=missing.help))
        return None
    return preferred[0].name


def _leader(wanted: Resource, kind: Kind) -> tuple[str, str] | None:
    """Kind and name of the object whose backend also realises this one."""
    attribute = kind.attribute(kind.realised_with)
    return (attribute.type.ref, wanted.text(attribute.name)) if attribute else None


def _no_backend(wanted: Resource, asked: str, able: Sequence[Backend]) -> Diagnostic:
    if asked:
        return no_backend(wanted, asked, [backend.name for backend in able], f" on {wanted.place}")
    return Diagnostic(
        "E108",
        f"nothing here makes a {wanted.kind} on {wanted.place}",
        wanted.span,
        help="is its plugin installed?",
    )
