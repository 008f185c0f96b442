"""What a host does at each start besides what Open vSwitch's database says: addresses and NICs are the kernel's. Pure.

A bridge whose uplink brought the host's addresses along is made again there, should the power fail between the one and
the other: so the host always has its addresses where its uplink leads.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from vnetsh.hosts.boot.files import Stanzas, waiting_for
from vnetsh.model import Attributes, Fleet, Resource
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs.observing import facts_of

PART = "ovs"


@dataclass(frozen=True)
class TakenOver:
    """A bridge that has a NIC's addresses: lines for `ip`, in their order, and shell commands that follow them.

    `columns` are those of a bridge that has to be made again.
    """

    bridge: str
    nic: str
    columns: Mapping[str, str]
    lines: Sequence[str]
    after: Sequence[str] = ()

    def commands(self) -> list[str]:
        """What brings it about."""
        bridge, nic = shlex.quote(self.bridge), shlex.quote(self.nic)
        columns = " ".join(shlex.quote(f"{name}={value}") for name, value in self.columns.items())
        made = f"ovs-vsctl --timeout=10 --may-exist add-br {bridge}"
        made += f" -- set bridge {bridge} {columns}" if columns else ""
        return [
            *being_up(self.nic),
            f"ovs-vsctl --timeout=10 br-exists {bridge} || {made}",
            f"ovs-vsctl --timeout=10 --may-exist add-port {bridge} {nic}",
            *(f"ip {line}" for line in self.lines),
            *self.after,
        ]


def being_up(nic: str) -> list[str]:
    """What has a NIC up."""
    return [waiting_for(nic), f"ip link set dev {shlex.quote(nic)} up"]


def said_of(stanzas: Stanzas, bridge: str, nic: str, addresses: Collection[str]) -> bool:
    """Whether a host has a bridge's uplink up at each start, and gives the bridge these addresses."""
    commands = stanzas.get(bridge, ())
    words = {word for command in commands for word in command.split()}
    return set(being_up(nic)) <= set(commands) and {address.split()[-1] for address in addresses} <= words


def lasting(bridge: Resource, fleet: Fleet) -> Attributes:
    """Whether a bridge is to survive a reboot: of one without an uplink all stands in the database."""
    wanted = bridge.text("uplink") and not unlasting(bridge, fleet)
    return {SURVIVES: "yes" if wanted else None}


def unlasting(bridge: Resource, fleet: Fleet) -> str:
    """Why the uplink that a bridge has, or gets, does not survive a reboot; empty where it does, or there is none."""
    uplink, found = bridge.text("uplink"), facts_of(fleet, bridge.place)
    if not uplink:
        return ""
    if not found.at_start.system:
        return found.at_start.why
    if uplink in found.leased:
        return f"its address is leased: have the DHCP client run on {bridge.name}"
    if found.addresses.get(uplink) and not {"ifupdown", "networkd", "NetworkManager"} & {
        *found.at_start.managers
    }:
        return f"nothing is known there that gives {uplink} its address"
    return ""
