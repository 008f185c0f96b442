"""Hosts and resources: what is wanted and what was observed, in one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Span

if TYPE_CHECKING:
    pass


Value = str | int | bool | tuple[str, ...] | None


Attributes = Mapping[str, Value]


NOTHING: Mapping[str, object] = MappingProxyType({})


Key = tuple[str, str, str]
"""What makes a resource itself: its kind, the host it is on, its name. A plain tuple: plans make a great many."""


@dataclass(frozen=True)
class Host:
    """A KVM host of the inventory.

    `address` is its underlay address (tunnels end there); `attributes` are the other things its sentence
    said. `world` is empty for real hosts; a world such as `demo` has backends of its own.
    """

    name: str
    address: str = ""
    attributes: Attributes = field(default_factory=dict)
    world: str = ""
    span: Span | None = field(default=None, compare=False)

    def text(self, attribute: str, default: str = "") -> str:
        """An attribute as text, or `default` when it was not said."""
        value = self.attributes.get(attribute)
        return default if value is None else str(value)

    def flag(self, attribute: str) -> bool:
        """Whether a flag was said."""
        return bool(self.attributes.get(attribute))


Inventory = Mapping[str, Host]


@dataclass(frozen=True, slots=True)
class Resource:
    """One object on one host, wanted or observed.

    Wanted: `attributes` holds only what was said (None: to be cleared). Observed: all that is known.
    `parent` is the (kind, name) of the vm or bridge that it is a part of. `backend` is what realises it;
    empty when that is not decided yet. `marked`: it carries vnetsh's mark; `owner` is
    the script that made it, where that has a name. `record` is what a backend wants
    back to restore the object whole (opaque to the core; as a `dict` it is
    JSON-able).
    """

    kind: str
    name: str
    host: str
    attributes: Attributes
    parent: tuple[str, str] | None = None
    backend: str = ""
    marked: bool = False
    because: str = ""
    span: Span | None = field(default=None, compare=False)
    record: Mapping[str, object] | None = field(default=None, compare=False)
    owner: str = ""

    @property
    def key(self) -> Key:
        """Kind, host and name."""
        return self.kind, self.host, self.name

    def get(self, attribute: str, default: Value = None) -> Value:
        """An attribute's value."""
        return self.attributes.get(attribute, default)

    def text(self, attribute: str) -> str:
        """An attribute as text, empty when unset."""
        value = self.attributes.get(attribute)
        return "" if value is None else str(value)

    def with_attributes(self, **values: Value) -> Resource:
        """A copy with these attributes set."""
        return replace(self, attributes={**self.attributes, **values})
