"""The least of rtnetlink(7): requests, dumps and the kernel's own words when it refuses.

A library that speaks all of netlink takes 0.2 s to import, which every run on a local host would pay, and
drops the text of extended acknowledgements. Numbers and their names are those of <linux/netlink.h>,
<linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h> and <linux/neighbour.h>.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK, RTM_GETADDR = 16, 17, 18, 19, 22
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP_INTR = 0x01, 0x04, 0x10
NLM_F_DUMP, NLM_F_EXCL, NLM_F_CREATE = 0x300, 0x200, 0x400
NLM_F_APPEND, NLM_F_REPLACE = 0x800, 0x100
RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH = 28, 29, 30
RTM_NEWLINKPROP, RTM_DELLINKPROP = 108, 109
NESTED = 0x8000
NDMSG = struct.Struct("=BxxxiHBB")  # family, index, state, flags, type
NDA_DST, NDA_LLADDR, NDA_VLAN, NDA_MASTER = 1, 2, 5, 9
PF_BRIDGE = 7
NUD_NOARP, NUD_PERMANENT = 0x40, 0x80
NTF_SELF, NTF_MASTER = 0x02, 0x04
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
IFINFOMSG = struct.Struct("=BxHiII")  # family, type, index, flags, change
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_MASTER = 1, 3, 4, 10
IFLA_LINKINFO, IFLA_IFALIAS, IFLA_AF_SPEC, IFLA_EXT_MASK = 18, 20, 26, 29
IFLA_LINK, IFLA_LINK_NETNSID = 5, 37
IFLA_PROP_LIST, IFLA_ALT_IFNAME = 52, 53
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA = 1, 2, 4, 5
RTEXT_FILTER_BRVLAN_COMPRESSED, RTEXT_FILTER_SKIP_STATS = 1 << 2, 1 << 3
IFADDRMSG = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8
IFA_F_PERMANENT = 0x80
IFA_F_MANAGETEMPADDR = 0x100
_SOL_NETLINK, _EXT_ACK, _CAP_ACK = 270, 11, 10
_ACK_MESSAGE = 1
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_MASK = 0x3FFF  # the two upper bits of an attribute's type are flags
_RETRIES = 5


class NetlinkRefused(Exception):
    """The kernel's answer to a request: an errno, and its words."""

    def __init__(self, errno: int, words: str) -> None:
        super().__init__(words or os.strerror(errno))
        self.errno = errno


class Interrupted(Exception):
    """The links changed while they were dumped."""


def attribute(kind: int, value: bytes | str | int) -> bytes:
    """An attribute: a text, a 32-bit number, or bytes as they are; padded to 4 bytes."""
    if isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, int):
        value = struct.pack("=I", value)
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in a message's payload, by type."""
    return dict(each_attribute(data))


def each_attribute(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in a message's payload, each with its type, of which there may be several."""
    at, last, unpack = 0, len(data) - _ATTRIBUTE.size, _ATTRIBUTE.unpack_from
    while at <= last:
        length, kind = unpack(data, at)
        if length < 4:
            break
        yield kind & _MASK, data[at + 4 : at + length]
        at += (length + 3) & ~3


def text(value: bytes) -> str:
    """A text, without the NUL at its end."""
    return value.rstrip(b"\0").decode(errors="replace")


class Netlink:
    """A socket to the routing tables of the network namespace in which it is opened."""

    def __init__(self, timeout: float) -> None:
        """Open it; `timeout` in seconds bounds each wait. Raises `OSError`."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.settimeout(timeout)
        self._socket.bind((0, 0))
        for option in (_EXT_ACK, _CAP_ACK):
            self._socket.setsockopt(_SOL_NETLINK, option, 1)
        self._sequence = 0

    def request(self, kind: int, body: bytes, flags: int = 0) -> None:
        """Ask for a change and wait for the acknowledgement. Raises `NetlinkRefused`, `TimeoutError`."""
        self._send(kind, body, flags | NLM_F_ACK)
        for _ in self._replies():
            pass

    def get(self, kind: int, body: bytes) -> bytes:
        """The one answer to a question. Raises `NetlinkRefused`, `TimeoutError`."""
        self._send(kind, body, NLM_F_ACK)
        answers = list(self._replies())  # to the end: the acknowledgement must not wait for the next request
        return answers[0]

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        """All objects of a kind. Raises `NetlinkRefused`, `TimeoutError`, `Interrupted`."""
        for _ in range(_RETRIES):
            self._send(kind, body, NLM_F_DUMP)
            try:
                return list(self._replies())
            except Interrupted:
                continue
        raise Interrupted("the links kept changing while they were read")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send(self, kind: int, body: bytes, flags: int) -> None:
        self._sequence += 1
        header = _HEADER.pack(_HEADER.size + len(body), kind, flags | NLM_F_REQUEST, self._sequence, 0)
        self._socket.send(header + body)

    def _replies(self) -> Iterator[bytes]:
        """The payloads of the answers to the last request, up to its end."""
        interrupted = False
        while True:
            data = self._socket.recv(1 << 16)
            at = 0
            while at + _HEADER.size <= len(data):
                length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
                payload = data[at + _HEADER.size : at + length]
                at += (length + 3) & ~3
                if sequence != self._sequence:
                    continue  # what is left of a request that was given up
                interrupted |= bool(flags & NLM_F_DUMP_INTR)
                if kind == NLMSG_ERROR:
                    _acknowledge(payload, flags)
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    if interrupted:
                        raise Interrupted
                    return
                yield payload


def _acknowledge(payload: bytes, flags: int) -> None:
    """Raise what an acknowledgement says, if it is an error."""
    (code,) = struct.unpack_from("=i", payload)
    if code == 0:
        return
    words = b""
    if flags & NLM_F_ACK_TLVS:
        (asked,) = struct.unpack_from("=I", payload, 4)
        start = 4 + (_HEADER.size if flags & NLM_F_CAPPED else asked)
        words = attributes(payload[start:]).get(_ACK_MESSAGE, b"")
    raise NetlinkRefused(-code, words.rstrip(b"\0").decode(errors="replace"))
