"""What captured packets are, in words."""

from __future__ import annotations

import struct

import pytest

from vnetsh.hosts.sniffer import HEADER
from vnetsh.nouns.packets import packets, said

TARGET, SOURCE = bytes.fromhex("525400000002"), bytes.fromhex("525400000001")
WHO = "52:54:00:00:00:01 > 52:54:00:00:00:02"
ONE, OTHER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])


def frame(kind: int, data: bytes = b"", tags: bytes = b"") -> bytes:
    return TARGET + SOURCE + tags + struct.pack("!H", kind) + data


def ipv4(protocol: int, data: bytes = b"", fragment: int = 0) -> bytes:
    return (
        struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 0, fragment, 64, protocol, 0) + ONE + OTHER + data
    )


ARP = struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + SOURCE + ONE + bytes(6) + OTHER
REPLY = struct.pack("!HHBBH", 1, 0x800, 6, 4, 2) + SOURCE + ONE + TARGET + OTHER
IPV6 = struct.pack("!IHBB", 6 << 28, 8, 58, 255) + bytes(15) + b"\1" + bytes(15) + b"\2"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (frame(0x0806, ARP), f"{WHO} ARP who has 10.0.0.2, tell 10.0.0.1"),
        (frame(0x0806, REPLY), f"{WHO} ARP 10.0.0.1 is 52:54:00:00:00:01"),
        (frame(0x0800, ipv4(1)), f"{WHO} ICMP 10.0.0.1 > 10.0.0.2"),
        (
            frame(0x0800, ipv4(17, struct.pack("!HH", 53, 5353))),
            f"{WHO} UDP 10.0.0.1 port 53 > 10.0.0.2 port 5353",
        ),
        (frame(0x0800, ipv4(17, b"anything", fragment=100)), f"{WHO} UDP 10.0.0.1 > 10.0.0.2"),
        (frame(0x0800, ipv4(17, b"\0")), f"{WHO} UDP 10.0.0.1 > 10.0.0.2"),
        (frame(0x86DD, IPV6), f"{WHO} ICMPv6 ::1 > ::2"),
        (frame(0x8035), f"{WHO} RARP"),
        (frame(0x88B5), f"{WHO} type 0x88b5"),
        (
            frame(0x0800, tags=bytes.fromhex("88a80064 8100000a".replace(" ", ""))),
            f"{WHO} VLAN 100 VLAN 10 type 0x0800",
        ),
        (frame(0x8100), f"{WHO} type 0x8100"),
        (b"short", "a fragment"),
    ],
)
def test_a_frame_in_words(data: bytes, words: str) -> None:
    assert said(data) == words


def test_a_file_that_is_cut_off_has_what_is_whole() -> None:
    one = struct.pack("<IIII", 5, 250_000, 4, 4) + b"abcd"
    assert [(packet.at, packet.data) for packet in packets(HEADER + one + one[:-1])] == [(5.25, b"abcd")]
    assert list(packets(HEADER)) == []
