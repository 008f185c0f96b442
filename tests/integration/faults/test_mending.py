"""What a killed run left half-made: kept where it is whole, else taken back by a plan that says what that costs."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from cases import few
from in_lab import LabOperator, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

MAKES = "vm web on kvm1 memory 96M disk tiny.qcow2"
OTHER = "bridge other on kvm1"
MOVES = "vm web memory 128M\nmigrate web to kvm2\nvm web vcpus 2"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


class Killer(LabOperator):
    """An operator whose runs are killed."""

    def killed(self, point: str, *arguments: str) -> None:
        """Run until a point of that name is reached for the first time, and is the last thing that is done."""
        done = self(*arguments, VNETSH_CRASH_AT=point)
        assert done.returncode == -signal.SIGKILL, f"{point} was not reached: {done.stdout}{done.stderr}"

    def state(self, vm: str = "web", host: str = "kvm1") -> str:
        """What libvirt says of a VM."""
        done = self.lab.exec(host, ["virsh", "domstate", vm])
        return done.stdout.strip() if done.returncode == 0 else "gone"

    def images(self) -> set[str]:
        return set(self.lab.exec("kvm1", ["ls", "/var/lib/libvirt/images"]).stdout.split())


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[Killer]:
    found = Killer.of(lab, tmp_path)
    yield found
    found("--yes", "recover", "--undo")
    while (done := found("--yes", "undo")).returncode == 0:
        pass
    assert "nothing to undo" in done.stderr, done.stdout + done.stderr
    assert found.images() == {"tiny.qcow2"}
    assert found.state() == "gone"


def test_another_script_keeps_what_is_whole(operator: Killer) -> None:
    operator.killed("step is made", "--yes", "-c", MAKES)
    planned = operator("plan", "-c", OTHER)
    assert "note: run 1 " not in planned.stderr
    assert "add vm web on kvm1 came about" in planned.stdout
    assert "remove" not in planned.stdout
    done = operator("-c", OTHER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert operator.state() == "running"
    done = operator("recover")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no run was cut off" in operator("recover").stdout
    assert operator.state() == "running"


def test_what_is_half_made_is_taken_back_by_the_plan_and_only_when_it_may(operator: Killer) -> None:
    operator.killed("domain is defined", "--yes", "-c", MAKES)
    made = operator.images()
    for planned in (operator("plan", "-c", OTHER), refused := operator("-c", OTHER)):
        assert "what run" in planned.stdout, planned.stdout + planned.stderr
        assert "- vm      web" in planned.stdout
        assert "impact: destroy" in planned.stdout
    assert refused.returncode == 1
    assert "nothing was changed" in refused.stderr
    assert (operator.state(), operator.images()) == ("shut off", made)
    done = operator("--yes", "-c", OTHER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert operator.state() == "gone"
    assert operator.images() == {"tiny.qcow2"}
    again = operator("plan", "-c", OTHER)
    assert "no changes" in again.stdout
    assert "is put right" not in again.stdout


@pytest.mark.parametrize(
    "then", few([["-c", OTHER], ["-c", MAKES], ["recover"], ["recover", "--undo"]], 1, 3), ids=" ".join
)
def test_a_mend_that_is_killed_is_mended(operator: Killer, then: list[str]) -> None:
    operator.killed("domain is defined", "--yes", "-c", MAKES)
    for point in range(1, 4):
        done = operator("--yes", "-c", OTHER, VNETSH_CRASH_AT=str(point))
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    done = operator("--yes", *then)
    assert done.returncode == 0, done.stdout + done.stderr
    whole = MAKES in then or then == ["recover"]
    assert operator.state() == ("running" if whole else "gone")
    assert operator.images() == {"tiny.qcow2", *(["web.qcow2"] if whole else [])}


def test_an_undo_that_is_killed_is_finished_and_its_chain_holds(operator: Killer) -> None:
    assert operator("--yes", "-c", OTHER).returncode == 0
    assert operator("--yes", "-c", MAKES).returncode == 0
    done = operator("--yes", "undo", VNETSH_CRASH_AT="2")
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    done = operator("--yes", "recover")
    assert done.returncode == 0, done.stdout + done.stderr
    assert operator.state() == "gone"
    history = operator("history").stdout
    assert "taken back by" in history, history
    assert "cut off" not in history, history
    done = operator("--yes", "undo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "other" not in operator.lab.exec("kvm1", ["ovs-vsctl", "list-br"]).stdout.split()


@pytest.mark.parametrize(
    ("point", "then"),
    few(
        [
            ("domain is defined on both", ["recover"]),
            ("domain is defined on both", ["-c", "migrate web to kvm2"]),
            ("domain is defined on both", ["-c", "vm web memory 100M"]),
            ("domain has moved", ["-c", "vm web memory 100M"]),
        ],
        *(0, 3),
    ),
    ids=str,
)
def test_a_killed_move_of_a_vm_that_is_off_is_ended(operator: Killer, point: str, then: list[str]) -> None:
    """What is on both hosts is one vm: no sentence asks which, and the plan says what is done and no more."""
    assert operator("--yes", "-c", MAKES).returncode == 0
    operator.on("kvm1", "virsh destroy web")
    operator.killed(point, "--yes", "-c", "migrate web to kvm2")
    if then != ["recover"]:
        planned = operator("plan", *then)
        assert "removes /var/lib/libvirt/images/web.qcow2 on kvm1" in planned.stdout, planned.stderr
        assert "web.qcow2 on kvm2" not in planned.stdout
        assert ("what is left of it on kvm1 goes" in planned.stdout) == (point != "domain has moved")
    done = operator("--yes", *then)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (operator.state(), operator.state(host="kvm2")) == ("gone", "shut off")
    assert operator.images() == {"tiny.qcow2"}
    assert "web.qcow2" in operator.on("kvm2", "ls /var/lib/libvirt/images")
    if "memory" in then[-1]:  # what was changed where it is now goes before it moves back
        assert operator("--yes", "undo").returncode == 0


@pytest.mark.parametrize("kills", few([(5, 3), (8, 1)], 0))
def test_an_undo_that_is_killed_goes_on_from_where_it_was(operator: Killer, kills: tuple[int, int]) -> None:
    """However its tries share the steps, nothing is done twice, and all of it is one undo that can be undone."""
    for script in (MAKES, "stop web force", MOVES):
        assert operator("--yes", "-c", script).returncode == 0
    there, memory = ("gone", "shut off"), "virsh dominfo web | grep -e 'CPU(s)' -e Used"
    assert (operator.state(), operator.state(host="kvm2")) == there
    changed = operator.on("kvm2", memory)
    for kill in kills:
        done = operator("--yes", "undo", "3", VNETSH_CRASH_AT=str(kill))
        assert done.returncode in (0, -signal.SIGKILL), done.stdout + done.stderr
    done = operator("--yes", "recover")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (operator.state(), operator.state(host="kvm2")) == there[::-1]
    assert "no run was cut off" in operator("recover").stdout
    assert "web" not in operator.on("kvm2", "ls /var/lib/libvirt/images")
    history = operator("history", "-o", "json").stdout
    last = next(run for run in json.loads(history) if run["run"] > 3 and run["outcome"] == "done")
    done = operator("--yes", "undo", str(last["run"]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (operator.state(), operator.state(host="kvm2")) == there
    assert operator.on("kvm2", memory) == changed


@pytest.mark.parametrize(
    ("then", "kill"),
    few(product([["recover"], ["recover", "--undo"]], ["2", "run is about to end"]), 0, 3),
    ids=str,
)
def test_a_run_whose_taking_back_is_killed_too_is_taken_back(
    operator: Killer, then: list[str], kill: str
) -> None:
    """Of a run and its undo, both cut off, the undo was meant last; nothing is made again on the way."""
    operator.killed("step is done", "--yes", "-c", MAKES)
    done = operator("--yes", "recover", "--undo", VNETSH_CRASH_AT=kill)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    done = operator("--yes", *then)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+ vm" not in done.stdout
    assert (operator.state(), operator.images()) == ("gone", {"tiny.qcow2"})
    assert "no run was cut off" in operator("recover").stdout


@pytest.mark.parametrize("again", few([["recover"], ["-c", MAKES]], 1), ids=" ".join)
def test_a_run_that_was_just_brought_to_its_end_is_taken_back_whole(
    operator: Killer, again: list[str]
) -> None:
    operator.killed("step is done", "--yes", "-c", f"{OTHER}; {MAKES}; vm web vcpus 2")
    operator.killed("run is about to end", "--yes", *again)
    done = operator("--yes", "recover", "--undo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (operator.state(), operator.images()) == ("gone", {"tiny.qcow2"})
    assert "no run was cut off" in operator("recover").stdout
    assert "nothing to undo" in operator("undo").stderr


def test_a_script_that_finds_nothing_to_do_ends_its_killed_run(operator: Killer) -> None:
    operator.killed("run is about to end", "--yes", "-c", OTHER)
    assert "no changes" in operator("-c", OTHER).stdout
    assert "no run was cut off" in operator("recover").stdout


def test_an_undo_takes_back_its_run_and_nothing_of_later_ones(operator: Killer) -> None:
    for script in (MAKES, "stop web force", "vm web memory 128M", "vm web vcpus 2", "vm web memory 160M"):
        assert operator("--yes", "-c", script).returncode == 0
    done = operator("--yes", "undo", "3")
    assert "E227" in done.stderr
    assert "it is 160M, not 128M" in done.stderr
    for run in ("5", "3"):
        done = operator("--yes", "undo", run)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "2" in operator.on("kvm1", "virsh dominfo web | grep 'CPU(s)'")
    assert "98304" in operator.on("kvm1", "virsh dominfo web | grep 'Max memory'")


def test_a_vm_that_others_switched_off_moves_back_as_it_is(operator: Killer) -> None:
    """The state that it ran in is nobody's to bring back: what is taken back is where it was."""
    for script in (MAKES, "migrate web to kvm2"):
        assert operator("--yes", "-c", script).returncode == 0
    operator.on("kvm2", "virsh destroy web")
    done = operator("--yes", "undo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "its definition and disk are copied" in done.stdout
    assert "impact: none" in done.stdout
    assert (operator.state(), operator.state(host="kvm2")) == ("shut off", "gone")
    assert "web" not in operator.on("kvm2", "ls /var/lib/libvirt/images")


def test_an_undo_finds_a_vm_that_was_moved_since(operator: Killer) -> None:
    for script in (MAKES, "stop web force", "migrate web to kvm2", "vm web memory 128M"):
        assert operator("--yes", "-c", script).returncode == 0
    assert operator("--yes", "undo", "3").returncode == 0
    done = operator("--yes", "undo", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "memory 128M → 96M" in done.stdout
    assert "98304" in operator.on("kvm1", "virsh dominfo web | grep 'Max memory'")


def test_an_undo_that_was_undone_can_be_undone_again(operator: Killer) -> None:
    for arguments in (["-c", OTHER], ["undo"], ["undo", "2"]):
        assert operator("--yes", *arguments).returncode == 0
    assert "other" in operator.lab.exec("kvm1", ["ovs-vsctl", "list-br"]).stdout.split()
    done = operator("--yes", "undo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "other" not in operator.lab.exec("kvm1", ["ovs-vsctl", "list-br"]).stdout.split()


@pytest.mark.parametrize("kill", few([1, 2, 4], 1))
def test_a_killed_run_whose_taking_back_was_killed_is_done_by_its_script(operator: Killer, kill: int) -> None:
    """What the killed undo had taken back of it is no half-made step of it any more."""
    assert operator("--yes", "-c", MAKES).returncode == 0
    operator.on("kvm1", "virsh destroy web")
    moves = ("--yes", "-c", "migrate web to kvm2")
    operator.killed("domain has moved", *moves)
    done = operator("--yes", "recover", "--undo", VNETSH_CRASH_AT=str(kill))
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    for _ in range(2):  # what the undo was to take back may be settled one run later than the undo
        done = operator(*moves)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "no changes" in operator(*moves).stdout
    assert (operator.state(), operator.state(host="kvm2")) == ("gone", "shut off")
