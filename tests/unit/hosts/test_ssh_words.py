"""What ssh says, told apart by what helps."""

from __future__ import annotations

import pytest

from vnetsh.errors import HostHung
from vnetsh.hosts.ssh_words import not_opened, spoken

CHANGED = """@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Host key for kvm1 has changed and you have requested strict checking.
Host key verification failed."""


@pytest.mark.parametrize(
    ("said", "message", "help"),
    [
        (CHANGED, "its host key is another one than known_hosts has", "ssh-keygen -R"),
        (
            "No ED25519 host key is known for kvm1 and you have requested strict checking.\n"
            "Host key verification failed.",
            "its host key is not known",
            "once by hand",
        ),
        ("ops@kvm1: Permission denied (publickey).", "Permission denied (publickey).", "never asks"),
        ("ssh: Could not resolve hostname kvm1: Name or service not known", "Could not resolve", "address"),
        ("ssh: connect to host kvm1 port 22: Connection refused", "Connection refused", "sshd"),
        ("ssh: connect to host kvm1 port 22: No route to host", "No route to host", "is the host up"),
        ("Connection closed by UNKNOWN port 65535", "Connection closed", "ssh config"),
        (
            "boom\nkex_exchange_identification: Connection closed by remote host\n"
            "Connection closed by UNKNOWN port 65535",
            "its ProxyCommand ended: boom",
            "ssh config",
        ),
        (
            "ops@gate: Permission denied (publickey).\nConnection closed by UNKNOWN port 65535",
            "the login is refused: ops@gate",
            "never asks",
        ),
    ],
)
def test_words(said: str, message: str, help: str) -> None:
    error = not_opened("kvm1", "kvm1", said, 10.0)
    assert message in error.message
    assert error.message.startswith("kvm1: ")
    assert help in error.help
    assert not isinstance(error, HostHung)


@pytest.mark.parametrize("said", ["", "Connection timed out during banner exchange"])
def test_who_says_nothing_hangs(said: str) -> None:
    error = not_opened("kvm1", "kvm1", said, 10.0)
    assert isinstance(error, HostHung)
    assert "is the host up" in error.help


def test_of_verbose_words_those_are_kept_that_are_not_sshs() -> None:
    said = (
        "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19\n"
        "debug1: Executing proxy command: exec /opt/way: Permission denied\n"
        "debug1: kex_exchange_identification: banner line 0: no way\n"
        "boom"
    )
    assert spoken(said) == "no way\nboom"
