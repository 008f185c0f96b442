"""Steps on the links of another host, by `ip -batch -` over ssh."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from vnetsh.errors import BackendRefused
from vnetsh.hosts.gated import Gated
from vnetsh.hosts.transport import Transport
from vnetsh_linuxbridge.encap import NOWHERE, VXLAN, Encap
from vnetsh_linuxbridge.links import BRIDGE
from vnetsh_linuxbridge.steps import (
    AddBridge,
    AddTunnel,
    DeleteLink,
    SetFlags,
    SetFlood,
    SetLink,
    SetOptions,
    SetRemote,
    SetSecondName,
    SetStatic,
    SetVlans,
    Step,
)
from vnetsh_linuxbridge.way import StepFailed

NONE: Mapping[str, int] = {}
SECONDS_A_STEP = 0.2
"""What a batch gets for each of its lines: the kernel takes up to 50 ms to remove a bridge."""
_COMMAND_FAILED = re.compile(r"^Command failed -:(\d+)$", re.MULTILINE)


class IpWay:
    """The way to a host's links by its `ip` command."""

    def __init__(
        self, host: str, transport: Transport | Gated, timeout: float, numbers: Mapping[str, int] = NONE
    ) -> None:
        self._host = host
        self._transport = transport
        self._timeout = timeout
        self._numbers = numbers

    def run(self, steps: Sequence[Step]) -> None:
        """Do the steps, neighbours of one program by one call.

        Raises `StepFailed`, `HostUnreachable`, `BackendRefused`.
        """
        lines = [line(step, self._numbers) for step in steps]
        done = 0
        for program, some in groupby(steps, key=program_of):
            batch = list(some)
            self._batch(program, batch, lines[done : done + len(batch)])
            done += len(batch)

    def _batch(self, program: str, steps: Sequence[Step], lines: Sequence[str]) -> None:
        timeout = self._timeout + len(steps) * SECONDS_A_STEP
        text = "".join(f"{line}\n" for line in lines)
        done = self._transport.run([program, "-batch", "-"], input=text, timeout=timeout)
        if done.returncode == 0:
            return
        failed = _COMMAND_FAILED.search(done.stderr)
        words = _COMMAND_FAILED.sub("", done.stderr).strip().removeprefix("RTNETLINK answers: ")
        step = steps[int(failed[1]) - 1] if failed else None
        words = words.removeprefix("Error: ").removesuffix(".")
        raise StepFailed(step, f"{step.name}: {words}" if step else f"{program}: {words}")


def program_of(step: Step) -> str:
    """The program of iproute2 that does a step."""
    return "bridge" if isinstance(step, SetFlood | SetStatic | SetVlans) else "ip"


def line(step: Step, numbers: Mapping[str, int] = NONE) -> str:
    """A step as a line for its program's `-batch`; a link that it makes has the number that is given for its name.

    Raises `BackendRefused` for a text that cannot be said there.
    """
    words = words_of(step)
    if isinstance(step, AddBridge | AddTunnel) and step.name in numbers:
        words[4:4] = ["index", str(numbers[step.name])]
    return " ".join(map(_quoted, words))


def words_of(step: Step) -> list[str]:
    """A step as words for its program."""
    match step:
        case AddBridge():
            words = ["link", "add", "name", step.name]
            words += ["address", step.mac] if step.mac else []
            words += ["type", BRIDGE, *_options(step.options or {})]
        case SetOptions():
            words = ["link", "set", "dev", step.name, "type", BRIDGE, *_options(step.options)]
        case AddTunnel():
            words = ["link", "add", "name", step.name]
            words += ["address", step.mac] if step.mac else []
            words += _tunnel(step.encap)
        case SetRemote():
            words = ["link", "set", "dev", step.name, "type", VXLAN, "remote", step.remote]
        case DeleteLink():
            words = ["link", "delete", "dev", step.name]
        case SetFlood():
            verb = "append" if step.on else "del"
            words = ["fdb", verb, NOWHERE, "dev", step.name, "dst", step.remote]
        case SetStatic():
            words = ["fdb", "replace" if step.on else "del", step.mac, "dev", step.name, "master"]
            words += ["static"] if step.on else []
        case SetVlans():
            words = ["vlan", "add" if step.on else "del", "vid", *step.vlans.split(), "dev", step.name]
            words += ["self"] if step.itself else []
        case SetSecondName():
            verb = "add" if step.on else "del"
            words = ["link", "property", verb, "dev", step.name, "altname", step.second]
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
    return words


def _tunnel(device: Encap) -> list[str]:
    words = ["type", device.kind]
    if device.kind == VXLAN:
        words += ["id", str(device.id)]
    elif device.id is not None:
        words += ["key", str(device.id)]
    words += ["remote", device.remote] if device.remote else []
    words += ["local", device.local] if device.local else []
    if device.kind == VXLAN:
        words += ["dstport", str(device.port), "learning" if device.learning else "nolearning"]
    elif device.kind == "ip6gretap":
        words += ["encaplimit", "none"]
    elif not device.df:
        words += ["nopmtudisc"]
    words += ["csum"] if device.csum else []
    words += ["ttl", device.ttl] if device.ttl != "0" else []
    return words + (["tos", device.tos] if device.tos != "0" else [])


def _options(options: Mapping[str, int]) -> list[str]:
    return [word for option, value in options.items() for word in (option, str(value))]


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
