"""What of a step's changes a host is told for its start: whether it can be, before; and then, when they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.backend import ApplyFailed
from vnetsh.errors import BackendRefused
from vnetsh.model import Change
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs.rows import Index
from vnetsh_ovs.uplink.at_start import StartOfHost
from vnetsh_ovs.uplink.guarding import read_addresses

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

_OF_NICS = {"uplink", "nics", SURVIVES}


@dataclass(frozen=True)
class Due:
    """Changes of which a host is told for its start. Both methods raise `ApplyFailed`, `HostUnreachable`."""

    changes: Sequence[Change]
    host: str
    transport: Transport
    timeout: float

    def refuse(self) -> None:
        """See that the host can be told, before they are made."""
        try:
            StartOfHost(self.transport, self.timeout).refuse(self.changes)
        except BackendRefused as error:
            raise ApplyFailed(f"{self.host}: {error.message}", help=error.help) from error

    def keep(self, done: Sequence[Change], index: Index) -> None:
        """Tell the host, all these changes being done."""
        try:
            addresses = read_addresses(self.transport, self.timeout)
            StartOfHost(self.transport, self.timeout).keep(self.changes, index, addresses)
        except BackendRefused as error:
            raise ApplyFailed(f"{self.host}: {error.message}", done=done, help=error.help) from error


def due(changes: Sequence[Change], host: str, transport: Transport | None, timeout: float) -> Due | None:
    """What of these changes a host is to be told; None where that is nothing, or there is no way to tell."""
    found = [change for change in changes if change.differing().keys() & _OF_NICS]
    return Due(found, host, transport, timeout) if found and transport else None
