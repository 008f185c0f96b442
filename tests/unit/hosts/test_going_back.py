"""The guard on a host: what it takes back and when, what it lets through, and what those hear who come meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from own_run import USER, OwnRun, own_run
from waiting import eventually

from vnetsh.errors import BackendRefused
from vnetsh.hosts.gated import Gated
from vnetsh.hosts.going_back import (
    ARMED,
    BACK,
    CONFIRMED,
    GOING,
    STUCK,
    UNKNOWN,
    HostGuard,
    Over,
    WayBack,
    standings,
)
from vnetsh.hosts.transport import Completed

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="has a /run of its own")
T = TypeVar("T")
LOG = "/run/log"
WAY = """
import json, sys
from pathlib import Path
told = json.load(sys.stdin)
with open("/run/log", "a") as log:
    log.write(told["name"] + " " + sys.argv[1] + "\\n")
fails = Path("/run/" + sys.argv[1] + "-fails")
if fails.exists():
    code, often = map(int, fails.read_text().split())
    fails.unlink() if often == 1 else fails.write_text(str(code) + " " + str(often - 1))
    print("it fails")
    sys.exit(code)
"""


class Here:
    """A transport to a machine with a /run of its own."""

    local = False

    def __init__(self, run: OwnRun) -> None:
        self._run = run

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        done = subprocess.run(
            self._run.argv(*argv), input=input, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Completed(done.returncode, done.stdout, done.stderr)

    def session_anew(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._run.argv(*argv), stdin=pipe, stdout=pipe, stderr=pipe)


@pytest.fixture
def run() -> Iterator[OwnRun]:
    with own_run() as found:
        yield found


def armed(run: OwnRun, seconds: float) -> HostGuard:
    guard = HostGuard("kvm1", Here(run), seconds, "run 7 of anna@desk", 20)  # type: ignore[arg-type]
    guard.arm()
    return guard


def armed_in_time(run: OwnRun, seconds: float, do: Callable[[HostGuard], T]) -> tuple[HostGuard, T]:
    """A guard within whose time something was done; on a slow machine that is longer. `do` raises `Over`."""
    for longer in (1, 4, 16):
        guard = armed(run, seconds * longer)
        with contextlib.suppress(Over):
            return guard, do(guard)
        assert eventually(lambda: not waiting(run), 100)
        run.sh(f"rm -f {LOG} /run/made")
    raise AssertionError("it cannot be done in time")


def killed(token: str) -> bool:
    """Kill who guards, if somebody does."""
    for lines in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended just now
            if lines.read_text().split("\0")[-3:-1] == ["revive", token]:
                os.kill(int(lines.parent.name), signal.SIGKILL)
                return True
    return False


def log(run: OwnRun) -> list[str]:
    return run.sh(f"cat {LOG}").stdout.splitlines()


def stands(run: OwnRun, guard: HostGuard) -> str:
    return standings("kvm1", Here(run), [guard.token], 20)[guard.token].state  # type: ignore[arg-type]


def waiting(run: OwnRun) -> bool:
    return bool(run.sh("ls /run/vnetsh/unconfirmed").stdout)


def test_what_is_confirmed_stands(run: OwnRun) -> None:
    guard = armed(run, 60)
    guard.promise(WayBack(WAY, {"name": "one"}))
    guard.promise(WayBack(WAY, {"name": "two"}))
    found = guard.reach()
    assert found.state == ARMED
    assert 50 < found.left < 60
    assert guard.confirm().state == CONFIRMED
    guard.close()
    assert log(run) == ["one open", "two open", "one keep", "two keep"]
    assert stands(run, guard) == CONFIRMED
    assert not waiting(run)
    assert guard.back().state == CONFIRMED, "once is for good"
    with pytest.raises(Over):
        guard.promise(WayBack(WAY, {"name": "three"}))


def test_what_is_not_confirmed_goes_back_the_last_first_and_nothing_comes_late(run: OwnRun) -> None:
    def make(guard: HostGuard) -> Sequence[str]:
        guard.promise(WayBack(WAY, {"name": "one"}))
        gate = guard.promise(WayBack(WAY, {"name": "two"}))
        made = Gated(Here(run), gate).run(["touch", "/run/made"]).returncode == 0  # type: ignore[arg-type]
        if guard.reach().state != ARMED:
            raise Over("kvm1")
        assert made
        return gate

    guard, gate = armed_in_time(run, 5, make)
    assert eventually(lambda: not waiting(run), 20)
    assert log(run)[2:] == ["two back", "one back"]
    late = Gated(Here(run), gate).run(["touch", "/run/late"])  # type: ignore[arg-type]
    assert late.returncode == 75
    assert "over" in late.stderr
    assert run.sh("ls /run/made /run/late").stdout == "/run/made\n"
    assert guard.confirm().state == BACK, "over the connection that was there before"
    guard.close()
    assert guard.reach().state == BACK
    guard.close()
    with pytest.raises(Over):
        guard.promise(WayBack(WAY, {"name": "three"}))
    assert stands(run, guard) == BACK


def test_it_can_be_told_to_go_back_and_who_is_asked_of_another_knows_nothing(run: OwnRun) -> None:
    guard, other = armed(run, 60), HostGuard("kvm1", Here(run), 1, "", 20)  # type: ignore[arg-type]
    guard.promise(WayBack(WAY, {"name": "one"}))
    assert guard.back().state == BACK
    assert log(run) == ["one open", "one back"]
    assert stands(run, other) == UNKNOWN


def test_what_fails_is_tried_again_and_what_never_can_be_is_said(run: OwnRun) -> None:
    run.sh("echo 1 1 >/run/back-fails")
    guard = armed(run, 60)
    guard.promise(WayBack(WAY, {"name": "one"}))
    assert guard.back().state == BACK
    assert log(run) == ["one open", "one back", "one back"]
    run.sh("echo 3 1 >/run/back-fails")
    guard = armed(run, 60)
    guard.promise(WayBack(WAY, {"name": "one"}))
    guard.promise(WayBack(WAY, {"name": "two"}))
    found = guard.back()
    assert (found.state, found.said) == (STUCK, ("it fails",))
    assert log(run)[-2:] == ["two back", "one back"], "the others go back all the same"


def test_who_cannot_go_back_yet_tries_on_and_says_so_to_all(run: OwnRun) -> None:
    run.sh("echo 1 1000 >/run/back-fails")
    guard, _ = armed_in_time(run, 2, lambda guard: guard.promise(WayBack(WAY, {"name": "one"})))
    assert eventually(lambda: run.sh("ls /run/vnetsh/unconfirmed/*/trouble").returncode == 0, 20)
    found = standings("kvm1", Here(run), [guard.token], 20)[guard.token]  # type: ignore[arg-type]
    assert (found.state, found.said) == (GOING, ("it fails",))
    assert found.going("kvm1") == "kvm1 is going back, and not at its end yet: it fails"
    with run.taking("by_shell", "otto@there, process 2") as said:
        assert said == "Busy run 7 of anna@desk, and does not end: it fails False"
    run.sh("rm /run/back-fails")
    assert eventually(lambda: not waiting(run), 20)
    assert stands(run, guard) == BACK


def test_what_is_confirmed_is_tidied_up_when_that_can_be_done(run: OwnRun) -> None:
    run.sh("echo 1 2 >/run/keep-fails")
    guard = armed(run, 60)
    guard.promise(WayBack(WAY, {"name": "one"}))
    guard.reach()
    assert guard.confirm().state == CONFIRMED
    guard.close()
    assert log(run) == ["one open", *["one keep"] * 3]
    assert not waiting(run)


@pytest.mark.parametrize(("code", "back"), [(1, []), (4, ["one back"])])
def test_where_nobody_knows_whether_the_way_was_opened_it_is_gone_back(
    run: OwnRun, code: int, back: list[str]
) -> None:
    run.sh(f"echo {code} 1 >/run/open-fails")
    guard = armed(run, 60)
    with pytest.raises(BackendRefused, match="it fails"):
        guard.promise(WayBack(WAY, {"name": "one"}))
    assert guard.back().state == BACK
    assert log(run) == ["one open", *back]


def test_a_way_back_that_cannot_be_kept_is_refused(run: OwnRun) -> None:
    guard = armed(run, 60)
    with pytest.raises(BackendRefused, match="SyntaxError"):
        guard.promise(WayBack("no program at all", {}))
    assert guard.back().state == BACK


def test_a_command_that_is_under_way_ends_before_the_host_goes_back(run: OwnRun) -> None:
    program = (
        WAY
        + """
if sys.argv[1] == "back":
    import fcntl
    gate = open("gate", "a")
    fcntl.flock(gate, fcntl.LOCK_EX)
    Path("/run/seen").write_text(str(Path("/run/made").exists()))
"""
    )
    _, gate = armed_in_time(run, 4, lambda guard: guard.promise(WayBack(program, {"name": "one"})))
    slow = threading.Thread(
        target=Gated(Here(run), gate).run, args=(["sh", "-c", "sleep 5; touch /run/made"],)
    )  # type: ignore[arg-type]
    slow.start()
    assert eventually(lambda: not waiting(run), 20)
    slow.join()
    assert run.sh("cat /run/seen").stdout == "True"


def test_a_command_whose_input_does_not_come_holds_nobody_up(run: OwnRun) -> None:
    _, gate = armed_in_time(run, 3, lambda guard: guard.promise(WayBack(WAY, {"name": "one"})))
    argv = run.argv(*gate, "sh", "-c", "cat; touch /run/made")
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as stopped:
        assert eventually(lambda: not waiting(run), 10)
        _, said = stopped.communicate("late")
    assert stopped.returncode == 75
    assert "over" in said
    assert run.sh("ls /run/made").returncode


@pytest.mark.parametrize(("way", "user"), [("here", 0), ("by_shell", USER)], ids=["here", "by_shell"])
def test_nobody_has_the_lock_meanwhile_and_a_guard_that_was_killed_goes_on(
    run: OwnRun, way: str, user: int
) -> None:
    def kill(guard: HostGuard) -> None:
        guard.promise(WayBack(WAY, {"name": "one"}))
        if not killed(guard.token):
            raise Over("kvm1")
        with run.taking(way, "otto@there, process 2", user=user) as said:
            if said.startswith("Held"):
                raise Over("kvm1")
            assert said == "Busy run 7 of anna@desk False"

    guard, _ = armed_in_time(run, 3, kill)
    if user:  # who has no rights cannot have it go on
        assert waiting(run)
        stands(run, guard)
    assert eventually(lambda: not waiting(run), 60)
    assert log(run) == ["one open", "one back"]
    with run.taking(way, "otto@there, process 2", user=user) as said:
        assert said.startswith("Held")


def test_a_token_leads_nowhere_else(run: OwnRun) -> None:
    """A record on another host may say any, and the guard is root's."""
    run.sh("mkdir -p /run/mine; echo 0 >/run/mine/until")
    with pytest.raises(BackendRefused, match="no guard is called"):
        standings("kvm1", Here(run), ["../../mine"], 20)  # type: ignore[arg-type]
    assert run.sh("ls -A /run/mine").stdout.split() == ["until"]
