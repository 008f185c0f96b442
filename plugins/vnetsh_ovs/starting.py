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

    `added` are the words of `ovs-vsctl` that make these `nics` its uplink, or a bond of it.
    `columns` are those of a bridge that has to be made again. `in_place_of` are the NICs whose own configuration is set
    aside for it: besides its uplink those that were it before, and left their addresses there.
    """

    bridge: str
    nics: Sequence[str]
    added: Sequence[str]
    columns: Mapping[str, str]
    lines: Sequence[str]
    after: Sequence[str] = ()
    in_place_of: Sequence[str] = ()

    def commands(self) -> list[str]:
        """What brings it about."""
        bridge = shlex.quote(self.bridge)
        columns = " ".join(shlex.quote(f"{name}={value}") for name, value in self.columns.items())
        made = f"ovs-vsctl --timeout=10 --may-exist add-br {bridge}"
        made += f" -- set bridge {bridge} {columns}" if columns else ""
        return [
            *(_IN_PLACE_OF + other for other in self.in_place_of),
            *being_up(self.bridge, self.nics),
            f"ovs-vsctl --timeout=10 br-exists {bridge} || {made}",
            f"ovs-vsctl --timeout=10 --may-exist {shlex.join(self.added)}",
            *(f"ip {line}" for line in self.lines if not _BY_ROUTERS & set(line.split())),
            *self.after,
        ]


_BY_ROUTERS = frozenset({"mngtmpaddr", "ra"})
"""Words of addresses and routes that routers tell an interface (IPv6): they tell the bridge, too."""


_IN_PLACE_OF = ": in place of "
"""Begins a command that does nothing, and says of which NIC a bridge has the addresses."""


def in_place_of(commands: Sequence[str]) -> list[str]:
    """The NICs whose own configuration is set aside for a bridge with these commands."""
    return [line.removeprefix(_IN_PLACE_OF) for line in commands if line.startswith(_IN_PLACE_OF)]


def being_up(thing: str, nics: Sequence[str]) -> list[str]:
    """What has the NICs of a bridge or a port up; others are not asked to make the one in whose stanza that stands."""
    waits = {nic: waiting_for(nic, by_others=nic != thing) for nic in nics}
    return [line for nic in nics for line in (waits[nic], f"ip link set dev {shlex.quote(nic)} up")]


def nics_of(thing: Resource) -> tuple[str, ...]:
    """The host's NICs that a bridge or a port needs: its uplink, a bond's, the one that it is."""
    nics, uplink = thing.get("nics"), thing.text("uplink")
    if isinstance(nics, tuple):
        return tuple(map(str, nics))
    is_nic = thing.kind == "port" and thing.get("type") in (None, "system")
    return (thing.name,) if is_nic else tuple(filter(None, [uplink]))


def said_of(stanzas: Stanzas, thing: str, nics: Sequence[str], addresses: Collection[str] = ()) -> bool:
    """Whether a host has the NICs of a bridge or a port up at each start, and gives the bridge these addresses.

    Of IPv6 it is not looked to: some of them come and go by what routers tell.
    """
    commands = stanzas.get(thing, ())
    words = {word for command in commands for word in command.split()}
    wanted = {address.split()[-1] for address in addresses if ":" not in address}
    return set(being_up(thing, nics)) <= set(commands) and wanted <= words


def lasting(thing: Resource, fleet: Fleet) -> Attributes:
    """Whether a bridge or a port is to survive a reboot: of one without NICs all stands in the database."""
    wanted = nics_of(thing) and not unlasting(thing, fleet)
    return {SURVIVES: "yes" if wanted else None}


def unlasting(thing: Resource, fleet: Fleet) -> str:
    """Why the NICs of a bridge or a port do not survive a reboot; empty where they do, or there are none."""
    nics, found = nics_of(thing), facts_of(fleet, thing.place)
    if not nics:
        return ""
    if not found.at_start.system:
        return found.at_start.why
    if any(nic in found.leased for nic in nics):
        return f"its address is leased: have the DHCP client run on {thing.text('bridge') or thing.name}"
    unknown = [nic for nic in nics if found.addresses.get(nic) and not found.at_start.gives(nic)]
    return f"nothing is known there that gives {unknown[0]} its address" if unknown else ""
