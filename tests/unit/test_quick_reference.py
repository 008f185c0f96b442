"""The quick reference has every word and command, and is right: it would be trusted without being tried."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from vnetsh.interface.arguments import parsers
from vnetsh.registry import load_plugins

PAGE = (ROOT / "docs" / "quick.md").read_text()
FENCES = re.findall(r"^```(\w*)[^\n]*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SENTENCES = "\n".join(text for kind, text in FENCES if kind == "vnet")
PLUGINS = load_plugins()
COMMANDS = sorted(name for name in parsers(PLUGINS) if name and name not in PLUGINS.vocabulary.heads())


@pytest.mark.parametrize("head", sorted(PLUGINS.vocabulary.heads()))
def test_it_has_every_noun_and_verb(head: str) -> None:
    assert re.search(rf"(^|[;{{]) *{head} ", SENTENCES, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_it_has_every_command(command: str) -> None:
    (listed,) = (text for kind, text in FENCES if not kind)
    assert re.search(rf"^vnetsh .*\b{command}\b", PAGE, re.MULTILINE), listed


def test_it_stays_short() -> None:
    lines = [line for _, text in FENCES for line in text.splitlines()]
    assert max(map(len, lines)) <= 120
    assert len(PAGE.splitlines()) <= 160
