"""What speaks against a plan, as far as the planner itself knows it; and backends that cannot say it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import PluginBroken
from vnetsh.model import Inventory, Place, Resource, Value
from vnetsh.model.change import Change
from vnetsh.schema import Attribute


def failed_assessing(change: Change, error: BaseException) -> PluginBroken:
    """A backend that cannot say what a change costs."""
    return PluginBroken(
        f"backend {change.backend} failed: {type(error).__name__}: {error}: it cannot say what it costs to {change}",
        help="run again with --debug for a traceback",
    )


def immutable(existing: Resource, wanted: Resource, attribute: Attribute) -> Diagnostic:
    """A value that is settled when a thing is made, or that only another sentence changes."""
    name = attribute.name
    have, asked = (_shown(one.get(name)) for one in (existing, wanted))
    if attribute.instead:
        now = f"has {name} `{have}`" if existing.get(name) else f"is in no {name}"
        return Diagnostic(
            "E580",
            f"{existing.kind} `{existing.name}` on {existing.place} {now}: saying `{asked}` does not change that",
            wanted.at(name),
            help=f"`{attribute.instead.format(name=existing.name, value=asked)}` does",
        )
    anew = f"`delete {existing.kind} {existing.name}`"
    anew += ", which keeps its disk, and make it anew with that" if existing.kind == "vm" else ""
    return Diagnostic(
        "E207",
        f"{existing.kind} `{existing.name}` on {existing.place} has {name} `{have}`, "
        f"which cannot become `{asked}`",
        wanted.at(name),
        help=f"it has that from its making; delete it first: {anew}",
    )


def _shown(value: Value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def exclusive(wanted: Resource, one: str, other: str) -> Diagnostic:
    """Two attributes that exclude each other: both said, or one of them is there already."""
    said = wanted.get(one) is not None and wanted.get(other) is not None
    old = other if wanted.get(one) is not None else one
    return Diagnostic(
        "E218",
        f"{wanted.kind} `{wanted.name}` on {wanted.place} cannot have both `{one}` and `{other}`",
        wanted.at(one),
        help=f"say only one of `{one}`, `{other}`" if said else f"it has `{old}`: say `{old} none`",
    )


def not_allowed(change: Change, place: Place, flag: str) -> Diagnostic:
    """A change at a place that is readonly or protected."""
    return Diagnostic(
        "E208",
        f"{place.noun} `{place.name}` is {flag}: {change} is refused",
        change.resource.at("name"),
        help=f"take `{flag}` out of the {place.noun}'s sentence if you mean it",
    )


def forbidden(change: Change, kept: frozenset[str], inventory: Inventory) -> Iterator[Diagnostic]:
    """What its places are kept from; `kept` are those that are kept from something."""
    for name in kept.intersection(change.places) if kept else ():
        place = inventory[name]
        if place.flag("readonly"):
            yield not_allowed(change, place, "readonly")
        elif change.after is None:
            yield not_allowed(change, place, "protected")
