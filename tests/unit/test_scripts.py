"""The scripts that no other test calls can at least be called."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from conftest import ROOT, Run


def test_the_soak_finds_all_its_rounds() -> None:
    script = ROOT / "scripts" / "soak_main.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: scripts/soak" in done.stdout
    assert "brownfield" in done.stdout
    unknown = subprocess.run([sys.executable, script, "nothing"], capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    items = unknown.stderr.split("there is ")[1].strip().split(", ")
    described = re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs" / "soak.md").read_text(), re.MULTILINE)
    assert sorted(items) == sorted(described)


def test_the_recording_can_be_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "demo.svg"
    argv = [sys.executable, ROOT / "scripts" / "recording_main.py", "--demo", "--fast", "--to", file]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "migratecirros01tokvm2" in _last_picture(file)
    assert file.stat().st_size < 150_000


def test_the_recording_of_the_readme_is_whole() -> None:
    """And of real hosts: those in memory have other addresses, and migrate at once."""
    file = ROOT / "docs" / "vnetsh.svg"
    assert f"]({file.relative_to(ROOT)})" in (ROOT / "README.md").read_text()
    assert file.stat().st_size < 150_000
    said = _last_picture(file)
    assert "migratecirros01tokvm2" in said
    assert "probedfromkvm1,kvm2" in said
    assert said.count("done:1change,verified") == 2


def _last_picture(file: Path) -> str:
    """What stands there in the end, and where nothing moves, without its blanks; all else has a rule of its own."""
    svg = "{http://www.w3.org/2000/svg}"
    page = ElementTree.parse(file).getroot()
    style = page.findtext(f"{svg}style") or ""
    inner = page.findall(f"{svg}g/{svg}g")
    rules = re.findall(r"@keyframes (k\d+)\{", style)
    assert [group.get("style") for group in inner] == [f"animation-name:{name}" for name in rules]
    assert len(inner) > 20
    texts = [text for group in inner if group.get("class") == "z" for text in group.iter(f"{svg}text")]
    lines = ("".join(text.itertext()) for text in sorted(texts, key=lambda text: int(text.get("y") or 0)))
    return "\n".join(lines).replace(" ", "")


def test_scripts_of_the_repo_are_canonical(vnetsh: Run) -> None:
    scripts = sorted((ROOT / "scripts").glob("*.vnet"))
    assert len(scripts) > 7
    done = vnetsh("fmt", "--check", *map(str, scripts))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
