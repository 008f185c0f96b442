"""Read and write on a host what its network system does at each start."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vnetsh.errors import BackendRefused
from vnetsh.hosts.boot.files import OWN, SYSTEMS, File, Stanzas

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

_WHICH = """\
if ! first=$(readlink /proc/1/ns/net); then echo 'none only root can tell what the host does at its start'
elif [ "$first" != "$(readlink /proc/self/ns/net)" ]; then
    echo 'none this network is not the one that the host starts with'
elif [ -r /etc/network/interfaces ] && command -v ifup >/dev/null; then
    if grep -Eqs '^[[:space:]]*source(-directory)?[[:space:]]+/etc/network/interfaces\\.d(/\\*)?[[:space:]]*$' \\
        /etc/network/interfaces
    then
        if [ -w /etc/network ]; then echo ifupdown ifupdown; else echo 'none its /etc/network cannot be written'; fi
    else echo 'none its /etc/network/interfaces does not say `source /etc/network/interfaces.d/*`'
    fi
elif [ -d /run/systemd/system ] && ! [ -w /etc/systemd/system ]; then
    echo 'none its /etc/systemd/system cannot be written'
elif [ -d /run/systemd/system ]; then
    managers=systemd
    if [ -e /run/systemd/netif/state ]; then managers="$managers networkd"; fi
    if [ -d /run/NetworkManager ]; then managers="$managers NetworkManager"; fi
    echo "$managers"
else echo 'none the host has neither ifupdown nor systemd'
fi
"""
"""Where ifupdown is installed it is what Debian starts the network by, beside systemd as well."""


@dataclass(frozen=True)
class AtStart:
    """What a host does at each start of what a part of vnetsh made there.

    `system` is its network system, empty where it has none that is known; `why` says so then. `managers` are those that
    give interfaces their addresses.
    """

    system: str = ""
    why: str = ""
    stanzas: Stanzas = field(default_factory=dict)
    managers: Sequence[str] = ()


def read(transport: Transport, part: str, timeout: float) -> AtStart:
    """Ask a host what it does at each start for a part. Raises `HostUnreachable`."""
    shown = "".join(
        f"if [ -r {system.path(part)} ]; then echo '{_FILE}{name}'; cat {system.path(part)}; fi\n"
        for name, system in SYSTEMS.items()
    )
    done = transport.run(["sh", "-c", _WHICH + shown], timeout=timeout)
    first, _, text = done.stdout.partition("\n")
    system, _, more = first.partition(" ")
    if system not in SYSTEMS:
        return AtStart("", more or done.stderr.strip() or "the host does not tell")
    files = dict(file.split("\n", 1) for file in f"\n{text}".split(f"\n{_FILE}")[1:])
    return AtStart(system, "", SYSTEMS[system].stanzas(files.get(system, "")), more.split())


_FILE = "## of "
"""Begins the line before a file: of a system that the host had before there may still be one."""


def write(transport: Transport, part: str, system: str, stanzas: Stanzas, timeout: float) -> None:
    """Have a host do this at each start for a part. Raises `HostUnreachable`, `BackendRefused`."""
    put(transport, SYSTEMS[system].files(part, stanzas), timeout)


def put(transport: Transport, files: Iterable[File], timeout: float) -> None:
    """Write files on a host, or remove them. Raises `HostUnreachable`, `BackendRefused`."""
    done = transport.run(["sh", "-s"], input=writing(files), timeout=timeout)
    if done.returncode:
        words = done.stderr.strip() or f"exit code {done.returncode}"
        raise BackendRefused(
            f"what the host does at each start cannot be written: {words}",
            help="is it root that vnetsh comes as, and the disk not full?",
        )


def writing(files: Iterable[File]) -> str:
    """The shell script that writes files, each at once or not at all, and removes those that are not to be there."""
    lines = ["set -e", "umask 022"]
    for file in files:
        path = shlex.quote(file.path)
        folder, _, _ = file.path.rpartition("/")
        if file.text is None:
            lines.append(f"rm -f {path}")
            if file.path.startswith(f"{OWN}/"):
                lines.append(f"rmdir {shlex.quote(folder)} {OWN} 2>/dev/null || :")
        elif file.link:
            lines += [f"mkdir -p {shlex.quote(folder)}", f"ln -sfn {shlex.quote(file.link)} {path}"]
        else:
            lines += [f"mkdir -p {shlex.quote(folder)}", f"path=$(readlink -f {path})"]
            lines.append(_WRITE.format(text=shlex.quote(file.text)))
    return "\n".join(lines) + "\n"


# The name begins with a dot: so nobody who reads all of a folder's files reads it.
_WRITE = """\
new=${{path%/*}}/.${{path##*/}}.vnetsh-new
printf %s {text} >"$new"
if [ -e "$path" ]; then chmod --reference="$path" "$new"; chown --reference="$path" "$new"; fi
sync "$new"
mv "$new" "$path"
"""
