"""The manual's site: built without a warning, read from a folder in a browser, with nothing from outside."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = runpy.run_path(str(ROOT / "scripts" / "site_main.py"))["build"](folder / "site", folder / "pages")
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def page(site: Path, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    own = ("file:", "data:", "blob:")
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(own) else None)
    page.goto((site / "index.html").as_uri())
    yield page
    assert wrong == []
    page.close()


def test_one_finds_what_one_looks_for(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("E102")
    page.locator(".md-search-result__link", has_text="Error codes").first.click()
    page.wait_for_url("**/reference/codes.html*")


def test_a_reader_of_the_readme_comes_to_every_page_by_the_tabs(page: Page) -> None:
    tabs = page.locator(".md-tabs__link").all_inner_texts()
    expected = ["Start", "Tutorials", "Guides", "Help", "Reference", "Project", "Decisions"]
    assert [name.strip() for name in tabs] == expected
    page.locator(".md-content a", has_text="The language").first.click()
    page.wait_for_url("**/language.html")
    words = page.locator("pre", has_text="bridge vswitch02 on kvm1").first.locator("span[class]")
    colours = words.evaluate_all("words => words.map(word => getComputedStyle(word).color)")
    assert len(set(colours)) > 2, "our lexer colours what is ours"


def test_the_quick_reference_is_two_printed_pages(site: Path, page: Page) -> None:
    page.goto((site / "quick.html").as_uri())
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type */Page\b", printed)) == 2


def test_every_page_has_its_fences_and_tables(site: Path) -> None:
    """What MkDocs does not know as a fence or a table, and the forge does, would stand there as text."""
    for file in site.rglob("*.html"):
        text = re.sub(r"<(pre|code)[^>]*>.*?</\1>", "", file.read_text(), flags=re.DOTALL)
        assert "```" not in text, file
        assert not re.search(r"<p>(\||- )", text), file
