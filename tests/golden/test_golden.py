"""Data files: a script and what vnetsh says of it. `--update` rewrites the expectations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import apply

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.interface import render
from vnetsh.language.parsing import parse
from vnetsh.language.syntax import Sentence
from vnetsh.schema import CONTROL
from vnetsh.session import Session

HERE = Path(__file__).parent
PLAIN = render.Style.__new__(render.Style)
PLAIN.on = False


def cases(folder: str) -> list[Path]:
    found = [path for path in sorted((HERE / folder).glob("*.vnet")) if ".given" not in path.name]
    assert found, folder
    return found


def compare(path: Path, text: str, update: bool) -> None:
    want = path.with_suffix(".want")
    if update:
        want.write_text(text + "\n")
    assert text + "\n" == want.read_text()


@pytest.mark.parametrize("path", cases("errors"), ids=lambda path: path.stem)
def test_error(
    path: Path, demo: Session, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)  # a file that is included is in `included/`
    source = Source(path.name, path.read_bytes().decode("utf-8-sig"))
    with pytest.raises(ProblemsFound) as found:
        demo.check(source)
    compare(path, render.diagnostics_text(found.value.problems, PLAIN), pytestconfig.getoption("update"))


def test_forty_mistakes_are_forty_problems(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order, each at its place, and none that only follows from another."""
    path = HERE / "errors" / "forty.vnet"
    monkeypatch.chdir(path.parent)
    source = Source(path.name, path.read_text())
    with pytest.raises(ProblemsFound) as found:
        demo.check(source)
    said = [(p.code, p.span and source.text[p.span.start : p.span.end]) for p in found.value.problems]
    places = [p.span and source.position(p.span.start) for p in found.value.problems]
    marked = [
        (number, line.index("^"), line.rindex("^") + 1, line.split()[-1])
        for number, line in enumerate(source.text.splitlines())
        if re.fullmatch(r"# *\^+ E\d+", line)
    ]
    assert len(marked) == 40
    assert said == [(code, source.line(line)[start:end]) for line, start, end, code in marked]
    assert places == [(line, start + 1) for line, start, _, _ in marked]


@pytest.mark.parametrize("path", cases("plans"), ids=lambda path: path.stem)
def test_plan(
    path: Path, demo: Session, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    given = path.with_suffix(".given.vnet")
    if given.exists():
        apply(demo, given.read_text())
    try:
        prepared = demo.prepare(Source(path.name, path.read_text()))
        text = render.plan_text(prepared.plan, demo.vocabulary, PLAIN)
    except PlanRefused as refused:
        text = render.diagnostics_text(refused.problems, PLAIN)
    compare(path, text, pytestconfig.getoption("update"))


@pytest.mark.parametrize("folder", ["errors", "plans"])
@pytest.mark.parametrize("word", CONTROL)
def test_the_languages_own_sentences_have_cases(word: str, folder: str) -> None:
    found = [path for path in cases(folder) if path.stem.partition("-")[0] == word]
    assert any(word in {sentence.head.text for sentence in parse_file(path)} for path in found)


def parse_file(path: Path) -> tuple[Sentence, ...]:
    return parse(Source(path.name, path.read_text())).sentences
