"""Which tool a command line is of, and what it comes to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from vnetsh.errors import UsageError
from vnetsh.interface.other_tools import brctl, iproute, nmcli, ovs_vsctl, virsh, virt_install
from vnetsh.interface.other_tools.said import Command, Said

_TOOLS: Mapping[str, Command] = {
    "virt-install": virt_install.said,
    "virsh": virsh.said,
    "ovs-vsctl": ovs_vsctl.said,
    "ip": iproute.said,
    "bridge": iproute.bridge_said,
    "brctl": brctl.said,
    "nmcli": nmcli.said,
}


def _words_of(line: str) -> list[str]:
    """The words of a command line, as a shell has them. Raises `UsageError`."""
    try:
        return shlex.split(line.replace("\\\n", " "))
    except ValueError as error:
        raise UsageError(f"that is no command line: {error}") from error


def said_of(line: str, host: str, addresses: Mapping[str, str]) -> Said:
    """What a command line comes to on a host. Raises `UsageError` where it is of none of these tools."""
    words = _words_of(line)
    while words and (words[0] == "sudo" or words[0].endswith("/sudo")):
        del words[0]
    name = words[0].rpartition("/")[2] if words else ""
    if name not in _TOOLS:
        help = f"it knows those of {', '.join(_TOOLS)}; without a command line it reads what the hosts hold"
        raise UsageError(f"`{name or line}` is no command that takeover knows", help=help)
    found = Said(host, addresses)
    _TOOLS[name](words[1:], found)
    return found
