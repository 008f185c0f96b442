"""Properties of the language: of generated scripts, of scripts with slips of the pen, and of long ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from examining import assert_canonical, examine, tell
from generating import mutated, scripts, sentence, written
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from vnetsh.binding import bind
from vnetsh.completion import candidates
from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.expanding import Expander
from vnetsh.formatting import formatted
from vnetsh.inventory import read_included
from vnetsh.parsing import parse
from vnetsh.plugins import Plugins, load_plugins
from vnetsh.session import Session

PLUGINS = load_plugins()
VOCABULARY = PLUGINS.vocabulary
some = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(PLUGINS, PLUGINS.worlds["demo"].hosts("3")) as session:
        yield session


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a script includes by chance is not there."""
    monkeypatch.chdir(tmp_path)


@some
@given(scripts(VOCABULARY))
def test_formatting_changes_only_how_it_looks(text: str) -> None:
    assert not parse(Source("t", text)).problems
    assert_canonical(Source("t", text))


@settings(some, max_examples=150)
@given(sentence(VOCABULARY).flatmap(written))
def test_a_sentence_of_the_vocabulary_means_something(text: str) -> None:
    phrases, problems = bind(parse(Source("t", text)).sentences, VOCABULARY)
    assert problems == []
    assert len(phrases) == 1


@some
@given(scripts(VOCABULARY))
def test_a_script_of_such_sentences_means_something(text: str) -> None:
    expander = Expander(read_included, {}, {})
    expander.expand(parse(Source("t", text)))
    expanded = expander.result()
    assert list(expanded.problems) == []
    assert bind(expanded.sentences, VOCABULARY)[1] == []
