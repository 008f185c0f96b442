"""What `capture` does: which device of which host is meant, and its packets, from that host."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vnetsh.backend import Progress
from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import CannotTell, UsageError
from vnetsh.hosts import sniffer
from vnetsh.hosts.python import python
from vnetsh.hosts.transport import Transport
from vnetsh.model import Fleet, Resource, is_off, link_of
from vnetsh.nouns.packets import packets
from vnetsh.schema import Answer
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase

_LOOK = 0.2
"""Seconds between two looks whether it is broken off."""

_NO_DEVICE = {"patch": "a patch port", "gre": "a tunnel", "vxlan": "a tunnel", "geneve": "a tunnel"}


def answer(action: Phrase, asking: Asking, few: int, usual: int) -> Answer:
    """The packets that came, as lines or in a file; `few` and `usual` milliseconds where nothing is said.

    Raises `CannotTell`, `UsageError`, `HostUnreachable`.
    """
    host, device = _device(action, asking)
    count, within, to = action.value("count"), action.value("within"), action.value("to")
    most = count if isinstance(count, int) else 0 if to else few
    seconds = (within if isinstance(within, int) else usual) / 1000
    transport = asking.transport(asking.hosts[host])
    progress = asking.progress_of(host)
    if to:
        with made(Path(str(to))) as file:
            pcap = _captured(transport, device, most, seconds, progress)
            file.write_bytes(pcap)
        seen = len(list(packets(pcap)))
        text = f"{seen} packets of {device} on {host}: {to}"
        return Answer(text, {"host": host, "device": device, "packets": seen, "file": str(to)})
    lines = [one.line for one in packets(_captured(transport, device, most, seconds, progress))]
    text = "\n".join([*lines, f"{len(lines)} packets of {device} on {host}"])
    return Answer(text, {"host": host, "device": device, "packets": len(lines), "lines": lines})


def _device(action: Phrase, asking: Asking) -> tuple[str, str]:
    """The host and the device that a name means. Raises `CannotTell` where there is none, or more than one."""
    fleet, hosts, name = asking.observe(), action.texts("on"), action.name
    found: dict[str, str] = {}
    known: list[str] = []
    for host in hosts or asking.hosts:
        things = [one for kind in ("port", "bridge", "tunnel") for one in fleet.of_kind(kind, host)]
        known += [one.name for one in things]
        thing = next((one for one in things if one.name == name), None)
        if thing:
            found[host] = _link_of(thing, fleet)
        elif any(bridge.text("uplink") == name for bridge in fleet.of_kind("bridge", host)):
            found[host] = name
    if len(found) == 1:
        [(host, device)] = found.items()
        return host, device
    silent = "; ".join(error.message for error in fleet.unreachable.values())
    if found:
        raise CannotTell(
            f"`{name}` is on {' and '.join(sorted(found))}",
            help=f"say which: `capture {name} on HOST`",
            code="E512",
        )
    help = did_you_mean(
        name, known, f"it may be where nobody answers: {silent}" if silent else "`show ports` lists them"
    )
    raise CannotTell(f"there is no port, bridge or NIC `{name}`", help=help, code="E512")


def _link_of(thing: Resource, fleet: Fleet) -> str:
    """The kernel's name of what packets are seen at. Raises `CannotTell` where there is nothing."""
    if thing.kind == "tunnel" and (thing.record or {}).get("link"):
        return link_of(thing)
    why = _NO_DEVICE.get(thing.text("type")) if thing.kind in ("port", "tunnel") else None
    if why:
        raise CannotTell(
            f"`{thing.name}` on {thing.place} is {why} of Open vSwitch, which has no device",
            help="capture a port of its bridge, or have one sent copies: "
            f"`bridge {thing.text('bridge')} on {thing.place} port span0 type internal mirrors {thing.name}`",
            code="E512",
        )
    if thing.parent and thing.parent[0] == "vm":
        vm = fleet.get("vm", thing.place, thing.parent[1])
        if vm is None or is_off(vm):
            raise CannotTell(
                f"vm `{thing.parent[1]}` is off: its NIC `{thing.name}` has no link",
                help="start it",
                code="E512",
            )
    return link_of(thing)


@contextmanager
def made(path: Path) -> Iterator[Path]:
    """A new file, which is removed where nothing comes of it. Raises `UsageError` where one is there already."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        help = "choose another name: a file that is there is not written over"
        raise UsageError(f"{path}: {error.strerror}", help=help if path.exists() else "") from error
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _captured(transport: Transport, device: str, count: int, seconds: float, progress: Progress) -> bytes:
    """A pcap file's bytes. Broken off it has what came until then. Raises `CannotTell`, `HostUnreachable`."""
    code = Path(sniffer.__file__).read_text()
    process = transport.session(python(code, device, str(count), str(seconds)))
    assert process.stdout
    found, until = bytearray(), time.monotonic() + seconds
    try:
        while True:
            left = max(0.0, until - time.monotonic())
            progress(f"capturing at {device}: {left:.0f} s left")
            if select.select([process.stdout], [], [], _LOOK)[0]:
                if not (data := os.read(process.stdout.fileno(), 1 << 20)):
                    break
                found += data
    except KeyboardInterrupt:
        if not found:
            raise
    finally:
        said = _ended(process)
    if not found:
        raise CannotTell(
            f"nothing can be captured at {device}: {said or 'the way to its host was lost'}", code="E512"
        )
    return bytes(found)


def _ended(process: subprocess.Popen[bytes]) -> str:
    """End it; what it said at last."""
    assert process.stdin
    assert process.stderr
    process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
    lines = process.stderr.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
