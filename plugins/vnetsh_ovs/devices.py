"""Network devices that a host has of its own: no bridge or internal port may be called like one of them. Pure.

In the userspace datapath vswitchd does not refuse that, it takes the device: a tap that nobody holds open (of a vm
that does not run, of a VPN) becomes the switch's, and is removed with the port. A tunnel may be called like a device:
Open vSwitch makes none of its name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vnetsh.hosts.links import Entry, kinds_of
from vnetsh.model import Fleet, Resource
from vnetsh.model.facts import ALTNAME
from vnetsh_ovs.observing import facts_of


def foreign(links: Sequence[Entry], known: Collection[str]) -> dict[str, str]:
    """The devices that are not Open vSwitch's, by name, with the kernel's kind (empty of a NIC).

    `links` is what `ip -json -details addr show` says, `known` are the interfaces that the database holds. A
    Linux bridge is left out: the fleet tells of it, also whether a plan has removed it before, and vswitchd
    does not take it; so are second names of devices, of which the fleet tells, too.
    """
    return {
        name: "" if kind == "loopback" else kind
        for name, kind in kinds_of(links).items()
        if name not in known and kind != "bridge" and not kind.startswith(ALTNAME)
    }


def owner_of_name(new: Resource, fleet: Fleet) -> str:
    """What has a new bridge's or port's name already, in words; empty when nothing has, or nothing is known."""
    makes_device = new.kind == "bridge" or new.text("type") == "internal"
    if not makes_device or fleet.hosts[new.place].text("vswitchd") == "skip":
        return ""
    kind = facts_of(fleet, new.place).devices.get(new.name)
    if kind is None:
        return ""
    return "a network device of the host's own" + (f" (of kind {kind})" if kind else "")
