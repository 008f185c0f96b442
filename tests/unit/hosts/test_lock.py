"""The lock of a machine, as this process takes it and as a shell on a host does; and who cannot misuse it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from own_run import USER, OwnRun, own_run

from vnetsh.hosts import locking_here
from vnetsh.hosts.locking import lock_command

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users")
WAYS = ("here", "by_shell")
HOLD = 'exec 9<"$0" && flock -n 9 && echo mine && cat'


@pytest.fixture
def run() -> Iterator[OwnRun]:
    with own_run() as found:
        yield found


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_one_holds_it_and_the_other_is_told_who(run: OwnRun, first: str, second: str) -> None:
    for user in (USER, 0):
        with run.taking(first, "anna@here, process 1", user=user) as said:
            assert said.startswith("Held")
            with run.taking(second, "otto@there, process 2", user=user, overrule=True) as said:
                assert said == "Busy anna@here, process 1 False"
        with run.taking(second, "otto@there, process 2", user=user) as said:
            assert said.startswith("Held"), said


@pytest.mark.parametrize("way", WAYS)
def test_root_and_a_user_exclude_each_other_and_root_may_overrule(run: OwnRun, way: str) -> None:
    with run.taking(way, "root's") as said:
        assert said.startswith("Held")
        with run.taking(way, "user's", user=USER) as said:
            assert said == "Busy root's False"
    for other in WAYS:
        with run.taking(other, "user's", user=USER) as said:
            assert said.startswith("Held"), said
            with run.taking(way, "root's") as said:
                assert said.startswith(f"Busy {USER}, process ")
                assert said.endswith(" True")
            with run.taking(way, "root's", overrule=True) as said:
                assert said.startswith("Held")
                with run.taking(other, "again", user=USER) as said:
                    assert said == "Busy root's False"


@pytest.mark.parametrize("way", WAYS)
def test_a_user_cannot_have_root_write_elsewhere_or_hold_what_is_root_s(run: OwnRun, way: str) -> None:
    victim = "/run/victim"
    run.sh(f"echo precious >{victim}")
    traps = "for f in /run/lock/vnetsh /run/lock/lock; do rm -f $f; ln -s /run/victim $f; done"
    assert run.sh(traps, user=USER).returncode == 0
    with run.taking(way, "x" * 300) as said:
        assert said.startswith("Held")
        tries = (
            ": >/run/vnetsh/root",
            ": <>/run/vnetsh/root",
            ": >/run/vnetsh/lock",
            "rm -f /run/vnetsh/lock",
            "ln -s /run/victim /run/vnetsh/new",
            "mv /run/vnetsh /run/other",
            "flock -n /run/vnetsh/lock true",
        )
        for attempt in tries:
            assert run.sh(attempt, user=USER).returncode != 0, attempt
    assert run.sh(f"cat {victim}").stdout == "precious\n"
    with run.running("sh", "-c", HOLD, "/run/vnetsh/lock", user=USER) as said:
        assert said == "mine"
        with run.taking(way, "root's", overrule=True) as said:
            assert said.startswith("Held")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("ln -s /run/nowhere /run/vnetsh", "/run/vnetsh"),
        ("mkdir -m 777 /run/vnetsh; chmod 777 /run/vnetsh", "only root can write"),
        (f"mkdir /run/vnetsh; chown {USER} /run/vnetsh", "only root can write"),
        (": >/run/vnetsh", "/run/vnetsh"),
        ("mkdir /run/vnetsh; mkfifo /run/vnetsh/root", "root"),
        ("mkdir /run/vnetsh; mkfifo /run/vnetsh/lock", "lock"),
        ("mkdir /run/vnetsh; ln -s /run/victim /run/vnetsh/lock", "lock"),
        ("mkdir -p /run/vnetsh/lock", "lock"),
        ("mount -o remount,ro /run", "/run/vnetsh"),
    ],
)
def test_what_is_no_lock_is_said_at_once(run: OwnRun, way: str, spoil: str, says: str) -> None:
    assert run.sh(spoil).returncode == 0
    began = time.monotonic()
    with run.taking(way, "root's") as said:
        assert said.startswith("this: its lock cannot be taken: "), said
        assert says in said
    assert time.monotonic() - began < 5
    assert run.sh("test -e /run/victim || test -e /run/nowhere").returncode != 0


@pytest.mark.parametrize("way", WAYS)
def test_an_ordinary_user_has_a_lock_of_their_own_where_root_has_none(run: OwnRun, way: str) -> None:
    folder = Path(f"/tmp/vnetsh-{USER}")
    for spoil in (f"mkdir -m 700 {folder}; chown 2 {folder}", f"ln -s /run {folder}"):
        run.sh(spoil)
        with run.taking(way, "user's", user=USER) as said:
            assert said.startswith(f"this: its lock cannot be taken: {folder}"), said
        run.sh(f"rm -rf {folder}")
    with run.taking(way, "user's", user=USER) as said:
        assert said.startswith("Held")
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_host_without_flock_is_not_worked_on_unlocked(run: OwnRun, tmp_path: Path) -> None:
    for command in ("sh", "id", "mkdir", "ls", "head", "cat"):
        (tmp_path / command).symlink_to(f"/bin/{command}")
    with run.running("env", f"PATH={tmp_path}", *lock_command("me")) as said:
        assert said == "broken flock is not installed there: util-linux has it"


def test_a_process_that_ends_while_the_holder_is_looked_for() -> None:
    listed = [Path("/proc/999999999"), Path("/proc", str(os.getpid()))]
    with patch.object(Path, "glob", return_value=iter(listed)):
        assert Path(f"/proc/{os.getpid()}/fdinfo/0") in list(locking_here._opened())
