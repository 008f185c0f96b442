"""What a host itself tells of its state: how long a login takes, who we are there, its clock, its cards' counters."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh.errors import VnetshError
from vnetsh.hosts.locking_here import who_we_are
from vnetsh.hosts.transport import Transport
from vnetsh.journal import Run
from vnetsh.model import Finding, Fleet, Host

_STATE = r"""
PATH=$PATH:/usr/sbin:/sbin
echo "user $(id -un)"
echo "groups $(id -Gn)"
echo "kernel $(uname -sr)"
for python in python3 /usr/libexec/platform-python; do
    command -v "$python" >/dev/null 2>&1 && { echo "python $("$python" -V 2>&1)"; break; }
done
test "$(id -u)" = 0 || ! sudo -n true 2>/dev/null || echo "sudo yes"
for program; do command -v "$program" >/dev/null 2>&1 && echo "has $program"; done
for lock in /run/vnetsh/root /run/vnetsh/lock; do # root's, and that of all others
    test ! -r "$lock" || flock -s -n "$lock" true || { echo "locked $(head -c 200 "$lock")"; break; }
done 2>/dev/null
cd /sys/class/net && grep -s . */statistics/[rt]x_errors */statistics/[rt]x_packets
true
"""
_COUNTER = re.compile(r"(.+)/statistics/([rt]x)_(errors|packets):(\d+)")


@dataclass(frozen=True)
class Examined:
    """What a host told; nothing where it did not answer, and then `failed` says why.

    `login` is how long a new connection took in seconds, `clock` how far its clock is before this machine's, `unsure`
    by how much that may be wrong. `errors` are, of each link that counted some, errors and all packets. `has` are the
    programs of those asked for that are installed. `locked`: who has its lock.
    """

    failed: tuple[VnetshError, ...] = ()
    login: float | None = None
    local: bool = False
    user: str = ""
    groups: tuple[str, ...] = ()
    sudo: bool = False
    kernel: str = ""
    python: str = ""
    clock: float | None = None
    unsure: float = 0.0
    errors: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    has: frozenset[str] = frozenset()
    locked: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What was seen of all places, and what they told of themselves.

    `silent` says of each place and backend why it told nothing, `hosts` what each host itself told: nothing of those
    that are imagined. `findings` are the backends' own, `cut_off` the runs that were begun here and ended without a
    word.
    """

    fleet: Fleet
    silent: Mapping[tuple[str, str], VnetshError]
    hosts: Mapping[str, Examined]
    findings: Sequence[Finding]
    cut_off: Sequence[Run] = ()


def examine(transport: Transport, host: Host, programs: Sequence[str], timeout: float) -> Examined:
    """Ask a host, `timeout` seconds a question at most. Raises nothing."""
    try:
        began = time.monotonic()
        transport.run_anew(["true"], timeout=timeout)
        login = time.monotonic() - began
        said = transport.ask(["sh", "-c", _STATE, "sh", *programs], timeout=timeout).stdout
        before = time.time()  # the way is open by now
        now = transport.ask(["date", "+%s.%N"], timeout=timeout).stdout.strip()
        after = time.time()
    except VnetshError as error:
        return Examined(failed=(error,), local=transport.local)
    words = dict(line.partition(" ")[::2] for line in said.splitlines())
    known = re.fullmatch(r"\d+(\.\d+)?", now)  # of a `date` without nanoseconds only the seconds count
    return Examined(
        login=login,
        local=transport.local,
        user=words.get("user", ""),
        groups=tuple(words.get("groups", "").split()),
        sudo=host.flag("sudo") or "sudo" in words,
        kernel=words.get("kernel", ""),
        python=words.get("python", ""),
        clock=float(now) - (before + after) / 2 if known else None,
        unsure=(after - before) / 2,
        errors=_errors(said),
        has=frozenset(line.removeprefix("has ") for line in said.splitlines() if line.startswith("has ")),
        locked="" if words.get("locked") == who_we_are() else words.get("locked", ""),
    )


def _errors(said: str) -> Mapping[str, tuple[int, int]]:
    found: dict[str, dict[str, int]] = {}
    for line in said.splitlines():
        if counter := _COUNTER.fullmatch(line):
            link, _, what, number = counter.groups()
            counted = found.setdefault(link, {"errors": 0, "packets": 0})
            counted[what] += int(number)
    return {link: (one["errors"], one["packets"]) for link, one in found.items() if one["errors"]}
