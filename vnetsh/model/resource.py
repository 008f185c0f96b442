"""Places and resources: what is wanted and what was observed, in one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from vnetsh.diagnostics import Span

Value = str | int | bool | tuple[str | int, ...] | None
Attributes = Mapping[str, Value]


def listed(value: Value) -> tuple[str, ...]:
    """The words of a list; none where there is none."""
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


NOTHING: Mapping[str, object] = MappingProxyType({})
"""An empty mapping that nobody can fill: for defaults."""

Key = tuple[str, str, str]
"""What makes a resource itself: its kind, the place where it is, its name. A plain tuple: plans make a great many."""


@dataclass(frozen=True)
class Place:
    """Somewhere things are managed: a host is one, a cluster's database is another.

    `sort` says what it is (`host`, or what a plugin calls its own, such as `ovn`), `noun` which noun declares it, and
    `attributes` what that sentence said. `hosts` are the names of those that it is reached through, any of which will
    do; a host is reached by itself. `world` is empty for real
    places; a world such as `demo` has backends of its own. All places of an inventory have different names.
    `words` are the places of what its sentence said.
    """

    name: str
    attributes: Attributes = field(default_factory=dict, kw_only=True)
    world: str = field(default="", kw_only=True)
    sort: str = field(default="host", kw_only=True)
    noun: str = field(default="host", kw_only=True)
    hosts: tuple[str, ...] = field(default=(), kw_only=True)
    span: Span | None = field(default=None, compare=False, kw_only=True)
    words: Mapping[str, Span] | None = field(default=None, compare=False, repr=False, kw_only=True)

    def at(self, word: str) -> Span | None:
        """Where an attribute's value was said; else the whole of its sentence."""
        return (self.words or {}).get(word) or self.span

    def text(self, attribute: str, default: str = "") -> str:
        """An attribute as text, or `default` when it was not said."""
        value = self.attributes.get(attribute)
        return default if value is None else str(value)

    def flag(self, attribute: str) -> bool:
        """Whether a flag was said."""
        return bool(self.attributes.get(attribute))


@dataclass(frozen=True)
class Host(Place):
    """A KVM host: the place that ssh leads to. `address` is its underlay address."""

    address: str = ""

    @property
    def tunnel_address(self) -> str:
        """The address at which its tunnels end."""
        return self.text("tunnel-address") or self.address

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those by which others mean it."""
        return tuple(dict.fromkeys(filter(None, (self.address, self.tunnel_address))))


Inventory = Mapping[str, Place]
"""All places, by name."""


def hosts_in(inventory: Inventory) -> Mapping[str, Host]:
    """The hosts among the places of an inventory."""
    return {name: place for name, place in inventory.items() if isinstance(place, Host)}


def fleet_name(inventory: Inventory) -> str:
    """What a set of places is called: its world, the whole path of the file that says it, or else its hosts."""
    worlds = sorted({place.world for place in inventory.values()} - {""})
    if worlds:
        return ", ".join(worlds)
    spans = (place.span for place in inventory.values())
    files = [span.source.name for span in spans if span]
    return next(
        (name if name.startswith("<") else str(Path(name).resolve()) for name in files), ", ".join(inventory)
    )


def where_key(place: str, inventory: Inventory) -> str:
    """The key by which JSON says a place: of a host `host`, also of one that is not known any more."""
    return "host" if isinstance(inventory.get(place, Host(place)), Host) else "place"


@dataclass(frozen=True, slots=True)
class Resource:
    """One object at one place, wanted or observed.

    Wanted: `attributes` holds only what was said (None: to be cleared). Observed: all that is known.
    `parent` is the (kind, name) of the vm or bridge that it is a part of. `backend` is what realises it;
    empty when that is not decided yet. `marked`: it carries vnetsh's mark; `owner` is the script that made it, where
    that has a name. `record` is what a backend wants back to restore the object whole (opaque to the core; as a `dict`
    it is JSON-able). `words` are the places of what was said: of its `name`, and of its attributes'
    values; under the empty word stands the `span` of that sentence, for those of another one do not count.
    `inherent`: what its parent's own attributes say already, so that it comes and goes with that, without a word.
    """

    kind: str
    name: str
    place: str
    attributes: Attributes
    parent: tuple[str, str] | None = None
    backend: str = ""
    marked: bool = False
    because: str = ""
    span: Span | None = field(default=None, compare=False)
    record: Mapping[str, object] | None = field(default=None, compare=False)
    owner: str = ""
    words: Mapping[str, Span] | None = field(default=None, compare=False, repr=False)
    inherent: bool = field(default=False, compare=False)

    @property
    def key(self) -> Key:
        """Kind, place and name."""
        return self.kind, self.place, self.name

    def get(self, attribute: str, default: Value = None) -> Value:
        """An attribute's value."""
        return self.attributes.get(attribute, default)

    def text(self, attribute: str) -> str:
        """An attribute as text, empty when unset."""
        value = self.attributes.get(attribute)
        return "" if value is None else str(value)

    def at(self, *words: str) -> Span | None:
        """Where its name or an attribute's value was said, the first of these that was; else its whole sentence."""
        said = self.words or {}
        found = (said[word] for word in words if word in said) if said.get("") is self.span else iter(())
        return next(found, self.span)

    def with_attributes(self, **values: Value) -> Resource:
        """A copy with these attributes set. By hand: `replace` takes thrice as long, and plans make a great many."""
        return Resource(
            self.kind, self.name, self.place, {**self.attributes, **values}, self.parent, self.backend, self.marked,
            self.because, self.span, self.record, self.owner, self.words, self.inherent,
        )  # fmt: skip
