"""The examples of the README and the manual run, in their order, on demo hosts.

A fence says what it is in its first line:

    vnet                  it is run: no problem, and nothing is lost
    vnet set n=2 …        the same, with variables from outside
    vnet hosts            a hosts file
    vnet file NAME        a file beside the script, for the fences after it
    vnet wrong E102 …     it has exactly these problems
    vnet untidy, tidy     what `vnetsh fmt` makes of the one is the other
    plan, error           what vnetsh prints for the fence before
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.interface import render
from vnetsh.language.formatting import formatted
from vnetsh.model.change import ActionKind, Impact
from vnetsh.registry import Plugins
from vnetsh.script.inventory import load_hosts
from vnetsh.session import Session

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLES = [page for page in PAGES if re.search(r"^```vnet\n", page.read_text(), re.MULTILINE)]
PLAIN = render.Style(io.StringIO())


class Reader:
    """Somebody who tries all that a page says."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.folder = folder
        self.printed = {"plan": "", "error": ""}
        self.before = ""

    def read(self, kind: str, words: list[str], text: str) -> None:
        if kind in self.printed:
            assert text.rstrip() == self.printed[kind]
        elif kind == "vnet":
            what, *rest = words or ["run"]
            getattr(self, what)(text, *rest)

    def run(self, text: str) -> None:
        prepared = self.session.prepare(Source("lab.vnet", text))
        self.printed["plan"] = render.plan_text(prepared.plan, self.session.vocabulary, PLAIN)
        assert self.session.apply(prepared).ok
        assert prepared.plan.impact <= Impact.RESTART

    def destroys(self, text: str) -> None:
        prepared = self.session.prepare(Source("lab.vnet", text))
        self.printed["plan"] = render.plan_text(prepared.plan, self.session.vocabulary, PLAIN)
        assert self.session.apply(prepared).ok
        assert prepared.plan.impact is Impact.DESTROY

    def checked(self, text: str) -> None:
        self.session.check(Source("lab.vnet", text))

    def set(self, text: str, *settings: str) -> None:
        self.session.settings = dict(setting.split("=") for setting in settings)
        self.run(text)
        self.session.settings = {}

    def hosts(self, text: str) -> None:
        path = self.folder / "of-the-manual.vnet"
        path.write_text(text)
        assert load_hosts(path, self.session.vocabulary)

    def file(self, text: str, name: str) -> None:
        (self.folder / name).write_text(text)

    def wrong(self, text: str, *codes: str) -> None:
        with pytest.raises((ProblemsFound, PlanRefused)) as found:
            self.session.prepare(Source("lab.vnet", text))
        assert tuple(problem.code for problem in found.value.problems) == codes
        self.printed["error"] = render.diagnostics_text(found.value.problems, PLAIN)

    def untidy(self, text: str) -> None:
        self.before = text

    def tidy(self, text: str) -> None:
        assert formatted(Source("lab.vnet", self.before)) == text != self.before


def fences(page: Path) -> Iterator[tuple[str, list[str], str]]:
    for kind, words, text in FENCE.findall(page.read_text()):
        yield kind, words.split(), text


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.name)
def test_examples_run(page: Path, demo: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(demo, tmp_path)
    for kind, words, text in fences(page):
        reader.read(kind, words, text)


UNTOLD = {"cloud": "is in memory only", "ha": "whose address 10.77.0.50 is, nobody knows"}
"""What scripts expect of packets, and the demo has not."""


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.vnet")), ids=lambda path: path.name)
def test_scripts_run_and_a_second_time_change_nothing(path: Path, plugins: Plugins) -> None:
    source = Source(str(path), path.read_text())
    with Session(plugins, plugins.worlds["demo"].hosts("4")) as session:
        report = session.apply(session.prepare(source))
        untold = all(UNTOLD.get(path.stem, "\n") in failure.message for failure in report.failures)
        assert report.ok or untold, "where its packets go only a lab tells"
        again = {change.action for change in session.prepare(source).plan.changes}
    assert again == ({ActionKind.MOVE} if path.stem == "drain" else set()), "a drain is work, done each time"
    assert formatted(source) == source.text


def test_the_manual_says_every_word() -> None:
    """A noun, verb or word of the language that is added needs a word in the tutorial, too."""
    from vnetsh.registry import load_plugins

    said = "\n".join(text for kind, _, text in fences(ROOT / "docs" / "language.md") if kind == "vnet")
    for head in load_plugins().vocabulary.heads():
        assert re.search(rf"(^|[;{{]) *{head} ", said, re.MULTILINE), head


def heading(line: str) -> str:
    """The anchor that a heading has on the forge."""
    return re.sub(r"[^\w -]", "", line.lstrip("# ").strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for link, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", text):
        target = page.parent / link if link else page
        assert target.exists(), link
        if anchor:
            lines = [line for line in target.read_text().splitlines() if line.startswith("#")]
            assert anchor in map(heading, lines), f"{link}#{anchor}"


def test_the_messages_that_are_explained_are_vnetshs() -> None:
    """What somebody looks up by a message must be there in its words."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    messages = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    code = "\n".join(path.read_text() for path in (ROOT / "vnetsh").rglob("*.py"))
    code += "\n".join(path.read_text() for path in (ROOT / "plugins").rglob("*.py"))
    assert len(messages) > 15
    missing = [message for message in messages for part in message.split("…") if part.strip() not in code]
    assert missing == []
