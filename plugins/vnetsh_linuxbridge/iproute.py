"""The links of another host, by `ip -json` and `ip -batch -` over ssh."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.errors import BackendRefused, ServiceAbsent
from vnetsh.transport import Completed, Transport
from vnetsh_linuxbridge.links import BRIDGE, FILTERING, FLAGS, OPTIONS, Link, Links
from vnetsh_linuxbridge.steps import AddBridge, DeleteLink, SetFlags, SetLink, Step
from vnetsh_linuxbridge.ways import StepFailed

SECONDS_A_STEP = 0.2
"""What a batch gets for each of its lines: the kernel takes up to 50 ms to remove a bridge."""
_READ = ("ip", "-json", "-details", "address", "show")
_COMMAND_FAILED = re.compile(r"^Command failed -:(\d+)$", re.MULTILINE)


class IpRoute:
    """The way to a host's links by its `ip` command."""

    def __init__(self, host: str, transport: Transport, timeout: float) -> None:
        self._host = host
        self._transport = transport
        self._timeout = timeout

    def read(self) -> Links:
        """All links, by one call. Raises `HostUnreachable`, `ServiceAbsent`, `BackendRefused`."""
        done = self._found(self._transport.ask(_READ, timeout=self._timeout))
        if done.returncode:
            raise BackendRefused(f"{self._host}: ip: {done.stderr.strip()}")
        found = (_link(entry) for entry in json.loads(done.stdout or "[]") if "ifname" in entry)
        return {link.name: link for link in found}

    def run(self, steps: Sequence[Step]) -> None:
        """Do the steps by one call. Raises `StepFailed`, `HostUnreachable`, `BackendRefused`."""
        if not steps:
            return
        lines = "".join(f"{line(step)}\n" for step in steps)
        timeout = self._timeout + len(steps) * SECONDS_A_STEP
        done = self._found(self._transport.run(["ip", "-batch", "-"], input=lines, timeout=timeout))
        if done.returncode == 0:
            return
        failed = _COMMAND_FAILED.search(done.stderr)
        words = _COMMAND_FAILED.sub("", done.stderr).strip().removeprefix("RTNETLINK answers: ")
        step = steps[int(failed[1]) - 1] if failed else None
        words = words.removeprefix("Error: ").removesuffix(".")
        raise StepFailed(step, f"{step.name}: {words}" if step else f"ip: {words}")

    def close(self) -> None:
        """The transport is not ours."""

    def _found(self, done: Completed) -> Completed:
        if done.returncode == 127:
            raise ServiceAbsent(
                f"{self._host} has no `ip` command", help=f"install the package iproute2 on {self._host}"
            )
        return done


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


def _link(entry: Mapping[str, Any]) -> Link:
    info = entry.get("linkinfo", {})
    kind = info.get("info_kind", "")
    data = info.get("info_data", {}) if kind == BRIDGE else {}
    slave = info.get("info_slave_data", {}) if info.get("info_slave_kind") == BRIDGE else {}
    return Link(
        entry["ifname"],
        kind,
        master=entry.get("master", ""),
        up="UP" in entry["flags"],
        alias=entry.get("ifalias", ""),
        mtu=entry["mtu"],
        mac=entry.get("address", ""),
        loopback="LOOPBACK" in entry["flags"],
        filters_vlans=bool(data.get(FILTERING)),
        addresses=tuple(
            f"{address['local']}/{address['prefixlen']}"
            for address in entry.get("addr_info", ())
            if address.get("local") and address.get("scope") != "link"
        ),
        options={option: _number(data[option]) for option in OPTIONS if option in data},
        flags={flag: slave[flag] for flag, usual in FLAGS.items() if slave.get(flag, usual) != usual},
    )


def _number(value: int | str) -> int:
    """A number; masks are printed in hexadecimal, as a text."""
    return int(value, 16) if isinstance(value, str) else value
