"""Data files of runs, one after the other on demo hosts, and what `history`, `diff`, `undo`, `rollback` say of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import apply
from faces import face_of

from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import UsageError
from vnetsh.interface import history, run_diff, undoing
from vnetsh.interface.face import Face
from vnetsh.session import Session

HERE = Path(__file__).parent
_COMMANDS = {
    "history": history.history,
    "diff": run_diff.diff,
    "undo": undoing.undo,
    "rollback": undoing.rollback,
}


def commanded(face: Face, line: str) -> None:
    """Do what a command's line says; a refusal is printed."""
    name, *words = line.split()
    try:
        code = _COMMANDS[name](face, words)
        assert code == 0
    except UsageError as error:
        print(f"error: {error.message}\nhelp: {error.help}")
    except PlanRefused as refused:
        print("\n".join(f"error[{one.code}]: {one.message}\nhelp: {one.help}" for one in refused.problems))


@pytest.mark.parametrize("path", sorted((HERE / "runs").glob("*.vnet")), ids=lambda path: path.stem)
def test_runs(
    path: Path, demo: Session, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    face = face_of(demo)
    for line in path.read_text().splitlines():
        if line.startswith(">"):
            print(line)
            commanded(face, line[1:])
        elif not line.startswith("#"):
            apply(demo, line)
    said = capsys.readouterr().out
    said = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-24 10:43:50", said)
    said = re.sub(r"\b\S+@\S+(?=,|  )", "anna@desk", re.sub(r"\d+\.\d s\b", "0.1 s", said))
    said = re.sub(r"(WHO|anna@desk) +", r"\1  ", said)
    want = path.with_suffix(".want")
    if pytestconfig.getoption("--update"):
        want.write_text(said)
    assert said == want.read_text()
