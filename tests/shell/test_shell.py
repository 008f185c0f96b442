"""The shell, used as a person uses it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Terminal, terminal

VNETSH = str(Path(sys.executable).with_name("vnetsh"))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    with terminal([VNETSH, "--demo=2"], {"XDG_STATE_HOME": str(tmp_path)}) as found:
        found.wait_prompt()
        yield found


def test_a_sentence_is_planned_and_applied(shell: Terminal) -> None:
    shell.type("bridge vswitch02 on kvm1, kvm2\r")
    shell.wait_for("done: 2 changes")
    assert "+ bridge  vswitch02" in shell.text
    shell.type("bridge vswitch02 on kvm1\r")
    shell.wait_for("no changes")
    shell.type("show bridges on kvm2\r")
    shell.wait_for("NAME")
    assert shell.leave() == 0


def test_the_line_of_progress_is_gone_when_something_is_said(shell: Terminal) -> None:
    shell.type("bridge b on kvm1, kvm2; show bridges; delete bridge b\r")
    shell.wait_for("done: 4 changes")
    shell.wait_prompt()
    assert "kvm1: " not in shell.text
    for said in ("NAME", "done: 4 changes"):
        assert any(line.startswith(said) for line in shell.text.splitlines())


def test_a_mistake_is_explained_and_the_shell_goes_on(shell: Terminal) -> None:
    shell.type("bridge b on kvm3\r")
    shell.wait_for("error[E102]: unknown host `kvm3`")
    shell.wait_for("did you mean `kvm2`?")
    shell.type("exit\r")
    assert shell.wait_end() == 0


def test_a_line_goes_on_in_the_background(shell: Terminal) -> None:
    shell.type("vm web on kvm1\r")
    shell.wait_for("done: 1 change")
    shell.type("migrate web to kvm2 &\r")
    shell.wait_for("job 2 is under way: `show jobs` tells of it, `cancel 2` takes it back")
    shell.type("cancel ")  # it is told above what is typed meanwhile, which stays
    shell.wait_for("job 2 has ended:")
    shell.wait_for("done: 1 change, verified", times=2)
    shell.type("2\r")
    shell.wait_for("no job 2 is under way")
    shell.type("migrate web to kvm2 &\r")
    shell.wait_for("no changes")
    assert shell.leave() == 0


def test_ctrl_c_cancels_the_line(shell: Terminal) -> None:
    shell.type("bridge never on kvm1\x03")
    shell.wait_for("vnetsh>", times=2)
    shell.type("show bridges\r")
    shell.wait_for("vswitch01")
    assert "done" not in shell.text
    assert shell.leave() == 0


def test_a_continued_line_is_one_sentence(shell: Terminal) -> None:
    shell.type("bridge vswitch02 \\\r")
    shell.wait_for("...")
    shell.type("on kvm1\r")
    shell.wait_for("done: 1 change")


def test_tab_completes_keywords_and_names(shell: Terminal) -> None:
    shell.type("tun")
    shell.wait_for("A tunnel between two hosts")
    shell.type("\t")
    shell.wait_for("vnetsh> tunnel")
    shell.type(" t kvm1<->kvm")
    shell.wait_for("kvm2   host")
    shell.type("\t\t")
    shell.wait_for("vnetsh> tunnel t kvm1<->kvm2")


def test_enter_takes_what_is_chosen_in_the_menu_and_runs_nothing(shell: Terminal) -> None:
    shell.type("delete host kv")
    shell.wait_for("kvm1")
    shell.type("\x1b[B")
    shell.wait_for("vnetsh> delete host kvm1")
    shell.type("\rX")
    shell.wait_for("vnetsh> delete host kvm1X")
    assert "error" not in shell.said
    shell.type("\r")
    shell.wait_for("error")


def test_plan_changes_nothing(shell: Terminal) -> None:
    shell.type("plan bridge b9 on kvm1\r")
    shell.wait_for("plan: 1 to add")
    shell.type("show bridges\r")
    shell.wait_for("NAME")
    shell.wait_for("vnetsh>", times=3)
    assert "defect" not in shell.text
    assert shell.text.count("b9") == 2  # the line that was typed, and the plan


def test_help(shell: Terminal) -> None:
    shell.type("help\r")
    shell.wait_for("nouns declare")
    shell.type("help tunnel\r")
    shell.wait_for("one of `gre`, `vxlan`, `geneve`")


def test_history_comes_back_in_the_next_session(tmp_path: Path) -> None:
    for number in range(2):
        with terminal([VNETSH, "--demo=1"], {"XDG_STATE_HOME": str(tmp_path)}) as found:
            found.wait_prompt()
            if number == 0:
                found.type("show hosts\r")
            else:
                found.type("\x1b[A")  # up
                found.wait_for("vnetsh> show hosts")
                found.type("\r")
            found.wait_for("192.0.2.1")
            assert found.leave() == 0


def test_a_block_is_read_to_its_end_and_a_variable_stays_known(shell: Terminal) -> None:
    shell.type("let n 2\r")
    shell.wait_for("vnetsh>", times=2)
    shell.type("for i in 1..$n {\r")
    shell.wait_for("...")
    shell.type("bridge br$i on kvm1\r}\r")
    shell.wait_for("done: 2 changes")


def test_what_was_done_is_listed_and_taken_back(shell: Terminal) -> None:
    shell.type("bridge vs2 on kvm1; vm web on kvm1 memory 96M port vs2\r")
    shell.wait_for("done: 3 changes")
    shell.type("history\r")
    shell.wait_for("3 add")
    shell.type("undo\r")
    shell.wait_for("impact restart: do it? [y/N]")
    shell.type("y\r")
    shell.wait_for("done: 3 changes", times=2)
    shell.type("history\r")
    shell.wait_for("taken back by 2")


def test_what_costs_something_is_asked_for(shell: Terminal) -> None:
    shell.type("vm web on kvm1 memory 96M port vswitch01 name w1\r")
    shell.wait_for("done: 2 changes")
    shell.type("vm web port vswitch01 name w1 vlan 7\r")
    shell.wait_for("impact brief: do it? [y/N]")
    shell.type("n\r")
    shell.wait_for("nothing was changed")
    shell.type("vm web port vswitch01 name w1 vlan 7\r")
    shell.wait_for("do it? [y/N]", times=2)
    shell.type("y\r")
    shell.wait_for("done: 1 change")
