"""What the tree promises: the core knows no backend; start-up imports nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

HEAVY = {
    "libvirt",
    "ovs",
    "pyroute2",
    "prompt_toolkit",
    "lark",
    "yaml",
    "xml.etree.ElementTree",
    "subprocess",
    "vnetsh.explanations",
    "vnetsh.explanations.sentence_problems",
    "vnetsh.explanations.script_problems",
    "vnetsh_libvirt.explanations",
    "vnetsh_linuxbridge.explanations",
    "vnetsh_ovs.explanations",
}


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize(
    "path", sorted((ROOT / "vnetsh").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_core_imports_no_backend(path: Path) -> None:
    assert not {name for name in imports(path) if name.startswith("vnetsh_")}


PUBLIC = {
    "vnetsh", "vnetsh.backend", "vnetsh.diagnostics", "vnetsh.errors", "vnetsh.explanations",
    "vnetsh.hookspecs", "vnetsh.model", "vnetsh.model.change", "vnetsh.schema", "vnetsh.testing", "vnetsh.hosts.transport",
    "vnetsh.crashpoints", "vnetsh.hosts.links", "vnetsh.hosts.rtnetlink", "vnetsh.hosts.workers", "vnetsh.nouns.mtu",
    # For front ends: a session, and what the shell itself is made of.
    "vnetsh.language.completion", "vnetsh.language.files", "vnetsh.language.formatting", "vnetsh.language.highlighting", "vnetsh.script.inventory",
    "vnetsh.plugins", "vnetsh.session", "vnetsh.language.syntax", "vnetsh.language.parsing", "vnetsh.language.binding", "vnetsh.language.scanning",
}  # fmt: skip


@pytest.mark.parametrize(
    "path", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_plugin_imports_only_the_public_api_and_itself(path: Path) -> None:
    own = path.relative_to(ROOT / "plugins").parts[0]
    found = {name for name in imports(path) if name.split(".")[0].startswith("vnetsh")}
    foreign = {name for name in found if name.split(".")[0] != own and not name.startswith("vnetsh.testing")}
    assert foreign <= PUBLIC


@pytest.mark.parametrize(
    ("call", "allowed"),
    [(["--version"], set()), (["--demo", "-c", "show hosts"], {"lark"})],
)
def test_nothing_heavy_is_imported_before_it_is_needed(call: list[str], allowed: set[str]) -> None:
    program = f"import sys; from vnetsh.cli import main; main({call!r}); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {name for name in HEAVY - allowed if f"'{name}'" in done.stderr}
