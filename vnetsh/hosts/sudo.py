"""Root's rights on a host whose login is an ordinary user's, by `sudo -n`: no password is asked for or kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.errors import NoRights
from vnetsh.hosts.relay import PROGRAMS
from vnetsh.hosts.ssh_words import last_line
from vnetsh.hosts.transport import Completed

SUDO = ("sudo", "-n", "--")

# Says who logs in; then, if sudo lets them, which of the relays are there.
ASKING = [
    "sh",
    "-c",
    f"id -un; sudo -n -- sh -c 'for p in {' '.join(PROGRAMS)}; do command -v $p; done; true'",
]


def as_root(argv: Sequence[str]) -> list[str]:
    """A command as root runs it."""
    return [*SUDO, *argv]


def relay_of(host: str, done: Completed) -> str:
    """Which of `PROGRAMS` is to relay, of what `ASKING` said. Raises `NoRights` that says what is missing."""
    user, *found = done.stdout.split() or ["?"]
    if done.returncode:
        raise _refused(host, user, done)
    names = {path.rpartition("/")[2] for path in found}
    best = next((program for program in PROGRAMS if program in names), "")
    if not best:
        raise NoRights(
            f"{host}: there is none of {', '.join(PROGRAMS)}, so root's sockets cannot be reached by sudo",
            help=f"`apt-get install socat` on {host}",
        )
    return best


def _refused(host: str, user: str, done: Completed) -> NoRights:
    said = last_line(done.stderr)
    line = f"a file in /etc/sudoers.d there: `{user} ALL=(root) NOPASSWD: ALL`"
    if done.returncode == 127 or "not found" in said:
        return NoRights(
            f"{host}: there is no sudo", help=f"install it on {host}, or log in as root without `sudo`"
        )
    if "password is required" in said:
        return NoRights(f"{host}: sudo wants a password of {user}", help=f"vnetsh never asks for one: {line}")
    if "must have a tty" in said:
        return NoRights(f"{host}: {said}", help=f"a line in sudoers there: `Defaults:{user} !requiretty`")
    return NoRights(f"{host}: sudo does not let {user} in: {said}", help=line)
