"""The files in which a host's network system is told what to do at each start: their texts, and back. Pure.

Each part of vnetsh (a backend) has files of its own, which it writes anew as a whole. ifupdown reads an interface's
stanza at `ifup`, with the commands that bring it about; they are not taken back at `ifdown`, by which a restart of the
network would part vms from their bridges. Where systemd starts the host, beside networkd, netplan or NetworkManager, a
unit runs the same commands: these systems cannot say all of it (a VXLAN device's flooding, a link's second name), and
leave alone what they were not told of.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Stanzas = Mapping[str, Sequence[str]]
"""By network device, the shell commands that bring it about, in their order; or `OPTION`s."""

OPTION = "option: "
"""Begins a line of a stanza that is no command: one of ifupdown's own, `mtu 1400`."""

OWN = "/etc/vnetsh"
"""A host's folder for what vnetsh keeps there; it goes with the last file in it."""

IFUPDOWN = "ifupdown"
"""The name of Debian's own network system."""
NETWORKD = "networkd"
"""systemd's, also beneath netplan."""

AS_IT_IS = "surrogateescape"
"""How what is no UTF-8 in others' files is read and written: as it is."""

_HEAD = "# Written by vnetsh, anew with each change: what it made here, for each start of the host ({part})."


@dataclass(frozen=True)
class File:
    """A file of a host: `text` is None of one that is not to be there, `link` is where a symbolic link leads."""

    path: str
    text: str | None = None
    link: str = ""


class Ifupdown:
    """Debian's ifupdown, where its `interfaces` reads what stands in `interfaces.d`."""

    name = IFUPDOWN

    def path(self, part: str) -> str:
        """The file that holds a part's commands."""
        return f"/etc/network/interfaces.d/vnetsh-{part}"

    def obeyed(self, part: str) -> str:
        """The file without which nobody heeds that one."""
        return self.path(part)

    def files(self, part: str, stanzas: Stanzas, after: Sequence[str] = ()) -> Sequence[File]:
        """The files of a part, none of them there where nothing is to come again.

        `after` other parts it comes by its name: the files are read in that order.
        """
        return [File(self.path(part), self._text(part, stanzas) if stanzas else None)]

    def _text(self, part: str, stanzas: Stanzas) -> str:
        lines = [_HEAD.format(part=part)]
        for device, commands in stanzas.items():
            lines += ["", f"auto {device}", f"iface {device} inet manual"]
            lines += ["    " + _ifupdown(command) for command in commands]
        return "\n".join(lines) + "\n"

    def stanzas(self, text: str) -> Stanzas:
        """What a part's file says."""
        found: dict[str, list[str]] = {}
        device = ""
        for line in text.split("\n"):
            word, _, rest = line.strip().partition(" ")
            if word == "iface":
                device = rest.split()[0]
                found[device] = []
            elif word == "pre-up" and rest.endswith(_REGARDLESS):
                found[device].append(rest.removesuffix(_REGARDLESS))
            elif device and word not in ("", "auto"):
                found[device].append(OPTION + line.strip())
        return found


def _ifupdown(command: str) -> str:
    return command.removeprefix(OPTION) if command.startswith(OPTION) else f"pre-up {command}{_REGARDLESS}"


_REGARDLESS = " || true"
"""Ends a command: one that fails keeps the others from nothing."""


class Systemd:
    """A unit of systemd's that runs a script."""

    name = "systemd"

    def path(self, part: str) -> str:
        """The file that holds a part's commands."""
        return f"{OWN}/at-start/{part}"

    def obeyed(self, part: str) -> str:
        """The link to the unit that runs it: `systemctl disable` removes that."""
        return f"{_WANTED}vnetsh-{part}.service"

    def files(self, part: str, stanzas: Stanzas, after: Sequence[str] = ()) -> Sequence[File]:
        """The files of a part, none of them there where nothing is to come again; it waits for what it is `after`."""
        unit = f"vnetsh-{part}.service"
        places = self.path(part), f"/etc/systemd/system/{unit}", self.obeyed(part)
        if not stanzas:
            return [File(path) for path in reversed(places)]
        return [
            File(places[0], self._text(part, stanzas)),
            File(places[1], _unit(part, places[0], after)),
            File(places[2], "", link=places[1]),
        ]

    def _text(self, part: str, stanzas: Stanzas) -> str:
        lines = [_HEAD.format(part=part)]
        for device, commands in stanzas.items():
            lines += ["", f"# device {device}", *commands]
        return "\n".join(lines) + "\n"

    def stanzas(self, text: str) -> Stanzas:
        """What a part's file says."""
        found: dict[str, list[str]] = {}
        device = ""
        for line in text.split("\n"):
            if line.startswith("# device "):
                device = line.removeprefix("# device ")
                found[device] = []
            elif line and device:
                found[device].append(line)
        return found


def _unit(part: str, script: str, after: Sequence[str]) -> str:
    waits = "".join(f"After=vnetsh-{other}.service\n" for other in after)
    return _UNIT.format(part=part, script=script, waits=waits)


_WANTED = "/etc/systemd/system/multi-user.target.wants/"
_UNIT = """\
[Unit]
Description=What vnetsh made of this host's network ({part})
Wants=network-pre.target
After=network-pre.target systemd-udevd.service systemd-networkd.service NetworkManager.service
After=ovs-vswitchd.service openvswitch-switch.service systemd-resolved.service
{waits}Before=network-online.target libvirtd.service virtqemud.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/bin/sh {script}

[Install]
WantedBy=multi-user.target
"""

System = Ifupdown | Systemd
SYSTEMS: Mapping[str, System] = {one.name: one for one in (Ifupdown(), Systemd())}
"""The ways in which hosts are told, by name."""


def unless_there(device: str, command: str) -> str:
    """A command that is run where a device is not there."""
    return f"{_there(device)} || {command}"


def waiting_for(device: str, *, by_others: bool = True) -> str:
    """The command that waits a little for a device; one that others' configuration makes it has brought about."""
    asked = f"ifup {shlex.quote(device)} 2>/dev/null || " if by_others else ""
    waits = shlex.quote(f"until {_there(device)}; do sleep 0.1; done")
    return unless_there(device, f"{asked}timeout 5 sh -c {waits}")


def _there(device: str) -> str:
    return f"ip link show dev {shlex.quote(device)} >/dev/null 2>&1"
