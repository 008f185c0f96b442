"""A guest tries a way itself, asked by its QEMU guest agent: `guest-exec` of a shell command."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import libvirt_qemu

from vnetsh.backend import Progress
from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import Link
from vnetsh_libvirt.outage.addresses import AGENT

PATIENCE = 2
"""Seconds that an agent gets to answer one question."""

_PING = r"""
said=$(ping -q -c "$2" -i 0.2 -W 1 "$1" 2>&1)
case "$said" in
    *transmitted*) echo "$said" ;;
    *) ping -q -c "$2" -W 1 "$1" ;;  # one that knows no interval
esac
"""
_TCP = r"""
if command -v python3 >/dev/null; then
    python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' "$1" "$2"
elif command -v bash >/dev/null; then
    timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2"
else
    nc -w 2 "$1" "$2" </dev/null
fi
"""
_COUNTS = re.compile(r"(\d+) packets transmitted, (\d+) (?:packets )?received")


class NoAgent(Exception):
    """The guest cannot be asked: it has no agent, or that may not do it. In words."""


class NoWay(NoAgent):
    """The guest itself says that it knows no way there: it may get an address yet. In words."""


@dataclass(frozen=True)
class Said:
    """What a command in a guest said."""

    code: int
    text: str
    errors: str


class Guest:
    """A guest, asked by a link of its own: an agent may hang, and that link with it. A context manager."""

    def __init__(self, host: LibvirtHost, uuid: str) -> None:
        self._link: Link = host.link.another()
        self._domain = self._link.call(self._link.connection.lookupByUUIDString, uuid)

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def ping(self, address: str, count: int, progress: Progress) -> tuple[int, int]:
        """How many pings it sent, and how many were answered. Raises `NoAgent`, `NoWay`."""
        said = self._run(_PING, [address, str(count)], 1.5 * count + 5, progress)
        found = _COUNTS.findall(said.text)
        if not found:
            why = _why(said)
            raise (NoWay if "unreachable" in why else NoAgent)(why or "its `ping` said nothing")
        sent, answered = found[-1]
        return int(sent), int(answered)

    def tcp(self, address: str, port: int, progress: Progress) -> str:
        """Why it gets no connection; empty where it does. Raises `NoAgent`."""
        said = self._run(_TCP, [address, str(port)], 5, progress)
        if said.code == 127:
            raise NoAgent("its guest has neither python3, bash nor nc")
        return "" if said.code == 0 else _why(said) or "no connection"

    def _run(self, script: str, words: Sequence[str], seconds: float, progress: Progress) -> Said:
        arguments = {"path": "/bin/sh", "arg": ["-c", script, "sh", *words], "capture-output": True}
        told = self._ask("guest-exec", arguments)
        pid = told.get("pid") if isinstance(told, dict) else None
        until = time.monotonic() + seconds
        while True:
            told = self._ask("guest-exec-status", {"pid": pid})
            if not isinstance(told, dict):  # a guest says what it likes
                raise NoAgent("what its agent says makes no sense")
            if told.get("exited"):
                code = told.get("exitcode", 1)
                return Said(
                    code if isinstance(code, int) else 1, _text(told, "out-data"), _text(told, "err-data")
                )
            if time.monotonic() > until:
                raise NoAgent("a command that was begun in it does not end")
            progress("a guest tries it itself")
            time.sleep(0.1)

    def _ask(self, what: str, arguments: Mapping[str, object]) -> Any:
        command = json.dumps({"execute": what, "arguments": arguments})
        try:
            told = self._link.call(libvirt_qemu.qemuAgentCommand, self._domain, command, PATIENCE, 0)
            return json.loads(told)["return"]
        except (BackendRefused, HostUnreachable) as error:
            raise NoAgent(error.message) from error
        except (KeyError, TypeError, ValueError) as error:
            raise NoAgent("what its agent says makes no sense") from error


def has_agent(host: LibvirtHost, name: str) -> str:
    """The UUID of a VM whose guest's agent is there; empty where it has none."""
    domain = host.domain(name)
    live = host.live(domain) if domain is not None else None
    return live.uuid if live is not None and live.root.find(AGENT) is not None else ""


def _text(told: Mapping[str, Any], key: str) -> str:
    try:
        return base64.b64decode(str(told.get(key, ""))).decode(errors="replace")
    except ValueError:
        return ""


def _why(said: Said) -> str:
    lines = said.errors.strip().splitlines()
    return lines[-1].strip() if lines else ""
