"""Whether what limits a port is at work: vswitchd only writes into its log that it could not have it so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.hosts.transport import Transport
from vnetsh.model import Change
from vnetsh_ovs.fields import LIMITS, limit_columns

_SHAPED = r"""
command -v tc >/dev/null || exit 1
for port; do tc qdisc show dev "$port" | grep -q '^qdisc htb' && echo "$port"; done
exit 0
"""


def otherwise(transport: Transport, changes: Sequence[Change], timeout: float) -> Iterator[str]:
    """Ports that are limited and should not be, or should and are not, in words. Raises `HostUnreachable`.

    In either datapath it is the kernel that limits what is sent by a device. None where the host cannot show that.
    """
    ports = {
        change.after.name: bool(limit_columns(change.after))
        for change in changes
        # Taken back it has again what others gave it, whatever that is.
        if change.after
        and not change.undo
        and change.after.kind == "port"
        and LIMITS.keys() & change.differing().keys()
    }
    if not ports:
        return
    shaped = transport.ask(["sh", "-c", _SHAPED, "sh", *ports], timeout=timeout)
    if shaped.returncode:
        return
    found = shaped.stdout.split()
    for port, limited in ports.items():
        if limited is not (port in found):
            yield f"{port} is limited still" if not limited else f"{port} is not limited"
