"""What is missing of root's rights, told apart by what helps; how a command becomes root's."""

from __future__ import annotations

import pytest

from vnetsh.errors import NoRights
from vnetsh.hosts.relay import relaying
from vnetsh.hosts.sudo import relay_of
from vnetsh.hosts.transport import Completed


@pytest.mark.parametrize(
    ("code", "stderr", "message", "help"),
    [
        (127, "sh: 1: sudo: not found", "there is no sudo", "install it"),
        (1, "sudo: a password is required", "sudo wants a password of ops", "ops ALL=(root) NOPASSWD: ALL"),
        (1, "sudo: sorry, you must have a tty to run sudo", "you must have a tty", "!requiretty"),
        (1, "ops is not in the sudoers file.", "does not let ops in: ops is not in", "NOPASSWD"),
    ],
)
def test_what_is_missing(code: int, stderr: str, message: str, help: str) -> None:
    with pytest.raises(NoRights) as caught:
        relay_of("kvm1", Completed(code, "ops\n", stderr))
    assert caught.value.message.startswith("kvm1: ")
    assert message in caught.value.message
    assert help in caught.value.help


def test_the_quickest_relay_is_taken() -> None:
    said = "ops\n/usr/bin/python3\n/usr/bin/socat\n/usr/bin/perl\n"
    assert relay_of("kvm1", Completed(0, said, "")) == "socat"
    assert relay_of("kvm1", Completed(0, "ops\n/usr/bin/perl\n", "")) == "perl"


def test_what_two_may_not_open_is_one_message() -> None:
    one, other = NoRights.of("kvm1", "ops", "/run/a"), NoRights.of("kvm1", "ops", "/run/b")
    assert one.and_also(other).message == "kvm1: the user ops may not open /run/a, /run/b"
    assert one.and_also(one).message == one.message


def test_a_path_stays_one_for_socat() -> None:
    assert relaying("socat", "/run/a:b,c")[-1] == r"UNIX-CONNECT:/run/a\:b\,c"
