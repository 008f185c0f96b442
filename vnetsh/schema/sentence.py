"""What a sentence may say, as data: attributes, parts, forms, blocks. Registered by plugins; no meaning yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
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
    change once the object exists, but by the sentence `instead` where there is one; `column=False` keeps it out of
    tables; `backends` empty means all. An object cannot have it together with one that it `excludes`; to say this of
    one of the two is enough. `passing`: it is so for a while, and no plan is about it. `apart`: what is said of it is
    an object of its own, so no object has it. `inner`: it is for backends alone, and no plan shows it.
    `local`: it names a file of the machine that vnetsh runs on, so a text that comes from elsewhere cannot say it.
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
    instead: str = ""
    column: bool = True
    since: str = "0.1"
    backends: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    passing: bool = False
    apart: bool = False
    inner: bool = False
    local: bool = False

    def unsaid(self) -> str:
        """What a new object gets when it is not said, in words; empty where it must be said or is not known."""
        if self.required:
            return ""
        if self.default is not None:
            return f"`{self.type.show(self.default)}`"
        return self.otherwise or ("no" if self.type.flag and self.settable else "")

    @property
    def clears(self) -> bool:
        """Whether `none` clears what was said before."""
        return self.clearable and self.settable and not (self.required or self.immutable)

    def notes(self) -> tuple[str, ...]:
        """What else holds for it, in words."""
        found = {
            "must be said": self.required,
            "observed only": not self.settable,
            "cannot change later": self.immutable,
            "`none` clears it": self.clears,
        }
        return tuple(note for note, holds in found.items() if holds)


class Block(Enum):
    """What the braces after a sentence hold."""

    NONE = "none"  # there are none
    PARTS = "parts"  # what could follow in the sentence's own line
    SENTENCES = "sentences"  # whole sentences, with `let` and `for`


@dataclass(frozen=True)
class SentenceSchema:
    """What may follow a head word: its subject's name, operands by position, attributes by key, parts.

    A word that is an attribute and begins a part as well begins the part where one of its keys follows its operands.
    `block` is what may stand in braces after it; of a block of sentences `holds` names the heads (none: all but those
    about hosts). `forms` are further schemas of the same head, each with its first words in its name: `expect`,
    `expect ping`, `expect no ping`. A head that has forms and nothing else must go on with one of them.
    """

    name: str
    help: str = ""
    subject: ValueType | None = None
    operands: tuple[Attribute, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    parts: tuple[Part, ...] = ()
    example: str = ""
    since: str = "0.1"
    forms: tuple[SentenceSchema, ...] = ()
    block: Block = Block.PARTS
    holds: tuple[str, ...] = ()

    @property
    def bare(self) -> bool:
        """Whether a sentence can begin with the head without any of its forms."""
        return not self.forms or bool(self.subject or self.operands or self.attributes or self.parts)

    @property
    def sentences(self) -> tuple[SentenceSchema, ...]:
        """The schemas of all sentences that begin with the head: its own, and its forms."""
        return (self, *self.forms) if self.bare else self.forms

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that a form begins with, after the head."""
        return tuple(self.name.split()[1:])

    def word(self, name: str) -> Attribute | None:
        """The operand or attribute of that name."""
        return self.attribute(name) or next((o for o in self.operands if o.name == name), None)

    def same(self, name: str, one: Value, other: Value) -> bool:
        """Whether two values of an operand or attribute mean the same."""
        found = self.word(name)
        return one == other if found is None else found.type.same(one, other)

    def differing(self, have: Mapping[str, Value], said: Mapping[str, Value]) -> dict[str, Value]:
        """Those of the values that are said which mean something else than those that there are."""
        return {
            name: value
            for name, value in said.items()
            if have.get(name) != value and not self.same(name, have.get(name), value)
        }

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that key."""
        return self._attributes.get(name)

    def part(self, name: str) -> Part | None:
        """The part of that head word."""
        return self._parts.get(name)

    def excluding(self, name: str, said: Mapping[str, Value]) -> str:
        """An attribute among those said that excludes this one, or that it excludes; empty when there is none."""
        for other in self.exclusive.get(name, ()):
            if said.get(other) is not None:
                return other
        return ""

    @cached_property
    def exclusive(self) -> Mapping[str, Sequence[str]]:
        """The attributes that exclude others, or are excluded by them: each with those."""
        found: dict[str, list[str]] = {}
        for attribute in self.attributes:
            for other in attribute.excludes:
                found.setdefault(attribute.name, []).append(other)
                found.setdefault(other, []).append(attribute.name)
        return found

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
    """A phrase nested in another sentence (`vm … port BRIDGE name NAME`); it declares a resource of `kind`.

    Or it says more of a verb, and declares nothing. `one`: it takes one attribute, and must have it; a flag called
    `not` may stand before. `follows` are the parts of which one must stand just before it.
    """

    kind: str = ""
    one: bool = False
    follows: tuple[str, ...] = ()
