"""The records that a host keeps: by the shell there and by this process the same."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vnetsh.hosts.keeping_here import ScribeHere
from vnetsh.hosts.keeping_there import ELSEWHERE, KEEPING, KEPT, ROOM, Scribe, forget, listed, read_there
from vnetsh.hosts.local import run_here
from vnetsh.hosts.transport import Completed, Keeping

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps records")
ROOT = 'me=0; folder_of() { test -d "$1"; }\n'


def ask(argv: list[str]) -> Completed:
    return run_here(argv, "", 10.0, "this")


@contextmanager
def scribe(way: str) -> Iterator[Keeping]:
    if way == "here":
        yield ScribeHere()
        return
    script = f'{KEEPING}{ROOT}echo "held$(names)"; write_down'
    process = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdin
    assert process.stdout
    names = process.stdout.readline().decode().split()[1:]
    yield Scribe(process.stdout.fileno(), process.stdin.fileno(), names)
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ELSEWHERE, str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.mark.parametrize("way", ["here", "there"])
def test_a_run_is_written_down_ended_and_told_of(way: str, folder: Path) -> None:
    with scribe(way) as one:
        assert one.names == []
        one.add(7, b'{"a":1}\n', sync=True, timeout=5)
        one.add(7, b'{"b":"' + b"x" * 300_000 + b'"}\n', sync=False, timeout=5)
        one.add(8, b"{}\n", sync=True, timeout=5)
        assert one.wait(5) == ""
        assert (folder.stat().st_mode & 0o777, (folder / "7.open").stat().st_mode & 0o777) == (0o700, 0o600)
        one.end(7, long=False, timeout=5)
        one.tell(7, b"{}\n", ends=False, others=True, timeout=5)
        one.tell(8, b'{"end":""}\n', ends=True, others=False, timeout=5)
        one.tell(9, b"{}\n", ends=True, others=True, timeout=5)  # it keeps nothing of that one
        one.add(10, b"{}\n", sync=False, timeout=5)
        assert one.wait(5) == ""
    with scribe(way) as one:
        assert sorted(one.names) == ["10.open", "7.told"]
    assert listed(ask) == {"7.run": 300_021, "7.told": 0, "8.run": 15, "10.open": 3}
    assert read_there(ask, ["10.open", "9.run"]) == {"10.open": "{}\n", "9.run": ""}
    forget(ask, ["7.told"])
    assert "7.told" not in listed(ask)


@pytest.mark.parametrize("way", ["here", "there"])
def test_the_oldest_go(way: str, folder: Path) -> None:
    folder.mkdir(0o700)
    for number in range(KEPT + 20):
        path = folder / f"{number}.run"
        path.touch()
        os.utime(path, (number, number))
    with scribe(way) as one:
        one.add(9999, b"{}\n", sync=True, timeout=5)
        one.end(9999, long=False, timeout=5)
        one.wait(5)
    assert len(listed(ask)) == KEPT
    assert {"9999.run", f"{KEPT + 19}.run"} <= listed(ask).keys()
    big = folder / "21.run"
    with big.open("wb") as file:
        file.truncate(0)
        file.write(b"\0" * (101 << 20))
    os.utime(big, (21, 21))
    with scribe(way) as one:
        one.add(9998, b"{}\n", sync=True, timeout=5)
        one.end(9998, long=True, timeout=5)
        one.wait(5)
    assert "21.run" not in listed(ask)
    assert "9998.run" in listed(ask)


@pytest.mark.parametrize("way", ["here", "there"])
def test_what_cannot_be_written_is_said_and_what_follows_is_still_understood(way: str, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")
    with scribe(way) as one:
        one.add(7, b'{"a":1}\n', sync=True, timeout=5)
        one.add(7, b'{"a":1}\n', sync=True, timeout=5)
        assert one.wait(5)
    assert folder.read_text() == "no folder"


def test_a_session_that_is_gone_or_hangs_is_not_waited_for_long(folder: Path) -> None:
    process = subprocess.Popen(["sleep", "60"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdin
    assert process.stdout
    one = Scribe(process.stdout.fileno(), process.stdin.fileno(), ())
    one.add(7, b"x" * 1_000_000, sync=True, timeout=0.1)
    assert one.wait(0.1) == "it takes nothing in 0.1 s"
    process.kill()
    process.wait()
    one = Scribe(process.stdout.fileno(), process.stdin.fileno(), ())
    one.add(7, b"x", sync=True, timeout=0.1)
    assert one.wait(0.1) == "the session that writes it has ended"


def test_what_is_no_file_of_its_own_or_too_long_is_not_read(folder: Path) -> None:
    folder.mkdir()
    (folder / "1.run").write_text("{}\n")
    os.mkfifo(folder / "2.run")
    (folder / "3.run").symlink_to("/dev/zero")
    with (folder / "4.run").open("wb") as file:
        file.truncate((ROOM << 20) + 1)
    assert listed(ask) == {"1.run": 3}
    assert read_there(ask, ["1.run", "2.run", "3.run"]) == {"1.run": "{}\n", "2.run": "", "3.run": ""}
