"""Nouns and verbs as data: what a word means, where its objects live, and the functions that say the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from vnetsh.schema.values import (
    Name,
)

if TYPE_CHECKING:
    from vnetsh.model import Fleet, Place, Resource
    from vnetsh.model.change import Change
    from vnetsh.schema.declared import Declared, Unsaid
    from vnetsh.schema.lent import Resolving, Settling
    from vnetsh.schema.phrase import Phrase
from vnetsh.schema.sentence import SentenceSchema


class Scope(Enum):
    """Where the objects of a kind live."""

    HOST = "host"  # one on each host that is named
    FLEET = "fleet"  # one in all, living on some host (a vm)
    INVENTORY = "inventory"  # about the hosts themselves: never planned or applied
    SCRIPT = "script"  # stands for objects of other kinds: no host has one


Expand = Callable[["Phrase", "Resolving"], "Sequence[Resource]"]


MakePlace = Callable[["Phrase", "Resolving"], "Place | None"]
Settle = Callable[["Resource", "Settling"], "Sequence[Resource]"]


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
    place: MakePlace | None = None
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

    plan: Callable[[Phrase, Settling], Sequence[Change]] | None = None
