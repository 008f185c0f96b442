"""What may follow a head word: attributes, operands and parts, as data that plugins register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from vnetsh.schema.values import (
    ValueType,
)

if TYPE_CHECKING:
    from vnetsh.model import Value


@dataclass(frozen=True)
class Attribute:
    """One `key value` pair that a sentence may carry.

    `default` is what a new object gets when it is not said; `otherwise` tells in words what happens instead
    where that is not one value. `settable=False` is observed only; `required` must be said; `immutable` cannot
    change once the object exists; `column=False` keeps it out of tables; `backends` empty means all.
    """

    name: str
    type: ValueType
    help: str
    default: Value = None
    otherwise: str = ""
    required: bool = False
    settable: bool = True
    clearable: bool = True
    immutable: bool = False
    column: bool = True
    since: str = "0.1"
    backends: tuple[str, ...] = ()

    def unsaid(self) -> str:
        """What a new object gets when it is not said, in words; empty where it must be said or is not known."""
        if self.required:
            return ""
        if self.default is not None:
            return f"`{self.type.show(self.default)}`"
        return self.otherwise or ("no" if self.type.flag else "")

    def notes(self) -> tuple[str, ...]:
        """What else holds for it, in words."""
        found = {
            "must be said": self.required,
            "observed only": not self.settable,
            "cannot change later": self.immutable,
            "`none` clears it": self.clearable
            and self.settable
            and not (self.required or self.immutable or self.type.flag),
        }
        return tuple(note for note, holds in found.items() if holds)


@dataclass(frozen=True)
class SentenceSchema:
    """What may follow a head word: its subject's name, operands by position, attributes by key, parts."""

    name: str
    help: str = ""
    subject: ValueType | None = None
    operands: tuple[Attribute, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    parts: tuple[Part, ...] = ()
    example: str = ""
    since: str = "0.1"

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that key."""
        return self._attributes.get(name)

    def part(self, name: str) -> Part | None:
        """The part of that head word."""
        return self._parts.get(name)

    @cached_property
    def naming_hosts(self) -> Sequence[Attribute]:
        """The operands and attributes that name hosts."""
        return [one for one in (*self.operands, *self.attributes) if one.type.ref == "host"]

    @cached_property
    def _attributes(self) -> Mapping[str, Attribute]:
        return {attribute.name: attribute for attribute in self.attributes}

    @cached_property
    def _parts(self) -> Mapping[str, Part]:
        return {part.name: part for part in self.parts}


@dataclass(frozen=True)
class Part(SentenceSchema):
    """A phrase nested in another sentence (`vm … port BRIDGE name NAME`); it declares a resource of `kind`."""

    kind: str = ""
