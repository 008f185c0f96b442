"""Which backend realises a new resource. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Key, Resource
from vnetsh.planning.desired import Settler
from vnetsh.schema import Kind


def backend_of(
    wanted: Resource, kind: Kind, settler: Settler, chosen: Mapping[Key, str], backends: Mapping[str, Backend]
) -> str | None:
    """The backend that will realise a new resource: its parent's, its bridge's, the one asked for."""
    leader = wanted.parent or ((kind.follows, wanted.text(kind.follows)) if kind.follows else None)
    if leader:
        new = chosen.get((leader[0], wanted.place, leader[1]))
        existing = settler.fleet.get(leader[0], wanted.place, leader[1])
        if new or existing:
            return new or (existing.backend if existing else None)
    asked = wanted.text("backend") if kind.attribute("backend") else ""
    host = settler.inventory[wanted.place]
    able = [b for b in backends.values() if kind.name in b.kinds and b.serves(host)]
    named = [b for b in able if b.name == asked]
    # A world without hardware stands in for every backend that there is.
    preferred = named or ([b for b in able if b.preferred] if not asked or host.world else [])
    if not preferred:
        settler.refuse(_no_backend(wanted, asked, able))
        return None
    missing = settler.fleet.absent.get((host.name, preferred[0].name))
    if missing:
        settler.refuse(Diagnostic("E303", missing.message, wanted.span, help=missing.help))
        return None
    return preferred[0].name


def _no_backend(wanted: Resource, asked: str, able: Sequence[Backend]) -> Diagnostic:
    names = [backend.name for backend in able]
    if asked:
        return Diagnostic(
            "E108",
            f"no backend `{asked}` makes a {wanted.kind} on {wanted.place}",
            wanted.span,
            help=did_you_mean(
                asked, names, "there is " + ", ".join(f"`{n}`" for n in names) if names else ""
            ),
        )
    return Diagnostic(
        "E108",
        f"nothing here makes a {wanted.kind} on {wanted.place}",
        wanted.span,
        help="is its plugin installed?",
    )
