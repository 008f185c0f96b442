"""The registries that plugins fill: who claims a name first has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetsh.errors import PluginBroken
from vnetsh.hookspecs import Command, Export, World
from vnetsh.schema import (
    CONTROL,
    Attribute,
    Block,
    Choice,
    Kind,
    Name,
    Scope,
    SentenceSchema,
    Verb,
    Vocabulary,
)

if TYPE_CHECKING:
    from vnetsh.backend import Backend


class _Names:
    """Who claimed a name first; a second claim is an error that names both."""

    def __init__(self, owners: Mapping[tuple[str, str], str] = MappingProxyType({})) -> None:
        self.plugin = ""
        self.owners = {("word", word): "vnetsh" for word in CONTROL} | dict(owners)

    def claim(self, what: str, name: str) -> None:
        owner = self.owners.setdefault((what, name), self.plugin)
        if owner != self.plugin:
            raise PluginBroken(
                f"{what} `{name}` is claimed by two plugins: {owner} and {self.plugin}",
                help="uninstall one of them",
            )


@dataclass
class _Registry:
    """The registries of hookspecs.py, in one."""

    names: _Names = field(default_factory=_Names)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    backends: dict[str, Backend] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    worlds: dict[str, World] = field(default_factory=dict)
    exports: dict[str, Export] = field(default_factory=dict)

    def copy(self) -> _Registry:
        """What is registered now, safe from what comes after."""
        known = self.vocabulary
        makers = {kind: list(names) for kind, names in known.makers.items()}
        vocabulary = Vocabulary(
            dict(known.kinds), dict(known.verbs), makers, dict(known.owners), list(known.explained)
        )
        names, backends, commands = _Names(self.names.owners), dict(self.backends), dict(self.commands)
        return _Registry(names, vocabulary, backends, commands, dict(self.worlds), dict(self.exports))


class _Kinds:
    def __init__(self, registry: _Registry) -> None:
        self._registry = registry

    def add(self, kind: Kind) -> None:
        self._claim(kind)
        words = (
            *(word.name for word in (*kind.operands, *kind.attributes)),
            *(part.name for part in kind.parts if not kind.attribute(part.name)),
        )
        for name in words:
            self._registry.names.claim(f"attribute of {kind.name}", name)
        if kind.scope is Scope.INVENTORY:
            self._registry.names.claim("sort of places", kind.name)
        self._registry.vocabulary.kinds[kind.name] = kind
        if kind.joins:
            self._joined(kind.name)
        if kind.escorts:
            vm = self._registry.vocabulary.kinds["vm"]
            self._registry.vocabulary.kinds["vm"] = replace(vm, requires=(*vm.requires, kind.name))

    def _joined(self, kind: str) -> None:
        """Let the NICs of vms be on things of a kind, as on bridges."""
        kinds = self._registry.vocabulary.kinds
        vm = kinds["vm"]
        [port] = [part for part in vm.parts if part.name == "port"]
        type = port.operands[0].type
        assert isinstance(type, Name)
        refs = (*(type.refs or (type.ref,)), kind)
        wider = Name(what=f"a {' or '.join(refs)}", refs=refs, qualified=True, never=type.never)
        operand = replace(port.operands[0], type=wider, help="What it is on.")
        parts = tuple(replace(port, operands=(operand,)) if part is port else part for part in vm.parts)
        kinds["vm"] = replace(vm, parts=parts)

    def extend(self, kind: str, *attributes: Attribute) -> None:
        kinds = self._registry.vocabulary.kinds
        if kind not in kinds:
            raise PluginBroken(f"{self._registry.names.plugin} extends `{kind}`, which nobody registered")
        for attribute in attributes:
            self._registry.names.claim(f"attribute of {kind}", attribute.name)
        kinds[kind] = replace(kinds[kind], attributes=(*kinds[kind].attributes, *attributes))

    def add_cluster_type(self, name: str) -> None:
        self._registry.names.claim("cluster type", name)
        self._registry.names.claim("sort of places", name)
        kind = self._registry.vocabulary.kinds["cluster"]
        types = tuple(_with_choice(one, name) if one.name == "type" else one for one in kind.attributes)
        self._registry.vocabulary.kinds["cluster"] = replace(kind, attributes=types)

    def add_verb(self, verb: Verb) -> None:
        self._claim(verb)
        self._registry.vocabulary.verbs[verb.name] = verb

    def _claim(self, schema: Kind | Verb) -> None:
        self._registry.names.claim("word", schema.name)
        self._registry.vocabulary.owners[schema.name] = self._registry.names.plugin
        self._claim_forms(schema.forms or (schema,) if isinstance(schema, Verb) else schema.forms)

    def _claim_forms(self, forms: Iterable[SentenceSchema]) -> None:
        for form in forms:
            self._registry.names.claim("form", form.name)
            if isinstance(form, Verb):
                self._see_what_it_does(form)

    def _see_what_it_does(self, verb: Verb) -> None:
        """Raise `PluginBroken` for a verb of which nobody knows what it does."""
        acts = bool(verb.plan or verb.after) or verb.block is Block.SENTENCES
        if acts == bool(verb.answer) and not (acts and verb.asks):
            does = "both plans and answers" if acts else "neither plans changes nor answers"
            message = f"verb `{verb.name}` of {self._registry.names.plugin} {does}"
            raise PluginBroken(message, help="its author must say one of them")

    def add_form(self, head: str, *forms: Kind | Verb) -> None:
        vocabulary, names = self._registry.vocabulary, self._registry.names
        self._claim_forms(forms)
        if head in vocabulary.kinds:
            noun = vocabulary.kinds[head]
            vocabulary.kinds[head] = replace(noun, forms=(*noun.forms, *forms))
        elif head in vocabulary.verbs:
            verb = vocabulary.verbs[head]
            vocabulary.verbs[head] = replace(verb, forms=(*verb.forms, *forms))
        else:
            raise PluginBroken(f"{names.plugin} adds a form of `{head}`, which nobody registered")

    def explain(self, *places: str) -> None:
        plugin = self._registry.names.plugin
        self._registry.vocabulary.explained += [(plugin, place) for place in places]


def _with_choice(attribute: Attribute, name: str) -> Attribute:
    assert isinstance(attribute.type, Choice)
    return replace(attribute, type=replace(attribute.type, choices=(*attribute.type.choices, name)))


class _Backends:
    def __init__(self, registry: _Registry) -> None:
        self._registry = registry

    def add(self, backend: Backend) -> None:
        self._registry.names.claim("backend", backend.name)
        self._registry.backends[backend.name] = backend
        for kind in backend.kinds:
            self._registry.vocabulary.makers.setdefault(kind, []).append(backend.name)


class _Commands:
    def __init__(self, registry: _Registry) -> None:
        self._registry = registry

    def add(self, command: Command) -> None:
        self._registry.names.claim("command", command.name)
        self._registry.commands[command.name] = command

    def add_world(self, world: World) -> None:
        self._registry.names.claim("world", world.name)
        self._registry.worlds[world.name] = world

    def add_export(self, export: Export) -> None:
        self._registry.names.claim("form of export", export.name)
        self._registry.exports[export.name] = export
