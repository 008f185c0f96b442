"""Network devices that a host has of its own: no bridge or internal port may be called like one of them. Pure.

In the userspace datapath vswitchd does not refuse that, it takes the device: a tap that nobody holds open (of a vm
that does not run, of a VPN) becomes the switch's, and is removed with the port. A tunnel may be called like a device:
Open vSwitch makes none of its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from vnetsh.model import Fleet, Resource
from vnetsh_ovs.observing import facts_of


def foreign(links: Iterable[Mapping[str, Any]], known: Collection[str]) -> dict[str, str]:
    """The devices that are not Open vSwitch's, by name, with the kernel's kind (empty of a NIC).

    `links` is what `ip -json -details addr show` says, `known` are the interfaces that the database holds. A
    Linux bridge is left out: the fleet tells of it, also whether a plan has removed it before, and vswitchd
    does not take it.
    """
    return {
        link["ifname"]: _kind(link)
        for link in links
        if link["ifname"] not in known and _kind(link) != "bridge" and not _left_over(link)
    }


def _kind(link: Mapping[str, Any]) -> str:
    return str(link.get("linkinfo", {}).get("info_kind", ""))


def _left_over(link: Mapping[str, Any]) -> bool:
    """Whether a device is one that a vswitchd made, and left behind when it ended.

    Of its taps one knows that by `PROMISC`: it asks for that on every device of the userspace datapath, and no
    vm's tap has it, not even on a Linux bridge (which makes it promiscuous without that flag).
    """
    tap = _kind(link) == "tun" and "PROMISC" in link["flags"] and "master" not in link
    return tap or _kind(link) == "openvswitch"


def owner_of_name(new: Resource, fleet: Fleet) -> str:
    """What has a new bridge's or port's name already, in words; empty when nothing has, or nothing is known."""
    makes_device = new.kind == "bridge" or new.text("type") == "internal"
    if not makes_device or fleet.hosts[new.place].text("vswitchd") == "skip":
        return ""
    kind = facts_of(fleet, new.place).devices.get(new.name)
    if kind is None:
        return ""
    return "a network device of the host's own" + (f" (of kind {kind})" if kind else "")
