"""Kinds, attributes, verbs and their value types: the vocabulary, as data that plugins register.

The grammar knows the shapes of sentences only. What a word means comes from here, and so do the checks,
completion, `help`, `show` and the plan's lines.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vnetsh.binding import Phrase
    from vnetsh.explanations import Explanation
    from vnetsh.model import Resource, Value
    from vnetsh.plan import Change
    from vnetsh.resolve import Resolver
    from vnetsh.settle import Settler


class BadValue(ValueError):
    """A value that its type does not take; `help` says what it would."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True)
class ValueType:
    """How an attribute's value is read, checked, shown and completed.

    `what` names it in messages ("a host"); `ref` is the kind whose names fit the slot; `many` takes a comma
    list, `link` takes `a<->b`, `flag` takes no value at all.
    """

    what: str = "a word"
    ref: str = ""
    many: bool = False
    link: bool = False
    flag: bool = False

    def words(self) -> Sequence[str]:
        """The values that can be listed (for completion and did-you-mean)."""
        return ()

    def parse(self, text: str) -> Any:
        """The value a word stands for. Raises `BadValue`."""
        return text

    def show(self, value: Value) -> str:
        """The value as a user would write it."""
        if isinstance(value, tuple):
            return ("<->" if self.link else ", ").join(map(str, value))
        return str(value)


_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")


@dataclass(frozen=True)
class Name(ValueType):
    """A name: letters, digits, `_`, `.` and `-`, the last not at an end; at most `longest` characters."""

    what: str = "a name"
    longest: int = 63

    def parse(self, text: str) -> str:
        """The name itself."""
        if not _NAME.match(text):
            raise BadValue(
                f"`{text}` is not a name",
                "letters, digits, `_`, `.` and `-`; not beginning or ending with `-` or `.`",
            )
        if len(text) > self.longest:
            raise BadValue(
                f"`{text}` has {len(text)} characters; at most {self.longest} fit",
                "the kernel keeps 15 characters of an interface's name" if self.longest == 15 else "",
            )
        return text


@dataclass(frozen=True)
class Text(ValueType):
    """Any word or quoted string."""

    what: str = "a text"


@dataclass(frozen=True)
class Integer(ValueType):
    """A whole number in a range, both ends included."""

    what: str = "a number"
    least: int = 0
    most: int = 2**32 - 1

    def parse(self, text: str) -> int:
        """The number."""
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise BadValue(f"`{text}` is not {self.what}", f"a number from {self.least} to {self.most}")
        value = int(text)
        if not self.least <= value <= self.most:
            raise BadValue(f"{value} is out of range", f"{self.what}: {self.least} to {self.most}")
        return value


_UNITS = {"": 2**20, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True)
class Size(ValueType):
    """An amount of memory or disk, kept in bytes; written `512M` or `2G` (powers of 1024; no unit: MiB)."""

    what: str = "a size"

    def parse(self, text: str) -> int:
        """The amount in bytes."""
        match = re.fullmatch(r"([0-9]{1,9})([KMGT]?)(?:i?B)?", text, re.IGNORECASE)
        if not match or int(match[1]) == 0:
            raise BadValue(f"`{text}` is not {self.what}", "a number and a unit: `512M`, `2G`")
        return int(match[1]) * _UNITS[match[2].upper()]

    def show(self, value: Value) -> str:
        """The shortest exact form."""
        assert isinstance(value, int)
        for unit in ("T", "G", "M", "K"):
            if value % _UNITS[unit] == 0 and value:
                return f"{value // _UNITS[unit]}{unit}"
        return f"{value}B"


@dataclass(frozen=True)
class Choice(ValueType):
    """One of a few words."""

    what: str = "a choice"
    choices: tuple[str, ...] = ()

    def words(self) -> Sequence[str]:
        """The choices."""
        return self.choices

    def parse(self, text: str) -> str:
        """The choice itself."""
        if text not in self.choices:
            raise BadValue(
                f"`{text}` is not {self.what}", "one of " + ", ".join(f"`{c}`" for c in self.choices)
            )
        return text


@dataclass(frozen=True)
class Address(ValueType):
    """An IPv4 or IPv6 address."""

    what: str = "an address"

    def parse(self, text: str) -> str:
        """The address in its usual form."""
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise BadValue(f"`{text}` is not an IP address", "such as `192.0.2.1` or `2001:db8::1`") from None


@dataclass(frozen=True)
class Mac(ValueType):
    """A unicast Ethernet address, in lower case with colons."""

    what: str = "a MAC address"

    def parse(self, text: str) -> str:
        """The address in its usual form."""
        mac = text.lower().replace("-", ":")
        if not re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", mac):
            raise BadValue(f"`{text}` is not a MAC address", "six bytes: `52:54:00:12:34:56`")
        if int(mac[:2], 16) & 1:
            raise BadValue(
                f"`{text}` is a multicast address", "the first byte of a NIC's own address is even"
            )
        return mac


FLAG = ValueType(what="nothing", flag=True)
HOST = Name(what="a host", ref="host")
HOSTS = Name(what="a list of hosts", ref="host", many=True)
ENDS = Name(what="a pair of hosts", ref="host", link=True)
BRIDGE = Name(what="a bridge", ref="bridge", longest=15)
PORT = Name(what="a port's name", longest=15)
VM = Name(what="a vm", ref="vm")


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
        return next((a for a in self.attributes if a.name == name), None)

    def part(self, name: str) -> Part | None:
        """The part of that head word."""
        return next((p for p in self.parts if p.name == name), None)


@dataclass(frozen=True)
class Part(SentenceSchema):
    """A phrase nested in another sentence (`vm … port BRIDGE name NAME`); it declares a resource of `kind`."""

    kind: str = ""


Expand = Callable[["Phrase", "Resolver"], "Sequence[Resource]"]
Settle = Callable[["Resource", "Settler"], "Sequence[Resource]"]


@dataclass(frozen=True)
class Kind(SentenceSchema):
    """A noun.

    `subject` is the type of its name. `requires` are the kinds that must exist before; `follows` is the
    attribute that names the bridge whose backend also realises this (tunnels). `expand` makes resources from a
    declaration (pure; by default one a host of `on`); `settle` fills in what only the observed fleet tells
    (where a vm is). Observed attributes that no sentence sets are in `attributes` with `settable=False`.
    """

    plural: str = ""
    scope: Scope = Scope.HOST
    requires: tuple[str, ...] = ()
    follows: str = ""
    expand: Expand | None = None
    settle: Settle | None = None
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
    """All kinds and verbs there are, by name; and what the codes of diagnostics mean, by code."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    verbs: dict[str, Verb] = field(default_factory=dict)
    explanations: dict[str, Explanation] = field(default_factory=dict)

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
