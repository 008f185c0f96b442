"""What the tree promises: each folder imports only what stands below it; start-up imports nothing heavy."""

from __future__ import annotations

import ast
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

FLOORS = (
    "__main__",
    "cli",
    "interface",
    "pictures",
    "views",
    "export",
    "by_hash",
    "session",
    "registry",
    "hookspecs",
    "engine",
    "planning",
    "script",
    "nouns",
    "language",
    "schema",
    "backend",
    "hosts",
    "journal",
    "explanations",
    "placement",
    "reach",
    "model",
    "diagnostics",
    "errors",
    "crashpoints",
    "plain_text",
    "quick_json",
)
"""The rooms of the core, the top floor first: one imports only what stands below it."""

BESIDE = "testing"
"""For tests only: it may import all, and no room imports it."""

PUBLIC = (
    "vnetsh.backend", "vnetsh.crashpoints", "vnetsh.diagnostics", "vnetsh.errors", "vnetsh.hookspecs",
    "vnetsh.explanations", "vnetsh.hosts", "vnetsh.model", "vnetsh.reach", "vnetsh.schema", "vnetsh.testing",
    "vnetsh.nouns.mtu", "vnetsh.quick_json",
)  # fmt: skip
"""What a plugin may import: these modules, and those in these folders."""

FOR_FRONT_ENDS = (
    "vnetsh.by_hash",
    "vnetsh.language",
    "vnetsh.registry",
    "vnetsh.script.inventory",
    "vnetsh.session",
)
"""What a plugin may import besides that is another face of a session (an editor's server)."""

FRONT_ENDS = {"vnetsh_lsp"}

LIBRARIES = {"vnetsh_ovsdb"}
"""Folders of plugins/ that are no plugins: others stand on them, and they on nothing but the core."""

HEAVY = {
    "libvirt",
    "ovs",
    "pyroute2",
    "prompt_toolkit",
    "lark",
    "yaml",
    "pycdlib",
    "mcp",
    "pynetbox",
    "requests",
    "opentelemetry.sdk",
    "prometheus_client",
    "xml.etree.ElementTree",
    "subprocess",
    "vnetsh.explanations.explanation",
    "vnetsh.explanations.sentence_problems",
    "vnetsh.explanations.script_problems",
    "vnetsh.explanations.fleet_problems",
    "vnetsh.explanations.expectation_problems",
    "vnetsh.nouns.expecting",
    "vnetsh.nouns.why_answered",
    "vnetsh.explanations.storage_problems",
    "vnetsh.explanations.show_problems",
    "vnetsh.explanations.offer_problems",
    "vnetsh_libvirt.explanations",
    "vnetsh_libvirt.nic_explanations",
    "vnetsh_libvirt.storage_explanations",
    "vnetsh_linuxbridge.explanations",
    "vnetsh_ovn.explanations",
    "vnetsh_pacemaker.explanations",
    "vnetsh_ovs.explanations",
}

CORE = sorted((ROOT / "vnetsh").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "plugins" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it and also for types only; a name may be a module too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("path", CORE, ids=ids)
def test_a_room_imports_only_what_stands_below_it(path: Path) -> None:
    room = module_of(path).split(".")[1] if "." in module_of(path) else ""
    if room in ("", BESIDE):
        return
    floor = FLOORS.index(room)
    below = {"__version__", room, *FLOORS[floor + 1 :]}
    found = {name.split(".")[1] for name in imports(path) if name.startswith("vnetsh.")}
    rooms = {name for name in found if name in FLOORS or name == BESIDE}
    assert rooms <= below
    assert not {name for name in imports(path) if name.startswith("vnetsh_")}


def graph(paths: list[Path]) -> Mapping[str, set[str]]:
    modules = {module_of(path): path for path in paths}
    faces = {module for module, path in modules.items() if path.name == "__init__.py"}
    found = {}
    for module, path in modules.items():
        # `from room import name` of a name that is a module means that one, not the room's face.
        names = {name for name in imports(path) if name in modules and name != module}
        found[module] = names - {
            name for name in names & faces if any(n.startswith(f"{name}.") for n in names)
        }
    return found


@pytest.mark.parametrize("paths", [CORE, PLUGINS], ids=["core", "plugins"])
def test_no_import_leads_round(paths: list[Path]) -> None:
    try:
        TopologicalSorter(graph(paths)).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("path", PLUGINS, ids=ids)
def test_a_plugin_imports_only_the_public_api_and_itself(path: Path) -> None:
    own = module_of(path).split(".")[0]
    allowed = (own, *PUBLIC, *(LIBRARIES - {own}), *(FOR_FRONT_ENDS if own in FRONT_ENDS else ()))
    found = {name for name in imports(path) if name.split(".")[0].startswith("vnetsh")}
    assert {name for name in found if not within(name, allowed)} <= {"vnetsh", "vnetsh.__version__"}


@pytest.mark.parametrize("room", [folder for folder in FLOORS if (ROOT / "vnetsh" / folder).is_dir()])
def test_a_room_says_in_a_sentence_what_it_is_for(room: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / "vnetsh" / room / "__init__.py").read_text()))
    assert said
    assert said.splitlines()[0].endswith(".")


@pytest.mark.parametrize("path", [*CORE, *PLUGINS], ids=ids)
def test_a_module_is_read_in_one_go(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize(
    ("call", "allowed"),
    [(["--version"], set()), (["--demo", "-c", "show hosts"], {"lark"})],
)
def test_nothing_heavy_is_imported_before_it_is_needed(call: list[str], allowed: set[str]) -> None:
    program = f"import sys; from vnetsh.cli import main; main({call!r}); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {name for name in HEAVY - allowed if f"'{name}'" in done.stderr}


MANUAL = (ROOT / "docs" / "architecture.md").read_text()


@pytest.mark.parametrize("room", FLOORS[:18])
def test_the_manual_has_a_line_for_each_room(room: str) -> None:
    folder = ROOT / "vnetsh" / room / "__init__.py"
    if folder.exists():
        said = (ast.get_docstring(ast.parse(folder.read_text())) or "").splitlines()[0]
        assert f"| `{room}/` | {said} |" in MANUAL
    else:
        assert f"| `{room}.py` |" in MANUAL


def test_the_way_of_a_line_passes_what_is_there() -> None:
    trip = MANUAL[MANUAL.index("## A line's way") :]
    named = re.findall(r"`((?:vnetsh_\w+|[a-z_]+)(?:\.\w+)+)`", trip)
    assert len(named) > 25
    for name in named:
        pkgutil.resolve_name(name if name.startswith("vnetsh_") else f"vnetsh.{name}")


def test_every_package_is_in_the_wheel() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = [
        ".".join(init.parent.relative_to(top).parts)
        for top, folder in ((ROOT, "vnetsh"), (ROOT / "plugins", "."))
        for init in (top / folder).rglob("__init__.py")
    ]
    assert sorted(told) == sorted([*found, "vnetsh.grammar"])


def test_only_one_module_needs_to_know_whether_orjson_is_there() -> None:
    assert [ids(path) for path in (*CORE, *PLUGINS) if "orjson" in imports(path)] == ["vnetsh/quick_json.py"]
