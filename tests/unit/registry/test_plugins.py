"""Loading plugins: a broken one costs a warning that names it, a clash is an error that names both."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import types
from pathlib import Path

import pytest

from vnetsh.errors import PluginBroken
from vnetsh.hookspecs import KindRegistry, hookimpl
from vnetsh.model import Change
from vnetsh.registry import Plugins, load_plugins
from vnetsh.registry.entrypoints import EntryPoint, entry_points
from vnetsh.schema import Answer, Attribute, Kind, Text, Verb
from vnetsh_lsp.pygments_lexer import VnetLexer


def plugin(monkeypatch: pytest.MonkeyPatch, name: str, **functions: object) -> EntryPoint:
    module = types.ModuleType(name)
    for key, function in functions.items():
        setattr(module, key, hookimpl(function))
    monkeypatch.setitem(sys.modules, name, module)
    return EntryPoint(name, name)


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
            EntryPoint("gone", "no_such_module_at_all"),
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


def test_they_are_those_that_the_standard_library_finds() -> None:
    expected = importlib.metadata.entry_points()
    for group in expected.groups:
        assert sorted((point.name, point.value) for point in entry_points(group)) == sorted(
            {(point.name, point.value) for point in expected.select(group=group)}
        ), group
    [vnet] = [point for point in entry_points("pygments.lexers") if point.name == "vnet"]
    assert vnet.distribution == "vnetsh"
    assert vnet.load() is VnetLexer


def test_the_first_of_two_distributions_counts_and_broken_ones_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "one/Some_Thing-2.0.dist-info": b"# comment\n[other]\nx = y\n[vnetsh]\n# z = z\nfirst = a.b : c.d [extra]\n",
        "one/broken.egg-info": b"[vnetsh]\nlost = \xff\n",
        "one/empty.dist-info": None,
        "two/some.thing-1.0.dist-info": b"[vnetsh]\nsecond = a\n",
    }
    for name, content in files.items():
        (tmp_path / name).mkdir(parents=True)
        if content is not None:
            (tmp_path / name / "entry_points.txt").write_bytes(content)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "none"), str(tmp_path / "one"), str(tmp_path / "two")])
    assert entry_points("vnetsh") == [EntryPoint("first", "a.b : c.d [extra]", "some-thing")]
    assert EntryPoint("", "os : path.join [extra]").load() is os.path.join


def _nothing(*_: object) -> tuple[Change, ...]:
    return ()


def test_a_verb_says_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for verb, why in (
        (Verb("probe"), "neither plans changes nor answers"),
        (Verb("probe", plan=_nothing, answer=lambda *_: Answer()), "both plans and answers"),
        (Verb("probe", forms=(Verb("probe disk"),)), "neither plans changes nor answers"),
    ):
        point = plugin(
            monkeypatch, "mute", vnetsh_register_kinds=lambda kinds, verb=verb: kinds.add_verb(verb)
        )
        with pytest.raises(PluginBroken, match=f"of mute .*{why}"):
            load_plugins([point])


def test_a_plugin_adds_a_form_to_anothers_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(kinds: KindRegistry) -> None:
        kinds.add_verb(Verb("probe", forms=(Verb("probe disk", plan=_nothing),)))

    def second(kinds: KindRegistry) -> None:
        kinds.add_form("probe", Verb("probe no disk", plan=_nothing))

    def third(kinds: KindRegistry) -> None:
        kinds.add_form("probe", Verb("probe disk", plan=_nothing))

    points = [
        plugin(monkeypatch, f"plugin{number}", vnetsh_register_kinds=function)
        for number, function in enumerate((first, second, third))
    ]
    verb = load_plugins(points[:2]).vocabulary.verbs["probe"]
    assert [form.words for form in verb.sentences] == [("disk",), ("no", "disk")]
    with pytest.raises(PluginBroken, match="`probe disk` is claimed by two plugins"):
        load_plugins(points)
    with pytest.raises(PluginBroken, match="a form of `probe`, which nobody registered"):
        load_plugins(points[1:2])


@pytest.mark.parametrize("backend", ["ovs", "libvirt", "linux"])
def test_the_vocabulary_and_the_backends_agree_on_who_can_what(plugins: Plugins, backend: str) -> None:
    """The checks go by what the schemas say of backends, the planner by what the backends say of themselves."""
    able = plugins.backends[backend].attributes
    assert able is not None
    for kind, names in able.items():
        schema = plugins.vocabulary.kinds[kind]
        for attribute in schema.attributes:
            if attribute.backends and attribute.name != "on":  # that stands for the attribute `bridge`
                assert (attribute.name in names) is (backend in attribute.backends), (kind, attribute.name)
