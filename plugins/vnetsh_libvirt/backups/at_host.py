"""Long commands on a host that end with us, and a guest whose file systems rest no longer than we live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from subprocess import TimeoutExpired

from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh_libvirt.libvirt_host import LibvirtHost

LOOK = 0.2
"""Seconds between two words on a command."""

_BOUND = (
    'exec 3<&0; "$@" </dev/null & work=$!; { cat <&3 >/dev/null; kill $work; } 2>/dev/null & watch=$!; '
    "wait $work; code=$?; kill $watch 2>/dev/null; exit $code"
)
"""Runs a command that is ended when our end of its input is closed, however that comes."""

_REST = (
    'virsh="timeout 20 virsh -q -c qemu:///system"; '
    '{ $virsh domfsfreeze "$1" >/dev/null 2>&1 && echo resting || echo not; }; '
    'cat >/dev/null; $virsh domfsthaw "$1" >/dev/null 2>&1 && echo thawed || echo not'
)
"""Has a guest's file systems rest until our end of the input is closed."""


def run(host: LibvirtHost, command: Sequence[str], say: Callable[[], None]) -> str:
    """What a command prints that may take minutes; `say` is called again and again, and may raise.

    Raises `BackendRefused` with its last words, `HostUnreachable` when the way is lost.
    """
    session = host.transport.session(["sh", "-c", _BOUND, "sh", *command])
    try:
        while session.poll() is None:
            try:
                session.wait(LOOK)
            except TimeoutExpired:
                say()
        out, err = (
            stream.read().decode(errors="replace") if stream else ""
            for stream in (session.stdout, session.stderr)
        )
    finally:
        if session.stdin:
            session.stdin.close()
        if session.poll() is None:
            session.kill()
            session.wait()
    if session.returncode == 255 and (broken := host.transport.broken()):
        raise HostUnreachable(f"{host.name}: {broken}")
    if session.returncode:
        said = err.strip().splitlines()[-1:] or [f"{command[0]} ended with {session.returncode}"]
        raise BackendRefused(
            f"{host.name}: {said[0]}",
            help=f"{command[0]} of {host.name} says so: is there room, and is it there (Debian: qemu-utils)?",
        )
    return out


@contextmanager
def resting(host: LibvirtHost, uuid: str) -> Iterator[bool]:
    """Have a guest write all to its disks and rest, where its agent answers; whether it does.

    It goes on in the end, also when we are killed meanwhile. Raises `BackendRefused` where it does not go on.
    """
    session = host.transport.session(["sh", "-c", _REST, "sh", uuid])
    assert session.stdin
    assert session.stdout
    try:
        rests = session.stdout.readline().strip() == b"resting"
        yield rests
    finally:
        session.stdin.close()
        thawed = session.stdout.readline().strip() == b"thawed"
        session.wait()
    if rests and not thawed:
        raise BackendRefused(
            f"{host.name}: the guest's agent does not say that its file systems go on",
            help=f"`virsh domfsthaw {uuid}` on {host.name}, or reset the vm",
        )
