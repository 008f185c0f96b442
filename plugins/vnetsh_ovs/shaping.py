"""Whether what limits a port is at work: vswitchd only writes into its log that it could not have it so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from vnetsh.hosts.transport import Transport
from vnetsh.model import Change, Value
from vnetsh.schema import Rate
from vnetsh_ovs.fields import LIMITS

_SHAPED = r"""
command -v tc >/dev/null || exit 1
for port; do
    tc class show dev "$port" 2>/dev/null | sed -n "s/^class htb 1:fffe root .* ceil \([^ ]*\).*/$port \1/p"
done
exit 0
"""
_RATE = re.compile("([0-9]+)([KMGT]?)bit", re.ASCII)
_POWERS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_NEAR = 0.01
"""The kernel counts whole bytes, and `tc` shows three digits at least."""


def otherwise(transport: Transport, changes: Sequence[Change], timeout: float) -> Iterator[str]:
    """Ports that are limited and should not be, or should and are not, or to something else, in words.

    In either datapath it is the kernel that limits what is sent by a device. Nothing where the host cannot show that.
    Raises `HostUnreachable`.
    """
    ports = {
        change.after.name: next((v for name in LIMITS if (v := change.after.get(name)) is not None), None)
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
    found = _rates(shaped.stdout)
    for port, wanted in ports.items():
        now = found.get(port)
        if now is None and wanted is not None:
            yield f"{port} is not limited"
        elif now is not None and wanted is None:
            yield f"{port} is limited still"
        elif now is not None and not _is_near(now, wanted):
            yield f"{port} is limited to {_shown(now)}, not to {_shown(wanted)}"


def _rates(text: str) -> Mapping[str, int]:
    """Bits a second by port, from lines of a port's name and a rate as `tc` shows it."""
    found = {}
    for port, rate in (line.split() for line in text.splitlines()):
        if told := _RATE.fullmatch(rate):
            found[port] = int(told[1]) * _POWERS[told[2]]
    return found


def _is_near(now: int, wanted: Value) -> bool:
    return isinstance(wanted, int) and abs(now - wanted) <= max(8, _NEAR * wanted)


def _shown(rate: Value) -> str:
    return Rate().show(rate)
