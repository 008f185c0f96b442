"""Nouns and verbs as data: what a word means, where its objects live, and the functions that say the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Place, Resource, Value
from vnetsh.schema.answer import Answer, Foreseen
from vnetsh.schema.declared import Declared, Unsaid
from vnetsh.schema.lent import Asking, Resolving, Settling
from vnetsh.schema.phrase import Phrase
from vnetsh.schema.sentence import Attribute, SentenceSchema
from vnetsh.schema.value_names import Name


class Scope(Enum):
    """Where the objects of a kind live."""

    HOST = "host"  # one at each place that is named
    FLEET = "fleet"  # one in all, living at some place (a vm)
    INVENTORY = "inventory"  # about the places themselves: never planned or applied
    RUN = "run"  # what vnetsh is at itself: no place has one, and nothing is planned about it
    SCRIPT = "script"  # stands for objects of other kinds: no place has one itself


@dataclass(frozen=True)
class Told:
    """What a thing's page tells besides what names it or is a part of it: other things, and tables by their titles."""

    resources: Sequence[Resource] = ()
    tables: Mapping[str, Sequence[Mapping[str, Value]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind(SentenceSchema):
    """A noun.

    `subject` is the type of its name. Its objects live at places of the `sort`: at hosts where that is empty.
    `requires` are the kinds that must exist before. `rides_on` are the words that name what an object rides on:
    that must be there before, and the object goes with it (a tunnel with its bridge). `realised_with` is the attribute
    that names the object whose backend also realises this one, where it can; else the backend is found by kind.
    `brings` are the kinds of which a declaration may bring about something besides its own object; None: any.
    `identity` names the operands and attributes that tell an object from others, where no single name does: its name
    is made of their values (vnetsh/schema/naming.py). `part_of` is the attribute that names what one is a part of
    together with others, at whatever places: who declares some of these says all. What stands in the block of one that
    `qualifies` gets its name in front: `acme/web`, wherever a type is `qualified`.

    `place` makes the place that a noun of the inventory declares. `expand` makes resources from a declaration (pure;
    by default one at each place that is said); `settle` fills in what only the observed fleet tells (where a vm is).
    Observed attributes that no sentence sets are in `attributes` with `settable=False`. `export` turns the observed
    resources of the kind, given by name and place, into sentences (pure; needed where these are not noun, name, `on`,
    attributes).

    Vms' NICs can be on what `joins`, as on a bridge: given a NIC and that, it gives the NIC as it will be on its host,
    and what there is of it elsewhere; nothing, where it refuses. What rides on a vm, and has to know where that is,
    `escorts` it: given itself and the move, it gives what it is while the vm moves, and afterwards. What is called
    after others, or names them, is `renamed` with them: given itself and their new names by kind and name, it gives
    what it is then. What of others is otherwise when one has gone, it gives in `left`: given the one, and a fleet
    without it.

    `apart`: it takes long to make, so its changes are a stage of their own, and what builds on it waits for them.
    `of_hosts`: of a sort of its own, its objects have to do with what hosts hold, which are looked at and locked with
    them. Of a kind that stands for objects of others `gather` finds in the fleet what there is of it, one at each
    place, and `members` what such a one stands for: so it can be shown, exported and deleted. What the page of a
    thing is to tell besides (`show network web`), it `tells`, of a fleet as it was observed (pure).
    """

    plural: str = ""
    scope: Scope = Scope.HOST
    sort: str = ""
    requires: tuple[str, ...] = ()
    rides_on: tuple[str, ...] = ()
    realised_with: str = ""
    brings: tuple[str, ...] | None = None
    place: Callable[[Phrase, Resolving], Place | None] | None = None
    expand: Callable[[Phrase, Resolving], Sequence[Resource]] | None = None
    settle: Callable[[Resource, Settling], Sequence[Resource]] | None = None
    export: Callable[[Kind, Sequence[Resource], Fleet], Iterable[Declared | Unsaid]] | None = None
    gather: Callable[[Fleet], Iterable[Resource]] | None = None
    members: Callable[[Resource, Fleet], Sequence[Resource]] | None = None
    tells: Callable[[Resource, Fleet], Told] | None = None
    joins: Callable[[Resource, Resource, Settling], Sequence[Resource]] | None = None
    escorts: Callable[[Resource, Change, Settling], Sequence[Resource]] | None = None
    renamed: Callable[[Resource, Mapping[tuple[str, str], str]], Resource] | None = None
    left: Callable[[Resource, Settling], Iterable[Resource]] | None = None
    sayable: bool = True
    identity: tuple[str, ...] = ()
    part_of: str = ""
    qualifies: bool = False
    of_hosts: bool = False
    apart: bool = False

    def __post_init__(self) -> None:
        if not self.plural:
            object.__setattr__(self, "plural", self.name + "s")
        if self.subject is None and not self.identity:
            object.__setattr__(self, "subject", Name(what=f"a {self.name}'s name"))

    @property
    def builds_on(self) -> set[str]:
        """The kinds that must be there before: those it requires, and those that its words refer to."""
        words = (*self.operands, *self.attributes)
        after = {self.name, *(["vm"] if self.escorts else [])}  # what knows where a vm is, is there before it
        return ({ref for word in words for ref in word.type.kinds} | {*self.requires}) - after


Act = Callable[[Phrase, Settling], Sequence[Change]]


@dataclass(frozen=True)
class Effect:
    """What a verb does to what it names, for the checks that know no host.

    `needs`: the object that its subject names must be there. `moves_to`: the attribute that names the host where that
    goes. `deletes`: the objects of the kind that its subject names, and of the name that its operand `name` says, go.
    `others`: hosts besides those that it names take part where they answer, and it goes without those that do not.
    `moves`: it moves vms, so what knows where vms are is put right with it, as far as it knows it wrongly.
    """

    needs: bool = False
    moves_to: str = ""
    deletes: bool = False
    others: bool = False
    moves: bool = False


def attributes_of(kinds: Iterable[Kind], but: Attribute) -> dict[str, frozenset[str]]:
    """What a backend gives of each kind: all that is said of it, but the attribute by which its place is said."""
    return {
        kind.name: frozenset(one.name for one in (*kind.operands, *kind.attributes) if one is not but)
        for kind in kinds
    }


@dataclass(frozen=True)
class Verb(SentenceSchema):
    """An action: it plans changes, or it answers.

    `plan` turns it into changes on the predicted fleet, without touching anything; of a verb with a block of sentences
    it makes what comes before them, and `after` what comes after them. `answer` reads, and says what it found, at its
    place in the script; `foresee` what the plan says of that, on the predicted fleet, and may refuse. `effect` says
    what it does to what it names; without it a verb that plans may do anything. A verb does one of both, but with
    `asks`: that is the flag with which it only answers, of what it would do, while its places are locked. `keeps` gives
    what refuses a fleet, of all that there are to be from its place in the script on. `fit` makes its schema fit the
    kinds that its subject names. `confirms` is the attribute that says how long what its block makes may stand
    unconfirmed: in the end the core confirms it, or its places go back.
    """

    plan: Act | None = None
    after: Act | None = None
    answer: Callable[[Phrase, Asking], Answer] | None = None
    foresee: Callable[[Phrase, Settling], Foreseen | None] | None = None
    effect: Effect | None = None
    asks: str = ""
    keeps: Callable[[Phrase, Fleet], Diagnostic | None] | None = None
    fit: Callable[[SentenceSchema, Sequence[Kind]], SentenceSchema] | None = None
    confirms: str = ""
