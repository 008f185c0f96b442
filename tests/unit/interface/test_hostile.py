"""Names, files and errors that others control: through every command that prints them, nothing acts on the terminal."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from pathlib import Path

import hostile
import pytest
import yaml
from hostile import NAMES, Ran, acts, run

from vnetsh.backend import HostCommand
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.planning.by_hand import prompts
from vnetsh_demo.backend import DemoConnection
from vnetsh_demo.host import DemoHost

_ERRORS = {"\udc80": "surrogateescape"}
EVERYTHING = ("show vms", "show bridges", "show ports", "show hosts", "show tunnels")


@pytest.fixture(autouse=True)
def full_hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(DemoHost, "__post_init__", DemoHost.__post_init__)  # so that it is put back
    hostile.seed()


def harmless(found: Ran, *codes: int) -> Ran:
    assert acts(found.out + found.err) == []
    assert "defect" not in found.err
    assert "Traceback" not in found.err
    assert found.code in (codes or (0,)), found
    return found


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("format", ["table", "json", "yaml", "csv"])
def test_what_the_hosts_hold(terminal: bool, format: str) -> None:
    for kinds in ("vms", "bridges", "ports", "hosts"):
        shown = harmless(run("--demo=1", "show", kinds, "-o", format, terminal=terminal)).out
        many = 1 if kinds == "hosts" else len(NAMES) * (2 if kinds == "ports" else 1) + (kinds == "bridges")
        if format == "table":
            assert shown.count("\n") == many + 1, "a name makes no line of its own"
        elif format == "csv":
            assert len(list(csv.reader(shown.splitlines()))) == shown.count("\n") == many + 1
        else:
            rows = json.loads(shown) if format == "json" else yaml.safe_load(shown)
            assert len(rows) == many
            if kinds == "vms":
                assert {row["name"] for row in rows} == {f"kvm1{name}" for name in NAMES}


@pytest.mark.parametrize("terminal", [True, False])
def test_exports_plans_and_reports(terminal: bool) -> None:
    def vnetsh(*arguments: str, code: int = 0) -> Ran:
        return harmless(run("--demo=2", *arguments, terminal=terminal), code)

    script = vnetsh("export").out
    assert "delete vm db" not in script.replace("\\n}\\ndelete vm db", "")
    assert all(line.startswith("#") for line in script.splitlines() if "reboot" in line)
    assert json.loads(vnetsh("export", "-o", "json").out)
    for sentence in (
        "bridge vswitch01 on kvm1 mtu 1400",
        "bridge vswitch01 on kvm1, kvm2 uplink none",
        "vm new on kvm1 port vswitch01",
    ):
        vnetsh("plan", "-c", sentence)
        vnetsh("plan", "--explain", "-c", sentence)
        json.loads(vnetsh("plan", "--explain", "-o", "json", "-c", sentence).out)
        vnetsh("--yes", "-c", sentence)
    vnetsh("-c", "; ".join(EVERYTHING))


def test_a_run_that_prunes_drifts_or_adopts_what_is_called_so() -> None:
    for name in NAMES:
        harmless(run("--demo=1", "--yes", "adopt", "vm", f"kvm1{name}"), 1)
        harmless(run("--demo=1", "adopt", "bridge", name), 2)


TYPED: tuple[tuple[str, ...], ...] = (
    ("-c", "{}"),
    ("-c", 'bridge "{}" on kvm1'),
    ("-c", "bridge b on kvm1 # {}"),
    ("check", "-c", 'vm a on "{}"'),
    ("check", "-o", "json", "-c", 'vm a on "{}"'),
    ("--set", "n={}", "-c", "bridge b$n on kvm1"),
    ("--set", "{}", "-c", "show hosts"),
    ("show", "{}"),
    ("export", "{}"),
    ("explain", "{}"),
    ("help", "{}"),
    ("undo", "{}"),
    ("-o", "{}", "show", "vms"),
    ("--timeout", "{}", "show", "vms"),
    ("--{}",),
    ("{}",),
    ("plan", "./{}.vnet"),
    ("fmt", "--diff", "-c", "bridge   b on kvm1 # {}"),
    ("fmt", "-c", "bridge   b on kvm1 # {}"),
    ("--debug", "undo", "{}"),
)


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_what_is_typed(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name in some of the commands, each command with some of the names; `scripts/soak hostile` tries all."""
    monkeypatch.setenv("TERM", "dumb")  # on a slow machine progress would be drawn, by sequences of its own
    every = range(0, len(TYPED), 1 if os.environ.get("VNETSH_EVERY") else 4)
    for words in (TYPED[(number + step) % len(TYPED)] for step in every):
        found = run("--demo=1", *(word.replace("{}", NAMES[number]) for word in words))
        assert acts(found.out + found.err) == [], words
        assert found.code in (0, 1, 2)
        assert "defect" not in found.err, words


def test_files(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        if "\0" in name or "/" in name or "\ud83d" in name:
            continue
        Path(f"{name}.vnet").write_text("brigde b on kvm1\n", encoding="utf-8")
        Path(f"inner{number}.vnet").write_text(
            f"# {name}\nbrigde b {name}\n", encoding="utf-8", errors="replace"
        )
        for arguments in ((f"{name}.vnet",), (f"inner{number}.vnet",), ("-o", "json", f"{name}.vnet")):
            found = harmless(run("--demo=1", "check", *arguments), 2)
            if "json" in arguments:
                assert json.loads(found.out)[0]["file"] == f"{name}.vnet"
        harmless(run("--demo=1", "fmt", "--check", f"{name}.vnet"), 0, 1, 2)


def test_what_a_host_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its daemons' errors, and what it says of its progress."""
    for name in NAMES[::2]:

        def refuse(connection: DemoConnection, changes: object, progress: object, name: str = name) -> None:
            progress(f"busy {name}", 0.5)  # type: ignore[operator]
            raise BackendRefused(f"no: {name}", help=name)

        monkeypatch.setattr(DemoConnection, "apply", refuse)
        found = harmless(run("--demo=1", "-c", "bridge b on kvm1"), 1)
        assert "no: x" in found.err
        report = json.loads(harmless(run("--demo=1", "-o", "json", "-c", "bridge b on kvm1"), 1).out)
        assert report["report"]["failures"][0]["help"] == name
        forged = [
            line
            for line in found.err.splitlines()
            if line.startswith(("error: kvm1 was", "done: 9", "  - vm"))
        ]
        assert not forged


def test_commands_to_be_pasted_are_printable_and_a_shell_takes_a_name_for_one_word(tmp_path: Path) -> None:
    names = [name for name in NAMES if "\0" not in name and "\ud83d" not in name]  # no argument can be these
    for name in names:
        change = Change(ActionKind.REMOVE, Resource("bridge", name, "kvm1", {}), None)
        (line,) = prompts(change, [HostCommand(("printf", "%s", name), note=name)])
        assert line.startswith("      kvm1$ printf %s ")
        assert line.isprintable() or name in line
        command = line.removeprefix("      kvm1$ ")
        said = subprocess.run(["bash", "-c", command], capture_output=True, check=True, cwd=tmp_path).stdout
        assert said == b"".join(c.encode("utf-8", _ERRORS.get(c, "surrogatepass")) for c in name)
    assert list(tmp_path.iterdir()) == []
