"""Captured packets: read from a pcap file's bytes, and each said in a line. Pure."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

_HEADER, _EACH = 24, 16
_TAGS = frozenset({0x8100, 0x88A8})
_ARP, _IPV4, _IPV6 = 0x0806, 0x0800, 0x86DD
_NAMES = {0x8035: "RARP", 0x88CC: "LLDP", 0x8809: "LACP"}
_PROTOCOLS = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 47: "GRE", 58: "ICMPv6"}
_WITH_PORTS = frozenset({6, 17})


@dataclass(frozen=True)
class Packet:
    """One, with the second at which it was seen, by its host's clock."""

    at: float
    data: bytes

    @property
    def line(self) -> str:
        """The time, who sends to whom, its VLANs, what it is, and its length in bytes."""
        time = datetime.fromtimestamp(self.at).strftime("%H:%M:%S.%f")
        return f"{time} {said(self.data)}, {len(self.data)} bytes"


def packets(pcap: bytes) -> Iterator[Packet]:
    """The packets of a pcap file of this byte order; one that is cut off at its end is left out."""
    at = _HEADER
    while at + _EACH <= len(pcap):
        seconds, microseconds, length, _ = struct.unpack_from("<IIII", pcap, at)
        at += _EACH
        if at + length > len(pcap):
            return
        yield Packet(seconds + microseconds / 1e6, pcap[at : at + length])
        at += length


def said(frame: bytes) -> str:
    """What a frame is, in words."""
    if len(frame) < 14:
        return "a fragment"
    target, source, at = _mac(frame[:6]), _mac(frame[6:12]), 12
    words = [f"{source} > {target}"]
    while (kind := _number(frame, at)) in _TAGS and len(frame) >= at + 6:
        words.append(f"VLAN {_number(frame, at + 2) & 0xFFF}")
        at += 4
    return " ".join([*words, _payload(kind, frame[at + 2 :])])


def _payload(kind: int, data: bytes) -> str:
    if kind == _ARP and len(data) >= 28:
        sender, target = socket.inet_ntoa(data[14:18]), socket.inet_ntoa(data[24:28])
        return (
            f"ARP who has {target}, tell {sender}" if data[7] == 1 else f"ARP {sender} is {_mac(data[8:14])}"
        )
    if kind == _IPV4 and len(data) >= 20:
        addresses = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
        return _ip(data[9], *addresses, data[(data[0] & 15) * 4 :], first=not _number(data, 6) & 0x1FFF)
    if kind == _IPV6 and len(data) >= 40:
        ends = [socket.inet_ntop(socket.AF_INET6, data[at : at + 16]) for at in (8, 24)]
        return _ip(data[6], ends[0], ends[1], data[40:], first=True)
    return _NAMES.get(kind, f"type {kind:#06x}")


def _ip(protocol: int, source: str, target: str, data: bytes, *, first: bool) -> str:
    name = _PROTOCOLS.get(protocol, f"IP protocol {protocol}")
    if protocol in _WITH_PORTS and first and len(data) >= 4:
        source, target = f"{source} port {_number(data, 0)}", f"{target} port {_number(data, 2)}"
    return f"{name} {source} > {target}"


def _mac(data: bytes) -> str:
    return data.hex(":")


def _number(data: bytes, at: int) -> int:
    return int(struct.unpack_from("!H", data, at)[0]) if len(data) >= at + 2 else 0
