"""The manual's site: docs/ and the pages beside it, as MkDocs wants them, and MkDocs. `scripts/site` calls it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CONFIG = ROOT / "scripts" / "publishing" / "mkdocs.yml"
BUILD = ROOT / "build"
BESIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changes.md"}
"""Pages of the top level, and what they are called on the site."""

_FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?!https?:)[^)#\s]+")


def build(to: Path, pages: Path) -> subprocess.CompletedProcess[str]:
    """Build the site into the folder `to`, by way of the folder `pages`; what MkDocs said, and its exit code."""
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", _prepared(pages, to)]
    # Its theme advertises a successor at each build.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


def _prepared(pages: Path, to: Path) -> Path:
    """Copy what the site is made of into `pages`, and write the configuration that goes with it."""
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(DOCS, pages)
    for name in ("site.css", "iframe-worker.js"):
        shutil.copy2(CONFIG.parent / name, pages)
    for path in sorted(DOCS.rglob("*.md")):
        (pages / path.relative_to(DOCS)).write_text(on_site(path))
    for name, called in BESIDE.items():
        (pages / called).write_text(on_site(ROOT / name))
    text = (
        CONFIG.read_text().replace("../../build/site-pages", str(pages)).replace("../../build/site", str(to))
    )
    config = pages.with_suffix(".yml")
    config.write_text(text.replace("      - decisions/*\n", "".join(_decisions())))
    return config


def _decisions() -> Iterator[str]:
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        title = path.read_text().splitlines()[0].removeprefix("# ")
        yield f'      - "{title}": decisions/{path.name}\n'


def on_site(page: Path) -> str:
    """A page's text: its links as they lead on the site; behind a fence's language is only the name of a file."""
    parts = _FENCED.split(page.read_text())
    return "".join(
        _fence(part) if part.startswith("```") else _LINK.sub(_moved(page), part) for part in parts
    )


def _fence(text: str) -> str:
    first, rest = text.split("\n", 1)
    language, *words = first.split()
    file = f' title="{words[1]}"' if words[:1] == ["file"] else ""
    return f"{language}{file}\n{rest}"


def _moved(page: Path) -> Callable[[re.Match[str]], str]:
    here = DOCS if page.parent == ROOT else page.parent

    def moved(link: re.Match[str]) -> str:
        target = (page.parent / link[0]).resolve()
        if target.parent == ROOT and target.name in BESIDE:
            target = DOCS / BESIDE[target.name]
        return os.path.relpath(target, here)

    return moved


def main() -> int:
    """Build it into build/site."""
    done = build(BUILD / "site", BUILD / "site-pages")
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr, end="")
    else:
        print(BUILD / "site" / "index.html")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
