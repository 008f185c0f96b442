"""The page of a picture in a real browser: what one sees, finds, folds, follows, and hears."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from drawn_fleets import drawn, script
from playwright.sync_api import Browser, Page

from vnetsh.pictures.laying import lay
from vnetsh.pictures.page_html import html
from vnetsh.registry import load_plugins

SIZES = {10: 3, 100: 5, 500: 8}
"""Hosts of fleets, by how many VMs these have."""

OVERLAPS = """() => {
  // What is written must not lie on what else is written.
  const texts = [...document.querySelectorAll('#world text')];
  const boxes = texts.map((t) => [t.textContent, t.getBoundingClientRect()]);
  const found = [];
  boxes.sort((a, b) => a[1].top - b[1].top);
  boxes.forEach(([words, a], i) => {
    for (const [other, b] of boxes.slice(i + 1)) {
      if (b.top >= a.bottom - 1) break;
      if (a.left < b.right - 1 && b.left < a.right - 1) found.push([words, other]);
    }
  });
  return found;
}"""
SIZE = "[...document.querySelectorAll('#world text')].map((t) => parseFloat(getComputedStyle(t).fontSize))"
TOO_WIDE = """() => [...document.querySelectorAll('#world .thing')].filter((g) => {
  const box = g.querySelector('rect').getBoundingClientRect();
  return [...g.querySelectorAll('text')].some((t) => t.getBoundingClientRect().right > box.right + 0.5);
}).map((g) => g.dataset.id)"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A page of each size."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    for vms, hosts in SIZES.items():
        picture, _, _ = drawn(load_plugins(), script(vms, hosts), hosts)
        found[vms] = folder / f"{vms}.html"
        found[vms].write_text(html(picture, lay(picture)), "utf-8")
    return found


def opened(browser: Browser, file: Path, scheme: str = "light") -> Page:
    page = browser.new_page(
        viewport={"width": 1280, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",  # type: ignore[arg-type]
    )
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith("file:") else None)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    assert wrong == []
    return page


def thing(page: Page, id: str) -> str:
    return f'#world .thing[data-id="{id}"]'


@pytest.mark.parametrize(("vms", "scheme"), [(10, "light"), (10, "dark"), (100, "light"), (500, "dark")])
def test_it_is_read_and_heard(
    browser: Browser, files: dict[int, Path], tmp_path_factory: pytest.TempPathFactory, vms: int, scheme: str
) -> None:
    page = opened(browser, files[vms], scheme)
    assert page.locator("#world .thing.vm").count() == vms
    page.screenshot(path=tmp_path_factory.getbasetemp() / f"page-{vms}-{scheme}.png")
    page.evaluate("document.getElementById('world').setAttribute('transform', '')")  # at 100 %
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(TOO_WIDE) == []
    assert min(page.evaluate(SIZE)) >= 11
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert [one["id"] for one in found["violations"] if one["impact"] in ("serious", "critical")] == []
    page.close()


def test_search_fold_and_follow(browser: Browser, files: dict[int, Path]) -> None:
    page = opened(browser, files[100])
    page.keyboard.press("/")
    page.keyboard.type("web17")
    assert page.locator("#found").inner_text() == "1 found"
    page.keyboard.press("Enter")
    assert page.locator("#told h2").first.inner_text() == "vm web17"
    assert page.locator(".chosen").get_attribute("data-id") == "vm:kvm3/web17"
    page.keyboard.press("Escape")
    # A VLAN alone.
    page.get_by_role("button", name="vlan 10", exact=True).click()
    shown = page.locator("#world .thing.vm:not(.gone)")
    assert 0 < shown.count() < 100
    page.get_by_role("button", name="vlan 10", exact=True).click()
    assert shown.count() == 100
    page.keyboard.press("0")
    # Hosts fold by a double click, and all of them by a key; what led into them leads to them.
    host = page.locator(thing(page, "host:kvm1"))
    host.locator("text").dblclick()
    assert shown.count() == 80
    assert host.get_attribute("aria-expanded") == "false"
    host.locator("text").dblclick()
    page.locator("body").press("h")
    assert shown.count() == 0
    tunnel = page.locator("#world .line.tunnel", has_text="gre12")
    assert "gone" not in (tunnel.get_attribute("class") or "")
    page.locator("body").press("h")
    # The way between two.
    page.locator(thing(page, "vm:kvm2/web1")).click()
    page.locator(thing(page, "vm:kvm3/web2")).click(modifiers=["Shift"])
    assert "web1 → web2" in page.locator("#told h2").first.inner_text()
    assert "vnetsh 'why web1 -> web2'" in page.locator("#told").inner_text()
    assert page.locator("#world .line.on").count() >= 2
    page.close()


def test_the_keyboard_alone_does_it(browser: Browser, files: dict[int, Path]) -> None:
    page = opened(browser, files[10])
    for _ in range(12):  # past the buttons
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('thing')"):
            break
    seen = set()
    for key in ["ArrowDown"] * 4 + ["ArrowRight"] * 4 + ["ArrowUp"] * 2 + ["ArrowLeft"] * 2:
        page.keyboard.press(key)
        seen.add(page.evaluate("document.activeElement.dataset.id"))
    assert len(seen) > 4
    page.keyboard.press("Enter")
    assert page.locator("#told h2").first.inner_text()
    assert page.locator(".chosen").count() == 1
    before = page.locator("#world").get_attribute("transform")
    page.keyboard.press("+")
    assert page.locator("#world").get_attribute("transform") != before
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    assert page.locator(".chosen").count() == 0
    page.close()


def test_it_is_printed_without_its_buttons(browser: Browser, files: dict[int, Path]) -> None:
    page = opened(browser, files[10])
    page.emulate_media(media="print")
    assert not page.locator("header").is_visible()
    assert page.locator("#paper").is_visible()
    page.close()
