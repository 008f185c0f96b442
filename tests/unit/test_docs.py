"""The examples of the README and the manual run, in their order, on demo hosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from vnetsh.diagnostics import Source
from vnetsh.plan import Impact
from vnetsh.session import Session

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [page for page in PAGES if "```vnet\n" in page.read_text()]


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.name)
def test_examples_run(page: Path, demo: Session) -> None:
    for text in re.findall(r"```vnet\n(.*?)```", page.read_text(), re.DOTALL):
        prepared = demo.prepare(Source(page.name, text))
        assert demo.apply(prepared).ok
        assert prepared.plan.impact <= Impact.BRIEF


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.vnet")), ids=lambda path: path.name)
def test_scripts_run_and_a_second_time_change_nothing(path: Path, demo: Session) -> None:
    source = Source(path.name, path.read_text())
    assert demo.apply(demo.prepare(source)).ok
    assert demo.prepare(source).plan.changes == ()


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
