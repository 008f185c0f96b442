"""The page of a picture of 500 VMs in a browser without a GPU, beside a plain page of d3's that draws as much."""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from contest import compare
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "helpers"))

from drawn_fleets import drawn, script  # type: ignore[import-not-found]  # noqa: E402

from vnetsh.pictures.laying import lay  # noqa: E402
from vnetsh.pictures.page_html import html  # noqa: E402
from vnetsh.registry import load_plugins  # noqa: E402

VMS, HOSTS = 500, 8
FRAMES = """() => {
  window.ends = false;
  window.frames_ = 0;
  const next = () => { if (!window.ends) { window.frames_ += 1; requestAnimationFrame(next); } };
  requestAnimationFrame(next);
}"""
"""Has a page count the frames that it paints."""

PLAIN = """<!doctype html><meta charset="utf-8"><title>plain</title><style>
html, body { margin: 0; height: 100% }
svg { width: 100%; height: 100%; font: 12px sans-serif }
rect { fill: #eee; stroke: #555 }
path { fill: none; stroke: #888 }
</style>
<svg id="paper"><g id="world"></g></svg><script>SCRIPT</script><script>
const data = DATA, world = d3.select("#world");
world.selectAll("path").data(data.lines).join("path").attr("d", (d) => d);
const box = world.selectAll("g").data(data.boxes).join("g").attr("transform", (d) => `translate(${d.x},${d.y})`);
box.append("rect").attr("width", (d) => d.width).attr("height", (d) => d.height);
box.selectAll("text").data((d) => d.texts).join("text").attr("x", 6).attr("y", (d, i) => 15 + 14 * i).text((d) => d);
const zoom = d3.zoom().on("zoom", (event) => world.attr("transform", event.transform));
d3.select("#paper").call(zoom).call(zoom.transform, d3.zoomIdentity.scale(SCALE));
</script>"""
"""As the examples of d3's documentation are: data joined to elements, and its zoom over them."""

AS_DATA = """() => {
  const lines = [...document.querySelectorAll('#world path')].map((p) => p.getAttribute('d'));
  const zero = document.querySelector('#world').getScreenCTM();
  const boxes = [...document.querySelectorAll('#world rect')].map((r) => {
    const at = zero.inverse().multiply(r.getScreenCTM());
    const x = at.a * r.x.baseVal.value + at.e, y = at.d * r.y.baseVal.value + at.f;
    return { x, y, width: r.width.baseVal.value, height: r.height.baseVal.value, texts: [] };
  });
  [...document.querySelectorAll('#world text')].forEach((t, i) => boxes[i % boxes.length].texts.push(t.textContent));
  return { lines, boxes, scale: zero.a };
}"""
"""The boxes, lines and words that a page has drawn."""


def page(rounds: int = 5) -> None:
    """From opening a page until it is painted; and the time of a frame while it is dragged about."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        ours, plain = Path(folder, "ours.html"), Path(folder, "plain.html")
        picture, _, _ = drawn(load_plugins(), script(VMS, HOSTS), HOSTS)
        ours.write_text(html(picture, lay(picture)), "utf-8")
        plain.write_text(_plain(browser, ours), "utf-8")
        for title, measure in (("painted", _painted), ("a frame while it is dragged about", _frame)):
            contestants = {
                "a plain page of d3's, as many boxes, lines and words": partial(measure, browser, plain),
                "the page of `graph` (goal: × 1.2)": partial(measure, browser, ours),
            }
            compare(f"the page of {VMS} vms: {title}", contestants, rounds)
        browser.close()


def _opened(browser: Browser, file: Path) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(file.as_uri())
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    return page


def _plain(browser: Browser, ours: Path) -> str:
    page = _opened(browser, ours)
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    data = page.evaluate(AS_DATA)
    page.close()
    d3 = (ROOT / "vnetsh" / "pictures" / "page" / "d3.v7.min.js").read_text("utf-8")
    scale = str(data.pop("scale"))
    return PLAIN.replace("SCALE", scale).replace("DATA", json.dumps(data)).replace("SCRIPT", d3)


def _painted(browser: Browser, file: Path) -> float:
    page = _opened(browser, file)
    took = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.close()
    return float(took) / 1000


def _frame(browser: Browser, file: Path) -> float:
    page = _opened(browser, file)
    page.mouse.move(640, 400)
    page.mouse.down()
    page.evaluate(FRAMES)
    start = float(page.evaluate("performance.now()"))
    for step in range(60):
        page.mouse.move(640 + 200 * (step % 2), 400 + step)
    frames, end = page.evaluate("() => { window.ends = true; return [window.frames_, performance.now()]; }")
    page.mouse.up()
    page.close()
    return (float(end) - start) / max(1, int(frames)) / 1000
