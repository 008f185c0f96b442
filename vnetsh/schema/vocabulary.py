"""All nouns and verbs there are, by name; and what the language itself has."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from vnetsh.errors import PluginBroken
from vnetsh.schema.kind import Kind, Scope, Verb
from vnetsh.schema.sentence import Attribute, Block, SentenceSchema
from vnetsh.schema.value_names import Name
from vnetsh.schema.values import Text, ValueType

if TYPE_CHECKING:
    from vnetsh.explanations import Explanation
    from vnetsh.model import Value

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
        block=Block.SENTENCES,
        example="for i in 1..3 { vm web$i on kvm1 port vswitch02 }",
    ),
    SentenceSchema(
        "include",
        "Read another script here, once. Its path is relative to this one's.",
        operands=(Attribute("file", Text(what="a file", offers="file"), "The script.", required=True),),
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
    makers: dict[str, list[str]] = field(default_factory=dict)
    """The backends that make things of each kind."""
    owners: dict[str, str] = field(default_factory=dict)
    """The plugin that each noun and verb is of."""
    explained: list[tuple[str, str]] = field(default_factory=list)
    """Who explains codes, and where: a plugin and a `module:NAME`."""

    @cached_property
    def explanations(self) -> dict[str, Explanation]:
        """What each code means; read at the first use. Raises `PluginBroken`."""
        from vnetsh.explanations import load_explanations

        return load_explanations(self.explained)

    def broken(self, schema: SentenceSchema, function: str, error: BaseException) -> PluginBroken:
        """The error of a noun's or verb's own function that raised, or gave what nobody can use."""
        head = schema.name.split()[0]
        what = "noun" if head in self.kinds else "verb"
        return PluginBroken(
            f"{what} `{schema.name}` of {self.owners.get(head, 'a plugin')} failed in `{function}`: "
            f"{type(error).__name__}: {error}",
            help="run again with --debug for a traceback",
        )

    def kind_of_word(self, word: str) -> Kind | None:
        """The kind whose name or plural is `word`."""
        return self.kinds.get(word) or next((k for k in self.kinds.values() if k.plural == word), None)

    def shown(self, kind: str, name: str, value: Value) -> str:
        """An attribute's value as a user would write it."""
        if value is None:
            return "none"
        attribute = self.kinds[kind].word(name) if kind in self.kinds else None
        return attribute.type.show(value) if attribute else str(value)

    def seen(self) -> list[Kind]:
        """The kinds of which there is something to see, be it as what stands for others."""
        return [k for k in self.kinds.values() if k.scope is not Scope.SCRIPT or k.gather]

    def held(self) -> list[Kind]:
        """The kinds that hosts can hold, be it as what stands for others."""
        return [k for k in self.kinds.values() if k.scope in (Scope.HOST, Scope.FLEET) or k.members]

    def block_of(self, head: str) -> Block:
        """What the block after such a head holds."""
        schema = self.schema(head)
        return schema.block if schema else Block.PARTS

    def heads_inside(self, holder: SentenceSchema) -> list[str]:
        """Every word that can begin a sentence in the block of another one."""
        hosts = {kind.name for kind in self.kinds.values() if kind.scope is Scope.INVENTORY}
        if holder.holds:
            return [head for head in holder.holds if self.schema(head)]
        return [head for head in self.heads() if head not in {*hosts, "include"}]

    def schema(self, head: str) -> SentenceSchema | None:
        """What a sentence that begins with `head` is checked against."""
        kind = self.kinds.get(head)
        return kind if kind and kind.sayable else self.verbs.get(head) or CONTROL.get(head)

    def heads(self) -> list[str]:
        """Every word that can begin a sentence."""
        return [k.name for k in self.kinds.values() if k.sayable] + [*self.verbs, *CONTROL]
