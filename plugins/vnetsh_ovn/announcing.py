"""Addresses outside are announced where they are at once, when their vm has moved.

OVN's controller does so itself, but a second after it has learnt that they are its own (`send_garp_rarp_update` of
its pinctrl), and one of IPv6 never: so long the switches outside would send to the old host.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from vnetsh.backend import Context
from vnetsh.errors import VnetshError
from vnetsh.hosts.frames import announcement
from vnetsh.hosts.workers import at_once
from vnetsh.model import Change
from vnetsh_ovn.rows import NAT, ROUTER, SWITCH, Index
from vnetsh_ovn.shapes.eips import BOTH_WAYS
from vnetsh_ovn.shapes.networks import LOCALNET
from vnetsh_ovsdb.operations import as_scalar

_SEND = r"""
while test $# -gt 0; do
    # As if it came from the integration bridge.
    port=patch-$1-to-br-int
    bridge=$(ovs-vsctl --timeout=2 port-to-br "$port") &&
        number=$(ovs-vsctl --timeout=2 get interface "$port" ofport) &&
        ovs-ofctl --timeout=2 -O OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14 \
            packet-out "$bridge" "in_port=$number packet=$2 actions=table"
    shift 2
done
"""


class Announcement(NamedTuple):
    """A frame that is to leave a host by the port of a network that leads outside."""

    host: str
    port: str
    frame: bytes


def announcements(changes: Sequence[Change], index: Index) -> Sequence[Announcement]:
    """What is to be announced when these changes are made: those that end the move of a vm which has such addresses."""
    moved = {one.resource.text("interface"): host for one in changes if (host := _arrived(one))}
    return [
        Announcement(moved[port], outside, announcement(mac, str(row["external_ip"]), vlan))
        for uuid, row in (index.rows(NAT) if moved else ())
        if (port := str(as_scalar(row.get("logical_port")) or "")) in moved and row.get("type") == BOTH_WAYS
        if (mac := as_scalar(row.get("external_mac")))
        for outside, vlan in _outsides(index, uuid)
    ]


def _arrived(change: Change) -> str:
    """The host that a NIC is on alone from a change on, on which it could be among others before; else empty."""
    before, after = (one.get("at") if one else None for one in (change.before, change.after))
    if change.resource.kind != "attachment" or not isinstance(before, tuple) or not isinstance(after, tuple):
        return ""
    return str(after[0]) if len(before) > len(after) == 1 else ""


def _outsides(index: Index, translation: str) -> Iterator[tuple[str, int | None]]:
    """The ports by which networks of a translation's router lead outside, with their VLANs."""
    router = index.owner(translation, ROUTER)[1]
    for _, port in index.owned(ROUTER, router, "ports") if router else ():
        end = index.ends.get(str(port["name"]), "")
        switch = index.owner(end, SWITCH)[1]
        for _, other in index.owned(SWITCH, switch, "ports") if switch else ():
            if other.get("type") == LOCALNET:
                yield str(other["name"]), as_scalar(other.get("tag"))


def announce(told: Sequence[Announcement], context: Context) -> None:
    """Send them from their hosts. It never raises: switches learn it of the next frame, too."""
    by_host: dict[str, list[str]] = {}
    for one in told:
        by_host.setdefault(one.host, []).extend((one.port, one.frame.hex()))

    def send(host: str) -> None:
        with suppress(VnetshError):
            command = ["sh", "-c", _SEND, "sh", *by_host[host]]
            context.transport(context.host(host)).ask(command, timeout=context.timeout)

    at_once("announcing", send, by_host)
