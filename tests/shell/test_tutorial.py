"""The tutorial, as a newcomer takes it: every step is done by the line that it shows."""

from __future__ import annotations

import sys
from pathlib import Path

from terminal import terminal

from vnetsh.interface.shell.tutorial import STEPS

VNETSH = str(Path(sys.executable).with_name("vnetsh"))


def test_each_step_is_done_by_its_example(tmp_path: Path) -> None:
    with terminal([VNETSH, "tutorial"], {"XDG_STATE_HOME": str(tmp_path)}) as shell:
        for number, step in enumerate(STEPS, 1):
            shell.wait_for(f"step {number} of {len(STEPS)}: ")
            shell.wait_prompt()
            shell.type(
                "show tunnels\r" if number > 1 else "help\r"
            )  # what is no step is done, and that is all
            shell.wait_prompt()
            assert f"step {number + 1} of" not in shell.said
            shell.type(step.example + "\r")
            if step is STEPS[-1]:
                shell.wait_for("do it? [y/N]")
                shell.type("y\r")
        shell.wait_for(f"all {len(STEPS)} steps done")
        shell.wait_prompt()
        shell.type("tutorial 11\r")
        shell.wait_for("has the steps 1 to 10")
        assert shell.leave() == 0
