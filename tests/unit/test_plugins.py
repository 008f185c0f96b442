"""Loading plugins: a broken one costs a warning that names it, a clash is an error that names both."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint

import pytest

from vnetsh.errors import PluginBroken
from vnetsh.hookspecs import KindRegistry, hookimpl
from vnetsh.plugins import load_plugins
from vnetsh.schema import Attribute, Kind, Text


def plugin(monkeypatch: pytest.MonkeyPatch, name: str, **functions: object) -> EntryPoint:
    module = types.ModuleType(name)
    for key, function in functions.items():
        setattr(module, key, hookimpl(function))
    monkeypatch.setitem(sys.modules, name, module)
    return EntryPoint(name, name, "vnetsh")


def test_a_plugin_adds_a_noun_and_extends_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def vnetsh_register_kinds(kinds: KindRegistry) -> None:
        kinds.add(Kind("vrf", help="A routing table of its own."))
        kinds.extend("host", Attribute("rack", Text(), "Where it stands."))

    loaded = load_plugins([plugin(monkeypatch, "one", vnetsh_register_kinds=vnetsh_register_kinds)])
    assert not loaded.warnings
    assert "vrf" in loaded.vocabulary.heads()
    assert loaded.vocabulary.kinds["host"].attribute("rack")


def test_a_plugin_that_raises_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(kinds: KindRegistry) -> None:
        kinds.add(Kind("vrf", help="half registered"))
        raise RuntimeError("out of order")

    def good(kinds: KindRegistry) -> None:
        kinds.add(Kind("vrf"))

    loaded = load_plugins(
        [
            plugin(monkeypatch, "bad", vnetsh_register_kinds=bad),
            plugin(monkeypatch, "good", vnetsh_register_kinds=good),
        ]
    )
    assert loaded.warnings == ("plugin bad is left out: RuntimeError: out of order",)
    assert loaded.vocabulary.kinds["vrf"].help == ""


def test_a_plugin_that_cannot_be_imported_or_exits_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaves(kinds: KindRegistry) -> None:
        sys.exit(3)

    loaded = load_plugins(
        [
            EntryPoint("gone", "no_such_module_at_all", "vnetsh"),
            plugin(monkeypatch, "exits", vnetsh_register_kinds=leaves),
        ]
    )
    assert [warning.split()[1] for warning in loaded.warnings] == ["exits", "gone"]


def test_two_that_claim_a_noun_are_an_error_that_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    def vnetsh_register_kinds(kinds: KindRegistry) -> None:
        kinds.add(Kind("vrf"))

    points = [
        plugin(monkeypatch, name, vnetsh_register_kinds=vnetsh_register_kinds) for name in ("one", "two")
    ]
    with pytest.raises(PluginBroken, match=r"`vrf`.*one and two"):
        load_plugins(points)
