"""`docs/plugins.md`: its files are installed by pip, its session is typed, its tests run; the contract is all there."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from conftest import ROOT, install

from vnetsh import backend, hookspecs
from vnetsh.backend import Backend, Connection, Context, Job, JobState
from vnetsh.hookspecs import Command, KindRegistry, World
from vnetsh.model import Place
from vnetsh.schema import Answer, Attribute, Effect, Kind, Scope, Verb

PAGE = (ROOT / "docs" / "plugins.md").read_text()
FENCES = re.findall(r"^```(toml|python|console)(?: (\S+))?\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SHELL = """
import sys
from vnetsh.interface.arguments import for_shell, parse_arguments
from vnetsh.interface.dispatch import run_in_shell
from vnetsh.interface.opening import open_session
from vnetsh.interface.progress import ProgressLine
from vnetsh.interface.shell.repl import Repl

options = for_shell(parse_arguments(["--demo=2"])[1])
line = ProgressLine(sys.stderr)
with open_session(options, line) as session:
    repl = Repl(session, options, line, run_in_shell)
    for text in sys.stdin:
        print(f"vnetsh> {text}", end="", flush=True)
        repl.execute(text)
"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page, and `site`, where pip has installed them."""
    folder = tmp_path_factory.mktemp("stranger")
    for _, name, text in FENCES:
        if name:
            (folder / name).write_text(text)
    install(folder, folder / "site", tmp_path_factory.mktemp("source"))
    return folder


def python(stranger: Path, *arguments: str, input: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=input,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        cwd=stranger,
        env={**os.environ, "PYTHONPATH": str(stranger / "site")},
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def timeless(text: str) -> str:
    return re.sub(r"in \d+\.\d s$", "in a moment", text, flags=re.MULTILINE).rstrip()


def test_the_session(stranger: Path) -> None:
    [session] = [text for kind, _, text in FENCES if kind == "console"]
    typed = "".join(f"{line}\n" for line in re.findall(r"^vnetsh> (.*)$", session, re.MULTILINE))
    assert timeless(python(stranger, "-c", SHELL, input=typed)) == timeless(session)


def test_its_tests_pass(stranger: Path) -> None:
    said = python(stranger, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_lease.py")
    assert " passed" in said
    assert "skipped" not in said


def public(thing: type) -> Iterator[str]:
    yield from (
        name for name in {**vars(thing), **inspect.get_annotations(thing)} if not name.startswith("_")
    )


def test_every_part_of_the_contract_is_named() -> None:
    of_classes = {name for one in (Backend, Connection, Context, Job, KindRegistry) for name in public(one)}
    of_data = {
        one.name
        for kind in (Kind, Verb, Attribute, Effect, Answer, Place, Command, World)
        for one in fields(kind)
        if one.name != "span"
    }
    hooks = {name for name in vars(hookspecs) if name.startswith("vnetsh_")}
    scopes = {scope.name for scope in Scope}
    types = {one.__name__ for one in (Kind, Verb, Attribute, Effect, Answer, Place, Command, World, JobState)}
    raised = {backend.ApplyFailed.__name__, backend.Observation.__name__, backend.Assessment.__name__}
    said = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    assert not (of_classes | of_data | hooks | scopes | types | raised) - said
