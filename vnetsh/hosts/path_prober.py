"""Sent to a host's own Python (3.7 or newer): how large packets reach addresses, whole and back.

Each of what it is given as JSON is an address, the source's, the device that has this, the link by which its tunnels'
packets leave, and the size that is hoped for: of whole IP packets, none of which may be cut up on its way. It answers
with the largest size that came back, 0 where none did, and the largest that it could try.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

SMALL = 68
PROBE, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER = 3, 10, 23  # <linux/in.h>, <linux/in6.h>
ICMP, ICMPV6 = (8, 0), (128, 129)
AT_ONCE = 24


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def unhex(mac: str) -> bytes:
    """A MAC address."""
    return bytes.fromhex(mac.replace(":", ""))


class Echoes:
    """Echo requests to one address, by the kernel or, where that would cut them up, past it."""

    def __init__(self, address: str, source: str, device: str, link: str) -> None:
        self.v6 = ":" in address
        self.address, self.source, self.device, self.link = address, source, device, link
        if self.v6:
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PROBE)
        else:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            self.socket.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PROBE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((source, 0))
        self.mark = os.urandom(2)
        self.number = 0
        self.packets: socket.socket | None = None  # past the kernel's routing, once it is needed
        self.head = b""
        self.wait = 1.0

    def room(self) -> int:
        """The largest packet that the kernel itself sends whole."""
        return int(Path(f"/sys/class/net/{self.device}/mtu").read_text())

    def beyond(self) -> bool:
        """Send by the link itself from now on; whether an answer comes to that."""
        if self.v6 or self.link == self.device:
            return False
        try:
            self.packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self.packets.bind((self.link, 0))
            self.head = self._mac(self._next_hop()) + self._own_mac() + b"\x08\x00"
        except (OSError, LookupError, ValueError):
            self.packets = None
        if self.packets and self.answered([SMALL]):
            return True
        self.packets = None
        return False

    def _own_mac(self) -> bytes:
        return unhex(Path(f"/sys/class/net/{self.device}/address").read_text().strip())

    def _mac(self, address: str) -> bytes:
        for line in Path("/proc/net/arp").read_text().splitlines():
            words = line.split()
            if words[0] == address and words[-1] == self.device:
                return unhex(words[3])
        raise LookupError(address)

    def _next_hop(self) -> str:
        (target,) = struct.unpack("=I", socket.inet_aton(self.address))
        best, hop = -1, 0
        for line in Path("/proc/net/route").read_text().splitlines()[1:]:
            words = line.split()
            net, gateway, mask = (int(words[at], 16) for at in (1, 2, 7))
            if words[0] == self.device and target & mask == net and bin(mask).count("1") > best:
                best, hop = bin(mask).count("1"), gateway
        return socket.inet_ntoa(struct.pack("=I", hop)) if hop else self.address

    def _send(self, size: int) -> int:
        self.number = (self.number + 1) & 0xFFFF
        kind = ICMPV6[0] if self.v6 else ICMP[0]
        body = self.mark + struct.pack("!H", self.number)
        body += b"\0" * (size - (40 if self.v6 else 20) - 4 - len(body))
        sum_ = 0 if self.v6 else checksum(struct.pack("!BBH", kind, 0, 0) + body)
        echo = struct.pack("!BBH", kind, 0, sum_) + body
        if self.packets is None:
            self.socket.sendto(echo, (self.address, 0))
        else:
            ends = socket.inet_aton(self.source) + socket.inet_aton(self.address)
            words = (0x45, 0, size, self.number, 0x4000, 64, 1)
            sum_ = checksum(struct.pack("!BBHHHBBH", *words, 0) + ends)
            self.packets.send(self.head + struct.pack("!BBHHHBBH", *words, sum_) + ends + echo)
        return self.number

    def answered(self, sizes: list[int]) -> set[int]:
        """Those of the sizes that came back."""
        sent: dict[int, int] = {}
        found: set[int] = set()
        for size in sizes:
            with suppress(OSError):  # too large for the first link
                sent[self._send(size)] = size
        until = time.monotonic() + self.wait
        while len(found) < len(sent):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                break
            data = self.socket.recv(1 << 16)
            if not self.v6:
                data = data[(data[0] & 15) * 4 :]
            reply = ICMPV6[1] if self.v6 else ICMP[1]
            number = struct.unpack("!H", data[6:8])[0] if len(data) >= 8 else 0
            if data[:1] == bytes([reply]) and data[4:6] == self.mark and number in sent:
                found.add(sent[number])
        return found


def largest(echoes: Echoes, size: int) -> tuple[int, int]:
    """The largest that came back, and the largest that could be tried."""
    for _ in range(4):  # the first one waits until the other end's link address is known
        if echoes.answered([SMALL]):
            break
    else:
        return 0, SMALL
    echoes.answered([SMALL])
    began = time.monotonic()
    echoes.answered([SMALL])
    echoes.wait = max(0.3, 5 * (time.monotonic() - began))
    room = echoes.room()
    if size > room and not echoes.beyond():
        size = room
    for _ in range(3):
        if echoes.answered([size]):
            return size, size
    least, most = SMALL, size
    while most - least > 1:
        step = max(1, (most - least) // AT_ONCE)
        sizes = list(range(least + step, most, step))
        found = echoes.answered(sizes)
        found |= echoes.answered([one for one in sizes if one > max(found, default=least)])
        best = max(found, default=least)
        least, most = best, min([one for one in sizes if one > best], default=most)
    return least, size


def main(wanted: list[tuple[str, str, str, str, int]]) -> None:
    """Try all at once, and print what was found."""
    found: dict[str, tuple[int, int]] = {}

    def try_one(address: str, source: str, device: str, link: str, size: int) -> None:
        try:
            found[address] = largest(Echoes(address, source, device, link), size)
        except OSError:  # no way there, or the source's address is gone
            found[address] = 0, 0

    threads = [threading.Thread(target=try_one, args=one, daemon=True) for one in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(found))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
