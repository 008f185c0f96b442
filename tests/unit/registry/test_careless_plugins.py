"""Plugins whose functions raise or give nonsense: an error that names them, and nothing is left half-made."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable

import pytest

from vnetsh import journal
from vnetsh.diagnostics import Source
from vnetsh.errors import PluginBroken
from vnetsh.hookspecs import Command, CommandRegistry, KindRegistry, World, hookimpl
from vnetsh.interface.arguments import parsers
from vnetsh.model import Change, Resource
from vnetsh.model.change import ActionKind
from vnetsh.registry import Plugins, load_plugins
from vnetsh.registry.entrypoints import EntryPoint
from vnetsh.schema import HOSTS, Answer, Attribute, Effect, Kind, Name, Part, Scope, Verb
from vnetsh.session import Session


def out_of_order(*arguments: object) -> list[object]:
    raise RuntimeError("out of order")


def leaves(*arguments: object) -> list[object]:
    sys.exit(3)


def nothing(*arguments: object) -> None:
    return None


ON = Attribute("on", HOSTS, "Where.", required=True)


def noun(**functions: object) -> Kind:
    return Kind("lamp", attributes=(ON,), **functions)  # type: ignore[arg-type]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Session]:
    def made(*schemas: Kind | Verb) -> Session:
        def vnetsh_register_kinds(kinds: KindRegistry) -> None:
            for schema in schemas:
                kinds.add(schema) if isinstance(schema, Kind) else kinds.add_verb(schema)

        module = types.ModuleType("hall")
        module.vnetsh_register_kinds = hookimpl(vnetsh_register_kinds)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "hall", module)
        plugins: Plugins = load_plugins([EntryPoint("demo", "vnetsh_demo"), EntryPoint("hall", "hall")])
        assert not plugins.warnings
        return Session(plugins, plugins.worlds["demo"].hosts("2"))

    return made


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (noun(expand=out_of_order), "`lamp` of hall failed in `expand`: RuntimeError: out of order"),
        (noun(expand=leaves), "`lamp` of hall failed in `expand`: SystemExit: 3"),
        (noun(expand=nothing), "`lamp` of hall failed in `expand`: TypeError"),
        (noun(expand=lambda *a: ["a"]), "`lamp` of hall failed in `expand`: AttributeError"),
        (noun(expand=lambda *a: [Resource("lump", "a", "kvm1", {})]), "failed in `expand`: KeyError: 'lump'"),
        (noun(expand=lambda *a: [Resource("lamp", "a", "kvm9", {})]), "there is no place kvm9"),
        (noun(settle=out_of_order), "`lamp` of hall failed in `settle`: RuntimeError"),
        (noun(settle=nothing), "`lamp` of hall failed in `settle`: TypeError"),
        (noun(settle=lambda *a: [Resource("lump", "a", "kvm1", {})]), "there is no lump at kvm1"),
        (
            Kind("lamp", attributes=(ON,), scope=Scope.INVENTORY, place=lambda *a: "kvm1"),  # type: ignore[arg-type,return-value]
            "`lamp` of hall failed in `place`: TypeError: 'kvm1' is no place",
        ),
    ],
)
def test_a_noun(session: Callable[..., Session], kind: Kind, said: str) -> None:
    with session(kind) as broken, pytest.raises(PluginBroken) as found:
        broken.prepare(Source("<test>", "bridge b1 on kvm1\nlamp a on kvm1"))
    assert said in found.value.message


STRANGE = Change(ActionKind.ADD, None, Resource("bridge", "b", "kvm1", {}))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (out_of_order, "verb `shine` of hall failed in `plan`: RuntimeError: out of order"),
        (nothing, "verb `shine` of hall failed in `plan`: TypeError"),
        (lambda *a: ["x"], "verb `shine` of hall failed in `plan`: AttributeError"),
        (lambda *a: [STRANGE], "verb `shine` of hall failed in `plan`: LookupError: add bridge b on kvm1"),
    ],
)
def test_a_verb_that_plans(session: Callable[..., Session], plan: object, said: str) -> None:
    shine = Verb("shine", plan=plan)  # type: ignore[arg-type]
    with session(shine) as broken, pytest.raises(PluginBroken) as found:
        broken.prepare(Source("<test>", "bridge b1 on kvm1\nshine"))
    assert said in found.value.message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (out_of_order, "verb glow failed: RuntimeError: out of order"),
        (leaves, "verb glow failed: SystemExit: 3"),
        (nothing, "verb glow failed: TypeError: None is no answer"),
        (lambda *a: Answer(found={"lump": []}), "verb glow failed: LookupError: there is no kind lump to be shown"),
        (lambda *a: Answer(data={1, 2}), "verb glow failed: TypeError"),
    ],
)  # fmt: skip
def test_a_verb_that_answers_amid_changes(session: Callable[..., Session], answer: object, said: str) -> None:
    glow = Verb("glow", subject=Name(what="a name"), answer=answer)  # type: ignore[arg-type]
    with session(glow) as broken:
        prepared = broken.prepare(Source("<test>", "bridge b1 on kvm1\nglow x\nbridge b2 on kvm1"), lock=True)
        report = broken.apply(prepared)
        assert report.failures[0].message.startswith(said)
        assert [str(outcome) for _, outcome in report.outcomes] == ["undone", "skipped"]
        assert not {bridge.name for bridge in broken.look("bridge")} & {"b1", "b2"}
        assert [run.outcome for run in journal.runs(broken.runs)] == ["failed"]
        assert not list(broken.runs.glob("*.open"))


def test_whatever_happens_while_an_answer_is_told_the_run_ends_in_order(
    session: Callable[..., Session],
) -> None:
    def tell(answer: Answer) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with session() as whole:
        report = whole.apply(whole.prepare(Source("<test>", "bridge b1 on kvm1\nshow bridges")), tell)
        assert "BrokenPipeError" in report.failures[0].message
        assert [run.outcome for run in journal.runs(whole.runs)] == ["failed"]
        assert "b1" not in {bridge.name for bridge in whole.look("bridge")}


def test_a_verb_that_cannot_be_planned_on_what_there_is_then(session: Callable[..., Session]) -> None:
    calls = []

    def plan(*arguments: object) -> list[Change]:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("out of order")
        return [Change(ActionKind.ADD, None, Resource("bridge", "b9", "kvm1", {}, backend="demo"))]

    with session(Verb("shine", plan=plan)) as broken:
        report = broken.apply(broken.prepare(Source("<test>", "bridge b1 on kvm1\nshine")))
        assert "`shine` of hall failed in `plan`: RuntimeError" in report.failures[0].message
        assert [str(outcome) for _, outcome in report.outcomes] == ["undone"]
        assert [run.outcome for run in journal.runs(broken.runs)] == ["failed"]


def word(name: str, **more: object) -> Attribute:
    return Attribute(name, Name(what="a name", ref=str(more.pop("ref", ""))), "A word.", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind("lamp", attributes=(word("a"), word("a"))), "it has `a` twice"),
        (
            Kind("lamp", attributes=(ON, word("bulb")), parts=(Part("bulb", kind="port"),)),
            "it has `bulb` twice",
        ),
        (Kind("lamp", attributes=(word("a", excludes=("b",)),)), "`a` excludes `b`, which it has not"),
        (Kind("lamp", rides_on=("bridge",)), "`bridge` names: that is no word that names a thing"),
        (Kind("lamp", attributes=(word("a"),), realised_with="a"), "`a` names: that is no word"),
        (Kind("lamp", identity=("a",)), "its identity is told by `a`, which is no word of it"),
        (Kind("lamp", attributes=(word("a"),), identity=("a",)), "nothing of its identity must be said"),
        (Kind("lamp", requires=("hall",)), "it requires or brings a `hall`, which nobody registered"),
        (Kind("lamp", parts=(Part("bulb", kind="bulb"),)), "its part `bulb` is a `bulb`, which nobody"),
        (Kind("lamp", parts=(Part("bulb", kind="port"),)), "its part `bulb` has no `name`"),
        (Kind("lamp", forms=(Kind("lamp"),)), "its form `lamp` does not begin with it and a further word"),
        (
            Kind("lamp", attributes=(Attribute("a", Name(what="a name", refs=("vm", "hall")), "One."),)),
            "`a` may be a `hall`, which nobody registered",
        ),
        (
            Verb("shine", plan=out_of_order, effect=Effect(moves_to="to")),
            "moves something to what `to` says, which is no word of it",
        ),
    ],
)
def test_a_schema_that_makes_no_sense(session: Callable[..., Session], kind: Kind | Verb, said: str) -> None:
    with pytest.raises(PluginBroken, match=f"`{kind.name}` of hall makes no sense: ") as found:
        session(kind)
    assert said in found.value.message


def test_nouns_that_want_one_another_first(session: Callable[..., Session]) -> None:
    with pytest.raises(PluginBroken, match=r"nouns of hall want one another to be there first: .*lamp"):
        session(Kind("lamp", requires=("wire",)), Kind("wire", attributes=(word("to", ref="lamp"),)))


@pytest.mark.parametrize("name", ["set", "hosts", "debug"])
def test_a_world_with_the_name_of_an_option(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def vnetsh_register_commands(commands: CommandRegistry) -> None:
        commands.add_world(World(name, "A world.", lambda argument: {}))

    module = types.ModuleType("hall")
    module.vnetsh_register_commands = hookimpl(vnetsh_register_commands)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hall", module)
    with pytest.raises(PluginBroken, match=f"world `{name}` of hall has the name of an option"):
        parsers(load_plugins([EntryPoint("hall", "hall")]))


def test_a_command_with_the_name_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    def vnetsh_register_commands(commands: CommandRegistry) -> None:
        commands.add(Command("plan", "Another one.", lambda parser: None, lambda found: 0))

    module = types.ModuleType("hall")
    module.vnetsh_register_commands = hookimpl(vnetsh_register_commands)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hall", module)
    with pytest.raises(PluginBroken, match="command `plan` is vnetsh's own, and hall claims it"):
        parsers(load_plugins([EntryPoint("hall", "hall")]))


@pytest.mark.parametrize(
    ("register", "said"),
    [
        (lambda kinds: kinds.extend("host", word("ssh")), "attribute of host `ssh` .*vnetsh and hall"),
        (lambda kinds: kinds.extend("vm", word("port")), "attribute of vm `port` .*vnetsh and hall"),
        (lambda kinds: kinds.add(Kind("for")), "word `for` .*vnetsh and hall"),
        (lambda kinds: kinds.add_cluster_type("host"), "sort of places `host` .*vnetsh and hall"),
    ],
)
def test_what_is_the_cores_already(
    monkeypatch: pytest.MonkeyPatch, register: Callable[[KindRegistry], None], said: str
) -> None:
    def vnetsh_register_kinds(kinds: KindRegistry) -> None:
        register(kinds)

    module = types.ModuleType("hall")
    module.vnetsh_register_kinds = hookimpl(vnetsh_register_kinds)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hall", module)
    with pytest.raises(PluginBroken, match=said):
        load_plugins([EntryPoint("hall", "hall")])
