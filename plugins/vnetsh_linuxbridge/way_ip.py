"""Steps on the links of another host, by `ip -batch -` over ssh."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vnetsh.errors import BackendRefused
from vnetsh.hosts.transport import Transport
from vnetsh_linuxbridge.links import BRIDGE
from vnetsh_linuxbridge.steps import AddBridge, DeleteLink, SetFlags, SetLink, Step
from vnetsh_linuxbridge.way import StepFailed

SECONDS_A_STEP = 0.2
"""What a batch gets for each of its lines: the kernel takes up to 50 ms to remove a bridge."""
_COMMAND_FAILED = re.compile(r"^Command failed -:(\d+)$", re.MULTILINE)


class IpWay:
    """The way to a host's links by its `ip` command."""

    def __init__(self, host: str, transport: Transport, timeout: float) -> None:
        self._host = host
        self._transport = transport
        self._timeout = timeout

    def run(self, steps: Sequence[Step]) -> None:
        """Do the steps by one call. Raises `StepFailed`, `HostUnreachable`, `BackendRefused`."""
        if not steps:
            return
        lines = "".join(f"{line(step)}\n" for step in steps)
        timeout = self._timeout + len(steps) * SECONDS_A_STEP
        done = self._transport.run(["ip", "-batch", "-"], input=lines, timeout=timeout)
        if done.returncode == 0:
            return
        failed = _COMMAND_FAILED.search(done.stderr)
        words = _COMMAND_FAILED.sub("", done.stderr).strip().removeprefix("RTNETLINK answers: ")
        step = steps[int(failed[1]) - 1] if failed else None
        words = words.removeprefix("Error: ").removesuffix(".")
        raise StepFailed(step, f"{step.name}: {words}" if step else f"ip: {words}")


def line(step: Step) -> str:
    """A step as a line for `ip -batch`. Raises `BackendRefused` for a text that cannot be said there."""
    match step:
        case AddBridge():
            words = ["link", "add", "name", step.name]
            words += ["address", step.mac] if step.mac else []
            words += ["type", BRIDGE]
            for option, value in (step.options or {}).items():
                words += [option, str(value)]
        case DeleteLink():
            words = ["link", "delete", "dev", step.name]
        case SetLink():
            words = ["link", "set", "dev", step.name]
            if step.master is not None:
                words += ["master", step.master] if step.master else ["nomaster"]
            if step.alias is not None:
                words += ["alias", step.alias]
            words += ["mtu", str(step.mtu)] if step.mtu is not None else []
            if step.up is not None:
                words += ["up" if step.up else "down"]
        case SetFlags():
            words = ["link", "set", "dev", step.name, "type", "bridge_slave"]
            for flag, value in step.flags.items():
                words += [flag, "on" if value else "off"]
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """A word as `ip -batch` reads it back.

    It knows quotes but no escapes, cuts a line at `#` wherever that stands, and takes a line's end for a new
    command: what would be read as something else is refused (makeargs and getcmdline in iproute2's lib).
    """
    if re.fullmatch(r"[A-Za-z0-9_.:@%+=/-]+", word):
        return word
    quote = "'" if '"' in word else '"'
    if quote in word or re.search(r"[#\n\r\\]", word):
        raise BackendRefused(
            f"{word!r} cannot be said to `ip -batch`", help="change that name or alias by hand"
        )
    return f"{quote}{word}{quote}"
