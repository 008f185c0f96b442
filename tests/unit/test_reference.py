"""The reference pages are what the data says now, and the data says all that the pages need."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, Run

from vnetsh.diagnostics import Source
from vnetsh.errors import UsageError
from vnetsh.interface.help import help_text
from vnetsh.registry import Plugins, load_plugins
from vnetsh.schema import CONTROL, Attribute, Choice, Kind, SentenceSchema
from vnetsh.session import Session

FOLDER = ROOT / "docs" / "reference"
MAN = ROOT / "docs" / "man"
PAGES: dict[str, str] = runpy.run_path(str(ROOT / "scripts" / "reference_main.py"))["pages"]()
sys.path.insert(0, str(ROOT / "scripts"))  # where it finds the other
MAN_PAGES: dict[str, str] = runpy.run_path(str(ROOT / "scripts" / "manual_main.py"))["pages"]()
PLUGINS = load_plugins()
VOCABULARY = PLUGINS.vocabulary
SCHEMAS = [*VOCABULARY.kinds.values(), *VOCABULARY.verbs.values(), *CONTROL.values()]
SAYABLE = [schema for schema in SCHEMAS if not isinstance(schema, Kind) or schema.sayable]


def attributes(schemas: list[SentenceSchema]) -> Iterator[tuple[str, Attribute]]:
    for schema in schemas:
        for phrase in (schema, *schema.parts):
            for attribute in (*phrase.operands, *phrase.attributes):
                yield f"{schema.name}-{phrase.name}-{attribute.name}", attribute


def cases(schemas: list[SentenceSchema]) -> list[object]:
    return [pytest.param(attribute, id=name) for name, attribute in attributes(schemas)]


def test_there_is_no_page_that_nobody_writes() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_not_stale(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name], "write it anew: scripts/reference"


@pytest.mark.parametrize("name", MAN_PAGES)
def test_a_manual_page_is_not_stale_and_roff_takes_it(name: str) -> None:
    assert {path.name for path in MAN.iterdir()} == set(MAN_PAGES)
    assert (MAN / name).read_text() == MAN_PAGES[name], "write it anew: scripts/reference"
    if not shutil.which("mandoc") or not shutil.which("man"):
        pytest.skip("scripts/setup installs mandoc and man, as root")
    lint = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", MAN / name], capture_output=True, text=True, check=False
    )
    assert [line for line in lint.stdout.splitlines() if "missing date" not in line] == []
    argv = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", MAN / name]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stderr == ""


def test_the_manual_pages_say_every_word_and_command() -> None:
    words, commands = MAN_PAGES["vnetsh-language.7"], MAN_PAGES["vnetsh.1"]
    for schema in SAYABLE:
        assert f"\n.SS {schema.name}\n" in words
    for command in re.findall(r"^## (vnetsh .*)$", PAGES["commands.md"], re.MULTILINE):
        assert f'\n.SS "{command}"\n' in commands


def test_every_word_key_and_code_is_there() -> None:
    words = PAGES["words.md"]
    for schema in SCHEMAS:
        assert f"\n### {schema.name}\n" in words
        for phrase in (schema, *schema.parts):
            for attribute in phrase.attributes:
                assert f"\n| `{attribute.name}` | {attribute.type.describe()} |" in words
    for code in VOCABULARY.explanations:
        assert PAGES["codes.md"].count(f"\n## {code}\n") == 1


def test_every_rule_of_the_grammar_has_its_text() -> None:
    page = PAGES["grammar.md"]
    names = re.findall(r"^\??(\w+):", (ROOT / "grammar" / "vnet.lark").read_text(), re.MULTILINE)
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == [*names, "Limits"]
    for name in names:
        text = page.split(f"\n## {name}\n\n")[1]
        assert re.match(r"[A-Z][^#]+[.:]", text), f"say in a comment before it what `{name}` is"


def test_every_command_and_option_has_its_text(vnetsh: Run) -> None:
    page = PAGES["commands.md"]
    for command in re.findall(r"^  (\w+)  +\S", vnetsh("--help").stdout.split("commands:")[1], re.MULTILINE):
        assert f"\n## vnetsh {command}\n" in page
    assert not re.search(r"\| +\|$", page.replace("|  |  |\n", ""), re.MULTILINE), (
        "an option without its help"
    )


@pytest.mark.parametrize("schema", SAYABLE, ids=lambda schema: schema.name)
def test_every_sentence_has_its_help_and_an_example(schema: SentenceSchema) -> None:
    assert schema.help.endswith(".")
    assert schema.example.split()[0] == schema.name
    assert all(part.help.endswith(".") for part in schema.parts)


@pytest.mark.parametrize("schema", SAYABLE, ids=lambda schema: schema.name)
def test_every_example_is_right(
    schema: SentenceSchema, demo: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hosts.vnet").write_text("host kvm4 address 192.0.2.4\n")
    monkeypatch.chdir(tmp_path)
    if schema.name == "host":
        demo.inventory = {}
    if schema.name == "cluster":  # its types are plugins'
        kinds = demo.vocabulary.kinds
        types = tuple(
            replace(a, type=replace(a.type, choices=("ovn",))) if isinstance(a.type, Choice) else a
            for a in kinds["cluster"].attributes
        )
        kinds["cluster"] = replace(kinds["cluster"], attributes=types)
    demo.check(Source("example", schema.example))


@pytest.mark.parametrize("attribute", cases(SCHEMAS))
def test_every_attribute_has_its_help_and_its_backends_exist(attribute: Attribute) -> None:
    assert attribute.help.endswith(".")
    assert set(attribute.backends) <= set(PLUGINS.backends)
    assert re.fullmatch(r"\d+\.\d+", attribute.since)


@pytest.mark.parametrize("attribute", cases(SAYABLE))
def test_an_attribute_says_what_comes_of_silence(attribute: Attribute) -> None:
    assert bool(attribute.unsaid()) is (attribute.settable and not attribute.required)


def test_help_of_the_command_line(vnetsh: Run) -> None:
    done = vnetsh("help", "vm", "migrate")
    assert done.returncode == 0, done.stderr
    assert "virtual machine" in done.stdout
    assert "migrate VM, … to HOST" in done.stdout
    assert "verbs act:" in vnetsh("help").stdout
    wrong = vnetsh("help", "brigde")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean `bridge`?" in wrong.stderr


def test_help_on_a_key_says_where_it_stands(plugins: Plugins) -> None:
    lines = help_text("vlan", plugins.vocabulary, {}).splitlines()
    assert [line.split("`")[1] for line in lines] == ["bridge … port", "vm … port", "network", "expect port"]
    assert all("1 to 4094" in line for line in lines)
    assert help_text("port", plugins.vocabulary, {}).startswith("in `bridge`: port NAME …: ")
    assert help_text("vms", plugins.vocabulary, {}) == help_text("vm", plugins.vocabulary, {})


def test_help_on_a_word_of_the_shell(plugins: Plugins) -> None:
    assert help_text("exit", plugins.vocabulary, {"exit": "leave"}) == "leave"
    with pytest.raises(UsageError, match="no help on `exit`"):
        help_text("exit", plugins.vocabulary, {})
