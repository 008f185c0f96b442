"""Two operators with journals of their own: each finds on the hosts what the other did, undoes and recovers it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator

from vnetsh.hosts.keeping_there import FOLDER
from vnetsh.hosts.locking_here import operator
from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

SCRIPT = "bridge br7 on kvm1, kvm2 port p7 type internal vlan 10"
ANNA = operator()
"""How each calls the other: both are the same user here, with journals of their own."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        yield lab


@pytest.fixture
def anna(lab: Lab, tmp_path: Path) -> LabOperator:
    return LabOperator.of(lab, tmp_path / "anna", "--yes")


@pytest.fixture
def otto(lab: Lab, tmp_path: Path) -> LabOperator:
    return LabOperator.of(lab, tmp_path / "otto", "--yes")


@pytest.fixture(autouse=True)
def clear(lab: Lab) -> Iterator[None]:
    yield
    for host in ("kvm1", "kvm2"):
        lab.exec(host, ["sh", "-c", f"ovs-vsctl --if-exists del-br br7; rm -rf {FOLDER}"])


def kept(by: LabOperator, run: object) -> dict[str, object]:
    """A run as the hosts know it."""
    found = json.loads(by.good("history", "all", "-o", "json"))
    return next(one for one in found if one["run"] == run)


def test_each_sees_undoes_and_learns_what_the_other_did(
    lab: Lab, anna: LabOperator, otto: LabOperator
) -> None:
    anna.good("-c", SCRIPT)
    assert lab.exec("kvm1", ["stat", "-c", "%a %U", FOLDER]).stdout.split() == ["700", "root"]
    assert otto.good("history") == "no runs yet\n", "no host is asked"
    assert kept(otto, f"{ANNA}:1")["changes"] == {"add": 4}
    detail = otto.good("history", f"{ANNA}:1")
    assert "+ port    p7               on kvm2, bridge br7      type internal  vlan 10" in detail
    assert "nothing to undo" in otto("undo").stderr, "without its name another's run is not undone"

    # What others changed by hand is in the way of both, and a rollback says whose run it is.
    anna.good("-c", "bridge br7 on kvm1 port p7 vlan 20")
    lab.exec("kvm1", ["ovs-vsctl", "set", "port", "p7", "tag=30"])
    said = anna.good("diff", "run", "1..now")
    assert "vlan 10 → 20" in said.partition("changed by others since:")[0]
    assert "vlan 20 → 30" in said.partition("changed by others since:")[2]
    refused = anna("rollback", "to", "run", "1")
    assert "error[E546]: run 2 cannot be taken back" in refused.stderr
    lab.exec("kvm1", ["ovs-vsctl", "set", "port", "p7", "tag=20"])
    anna.good("rollback", "to", "run", "1")

    assert "plan: 4 to remove" in otto.good("undo", f"{ANNA}:1")
    assert "br7" not in lab.exec("kvm2", ["ovs-vsctl", "list-br"]).stdout
    assert f"taken back by {ANNA}:1" not in anna.good("history"), "nobody has told it yet"
    assert f"taken back by run {ANNA}:1 already" in anna("undo", "1").stderr, "the hosts tell"
    assert f"taken back by {ANNA}:1" in anna.good("history")
    assert f"{ANNA}:1 was taken back by run 1 already" in otto("undo", f"{ANNA}:1").stderr

    # The undo is a run as any other: it can be taken back by whoever sees it.
    anna.good("undo", f"{ANNA}:1")
    assert kept(otto, f"{ANNA}:1")["taken_back_by"] is None
    assert "br7" in lab.exec("kvm2", ["ovs-vsctl", "list-br"]).stdout


def cut_off(by: LabOperator, point: int) -> None:
    done = by("-c", SCRIPT, VNETSH_CRASH_AT=str(point))
    assert done.returncode == -signal.SIGKILL


def test_what_one_left_half_made_another_finishes_or_takes_back(
    lab: Lab, anna: LabOperator, otto: LabOperator
) -> None:
    cut_off(anna, 2)
    said = otto.good("-c", "bridge br7 on kvm1")
    assert f"run {ANNA}:1 ({SCRIPT[:49].rstrip()}…) was cut off: `vnetsh recover` finishes it" in said
    otto.good("recover")
    for host in ("kvm1", "kvm2"):
        assert lab.exec(host, ["ovs-vsctl", "get", "port", "p7", "tag"]).stdout == "10\n"
    assert anna.good("recover") == "no run was cut off\n"
    assert f"finished by {ANNA}:" in anna.good("history")

    anna.good("-c", "delete bridge br7")
    cut_off(anna, 4)
    assert "was cut off" in otto.good("recover", "--undo")
    assert "br7" not in "".join(lab.exec(f"kvm{n}", ["ovs-vsctl", "list-br"]).stdout for n in (1, 2))
    assert kept(anna, 3)["taken_back_by"]


def test_what_nobody_can_finish_is_said_and_in_nobodys_way(
    lab: Lab, anna: LabOperator, otto: LabOperator
) -> None:
    """A host that somebody has taken over may keep anything: none of it keeps others from recovering."""
    begin = {"n": 0, "journal": 3, "what": "evil", "back": False, "who": "eve@far", "at": ["kvm1"]}
    change = ["add", None, ["bridge", "x", "kvm1", {}, None, "none", True, "", None, ""], "", 0, [], ""]
    place = {"name": "kvm1", "address": "", "attributes": {}, "world": ""}
    step = {"n": 1, "step": 1, "stage": 0, "backend": "none", "place": place, "changes": [change]}
    early = "2020-01-01T00:00:00"  # before all others, and with no zone to compare it by
    evil = [
        [begin | {"time": early, "script": "this is nonsense"}],
        [begin | {"time": f"{early}+00:00", "script": "bridge x on nowhere"}],
        [begin | {"time": early, "script": "", "undoes": [[1]]}],
        [begin | {"time": early, "script": ""}, step],
    ]
    cut_off(anna, 2)
    for number, records in enumerate(evil, 1 << 40):
        text = "\n".join(map(json.dumps, records))
        lab.exec("kvm1", ["sh", "-c", f"cat >{FOLDER}/{number}.open"], input=text)
    done = otto("recover")
    assert done.returncode == 0, done.stderr
    assert "is left as it was cut off: vnetsh knows no `this`" in done.stderr
    assert "is left as it was cut off: unknown host `nowhere`" in done.stderr
    assert f"run {ANNA}:1 (" in done.stdout
    assert lab.exec("kvm2", ["ovs-vsctl", "get", "port", "p7", "tag"]).stdout == "10\n"
    assert "the backend `none`, which is not installed" in done.stderr
    otto.good("recover", "--undo")
    assert otto.good("recover").count("was cut off") == 1, "what can be taken back is"


def test_what_is_under_way_is_not_recovered(anna: LabOperator, otto: LabOperator, tmp_path: Path) -> None:
    log = tmp_path / "points"
    process = anna.start("-c", f"{SCRIPT}; delete bridge br7", VNETSH_CRASH_LOG=str(log))
    until = time.monotonic() + 20
    while not (log.exists() and "step is made" in log.read_text()) and time.monotonic() < until:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        done = otto("recover")
        assert f"run {ANNA}:1" in done.stderr, "it came to its end before it was stopped"
        assert "is under way: " in done.stderr
        assert done.stdout == "no run was cut off\n"
        assert "is still under way" in otto("undo", f"{ANNA}:1").stderr
    finally:
        os.kill(process.pid, signal.SIGCONT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err


def test_a_host_that_can_keep_nothing_is_a_warning_and_nobody_else_takes_a_part_for_the_whole(
    lab: Lab, anna: LabOperator, otto: LabOperator
) -> None:
    lab.exec(
        "kvm2",
        ["sh", "-c", f"rm -rf {FOLDER}; mkdir -p {FOLDER}; mount -t tmpfs -o size=4k,mode=700 none {FOLDER}"],
    )
    lab.exec("kvm2", ["sh", "-c", f"head -c 4096 /dev/zero >{FOLDER}/full"])
    try:
        said = anna.good("-c", SCRIPT)
        assert "warning: kvm2 keeps no record of run 1: No space left on device" in said
        assert "note: kvm2 keeps no record of it" in anna.good("history", "1")
        refused = otto("undo", f"{ANNA}:1")
        assert refused.returncode == 1
        assert f"what run {ANNA}:1 did on kvm2 is not to be seen from here" in refused.stderr
        anna.good("undo")
    finally:
        lab.exec("kvm2", ["umount", FOLDER])
