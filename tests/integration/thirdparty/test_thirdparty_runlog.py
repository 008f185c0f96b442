"""A third party's hooks that look on, and its subcommand."""

from __future__ import annotations

from pathlib import Path

from conftest import Run


def test_it_sees_every_plan_and_what_came_of_it(site: Path, vnetsh: Run, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        return vnetsh(*arguments, PYTHONPATH=str(site), XDG_STATE_HOME=str(tmp_path)).stdout

    assert run("runlog") == ""
    run("--demo", "-c", "bridge br0 on kvm1")
    run("--demo", "-c", "bridge br0 on kvm1 port nosuch0")
    assert run("runlog").splitlines() == [
        "1 to do, impact none",
        "done: add bridge br0 on kvm1 done",
        "2 to do, impact none",
        "failed: add bridge br0 on kvm1 failed, add port nosuch0 on kvm1 failed",
    ]
    assert run("runlog", "--last", "1").startswith("failed: ")
    assert "what was applied, and what came of it" in run("--help")
