"""Plugins: how they are found and loaded, and the registries that they fill."""

from vnetsh.registry.loading import Plugins as Plugins, load_plugins as load_plugins, warn as warn
