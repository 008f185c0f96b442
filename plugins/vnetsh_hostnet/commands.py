"""The commands by which a host gets what it is to have: now, and at each start. Pure."""

from __future__ import annotations

from vnetsh.backend import HostCommand
from vnetsh.model import Resource
from vnetsh_hostnet.files import dhcp_file, nat_file
from vnetsh_hostnet.fitting import texts


def ip(text: str, *words: str) -> HostCommand:
    """`ip`, for what is of the family of an address."""
    return HostCommand(("ip", "-6", *words) if ":" in text else ("ip", *words))


def switching_on(device: str, how: str = "up") -> HostCommand:
    """A device goes on, or off."""
    return HostCommand(("ip", "link", "set", device, how))


def giving(text: str, device: str) -> HostCommand:
    """A device has an address."""
    # A bridge on which nobody is yet would never end looking for others that have an IPv6 address.
    nodad = ("nodad",) if ":" in text else ()
    return ip(text, "address", "replace", text, "dev", device, *nodad)


def addressing(address: Resource) -> list[HostCommand]:
    """A device has all its addresses."""
    return [giving(text, address.name) for text in texts(address, "addresses")]


def routing(route: Resource, how: str) -> HostCommand:
    """`add`, `replace` or `delete` a route."""
    words = (route.name, "via", route.text("via"), "dev", route.text("dev"))
    return ip(route.name, "route", how, *words, *(() if how == "delete" else ("proto", "static")))


def forwarding(value: str) -> HostCommand:
    """The host forwards what is not for itself (`1`), or not (`0`)."""
    return HostCommand(("sysctl", "-q", "-w", f"net.ipv4.ip_forward={value}"))


def letting_out(device: str) -> HostCommand:
    """The rules of a NAT come into force."""
    return HostCommand(("nft", "-f", nat_file(device)))


def lending(device: str) -> HostCommand:
    """A network's dnsmasq begins."""
    return HostCommand(("dnsmasq", f"--conf-file={dhcp_file(device)}"))
