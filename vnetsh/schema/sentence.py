"""Kinds, attributes and verbs: the vocabulary, as data that plugins register. Value types are in `values`.

The grammar knows the shapes of sentences only. What a word means comes from here, and so do the checks,
completion, `help`, `show` and the plan's lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from vnetsh.schema.values import Address as Address, Amount as Amount, BRIDGE as BRIDGE, BadValue as BadValue, Choice as Choice, Duration as Duration, ENDS as ENDS, FLAG as FLAG, HOST as HOST, HOSTS as HOSTS, Integer as Integer, Mac as Mac, Name as Name, PORT as PORT, Rate as Rate, Size as Size, Subnet as Subnet, Text as Text, VM as VM, ValueType as ValueType

if TYPE_CHECKING:
    from vnetsh.schema.phrase import Phrase
    from vnetsh.explanations import Explanation
    from vnetsh.schema.declared import Declared, Unsaid
    from vnetsh.model import Fleet, Resource, Value
    from vnetsh.model.change import Change
    from vnetsh.script.resolve import Resolver
    from vnetsh.planning.desired import Settler


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


class Scope(Enum):
    """Where the objects of a kind live."""

    HOST = "host"  # one on each host that is named
    FLEET = "fleet"  # one in all, living on some host (a vm)
    INVENTORY = "inventory"  # about the hosts themselves: never planned or applied
    SCRIPT = "script"  # stands for objects of other kinds: no host has one


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


Expand = Callable[["Phrase", "Resolver"], "Sequence[Resource]"]
Settle = Callable[["Resource", "Settler"], "Sequence[Resource]"]
Export = Callable[["Kind", "Sequence[Resource]", "Fleet"], "Iterable[Declared | Unsaid]"]


@dataclass(frozen=True)
class Kind(SentenceSchema):
    """A noun.

    `subject` is the type of its name. `requires` are the kinds that must exist before; `follows` is the
    attribute that names the bridge whose backend also realises this (tunnels). `expand` makes resources from a
    declaration (pure; by default one a host of `on`); `settle` fills in what only the observed fleet tells
    (where a vm is). Observed attributes that no sentence sets are in `attributes` with `settable=False`.
    `export` turns the observed resources of the kind, given by name and host, into sentences (pure; needed where
    these are not noun, name, `on`, attributes).
    """

    plural: str = ""
    scope: Scope = Scope.HOST
    requires: tuple[str, ...] = ()
    follows: str = ""
    expand: Expand | None = None
    settle: Settle | None = None
    export: Export | None = None
    sayable: bool = True

    def __post_init__(self) -> None:
        if not self.plural:
            object.__setattr__(self, "plural", self.name + "s")
        if self.subject is None:
            object.__setattr__(self, "subject", Name(what=f"a {self.name}'s name"))


@dataclass(frozen=True)
class Verb(SentenceSchema):
    """An action. `plan` turns it into changes on the predicted fleet, without touching anything."""

    plan: Callable[[Phrase, Settler], Sequence[Change]] | None = None


_CONTROL = (
    SentenceSchema(
        "let",
        "Give a value a name: `$NAME` or `${NAME}` stands for it from here on. `--set NAME=VALUE` overrides it.",
        subject=Name(what="a variable's name"),
        operands=(
            Attribute("value", ValueType(what="a value", many=True), "A word, or a list.", required=True),
        ),
        example="let n 3",
    ),
    SentenceSchema(
        "for",
        "Read a block once for each value of a range or a list.",
        subject=Name(what="a variable's name"),
        attributes=(
            Attribute(
                "in",
                ValueType(what="a range or a list", many=True),
                "`1..3`, `kvm1, kvm2`, `kvm[1-4]` or `$NAME`.",
                required=True,
            ),
        ),
        example="for i in 1..3 { vm web$i on kvm1 port vswitch02 }",
    ),
    SentenceSchema(
        "include",
        "Read another script here, once. Its path is relative to this one's.",
        operands=(Attribute("file", Text(what="a file"), "The script.", required=True),),
        example='include "hosts.vnet"',
    ),
)
CONTROL = {schema.name: schema for schema in _CONTROL}
"""What the language itself has: gone before a sentence is bound, so neither noun nor verb."""


@dataclass
class Vocabulary:
    """All kinds and verbs there are, by name; and where the meaning of the codes of diagnostics is said."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    verbs: dict[str, Verb] = field(default_factory=dict)
    explained: list[tuple[str, str]] = field(default_factory=list)
    """Who explains codes, and where: a plugin and a `module:NAME`."""

    @cached_property
    def explanations(self) -> dict[str, Explanation]:
        """What each code means; read at the first use. Raises `PluginBroken`."""
        from vnetsh.explanations import load_explanations

        return load_explanations(self.explained)

    def kind_of_word(self, word: str) -> Kind | None:
        """The kind whose name or plural is `word`."""
        return self.kinds.get(word) or next((k for k in self.kinds.values() if k.plural == word), None)

    def held(self) -> list[Kind]:
        """The kinds that hosts can hold."""
        return [kind for kind in self.kinds.values() if kind.scope in (Scope.HOST, Scope.FLEET)]

    def schema(self, head: str) -> SentenceSchema | None:
        """What a sentence that begins with `head` is checked against."""
        kind = self.kinds.get(head)
        return kind if kind and kind.sayable else self.verbs.get(head) or CONTROL.get(head)

    def heads(self) -> list[str]:
        """Every word that can begin a sentence."""
        return [k.name for k in self.kinds.values() if k.sayable] + [*self.verbs, *CONTROL]
