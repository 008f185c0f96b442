"""Loading plugins: entry points one by one, sorted, each in its own try; and the registries they fill."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pluggy

from vnetsh import hookspecs
from vnetsh.registry.entrypoints import EntryPoint, entry_points
from vnetsh.errors import PluginBroken
from vnetsh.hookspecs import PROJECT, Command, World
from vnetsh.schema import Attribute, Kind, Verb, Vocabulary

if TYPE_CHECKING:
    from vnetsh.backend import Backend


class _Names:
    """Who claimed a name first; a second claim is an error that names both."""

    def __init__(self, owners: Mapping[tuple[str, str], str] = MappingProxyType({})) -> None:
        self.plugin = ""
        self.owners = dict(owners)

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

    def copy(self) -> _Registry:
        """What is registered now, safe from what comes after."""
        known = self.vocabulary
        vocabulary = Vocabulary(dict(known.kinds), dict(known.verbs), list(known.explained))
        return _Registry(
            _Names(self.names.owners), vocabulary, dict(self.backends), dict(self.commands), dict(self.worlds)
        )


class _Kinds:
    def __init__(self, registry: _Registry) -> None:
        self._registry = registry

    def add(self, kind: Kind) -> None:
        self._registry.names.claim("word", kind.name)
        self._registry.vocabulary.kinds[kind.name] = kind

    def extend(self, kind: str, *attributes: Attribute) -> None:
        kinds = self._registry.vocabulary.kinds
        if kind not in kinds:
            raise PluginBroken(f"{self._registry.names.plugin} extends `{kind}`, which nobody registered")
        for attribute in attributes:
            self._registry.names.claim(f"attribute of {kind}", attribute.name)
        kinds[kind] = replace(kinds[kind], attributes=(*kinds[kind].attributes, *attributes))

    def add_verb(self, verb: Verb) -> None:
        self._registry.names.claim("word", verb.name)
        self._registry.vocabulary.verbs[verb.name] = verb

    def explain(self, *places: str) -> None:
        plugin = self._registry.names.plugin
        self._registry.vocabulary.explained += [(plugin, place) for place in places]


class _Backends:
    def __init__(self, registry: _Registry) -> None:
        self._registry = registry

    def add(self, backend: Backend) -> None:
        self._registry.names.claim("backend", backend.name)
        self._registry.backends[backend.name] = backend


class _Commands:
    def __init__(self, registry: _Registry) -> None:
        self._registry = registry

    def add(self, command: Command) -> None:
        self._registry.names.claim("command", command.name)
        self._registry.commands[command.name] = command

    def add_world(self, world: World) -> None:
        self._registry.names.claim("world", world.name)
        self._registry.worlds[world.name] = world


class Plugins:
    """All plugins that could be loaded, and what they registered.

    `warnings` has a sentence for each that could not.
    """

    def __init__(self, manager: pluggy.PluginManager, registry: _Registry, warnings: tuple[str, ...]) -> None:
        self.hook = manager.hook
        self.vocabulary = registry.vocabulary
        self.backends = registry.backends
        self.commands = registry.commands
        self.worlds = registry.worlds
        self.warnings = warnings

    def tell(self, hook: str, **arguments: object) -> list[str]:
        """Call a hook that only looks on; a sentence for each plugin that fails in it: nothing depends on it."""
        failed = []
        for one in getattr(self.hook, hook).get_hookimpls():
            try:
                one.function(*(arguments[name] for name in one.argnames))
            except (Exception, SystemExit) as error:  # a plugin can raise anything
                failed.append(f"plugin {one.plugin_name} failed in {hook}: {type(error).__name__}: {error}")
        return failed


class CorePlugin:
    """The core's own nouns and verbs, registered as a plugin's are."""

    @hookspecs.hookimpl
    def vnetsh_register_kinds(self, kinds: hookspecs.KindRegistry) -> None:
        """Register the shared nouns, the core's verbs and the meaning of the core's codes."""
        from vnetsh.nouns import KINDS
        from vnetsh.nouns.mesh import MESH_KIND
        from vnetsh.nouns.verbs import VERBS

        for kind in (*KINDS, MESH_KIND):
            kinds.add(kind)
        for verb in VERBS:
            kinds.add_verb(verb)
        kinds.explain("vnetsh.explanations.sentence_problems:SENTENCE_PROBLEMS", "vnetsh.explanations.script_problems:SCRIPT_PROBLEMS")


def load_plugins(found: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin that is installed. Raises `PluginBroken` when two claim the same name."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    registry = _Registry()
    warnings: list[str] = []
    manager.register(CorePlugin(), "core")
    _register("vnetsh", CorePlugin(), registry)
    for point in sorted(entry_points(PROJECT) if found is None else found, key=lambda p: p.name):
        owner = f"{point.name} (of {point.distribution})" if point.distribution else point.name
        before = registry.copy()
        try:
            plugin = point.load()
            manager.register(plugin, point.name)
            manager.check_pending()
            _register(owner, plugin, registry)
        except PluginBroken:
            raise
        except (Exception, SystemExit) as error:  # a plugin can raise anything; it must not end vnetsh
            if manager.has_plugin(point.name):
                manager.unregister(name=point.name)
            registry = before
            warnings.append(f"plugin {owner} is left out: {type(error).__name__}: {error}")
    return Plugins(manager, registry, tuple(warnings))


def _register(owner: str, plugin: object, registry: _Registry) -> None:
    registry.names.plugin = owner
    _call(plugin, "vnetsh_register_kinds", lambda hook: hook(kinds=_Kinds(registry)))
    _call(plugin, "vnetsh_register_backends", lambda hook: hook(backends=_Backends(registry)))
    _call(plugin, "vnetsh_register_commands", lambda hook: hook(commands=_Commands(registry)))


def _call(plugin: object, name: str, call: Callable[[Callable[..., object]], object]) -> None:
    """Call one plugin's own implementation: so a failure has a name."""
    hook = getattr(plugin, name, None)
    if hook is not None and hasattr(hook, f"{PROJECT}_impl"):
        call(hook)


def warn(plugins: Plugins) -> None:
    """Say once what was left out."""
    for warning in plugins.warnings:
        print(f"vnetsh: warning: {warning}", file=sys.stderr)
