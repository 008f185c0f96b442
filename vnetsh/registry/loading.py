"""Loading plugins: entry points one by one, sorted, each in its own try."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pluggy

from vnetsh import hookspecs
from vnetsh.errors import PluginBroken
from vnetsh.hookspecs import PROJECT
from vnetsh.plain_text import said
from vnetsh.registry.core import CorePlugin
from vnetsh.registry.entrypoints import EntryPoint, entry_points
from vnetsh.registry.registries import _Backends, _Commands, _Kinds, _Registry
from vnetsh.registry.soundness import see_that_all_makes_sense

if TYPE_CHECKING:
    from vnetsh.diagnostics import Diagnostic
    from vnetsh.script.script import Script


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
        self.exports = registry.exports
        self.owners: Mapping[tuple[str, str], str] = registry.names.owners
        """The plugin that claimed each name, by what it names: `command`, `backend`, `world`."""
        self.warnings = warnings

    def check(self, script: Script) -> list[Diagnostic]:
        """What the plugins' checks find in a resolved script."""
        return [problem for found in self.hook.vnetsh_check(topology=script) for problem in found]

    def tell(self, hook: str, **arguments: object) -> list[str]:
        """Call a hook that only looks on; a sentence for each plugin that fails in it: nothing depends on it."""
        failed = []
        for one in getattr(self.hook, hook).get_hookimpls():
            try:
                one.function(*(arguments[name] for name in one.argnames))
            except (Exception, SystemExit) as error:  # a plugin can raise anything
                failed.append(f"plugin {one.plugin_name} failed in {hook}: {type(error).__name__}: {error}")
        return failed


def load_plugins(found: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin that is installed. Raises `PluginBroken` when two claim the same name."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    registry = _Registry()
    warnings: list[str] = []
    manager.register(CorePlugin(), "core")
    _register("vnetsh", CorePlugin(), registry)
    for point in sorted(entry_points(PROJECT) if found is None else found, key=lambda p: p.name):
        before = registry.copy()
        try:
            plugin = point.load()
            manager.register(plugin, point.name)
            manager.check_pending()
            _register(point.owner, plugin, registry)
        except PluginBroken:
            raise
        except (Exception, SystemExit) as error:  # a plugin can raise anything; it must not end vnetsh
            if manager.has_plugin(point.name):
                manager.unregister(name=point.name)
            registry = before
            warnings.append(f"plugin {point.owner} is left out: {type(error).__name__}: {error}")
    see_that_all_makes_sense(registry.vocabulary)
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
        print(f"vnetsh: warning: {said(warning)}", file=sys.stderr)
