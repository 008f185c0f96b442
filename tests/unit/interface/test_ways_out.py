"""Where the output goes and the input comes from: closed, full, gone, piped in. All in order, and said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cases import few
from terminal import terminal

VNETSH = str(Path(sys.executable).with_name("vnetsh"))
USER = 54321


def sh(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `v` is vnetsh with demo hosts."""
    line = f'v() {{ "{VNETSH}" --demo "$@"; }}\n{script}'
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    assert "defect" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("what", "way", "says"),
    few(
        [
            (what, way, says)
            for what in ("export", "--help", "--version", "-o json show vms")
            for way, says in ((">&-", "it is closed"), (">/dev/full", "No space left on device"))
        ],
        *(0, 3, 4, 7),
    ),
)
def test_an_answer_that_cannot_be_written_is_a_failure(what: str, way: str, says: str) -> None:
    if what == "--version":
        what = "--version --demo"  # alone it is answered before anything is read
    done = sh(f"v {what} {way}")
    assert done.returncode == 1
    assert f"the output cannot be written: {says}" in done.stderr


@pytest.mark.parametrize("way", [">&-", ">/dev/full"])
def test_a_run_whose_plan_cannot_be_shown_is_not_made(way: str) -> None:
    done = sh(f"v -c 'bridge b on kvm1' {way}")
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr


def test_who_has_read_enough_ends_an_answer_in_silence() -> None:
    done = sh("v -c 'for i in 1..400 { show ports }' | head -n 1; echo ${PIPESTATUS[0]}")
    assert done.stdout.splitlines()[-1] in ("0", "1")
    assert done.stderr == ""


def test_a_run_whose_report_nobody_reads_says_where_it_is() -> None:
    done = sh(
        "v -c 'for i in 1..400 { show ports }; bridge b[1-900] on kvm1; show bridges' | true; sleep 0.1"
    )
    assert "cannot be written: Broken pipe" in done.stderr or done.stderr == ""


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_run_ends_though_nobody_reads_it_and_leaves_nothing(lines: int, tmp_path: Path) -> None:
    script = (
        "bridge b1 on kvm1; vm w1 on kvm1; show vms; for i in 1..300 { bridge c$i on kvm1 }; show bridges"
    )
    done = sh(f"TMPDIR={tmp_path} v -c '{script}' | head -n {lines}; echo ${{PIPESTATUS[0]}}")
    assert done.stdout.splitlines()[-1] in ("0", "1")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "<&-", "<&- 2>&-"])
def test_other_streams_that_are_closed_do_not_matter(closed: str) -> None:
    done = sh(f"v -c 'bridge b on kvm1; show bridges' {closed}")
    assert done.returncode == 0
    assert "done: 1 change" in done.stdout


def test_what_is_piped_in_is_run_with_its_exit_code() -> None:
    shown = sh("echo show hosts | v")
    assert (shown.returncode, shown.stdout.split()[:2]) == (0, ["NAME", "ADDRESS"])
    assert sh("echo shw hosts | v").returncode == 2
    assert sh("echo 'bridge b on kvm1 port nosuch0' | v").returncode == 1
    for nothing in ("v </dev/null", "v <&-"):
        done = sh(nothing)
        assert (done.returncode, done.stderr) == (0, "")
    assert sh("printf 'vm \"m\\303\\274ller\" on kvm1' | v", PYTHONIOENCODING="ascii").returncode == 0
    assert "is no text in UTF-8" in sh("printf 'bridge \\377' | v").stderr
    assert "is longer than 16 MB" in sh("yes | v").stderr


def test_the_end_of_the_input_is_a_no(tmp_path: Path) -> None:
    script = (
        "vm web on kvm1 memory 96M port vswitch01 name w1; show vms; vm web port vswitch01 name w1 vlan 7"
    )
    with terminal([VNETSH, "--demo=1", "-c", script], {"XDG_STATE_HOME": str(tmp_path)}) as found:
        found.wait_for("do it? [y/N]")
        found.type("\x04")
        assert found.wait_end() == 1
        assert "nothing was changed" in found.text


def test_the_end_of_the_input_at_a_question_of_the_shell(tmp_path: Path) -> None:
    with terminal([VNETSH, "--demo=1"], {"XDG_STATE_HOME": str(tmp_path), "TERM": "dumb"}) as shell:
        shell.wait_for("vnetsh>")
        shell.type("vm web on kvm1 memory 96M port vswitch01 name w1\r")
        shell.wait_for("done: 2 changes")
        shell.type("vm web port vswitch01 name w1 vlan 7\r")
        shell.wait_for("do it? [y/N]")
        shell.type("\x04")
        shell.wait_for("nothing was changed")
        shell.type("show vms\r")
        shell.wait_for("VCPUS")


@pytest.mark.parametrize(
    "environment",
    [
        {"COLUMNS": "1"},
        {"TERM": "dumb"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "ascii"},
        {"HOME": "/proc"},
    ],
)
def test_poor_surroundings(environment: dict[str, str]) -> None:
    for what in few(["--help", "-c 'vm \"müller\" on kvm1; show vms'"], 1):
        done = sh(f"unset XDG_STATE_HOME XDG_CONFIG_HOME XDG_CACHE_HOME; v {what}", **environment)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_user_without_a_home() -> None:
    become = f"setpriv --reuid={USER} --regid={USER} --clear-groups env -u HOME -u XDG_STATE_HOME -u XDG_CONFIG_HOME"
    if subprocess.run([*become.split(), VNETSH, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("other users may not run this vnetsh")
    done = sh(f'{become} "{VNETSH}" --demo -c "bridge b on kvm1; show bridges"')
    assert done.returncode == 0, done.stderr
