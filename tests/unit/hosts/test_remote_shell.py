"""The shell that looks at a host: each answer is its command's own, and one that is gone is replaced."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts import talking
from vnetsh.hosts.remote_shell import RemoteShell


@pytest.fixture
def shell() -> Iterator[RemoteShell]:
    found = RemoteShell(["sh"], "kvm1")
    yield found
    found.close()


def test_output_errors_and_exit_code_are_the_commands(shell: RemoteShell) -> None:
    done = shell.run(
        ["sh", "-c", 'printf "%s" "no newline; $1"; echo bad >&2; exit 3', "sh", "it's $HOME"], 5
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "no newline; it's $HOME", "bad\n")
    assert shell.run(["true"], 5).stdout == ""
    assert shell.run(["no-such-command"], 5).returncode == 127


def test_a_command_cannot_read_what_is_meant_for_the_shell(shell: RemoteShell) -> None:
    assert shell.run(["cat"], 5).stdout == ""


def test_much_output_comes_whole(shell: RemoteShell) -> None:
    assert shell.run(["seq", "100000"], 10).stdout.splitlines()[-1] == "100000"


def test_what_never_ends_is_left(shell: RemoteShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "MOST", 1 << 20)
    with pytest.raises(HostUnreachable, match="`cat` says more than 1 MiB"):
        shell.run(["cat", "/dev/zero"], 5)
    assert shell.run(["echo", "new"], 5).stdout == "new\n"


def test_one_that_hangs_is_left_and_the_next_has_a_new_shell(shell: RemoteShell) -> None:
    began = time.monotonic()
    with pytest.raises(HostHung, match=r"kvm1: `sleep` gave no answer in 0\.2 s"):
        shell.run(["sleep", "30"], 0.2)
    assert time.monotonic() - began < 10
    assert shell.run(["echo", "here"], 5).stdout == "here\n"


def test_a_shell_that_is_gone_is_the_hosts_failure_once(shell: RemoteShell) -> None:
    with pytest.raises(HostUnreachable, match="kvm1: "):
        shell.run(["sh", "-c", "kill -9 $PPID"], 5)
    assert shell.run(["echo", "here"], 5).stdout == "here\n"


def test_several_threads_get_their_own_answers(shell: RemoteShell) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: shell.run(["echo", str(n)], 5).stdout, range(50)))
    assert said == [f"{n}\n" for n in range(50)]


def test_who_waits_behind_one_that_hangs_does_not_wait_again(shell: RemoteShell) -> None:
    def asked(_: int) -> str:
        with pytest.raises(HostHung) as hung:
            shell.run(["sleep", "30"], 0.5)
        return hung.value.message

    began = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(asked, range(6))) == {"kvm1: `sleep` gave no answer in 0.5 s"}
    assert time.monotonic() - began < 1.5
    assert shell.run(["echo", "here"], 5).stdout == "here\n"
