"""The command line in a process of its own: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run

DECLARE = "bridge vswitch02 on kvm1, kvm2"


def test_a_script_is_run_from_a_file_a_string_and_standard_input(vnetsh: Run, tmp_path: Path) -> None:
    (tmp_path / "a.vnet").write_text(DECLARE)
    for done in (
        vnetsh("--demo", "a.vnet"),
        vnetsh("--demo", "-c", DECLARE),
        vnetsh("--demo", "-", input=DECLARE),
    ):
        assert done.returncode == 0, done.stderr
        assert "plan: 2 to add; impact: none" in done.stdout
        assert "done: 2 changes, verified" in done.stdout


def test_python_runs_it_as_a_module(vnetsh: Run) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vnetsh", "show"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == vnetsh("show").stderr


def test_a_script_with_a_shebang_runs(vnetsh: Run, tmp_path: Path) -> None:
    script = tmp_path / "x.vnet"
    script.write_text(f"#!/usr/bin/env vnetsh\n{DECLARE}\n")
    assert vnetsh("plan", "--demo", str(script)).returncode == 0


def test_problems_are_exit_2_and_all_at_once(vnetsh: Run) -> None:
    done = vnetsh("--demo", "-c", "brigde a on kvm1; bridge b on kvm9; vm a memory x")
    assert done.returncode == 2
    assert done.stderr.count("error[E") == 3
    assert done.stdout == ""


def test_problems_as_json(vnetsh: Run) -> None:
    done = vnetsh("check", "--demo", "-o", "json", "-c", "bridge b on kvm1, kvm9")
    assert done.returncode == 2
    (problem,) = json.loads(done.stdout)
    assert problem["code"] == "E102"
    assert (problem["file"], problem["line"], problem["column"]) == ("<command>", 1, 19)
    assert (problem["end_line"], problem["end_column"]) == (1, 23)
    assert set(problem) == {"code", "message", "file", "line", "column", "end_line", "end_column", "help"}


def test_a_plan_as_json(vnetsh: Run) -> None:
    plan = json.loads(vnetsh("plan", "--demo", "-o", "json", "-c", "tunnel t kvm1<->kvm2 on b").stdout)
    assert plan["summary"] == {"add": 4, "change": 0, "remove": 0, "move": 0}
    assert plan["impact"] == "none"
    first = plan["segments"][0]["changes"][0]
    assert (first["action"], first["kind"], first["name"], first["host"]) == ("add", "bridge", "b", "kvm1")
    assert first["because"] == "implied by tunnel t"
    assert first["before"] is None


def test_exit_code_of_plan(vnetsh: Run) -> None:
    assert vnetsh("plan", "--demo", "--exit-code", "-c", DECLARE).returncode == 3
    assert vnetsh("plan", "--demo", "--exit-code", "-c", "delete bridge none1").returncode == 0
    assert vnetsh("plan", "--demo", "-c", DECLARE).returncode == 0


def test_what_the_hosts_refuse_is_exit_1(vnetsh: Run) -> None:
    done = vnetsh("--demo", "-c", "vm a on kvm1 disk nothing.qcow2")
    assert done.returncode == 1
    assert "error[E443]" in done.stderr
    done = vnetsh("--demo", "-c", "bridge b on kvm1 port nosuch0")
    assert done.returncode == 1
    assert "could not open network device nosuch0" in done.stderr
    assert "undone" in done.stderr or "failed" in done.stderr


def test_impact_is_gated(vnetsh: Run) -> None:
    script = "vm a on kvm1 port vswitch01; vm a port vswitch01 name x; delete vm a"
    refused = vnetsh("--demo", "--max-impact", "none", "-c", script)
    assert refused.returncode == 1
    assert "at most `none` is allowed" in refused.stderr
    assert "done" not in refused.stdout
    unsaid = vnetsh("--demo", "-c", script)  # a vm that runs is stopped
    assert (unsaid.returncode, "at most `live` is allowed" in unsaid.stderr) == (1, True)
    for allowed in (["--max-impact", "restart"], ["--yes"]):
        assert vnetsh("--demo", *allowed, "-c", script).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--nonsense"], "--nonsense"),
        (["plna", "x.vnet"], "did you mean `plan`?"),
        (["missing.vnet"], "cannot read missing.vnet"),
        (["plan"], "plan what?"),
        (["show"], "show what?"),
        (["plan", "-c", "bridge b on kvm1"], "no host is known: a file `hosts.vnet`"),
        (["--demo", "show", "brigdes"], "did you mean `bridges`?"),
        (["--demo", "--hosts", "x"], "not allowed with"),
        (["--demo=0", "-c", "show hosts"], "demo"),
        (["--hosts", "missing.vnet", "show", "vms"], "no hosts file"),
    ],
)
def test_a_wrong_call_is_exit_2_with_a_remedy(vnetsh: Run, arguments: list[str], says: str) -> None:
    done = vnetsh(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("format", ["table", "json", "yaml", "csv"])
def test_show(vnetsh: Run, format: str) -> None:
    done = vnetsh("--demo=2", "show", "bridges", "-o", format)
    assert done.returncode == 0
    assert done.stdout.count("vswitch01") == 2
    assert done.stdout.count("eth0") == 2


def test_show_takes_names(vnetsh: Run) -> None:
    script = "vm web[1-3] on kvm1; show vms web1, web3 on kvm1; show vms nosuch; show hosts kvm2"
    done = vnetsh("--demo=2", "-c", script).stdout
    shown = [line.split()[0] for line in done[done.index("NAME") :].splitlines()]
    assert shown == ["NAME", "web1", "web3", "no", "NAME", "kvm2", "done:"]


@pytest.mark.parametrize("words", ["bridges on kvm2", "bridges vswitch01 on kvm2", "bridges ports on kvm2"])
def test_show_takes_the_words_of_its_sentence(vnetsh: Run, words: str) -> None:
    done = vnetsh("--demo=2", "show", *words.split(), "-o", "csv")
    assert done.returncode == 0
    assert "vswitch01,kvm2" in done.stdout
    assert "kvm1" not in done.stdout
    assert (
        done.stdout
        == vnetsh("--demo=2", "-c", f"show {words.replace(' ports', ', ports')}", "-o", "csv").stdout
    )


def test_show_stands_in_a_script_at_its_place(vnetsh: Run) -> None:
    done = vnetsh("--demo=1", "-c", "show bridges; bridge b2 on kvm1; show bridges")
    assert done.stdout.count("vswitch01") == 2
    assert done.stdout.index("NAME") < done.stdout.rindex("b2 ")


def test_hosts_come_from_the_file_the_environment_and_the_folder(vnetsh: Run, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("Host *\n  ProxyCommand false\n")  # nobody has to wait for a host that is nowhere
    for name in ("hosts.vnet", "named.vnet", "other.vnet"):
        (tmp_path / name).write_text(f'host in-{name[:5]} address 192.0.2.9 ssh-config "{config}"\n')
    assert "in-hosts" in vnetsh("show", "hosts").stdout
    assert "in-named" in vnetsh("--hosts", "named.vnet", "show", "hosts").stdout
    assert "in-other" in vnetsh("show", "hosts", VNETSH_HOSTS="other.vnet").stdout


def test_a_hosts_file_holds_hosts_only(vnetsh: Run, tmp_path: Path) -> None:
    (tmp_path / "hosts.vnet").write_text("host a address 192.0.2.1\nbridge b on a\n")
    done = vnetsh("show", "hosts")
    assert done.returncode == 2
    assert "error[E109]" in done.stderr


def test_an_unreachable_host_is_exit_1_and_nothing_is_touched(vnetsh: Run, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("Host *\n  ProxyCommand sh -c 'echo gone away >&2; exit 1'\n")
    (tmp_path / "hosts.vnet").write_text(f'host far address 192.0.2.1 ssh-config "{config}"\n')
    done = vnetsh("-c", "bridge b on far")
    assert done.returncode == 1
    assert "far" in done.stderr
    assert "nothing was changed" in done.stderr


def test_no_colour_and_no_escape_when_nobody_looks(vnetsh: Run) -> None:
    assert "\x1b" not in vnetsh("--demo", "-c", DECLARE).stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    import subprocess
    import sys

    command = Path(sys.executable).with_name("vnetsh")
    done = subprocess.run(
        f"{command} --demo=8 show bridges -o json | head -1",
        shell=True, capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ), check=False,
    )  # fmt: skip
    assert done.stdout == "[\n"
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
