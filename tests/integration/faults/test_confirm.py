"""Changes that have to be confirmed, on five real hosts: made, taken back by them, and told by the next command."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confirm_rounds import HOSTS, SPARE, Fleet, fleet
from waiting import eventually

pytestmark = pytest.mark.lab

WITHIN = 6
BLOCK = """confirm within 30s {
bridge new on kvm[1-5] port n0 type internal outbound 10Mbit
bridge lan on kvm[1-5] port p0 vlan 7
delete bridge side on kvm2
bridge lew on kvm1, kvm2 backend linux uplink v1
delete bridge lon on kvm3
expect port n0 on kvm5 bridge new
}"""
SHORT = BLOCK.replace("30s", f"{WITHIN}s")


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(Path(tmp_path_factory.mktemp("confirm"))) as found:
        yield found


def killed(five: Fleet, script: str, point: int) -> None:
    assert five.operator("-c", script, VNETSH_CRASH_AT=str(point)).returncode == -signal.SIGKILL


def test_confirmed_it_stands_and_else_every_host_goes_back(five: Fleet) -> None:
    before = five.state()
    done = five.operator("-c", BLOCK.replace("bridge new\n}", "bridge lan\n}"))
    assert done.returncode == 1
    assert "error[E475]" in done.stderr
    assert "kvm1, kvm2, kvm3, kvm4, kvm5 went back to what they were before the block" in done.stderr, (
        done.stderr
    )
    assert five.state() == before
    log = five.operator.folder / "points"
    five.operator.good("-c", BLOCK, VNETSH_CRASH_LOG=str(log))
    after = five.state()
    assert all(now != was for now, was in zip(after, before, strict=True))
    five.operator.good("undo")
    assert five.state() == before
    points = log.read_text().splitlines()

    # Killed when something is made: all goes back, also where a guard was killed. Who comes meanwhile waits.
    killed(five, SHORT, points.index("step is made") + 2)
    began = time.monotonic()
    five.operator.on(
        "kvm1", "kill -9 $(ps -eo pid=,args= | awk '/unconfirmed.*revive/ && !/awk/ {print $1}')"
    )
    said = five.operator.good("-c", "bridge other on kvm[1-5]")
    assert time.monotonic() - began < WITHIN + SPARE + 8, (
        "on a slow machine the command itself takes its time, too"
    )
    assert "was not confirmed: kvm1, kvm2, kvm3, kvm4, kvm5 went back by themselves" in said
    five.operator.good("undo")
    assert "not confirmed" in five.operator.good("history").splitlines()[3]
    assert five.state() == before

    # Killed amidst the confirmations: what is mixed is named, and settled.
    killed(five, BLOCK, points.index("a place is about to be confirmed") + 3)
    said = five.operator.good("recover")
    assert "went back by themselves" in said or "was cut off" in said
    assert five.state() == (before if "was not confirmed" in said else after)
    while five.state() != before:
        five.operator.good("undo")
    assert not five.junk()


def test_a_host_whose_database_hangs_goes_back_when_it_is_there_again(five: Fleet) -> None:
    before = five.state()
    log = five.operator.folder / "hanging"
    five.operator.good("--confirm-within", "30s", "-c", "bridge new on kvm[1-3]", VNETSH_CRASH_LOG=str(log))
    five.operator.good("undo")
    point = log.read_text().splitlines().index("block is made") + 1
    script = "bridge new on kvm[1-3]"
    process = five.operator.start("--confirm-within", "8s", "-c", script, VNETSH_CRASH_AT=str(point))
    process.communicate(timeout=60)
    with five.hung(["kvm2"]):
        assert eventually(lambda: five.waiting() == ["kvm2"], 60)
        assert eventually(lambda: "trouble" in five.operator.on("kvm2", "ls /run/vnetsh/unconfirmed/*"), 60)
        said = five.operator.good("plan", "-c", "bridge other on kvm1")
        assert "kvm2 is going back, and not at its end yet: ovsdb-server at " in said
        assert "went back by" not in said
    assert eventually(lambda: not five.waiting(), 60)
    said = five.operator.good("plan", "-c", "bridge other on kvm1")
    assert "was not confirmed: kvm1, kvm2, kvm3 went back by themselves" in said
    assert five.state() == before
    assert not five.junk()


def test_what_cannot_be_taken_back_alone_is_refused(five: Fleet) -> None:
    before = five.state()
    for sentence, why in (
        (
            "flow f1 on kvm1 bridge lan match arp actions drop",
            "the flows of a switch are not in its database",
        ),
        ("link kvm1<->kvm2 down on lan", "a tunnel's link is down in its switch"),
        ("bridge vswitch01 on kvm1 uplink none", "is guarded by itself"),
        ("vm web on kvm1 memory 96M disk tiny.qcow2", "leaves no way back"),
    ):
        done = five.operator("-c", f"confirm {{ bridge new on {HOSTS[1]}; {sentence} }}")
        assert done.returncode == 1, sentence
        assert "error[E535]" in done.stderr, done.stderr
        assert why in done.stderr
    assert five.state() == before
