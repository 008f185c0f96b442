"""What a command says while it is given its input: bounded in time, and in length."""

from __future__ import annotations

import os
import selectors
import time
from subprocess import Popen, TimeoutExpired

from vnetsh.errors import HostHung, HostUnreachable

MOST = 256 << 20
"""Bytes of an answer that are taken: a host may keep 100 MiB of runs, and the flows of a large bridge are more."""

_CHUNK = 1 << 16


def talk(process: Popen[bytes], input: bytes, timeout: float, host: str, command: str) -> tuple[bytes, bytes]:
    """All that a process says on both its ways, until it has ended. It has pipes for all three.

    Raises `HostHung` when that takes too long, `HostUnreachable` when it says too much; it goes on then.
    """
    assert process.stdin
    assert process.stdout
    assert process.stderr
    deadline = time.monotonic() + timeout
    rest, said = memoryview(input), {process.stdout: bytearray(), process.stderr: bytearray()}
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as ways:
        ways.register(process.stdin, selectors.EVENT_WRITE, process.stdin)
        for pipe in said:
            ways.register(pipe, selectors.EVENT_READ, pipe)
        while ways.get_map():
            ready = [key.data for key, _ in ways.select(max(0.0, deadline - time.monotonic()))]
            if not ready and time.monotonic() >= deadline:
                raise hangs(host, command, timeout)
            for pipe in ready:
                if pipe is process.stdin:
                    rest = _given(process.stdin.fileno(), rest)
                    over = not rest
                else:
                    data = os.read(pipe.fileno(), _CHUNK)
                    said[pipe] += data
                    over = not data
                    if len(said[pipe]) > MOST:
                        raise endless(host, command)
                if over:
                    ways.unregister(pipe)
                    pipe.close()
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except TimeoutExpired:
        raise hangs(host, command, timeout) from None
    return bytes(said[process.stdout]), bytes(said[process.stderr])


def _given(way: int, data: memoryview) -> memoryview:
    """Give a process some of its input; what is left to be given."""
    try:
        return data[os.write(way, data[:_CHUNK]) :] if data else data
    except BlockingIOError:
        return data
    except OSError:  # it reads no more
        return data[:0]


def hangs(host: str, command: str, timeout: float) -> HostHung:
    """What is said where a command takes too long."""
    return HostHung(
        f"{host}: `{command}` gave no answer in {timeout:g} s", help=f"is {host} overloaded or hung?"
    )


def endless(host: str, command: str) -> HostUnreachable:
    """What is said where an answer would go on for ever, and fill this machine."""
    return HostUnreachable(
        f"{host}: `{command}` says more than {MOST >> 20} MiB",
        help=f"what does it say on {host} itself? `… | head` shows its beginning",
    )
