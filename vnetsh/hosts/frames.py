"""Frames by which something tells all switches where it is."""

from __future__ import annotations

import socket
import struct


def rarp(mac: str) -> bytes:
    """The frame that QEMU sends when a VM has come to a host; it names no address."""
    own = bytes.fromhex(mac.replace(":", ""))
    return (
        b"\xff" * 6
        + own
        + struct.pack("!HHHBBH", 0x8035, 1, 0x0800, 6, 4, 3)
        + (own + bytes(4)) * 2
        + bytes(18)
    )


def announcement(mac: str, address: str, vlan: int | None = None) -> bytes:
    """What tells neighbours and switches who has an address of IPv4 or IPv6 from now on; tagged where it has a VLAN."""
    return (unsolicited_na if ":" in address else garp)(mac, address, vlan)


def garp(mac: str, address: str, vlan: int | None = None) -> bytes:
    """A gratuitous ARP request, which also those switches let through that know no RARP."""
    own, where = bytes.fromhex(mac.replace(":", "")), socket.inet_aton(address)
    head = b"\xff" * 6 + own + _tag(vlan) + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
    return head + own + where + bytes(6) + where + bytes(18)


def unsolicited_na(mac: str, address: str, vlan: int | None = None) -> bytes:
    """An unsolicited neighbour advertisement to all nodes, which overrides what they know (RFC 4861, 4.4)."""
    own, where = bytes.fromhex(mac.replace(":", "")), socket.inet_pton(socket.AF_INET6, address)
    everybody = socket.inet_pton(socket.AF_INET6, "ff02::1")
    override, own_mac = 0x20000000, b"\x02\x01" + own
    said = struct.pack("!BBHI", 136, 0, 0, override) + where + own_mac
    said = said[:2] + _checksum(where + everybody + struct.pack("!II", len(said), 58) + said) + said[4:]
    head = (
        b"\x33\x33\x00\x00\x00\x01"
        + own
        + _tag(vlan)
        + struct.pack("!HIHBB", 0x86DD, 6 << 28, len(said), 58, 255)
    )
    return head + where + everybody + said


def _tag(vlan: int | None) -> bytes:
    return struct.pack("!HH", 0x8100, vlan) if vlan else b""


def _checksum(data: bytes) -> bytes:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
