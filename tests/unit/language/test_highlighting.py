"""What each word is, and the colours that come of it: in the shell, for Pygments, for TextMate grammars."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, strategies as st
from prompt_toolkit.document import Document
from pygments import highlight
from pygments.formatters import NullFormatter
from pygments.lexers import get_lexer_by_name
from terminal import Terminal, terminal

from vnetsh.interface.shell.colours import WordColours
from vnetsh.interface.shell.inventory import Known
from vnetsh.language.highlighting import Role, pieces, tokens
from vnetsh.registry import Plugins, entrypoints, load_plugins
from vnetsh.schema import Attribute, Choice, Kind, Part, Vocabulary
from vnetsh_lsp.pygments_lexer import VnetLexer
from vnetsh_lsp.textmate import textmate

DATA = ROOT / "plugins" / "vnetsh_lsp" / "data"


def roles(text: str, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    return [
        (role.name.lower(), text[start:end])
        for token in tokens(text, vocabulary)
        for role, start, end in pieces(text, token)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bridge b on kvm1", "noun:bridge name:b key:on value:kvm1"),
        ("bridge on on kvm1, kvm2", "noun:bridge name:on key:on value:kvm1 operator:, value:kvm2"),
        ("bridge b # on kvm1", "noun:bridge name:b comment:#_on_kvm1"),
        ("bridge b#1 on kvm1", "noun:bridge name:b unknown:1 key:on value:kvm1"),
        ("tunnel t a <-> b key none", "noun:tunnel name:t value:a operator:<-> value:b key:key language:none"),
        ("network w dhcp none mtu 9", "noun:network name:w key:dhcp language:none key:mtu number:9"),
        ("network w dhcp mtu none", "noun:network name:w key:dhcp key:mtu language:none"),
        ("migrate v compress none", "verb:migrate name:v key:compress unknown:none"),
        ("tunnel t a<->b type gre", "noun:tunnel name:t value:a operator:<-> value:b key:type choice:gre"),
        ("vm v memory 2G disk \"a b\"", 'noun:vm name:v key:memory number:2G key:disk string:"a_b"'),
        ("vm v port b vlan 7 name p", "noun:vm name:v part:port value:b key:vlan number:7 key:name value:p"),
        ("vm v { memory 1G\n port b }", "noun:vm name:v brace:{ key:memory number:1G part:port value:b brace:}"),
        ("migrate v to kvm2", "verb:migrate name:v key:to value:kvm2"),
        ("migrate v \\\n to kvm2", "verb:migrate name:v key:to value:kvm2"),
        ("start v; stop v", "verb:start name:v verb:stop name:v"),
        ("let n 3", "language:let variable:n number:3"),
        ("for i in 1..$n { start w$i }", "language:for variable:i language:in value:1.. variable:$n brace:{ "
            "verb:start name:w variable:$i brace:}"),
        ("start ${n}x", "verb:start variable:${n} name:x"),
        ('vm v disk "a \\$n $n"', 'noun:vm name:v key:disk string:"a_\\$n_ variable:$n string:"'),
        ('include "a b.vnet"', 'language:include path:"a_b.vnet"'),
        ("bridge b frob on kvm1", "noun:bridge name:b unknown:frob key:on value:kvm1"),
        ("host h local ssh x", "noun:host name:h key:local key:ssh value:x"),
        ('vm v disk "open', 'noun:vm name:v key:disk string:"open'),
        ("nonsense bridge on", "unknown:nonsense unknown:bridge unknown:on"),
    ],
)  # fmt: skip
def test_roles(text: str, expected: str, plugins: Plugins) -> None:
    found = [f"{role}:{piece.replace(' ', '_')}" for role, piece in roles(text, plugins.vocabulary)]
    assert " ".join(found) == expected


def test_a_third_partys_noun_has_its_colours() -> None:
    part = Part("alias", kind="record", operands=(Attribute("name", Choice(choices=("www",)), ""),))
    record = Kind("record", attributes=(Attribute("ttl", Choice(choices=("short",)), ""),), parts=(part,))
    vocabulary = Vocabulary({"record": record})
    assert roles("record r ttl short alias www", vocabulary) == [
        ("noun", "record"), ("name", "r"), ("key", "ttl"), ("choice", "short"), ("part", "alias"), ("choice", "www"),
    ]  # fmt: skip
    assert [role for role, _ in roles("bridge b", vocabulary)] == ["unknown", "unknown"]
    assert '"(?:^|(?<=[;{}]))[ \\\\t]*(record)' in json.dumps(textmate(vocabulary))


WORDS = st.sampled_from(
    ["bridge", "vm", "for", "in", "let", "on", "port", "none", "{", "}", ";", "\n", "\\\n", "#", '"', "$n", "${n}",
     "<->", ",", "[1-3]", "\r\n", "\\", "$", "é", "😀", " "]
)  # fmt: skip
VOCABULARY = load_plugins().vocabulary


@given(st.lists(WORDS | st.text(max_size=3), max_size=30).map("".join))
def test_any_text_is_coloured_and_stays_what_it_is(text: str) -> None:
    found = list(tokens(text, VOCABULARY))
    assert all(one.end <= other.start for one, other in pairwise(found))
    lexed = VnetLexer(vocabulary=VOCABULARY).get_tokens_unprocessed(text)
    assert "".join(piece for _, _, piece in lexed) == text
    line = WordColours(VOCABULARY, Known, ("plan",)).lex_document(Document(text))
    shown = ["".join(fragment[1] for fragment in line(number)) for number in range(text.count("\n") + 1)]
    assert "\n".join(shown) == text


def test_pygments_finds_the_lexer() -> None:
    assert "vnet" in {point.name for point in entry_points(group="pygments.lexers")}
    lexer = get_lexer_by_name("vnet")
    text = (ROOT / "scripts" / "overlay.vnet").read_text()
    assert highlight(text, lexer, NullFormatter()) == text
    assert "Keyword.Type" in {
        str(type).removeprefix("Token.") for type, _ in lexer.get_tokens("bridge b on kvm1")
    }


def test_after_a_word_of_the_shell_a_sentence_begins(plugins: Plugins) -> None:
    colours = WordColours(plugins.vocabulary, Known, ("plan",))
    plan = colours.lex_document(Document("plan bridge b"))(0)
    assert colours.lex_document(Document("bridge b"))(0)[0] == plan[1] == ("class:noun", "bridge")


def colours_of(shell: Terminal, word: str) -> set[str]:
    """The colours on the screen of a word that was typed."""
    row = next(number for number, line in enumerate(shell._screen.display) if f"> {word}" in line)
    column = shell._screen.display[row].index(f"> {word}") + 2
    return {shell._screen.buffer[row][column + place].fg for place in range(len(word))}


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_the_shell_colours_what_is_typed_unless_it_shall_not(
    tmp_path: Path, no_color: str, coloured: bool
) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path), "NO_COLOR": no_color}
    vnetsh = str(Path(sys.executable).with_name("vnetsh"))
    with terminal([vnetsh, "--demo=1"], environment) as shell:
        shell.wait_prompt()
        shell.type("migrate x")
        shell.wait_for("vnetsh> migrate x")
        shell.wait_bar("1 of 1 hosts")  # the shell itself is there
        assert (colours_of(shell, "migrate") != {"default"}) == coloured
        shell.type("\x03")
        shell.wait_prompt()
        assert shell.leave() == 0


# The TextMate grammar


@pytest.fixture
def own() -> Vocabulary:
    """The words of vnetsh itself, whatever else is installed."""
    points = entrypoints.entry_points("vnetsh")
    return load_plugins(point for point in points if point.distribution == "vnetsh").vocabulary


def test_the_grammar_in_the_tree_is_of_today(own: Vocabulary, request: pytest.FixtureRequest) -> None:
    path = DATA / "vnet.tmLanguage.json"
    text = json.dumps(textmate(own), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--update"):
        path.write_text(text)
    assert path.read_text() == text, (
        "stale: `pytest tests/unit/language/test_highlighting.py --update` writes it anew"
    )


def rules(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from rules(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from rules(inner)


def test_the_grammars_patterns_are_sound(own: Vocabulary) -> None:
    grammar: Any = textmate(own)
    names = set(grammar["repository"])
    found = list(rules(grammar))
    assert {rule["include"] for rule in found if "include" in rule} == {f"#{name}" for name in names}
    begins = [re.compile(rule["begin"]) for rule in found if "beginCaptures" in rule]
    heads = [next((b for b in begins if b.match(f"{head} xyz")), None) for head in own.heads()]
    assert None not in heads
    for rule in found:
        for key in ("match", "begin", "end"):
            if isinstance(rule.get(key), str):
                re.compile(rule[key])


def test_every_role_that_is_no_plain_text_has_a_colour(plugins: Plugins) -> None:
    line = "let n 3; vm v on kvm1 { memory 2G; port b vlan none name x }; tunnel t a<->b type gre # c"
    found = {role for token in tokens(line, plugins.vocabulary) for role, _, _ in pieces(line, token)}
    assert set(Role) - found == {Role.VERB, Role.PATH, Role.STRING, Role.UNKNOWN}
    styled = {
        text: style
        for style, text, *_ in WordColours(plugins.vocabulary, Known).lex_document(Document(line))(0)
    }
    assert all(
        styled[text] for text in ("let", "n", "3", "vm", "v", "on", "{", "memory", "2G", "port", "gre", "# c")
    )


def test_the_editors_package_names_files_that_are_there() -> None:
    package = json.loads((DATA / "package.json").read_text())
    language, grammar = package["contributes"]["languages"][0], package["contributes"]["grammars"][0]
    for name in (package["main"], language["configuration"], grammar["path"]):
        assert (DATA / name).is_file()
    configuration = json.loads((DATA / "language-configuration.json").read_text())
    assert re.fullmatch(configuration["wordPattern"], "cirros-01.x")
    assert re.search(configuration["indentationRules"]["increaseIndentPattern"], "for i in 1..3 {  # each")
    assert grammar["scopeName"] == json.loads((DATA / "vnet.tmLanguage.json").read_text())["scopeName"]
