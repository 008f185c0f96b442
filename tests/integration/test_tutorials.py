"""A tutorial of the manual, typed as it stands there; `scripts/soak tutorials` plays all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tutorials import PAGES, played, same

from vnetsh.diagnostics import Source
from vnetsh.registry import Plugins
from vnetsh.session import Session


def test_what_is_measured_may_differ_and_nothing_else() -> None:
    assert same("done: 3 changes, verified, in 1.1 s\n", "done: 3 changes, verified, in 20 s\n")
    assert not same("done: 3 changes, verified, in 1.1 s\n", "done: 4 changes, verified, in 1.1 s\n")
    assert same("a\n…\nd …\n", "a\nb\nc\nd 1\n")
    assert not same("a\nd\n", "a\nb\nd\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_scripts_of_a_page_are_right(page: Path, plugins: Plugins) -> None:
    """Whatever changes in the language is seen here, without a lab."""
    with Session(plugins, plugins.worlds["demo"].hosts("4")) as session:
        for name, text in re.findall(
            r"^```vnet file (\S+)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE
        ):
            session.check(Source(name, text))


@pytest.mark.lab
def test_taking_over(tmp_path: Path) -> None:
    (page,) = (page for page in PAGES if page.stem == "takeover")
    assert played(page, tmp_path) == []
