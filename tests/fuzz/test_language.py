"""Properties of the language: of generated scripts, of scripts with slips of the pen, and of long ones."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from examining import assert_canonical, examine, tell
from generating import mutated, scripts, sentence, written
from hypothesis import HealthCheck, given, settings, strategies as st

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.language.binding import bind
from vnetsh.language.completion import candidates
from vnetsh.language.expanding import Expander
from vnetsh.language.formatting import formatted
from vnetsh.language.parsing import parse
from vnetsh.registry import load_plugins
from vnetsh.script.reading import read_included
from vnetsh.session import Session

PLUGINS = load_plugins()
VOCABULARY = PLUGINS.vocabulary
MORE = int(os.environ.get("VNETSH_EXAMPLES", "1"))
"""How many times as many examples as usual."""
some = settings(
    max_examples=60 * MORE,
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


@settings(some, max_examples=150 * MORE)
@given(sentence(VOCABULARY).flatmap(written))
def test_a_sentence_of_the_vocabulary_means_something(text: str) -> None:
    phrases, problems = bind(parse(Source("t", text)).sentences, VOCABULARY)
    assert problems == []
    assert phrases


@some
@given(scripts(VOCABULARY))
def test_a_script_of_such_sentences_means_something(text: str) -> None:
    expander = Expander(read_included, {}, {})
    expander.expand(parse(Source("t", text)))
    expanded = expander.result()
    assert list(expanded.problems) == []
    assert bind(expanded.sentences, VOCABULARY)[1] == []


@st.composite
def networks(draw: st.DrawFn) -> str:
    """Bridges and vms that have nothing to do with one another, in any order and shape: surely no problem."""
    lines = []
    for number in range(draw(st.integers(1, 4))):
        host = draw(st.sampled_from(["kvm1", "kvm2", "kvm3"]))
        size = draw(st.sampled_from(["512M", "2G", "700"]))
        lines += draw(
            st.sampled_from(
                [
                    [f"bridge br{number} on kvm[1-3]"],
                    [
                        f"bridge br{number} on {host}, kvm[1,3]"
                        if host == "kvm2"
                        else f"bridge br{number} on {host}"
                    ],
                    [
                        f"bridge br{number} on {host}",
                        f"vm vm{number} on {host} memory {size} port br{number}",
                    ],
                    [f"bridge b{number}[a,b] on {host}"],
                    [f"let h{number} {host}", f"vm vm{number} on $h{number} vcpus {number + 1}"],
                    [f"for i in 1..3 {{\n bridge x{number}$i on kvm$i }}"],
                    [f"vm vm{number}_[1-2] on {host} {{\n  memory {size}\n}}"],
                ]
            )
        )
    return draw(st.sampled_from(["\n", ";", " # x\n", "\r\n\r\n"])).join(lines)


@some
@given(networks())
def test_a_script_that_is_right_has_no_problem(session: Session, text: str) -> None:
    assert examine(text, session, [len(text)]) is not None


@settings(some, max_examples=250 * MORE)
@given(mutated(scripts(VOCABULARY, (1, 4)) | networks()), st.data())
def test_a_slip_of_the_pen_is_a_problem_and_nothing_worse(
    session: Session, text: str, data: st.DataObject
) -> None:
    cursors = data.draw(st.lists(st.integers(0, len(text)), max_size=3))
    examine(text, session, cursors)


@settings(some, max_examples=100 * MORE)
@given(st.text(max_size=40))
def test_any_text(session: Session, text: str) -> None:
    examine(text, session, range(len(text) + 1))


LONG = {
    "sentences": "bridge br0 on kvm1\n",
    "a sentence": " port p",
    "a list": "kvm1,",
    "one word": "a",
    "one string": '"a',
    "blanks": " ",
    "continued": "\\\n",
    "comments": "#x\n",
    "trailing comments": "stop a # x\n",
    "quotes": '\\";',
    "open strings": '"\n',
    "brackets": "a[",
    "closed brackets": "[1]",
    "dollars": "${",
    "braces": "{",
    "closing braces": "}",
    "loops": "for i in 1..1 {",
    "blocks": "vm a { port b }\n",
    "strange characters": "“;",
    "carriage returns": '"\\"\r',
    "nonsense": "nonsense\n",
    "lets": "let a$n 1\n",
    "unknown variables": "stop $x\n",
    "unknown hosts": "bridge b on kvm7\n",
    "hyphens": "-",
    "links": "<->",
}


def work(action: Callable[[], object]) -> float:
    """The processor time of an action, the least of two; without the collector's, which is that of all tests."""
    times = []
    gc.disable()
    try:
        for _ in range(2):
            started = time.thread_time()
            action()
            times.append(time.thread_time() - started)
    finally:
        gc.enable()
    return min(times)


@pytest.mark.parametrize("name", LONG)
def test_eight_times_the_text_is_not_sixty_four_times_the_work(session: Session, name: str) -> None:
    """Reading, checking, formatting and completing grow with a script, not with its square."""
    piece = LONG[name]

    def everything(length: int) -> Callable[[], object]:
        text = "vm a on kvm1 disk x " + piece * (length // len(piece))
        return lambda: examine_long(text, session)

    ratios = []
    for _ in range(3):
        ratios.append(work(everything(24_000)) / max(work(everything(3_000)), 0.002))
        if ratios[-1] < 20:
            return
    raise AssertionError(f"eight times the text, {min(ratios):.0f} times the work")


def examine_long(text: str, session: Session) -> None:
    problems: list[object] = []
    try:
        session.check(Source("t", text))
    except ProblemsFound as found:
        problems += found.problems
        for problem in found.problems[:20]:
            tell(problem)
    try:
        formatted(Source("t", text))
    except ProblemsFound:
        assert problems
    list(candidates(text, VOCABULARY, {}))
