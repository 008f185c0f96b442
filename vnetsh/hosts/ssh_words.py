"""What ssh says when it cannot open a connection, and what helps then. Pure."""

from __future__ import annotations

import re

from vnetsh.errors import HostHung, HostUnreachable

_KEY = "compare it with the host's own (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there)"
_REASONS = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed",
        "its host key is another one than known_hosts has",
        f"was it installed anew, or is it another machine? {_KEY}, then `ssh-keygen -R` the old one",
    ),
    (
        r"Host key verification failed|host key is known",
        "its host key is not known",
        f"`ssh {{target}}` once by hand, and {_KEY}",
    ),
    (
        r"Permission denied|Too many authentication failures|No supported authentication",
        "the login is refused: {said}",
        "`ssh {target}` must work without a password: vnetsh never asks for one. Which user, which key?",
    ),
    (
        r"Could not resolve hostname",
        "{said}",
        "its name is not known here: say its `address`, or `ssh NAME` as your ssh config has it",
    ),
    (r"Connection refused", "{said}", "the machine is up, but its sshd is not: `systemctl start ssh` there"),
    (
        r"timed out|No route to host|is unreachable|Host is down",
        "{said}",
        "is the host up, and the network to it? `ssh {target}` goes the same way",
    ),
)
_BY_PROXY = re.compile(r"UNKNOWN port \d+")
_BANNER = re.compile(r"debug1: kex_exchange_identification: banner line \d+: ")
_VERBOSE = re.compile(r"debug\d: |OpenSSH_")
_SSHS_OWN = re.compile(r"kex_exchange_identification: |banner exchange: |.*UNKNOWN port \d+")
_OTHERWISE = "try `ssh {target}`: vnetsh goes the way that your ssh config says"


def not_opened(host: str, target: str, said: str, timeout: float) -> HostUnreachable:
    """Why there is no connection, by what ssh said; when it said nothing, it took too long."""
    last = last_line(said)
    if not last:
        help = f"is the host up, and the network to it? {_OTHERWISE.format(target=target)}"
        return HostHung(f"{host}: ssh could not connect in {timeout:g} s", help=help)
    for pattern, message, help in _REASONS:
        found = re.search(pattern, said, re.IGNORECASE)
        if found:
            line = next(line for line in said.splitlines() if found[0] in line).strip()
            kind = HostHung if "timed out" in found[0].lower() else HostUnreachable
            return kind(f"{host}: {message.format(said=line)}", help=help.format(target=target))
    lines = [line for line in said.splitlines() if line.strip() and not _SSHS_OWN.match(line)]
    if lines and by_proxy(said):
        last = f"its ProxyCommand ended: {lines[-1].strip()}"
    return HostUnreachable(f"{host}: {last}", help=_OTHERWISE.format(target=target))


def by_proxy(said: str) -> bool:
    """Whether it was a ProxyCommand that ended, and did not hang: of that ssh itself knows nothing to tell."""
    return bool(_BY_PROXY.search(said)) and "timed out" not in said


def spoken(said: str) -> str:
    """What `ssh -v` says but for what only it says; with what came where sshd's greeting should."""
    lines = (_BANNER.sub("", line) for line in said.splitlines())
    return "\n".join(line for line in lines if not _VERBOSE.match(line))


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
