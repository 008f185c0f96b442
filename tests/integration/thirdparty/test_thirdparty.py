"""A plugin outside the tree, installed by pip: its noun works everywhere, without a line of the core changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from conftest import Run


def test_a_third_partys_noun(site: Path, vnetsh: Run, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.vnet"
    names = tmp_path / "names"
    hosts.write_text(f'host here local names-file "{names}"\n')
    script = "record web on here address 192.0.2.80 alias www"

    def run(*arguments: str, input: str = "") -> str:
        done = vnetsh(*arguments, input=input, PYTHONPATH=str(site))
        assert done.returncode == 0, done.stderr
        return done.stdout

    (change,) = json.loads(run("plan", "-o", "json", "-c", script))["segments"][0]["changes"]
    assert change["kind"] == "record"
    assert change["after"] == {"address": "192.0.2.80", "alias": "www"}
    run("-c", script)
    assert names.read_text() == "192.0.2.80 web www # vnetsh\n"
    assert run("-c", script) == "no changes\n"
    (row,) = json.loads(run("show", "records", "-o", "json"))
    assert row == {"name": "web", "host": "here", "address": "192.0.2.80", "alias": "www"}
    assert "~ record  web" in run("plan", "-c", "record web on here address 192.0.2.81 alias none")
    assert "brief" in run("-c", "delete record web", "--max-impact", "brief")
    assert names.read_text() == ""


def test_its_mistakes_are_explained(site: Path, vnetsh: Run, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text(f'host here local names-file "{tmp_path}/names"\n')
    done = vnetsh("check", "-c", "record web on here adress 192.0.2.80", PYTHONPATH=str(site))
    assert done.returncode == 2
    assert "did you mean `address`?" in done.stderr


def test_its_subnets_must_not_overlap(site: Path, vnetsh: Run, tmp_path: Path) -> None:
    names = tmp_path / "names"
    (tmp_path / "hosts.vnet").write_text(f'host here local names-file "{names}"\n')

    def run(*arguments: str, code: int = 0) -> str:
        done = vnetsh(*arguments, PYTHONPATH=str(site))
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    apart = "netname lan on here subnet 192.0.2.0/25\nnetname wlan on here subnet 2001:DB8:0::/64"
    run("-c", apart)
    assert names.read_text() == "192.0.2.0/25 lan  # vnetsh\n2001:db8::/64 wlan  # vnetsh\n"
    assert run("-c", apart) == "no changes\n"
    refused = run("-c", f"{apart}\nnetname guests on here subnet 192.0.2.0/24", code=2)
    assert "E214" in refused
    assert "subnet 192.0.2.0/24 of netname `guests` overlaps 192.0.2.0/25 of netname `lan`" in refused
    assert "the other is in line 1" in refused
    assert "guests" not in names.read_text()
    refused = run("check", "-c", "netname lan on here subnet 192.0.2.7/24", code=2)
    assert "the subnet that it lies in is `192.0.2.0/24`" in refused


def test_its_help_and_completion(site: Path) -> None:
    program = """
from vnetsh.registry import load_plugins
from vnetsh.language.completion import candidates
from vnetsh.interface.help import help_text
words = load_plugins().vocabulary
print(help_text("record", words, {}))
print([c.text for c in candidates("record web ", words, {})])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "The name of a machine" in done.stdout
    assert "['on', 'address', 'alias']" in done.stdout
