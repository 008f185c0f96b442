"""Read and write on a host what its network system does at each start."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vnetsh.errors import BackendRefused
from vnetsh.hosts.boot.files import AS_IT_IS, IFUPDOWN, NETWORKD, OWN, SYSTEMS, File, Stanzas

if TYPE_CHECKING:
    from vnetsh.hosts.gated import Gated
    from vnetsh.hosts.transport import Transport

_WHICH = """\
if ! first=$(readlink /proc/1/ns/net); then echo 'none only root can tell what the host does at its start'
elif [ "$first" != "$(readlink /proc/self/ns/net)" ]; then
    echo 'none this network is not the one that the host starts with'
elif [ -r /etc/network/interfaces ] && command -v ifup >/dev/null; then
    if grep -Eqs '^[[:space:]]*source(-directory)?[[:space:]]+/etc/network/interfaces\\.d(/\\*)?[[:space:]]*$' \\
        /etc/network/interfaces
    then
        if [ -w /etc/network ]; then
            known=$(sed -n 's/^[[:space:]]*iface[[:space:]]\\{1,\\}\\([^[:space:]]*\\).*/\\1/p' \\
                /etc/network/interfaces /etc/network/interfaces.d/* 2>/dev/null | tr '\\n' ' ')
            printf '%s\\n' "ifupdown ifupdown $known"
        else echo 'stuck ifupdown its /etc/network cannot be written'; fi
    else echo 'none its /etc/network/interfaces does not say `source /etc/network/interfaces.d/*`'
    fi
elif [ -d /run/systemd/system ] && ! [ -w /etc/systemd/system ]; then
    echo 'stuck systemd its /etc/systemd/system cannot be written'
elif [ -d /run/systemd/system ]; then
    managers=systemd
    if [ -e /run/systemd/netif/state ]; then managers="$managers networkd"; fi
    if [ -d /run/NetworkManager ]; then
        managers="$managers NetworkManager $(nmcli -t -f DEVICE,STATE device 2>/dev/null |
            sed '/:unmanaged$/d; s/:[^:]*$//' | tr '\n' ' ')"
    fi
    echo "$managers"
else echo 'none the host has neither ifupdown nor systemd'
fi
"""
"""Where ifupdown is installed it is what Debian starts the network by, beside systemd as well."""


@dataclass(frozen=True)
class AtStart:
    """What a host does at each start of what a part of vnetsh made there.

    `system` is its network system, empty where it has none that is known; `why` says so then. `managers` are those that
    give interfaces their addresses, `configured` the interfaces that ifupdown or NetworkManager knows. `stuck` is what
    it was told once, where nothing can be told now. `others` is what it does for the other parts, a file each.
    """

    system: str = ""
    why: str = ""
    stanzas: Stanzas = field(default_factory=dict)
    managers: Sequence[str] = ()
    configured: Sequence[str] = ()
    stuck: Stanzas = field(default_factory=dict)
    others: Sequence[Stanzas] = ()

    def refuse(self, devices: Iterable[str]) -> None:
        """Raise `BackendRefused` where a device is to change that the host makes at each start, come what may."""
        if found := [device for device in devices if device in self.stuck]:
            raise BackendRefused(
                f"the host makes {', '.join(found)} at each start, and cannot be told otherwise: {self.why}",
                help="have its files written again: is a disk read-only?",
            )

    def given(self, device: str) -> list[str]:
        """The addresses, each with its prefix, that other parts of vnetsh's give a device."""
        lines = [line.split() for stanzas in self.others for line in stanzas.get(device, ())]
        return [words[words.index("replace") + 1] for words in lines if {"address", "replace"} <= {*words}]

    def gives(self, nic: str) -> bool:
        """Whether what gives a NIC its addresses at each start is known."""
        if IFUPDOWN in self.managers:
            return nic in self.configured
        return NETWORKD in self.managers

    def holds(self, nic: str) -> bool:
        """Whether NetworkManager has a NIC: it would take it down when it is to leave it alone."""
        return _HOLDING in self.managers and nic in self.configured


def read(transport: Transport, part: str, timeout: float) -> AtStart:
    """Ask a host what it does at each start for a part. Raises `HostUnreachable`."""
    shown = "".join(
        f"if [ -r {system.path(part)} ] && [ -e {system.obeyed(part)} ]; then\n"
        f"    echo '{_FILE}{name}'; cat {system.path(part)}\nfi\n"
        f"for f in {system.path('*')}; do\n"
        f"    [ ! -r $f ] || [ $f = {system.path(part)} ] || {{ echo '{_FILE}{_OTHERS}{name}'; cat $f; }}\ndone\n"
        for name, system in SYSTEMS.items()
    )
    done = transport.run(["sh", "-c", _WHICH + shown], timeout=timeout)
    first, _, text = done.stdout.partition("\n")
    system, _, more = first.partition(" ")
    found = [file.split("\n", 1) for file in f"\n{text}".split(f"\n{_FILE}")[1:]]
    files = dict(found)
    if system not in SYSTEMS:
        stuck: Stanzas = {}
        if system == _STUCK:
            system, _, more = more.partition(" ")
            stuck = SYSTEMS[system].stanzas(files.get(system, ""))
        return AtStart("", more or done.stderr.strip() or "the host does not tell", stuck=stuck)
    words = more.split()
    known = next((at for at, word in enumerate(words, 1) if word in (IFUPDOWN, _HOLDING)), len(words))
    managers, configured = words[:known], words[known:]
    told = SYSTEMS[system]
    others = [told.stanzas(file) for name, file in found if name == _OTHERS + system]
    return AtStart(system, "", told.stanzas(files.get(system, "")), managers, configured, others=others)


_STUCK = "stuck"
_HOLDING = "NetworkManager"
_FILE = "## of "
"""Begins the line before a file: of a system that the host had before there may still be one."""
_OTHERS = "others of "
"""Begins the name of a system before a file of another part."""


def write(transport: Transport | Gated, part: str, system: str, stanzas: Stanzas, timeout: float) -> None:
    """Have a host do this at each start for a part. Raises `HostUnreachable`, `BackendRefused`."""
    put(transport, SYSTEMS[system].files(part, stanzas), timeout)


def put(transport: Transport | Gated, files: Iterable[File], timeout: float) -> None:
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
    lines = ["set -e", "umask 022", "new=", 'trap \'[ -z "$new" ] || rm -f "$new"\' EXIT']
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
            data = base64.b64encode(file.text.encode(errors=AS_IT_IS)).decode()
            lines.append(_WRITE.format(data=data))
    return "\n".join(lines) + "\n"


# In letters and digits others' text means nothing to any shell on its way. What is so already is not touched.
# The new file's name begins with a dot: so nobody who reads all of a folder's files reads it.
_WRITE = """\
data={data}
if ! [ -f "$path" ] || [ "$(base64 -w0 "$path")" != "$data" ]; then
    new=${{path%/*}}/.${{path##*/}}.vnetsh-new
    echo "$data" | base64 -d >"$new"
    if [ -e "$path" ]; then chmod --reference="$path" "$new"; chown --reference="$path" "$new"; fi
    sync "$new"
    mv "$new" "$path"
    new=
fi
"""
