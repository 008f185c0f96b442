"""What names vms, when these get other names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.schema import naming

if TYPE_CHECKING:
    from vnetsh.model import Resource, Value

Names = Mapping[tuple[str, str], str]
"""The new names of things, by kind and name."""
_KINDS = ("group", "network", "vm")


def in_word(word: str, resource: Resource, names: Names) -> Resource:
    """Something that names a vm, or several, by a word of its sentence."""
    said = resource.get(word)
    if isinstance(said, tuple):
        many = tuple(names.get(("vm", str(one)), one) for one in said)
        return resource if many == said else resource.with_attributes(**{word: tuple(sorted(many, key=str))})
    new = names.get(("vm", str(said)))
    return resource.with_attributes(**{word: new}) if new else resource


def of_rule(rule: Resource, names: Names) -> Resource:
    """A rule of which a vm is an end; that is in its name."""
    meant = {side: rule.get(side) for side in ("source", "target")}
    new = {side: _end(value, names) for side, value in meant.items()}
    way = rule.get("way")
    if new == meant or not isinstance(way, tuple):
        return rule
    said = []
    for one, side in zip(map(str, way), ("source", "target"), strict=True):
        kind, name = naming.apart(one, _KINDS)
        called = names.get(("vm", name), name) if new[side] != meant[side] else name
        said.append(f"{kind}:{called}" if kind else called)
    name = rule.name.replace(" -> ".join(map(str, way)), " -> ".join(said), 1)
    return replace(rule, name=name).with_attributes(way=tuple(said), **new)


def _end(value: Value, names: Names) -> Value:
    """An end as it is meant: `vm:web1`, and its ports."""
    first, *more = value if isinstance(value, tuple) else ("",)
    kind, _, name = str(first).partition(":")
    new = names.get((kind, name)) if kind == "vm" else None
    return (f"{kind}:{new}", *more) if new else value
