"""The types of values that are addresses: of hosts, of interfaces, of networks, of NICs. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import ClassVar

from vnetsh.schema.values import BadValue, ValueType


class Address(ValueType):
    """An IPv4 or IPv6 address."""

    usually: ClassVar[str] = "an address"

    def describe(self) -> str:
        """Which addresses."""
        return f"{self.what}, IPv4 or IPv6: `192.0.2.1`, `2001:db8::1`"

    def parse(self, text: str) -> str:
        """The address in its usual form."""
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise BadValue(f"`{text}` is not an IP address", "such as `192.0.2.1` or `2001:db8::1`") from None


class Ipv4Address(ValueType):
    """An IPv4 address."""

    usually: ClassVar[str] = "an IPv4 address"

    def describe(self) -> str:
        """What it looks like."""
        return f"{self.what}: `192.0.2.1`"

    def parse(self, text: str) -> str:
        """The address in its usual form."""
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError:
            raise BadValue(f"`{text}` is not {self.what}", "such as `192.0.2.1`") from None


class AddressRange(ValueType):
    """The addresses from a first to a last one, both of them included; or one address alone."""

    usually: ClassVar[str] = "a range of addresses"

    def describe(self) -> str:
        """Which addresses, and how they are written."""
        return f"{self.what}, IPv4 or IPv6: `192.0.2.10-192.0.2.20`, in short `192.0.2.10-20`; or one address"

    def parse(self, text: str) -> str:
        """The range in its usual form: both addresses in full; one address when both are the same."""
        first, dash, last = text.partition("-")
        if dash and last.isascii() and last.isdigit():  # `192.0.2.10-20`
            last = first.rpartition(".")[0] + "." + last
        try:
            low, high = ipaddress.ip_address(first), ipaddress.ip_address(last if dash else first)
        except ValueError:
            help = "the first and the last address: `192.0.2.10-192.0.2.20`"
            raise BadValue(f"`{text}` is not {self.what}", help) from None
        if low.version != high.version:
            raise BadValue(
                f"`{text}` leads from IPv{low.version} to IPv{high.version}", "take one of the two"
            )
        if int(high) < int(low):
            raise BadValue(f"the range `{text}` is empty", f"the smaller address comes first: `{high}-{low}`")
        return str(low) if low == high else f"{low}-{high}"


def _with_prefix(text: str, what: str, help: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """An address and the length of its prefix, which must be said."""
    try:
        if "/" not in text or "%" in text:
            raise ValueError(text)
        return ipaddress.ip_interface(text)
    except ValueError:
        raise BadValue(f"`{text}` is not {what}", help) from None


class InterfaceAddress(ValueType):
    """An address that an interface has, with the length of its network's prefix: `10.0.0.1/24`."""

    usually: ClassVar[str] = "an address with its prefix"

    def describe(self) -> str:
        """Which addresses."""
        return f"{self.what}, IPv4 or IPv6: `10.0.0.1/24`, `2001:db8::1/64`"

    def parse(self, text: str) -> str:
        """Address and prefix in their usual form."""
        help = "an address and the length of its network's prefix: `10.0.0.1/24` or `2001:db8::1/64`"
        said = _with_prefix(text, self.what, help)
        network = said.network
        if network.num_addresses > 2 and said.ip == network.network_address:
            example = f"{network.network_address + 1}/{network.prefixlen}"
            raise BadValue(f"`{said}` is the network itself", f"an address in it is meant: `{example}`")
        if said.version == 4 and network.num_addresses > 2 and said.ip == network.broadcast_address:
            raise BadValue(f"`{said}` is the network's broadcast address", "take one before it")
        return str(said)


@dataclass(frozen=True)
class Subnet(ValueType):
    """An IPv4 or IPv6 network, in its usual form.

    Two things of a script must not have subnets that overlap (E214), unless `overlaps` allows it: for networks that
    never meet, as those that each tenant has for itself.
    """

    what: str = "a subnet"
    overlaps: bool = False

    def describe(self) -> str:
        """Which subnets."""
        return f"{self.what}, IPv4 or IPv6: `192.0.2.0/24`, `2001:db8::/64`"

    def parse(self, text: str) -> str:
        """The subnet in its usual form."""
        help = "an address and the length of its prefix: `192.0.2.0/24` or `2001:db8::/64`"
        said = _with_prefix(text, self.what, help)
        if said.ip != said.network.network_address:
            raise BadValue(
                f"`{text}` has bits set after its prefix", f"the subnet that it lies in is `{said.network}`"
            )
        return str(said.network)


class Mac(ValueType):
    """A unicast Ethernet address, in lower case with colons."""

    usually: ClassVar[str] = "a MAC address"

    def describe(self) -> str:
        """Which addresses."""
        return f"{self.what}, not a multicast one: `52:54:00:12:34:56`"

    def parse(self, text: str) -> str:
        """The address in its usual form."""
        mac = text.lower().replace("-", ":")
        if not re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", mac):
            raise BadValue(f"`{text}` is not a MAC address", "six bytes: `52:54:00:12:34:56`")
        if int(mac[:2], 16) & 1:
            raise BadValue(
                f"`{text}` is a multicast address", "the first byte of a NIC's own address is even"
            )
        return mac
