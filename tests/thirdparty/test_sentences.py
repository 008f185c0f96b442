"""Every shape of a sentence, by a plugin's own nouns and verbs: data files, and what vnetsh makes of them.

`golden/plans`: what a script resolves to, its plan, and that its plain text means the same; `golden/errors`: what is
said of a wrong one; `golden/fmt`: its one form; `golden/completion`: texts between lines of `---`, and what fits at
the end of each.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import apply

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.export.exporting import export
from vnetsh.interface import render
from vnetsh.interface.help import help_text
from vnetsh.language.completion import candidates
from vnetsh.language.formatting import formatted
from vnetsh.language.highlighting import Role, pieces, tokens
from vnetsh.registry import Plugins, load_plugins
from vnetsh.registry.entrypoints import EntryPoint, entry_points
from vnetsh.script.script import Segment
from vnetsh.session import Session
from vnetsh_lsp.names import mentions
from vnetsh_lsp.textmate import textmate

HERE = Path(__file__).parent
PLAIN = render.Style.__new__(render.Style)
PLAIN.on = False
NAMES = {
    "host": ["kvm1", "kvm2"], "vm": ["web1"], "bridge": ["br0", "web"], "lan": ["web", "acme/db"],
    "door": ["203.0.113.21 tcp 80"], "customer": ["acme"],
}  # fmt: skip


@pytest.fixture
def rented(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    monkeypatch.syspath_prepend(str(HERE))
    for name in [name for name in sys.modules if name.startswith("vnetsh_rent")]:
        monkeypatch.delitem(sys.modules, name)
    found = load_plugins([*entry_points("vnetsh"), EntryPoint("rent", "vnetsh_rent")])
    assert not found.warnings
    return found


@pytest.fixture
def session(rented: Plugins) -> Iterator[Session]:
    with Session(rented, rented.worlds["demo"].hosts("3")) as session:
        yield session


def cases(folder: str) -> list[Path]:
    found = [path for path in sorted((HERE / "golden" / folder).glob("*.vnet")) if ".given" not in path.name]
    assert found, folder
    return found


def compare(path: Path, text: str, update: bool) -> None:
    want = path.with_suffix(".want")
    if update:
        want.write_text(text + "\n")
    assert text + "\n" == want.read_text()


def said_by(segment: Segment) -> Iterator[str]:
    """A segment in a few words: what is declared, or what acts."""
    around = "".join(f" in {holder.schema.name}" for holder in segment.within)
    if segment.action:
        end = " ends" if segment.ended else ""
        words = [segment.action.schema.name, segment.action.name, *segment.action.texts("name")]
        yield f"{' '.join(filter(None, words))}{end}{around}"
    yield from (f"{r.kind} {r.name} on {r.place or 'any'}{around}" for r in segment.resources)


@pytest.mark.parametrize("path", cases("plans"), ids=lambda path: path.stem)
def test_plan(path: Path, session: Session, pytestconfig: pytest.Config) -> None:
    given = path.with_suffix(".given.vnet")
    if given.exists():
        apply(session, given.read_text())
    prepared = session.prepare(Source(path.name, path.read_text()))
    lines = [line for segment in prepared.script.segments for line in said_by(segment)]
    again = session.prepare(Source(path.name, prepared.script.text))
    assert again.plan.changes == prepared.plan.changes
    text = render.plan_text(prepared.plan, session.vocabulary, PLAIN)
    compare(path, "\n".join([*lines, "", text]), pytestconfig.getoption("update"))


@pytest.mark.parametrize("path", cases("plans"), ids=lambda path: path.stem)
def test_what_is_exported_changes_nothing(path: Path, session: Session) -> None:
    given = path.with_suffix(".given.vnet")
    for text in (given, path):
        apply(session, text.read_text() if text.exists() else "")
    exported = export(session, [])
    assert not [line for line in exported.text.splitlines() if line.startswith("# left out")]
    assert session.prepare(Source("again", exported.text)).plan.changes == ()


@pytest.mark.parametrize("path", cases("errors"), ids=lambda path: path.stem)
def test_error(path: Path, session: Session, pytestconfig: pytest.Config) -> None:
    given = path.with_suffix(".given.vnet")
    if given.exists():
        apply(session, given.read_text())
    with pytest.raises((ProblemsFound, PlanRefused)) as found:
        session.prepare(Source(path.name, path.read_text()))
    compare(path, render.diagnostics_text(found.value.problems, PLAIN), pytestconfig.getoption("update"))


@pytest.mark.parametrize("path", cases("fmt"), ids=lambda path: path.stem)
def test_fmt(path: Path, session: Session, pytestconfig: pytest.Config) -> None:
    source = Source(path.name, path.read_text())
    session.check(source)
    text = formatted(source)
    assert formatted(Source(path.name, text)) == text
    session.check(Source(path.name, text))
    compare(path, text.rstrip("\n"), pytestconfig.getoption("update"))


@pytest.mark.parametrize("path", cases("completion"), ids=lambda path: path.stem)
def test_completion(path: Path, rented: Plugins, pytestconfig: pytest.Config) -> None:
    found = []
    for text in path.read_text().split("\n---\n"):
        text = text.rstrip("\n").removesuffix("|")
        fitting = [candidate.text for candidate in candidates(text, rented.vocabulary, NAMES)]
        found.append(f"{text}|\n    {' '.join(fitting) or '(nothing)'}")
    compare(path, "\n".join(found), pytestconfig.getoption("update"))


def test_what_the_page_about_shapes_says(session: Session) -> None:
    """`docs/sentences.md`, example by example; a fence after `vnet rent` has the plan, `wrong-rent` the codes."""
    page = (HERE.parent.parent / "docs" / "sentences.md").read_text()
    plan = ""
    for kind, words, text in re.findall(
        r"^```(vnet|plan) ([^\n]*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE
    ):
        what, *codes = words.split()
        if kind == "plan":
            assert text.rstrip() == plan
        elif what == "rent":
            prepared = session.prepare(Source("page", text))
            plan = render.plan_text(prepared.plan, session.vocabulary, PLAIN)
            assert session.apply(prepared).ok
        else:
            with pytest.raises((ProblemsFound, PlanRefused)) as found:
                session.prepare(Source("page", text))
            assert [problem.code for problem in found.value.problems] == codes


@pytest.mark.parametrize("path", cases("colours"), ids=lambda path: path.stem)
def test_colours(path: Path, rented: Plugins, pytestconfig: pytest.Config) -> None:
    """Each line's words, and the role that each has there."""
    found = []
    for line in path.read_text().splitlines():
        roles = [
            f"{role.name.lower()}:{line[start:end].replace(' ', '_')}"
            for token in tokens(line, rented.vocabulary)
            for role, start, end in pieces(line, token)
        ]
        found.append(f"{line}\n    {' '.join(roles)}")
    compare(path, "\n".join(found), pytestconfig.getoption("update"))


def test_an_editor_finds_names_inside_of_a_block(rented: Plugins) -> None:
    inside = "customer acme on kvm1 {\n lan web\n desk d lan:web on kvm1\n}\n"
    text = (
        inside + "lan web on kvm1\nrule acme/web -> web on kvm1\ncustomer acme on kvm1 { rule web -> /web }\n"
    )
    found = list(mentions(Source("x", text), rented.vocabulary))
    lans = [(m.whole, text[m.span.start : m.span.end], m.declares) for m in found if m.kind == "lan"]
    assert lans == [
        ("acme/web", "web", True),
        ("acme/web", "web", False),
        ("web", "web", True),
        ("acme/web", "web", False),
        ("web", "web", False),
        ("acme/web", "web", False),
        ("web", "web", False),
    ]


def test_an_editors_grammar_has_its_words(rented: Plugins) -> None:
    grammar: Any = textmate(rented.vocabulary)
    rules = grammar["repository"]["sentence"]["patterns"]
    of_head = {
        head: next(r for r in rules if re.match(r["begin"], head)) for head in rented.vocabulary.heads()
    }
    assert "ping" in str(of_head["assure"]["patterns"])
    for head, braces in (("customer", False), ("carefully", False), ("lan", True)):
        begins = [pattern.get("begin") for pattern in of_head[head]["patterns"]]
        assert (r"\{" in begins) is braces, head


@pytest.mark.parametrize(
    "text",
    [
        "customer a[1-10000] on kvm1 { lan b[1-10000] }",
        "customer a[1-500] on kvm1 { customer b[1-500] on kvm1 { lan c[1-500] } }",
        f"delete lan {', '.join('a' for _ in range(4000))} {' '.join('on kvm1' for _ in range(300))}",
        f"for i in 1..100 {{ sweep kvm1 {{ {'stop a;' * 2000} }} }}",
    ],
    ids=["ranges", "nested", "list", "loop"],
)
def test_what_stands_for_too_much(session: Session, text: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        session.check(Source("long", text))
    assert "E116" in {problem.code for problem in found.value.problems}


def test_help_on_forms_and_blocks(rented: Plugins) -> None:
    assert "assure no ping VM -> VM" in help_text("assure", rented.vocabulary, {})
    assert "sweep HOSTS { … }" in help_text("sweep", rented.vocabulary, {})
    assert "assure ping VM -> VM …: One reaches" in help_text("ping", rented.vocabulary, {})
    assert "count KIND [NAME] …" in help_text("count", rented.vocabulary, {})


def test_every_shape_has_its_colours(rented: Plugins) -> None:
    for path in (*cases("plans"), *cases("fmt")):
        text = path.read_text()
        for token in tokens(text, rented.vocabulary):
            assert token.role is not Role.UNKNOWN, (path.name, text[token.start : token.end])
