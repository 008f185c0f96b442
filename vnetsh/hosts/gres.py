"""Devices of GRE of a host, as `vnetsh.hosts.links` tells of links. Numbers are those of <linux/if_tunnel.h>."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Mapping
from typing import Any

GRE_KINDS = ("gretap", "ip6gretap")
"""The kernel's kinds of those that carry frames; they differ by the version of IP."""
IFLAGS, OFLAGS, IKEY, OKEY, LOCAL, REMOTE, TTL, TOS, PMTUDISC = 2, 3, 4, 5, 6, 7, 8, 9, 10
ENCAP_LIMIT, FLOW, FLAGS = 11, 12, 13
"""Of `ip6gretap` alone."""
CSUM, KEY, SEQ = 0x8000, 0x2000, 0x1000
CLASS = 20
"""The bit of the flow's number at which that of the traffic's class begins."""
NO_ENCAP_LIMIT = 0x1
"""A flag of `ip6gretap`: no header that limits how often its packets are put into others."""
_LINK, _ENCAP_TYPE, _EXTERNAL, _IGNORE_DF, _FWMARK = 1, 14, 18, 19, 20
_ENDS = {"remote": REMOTE, "local": LOCAL}
_WORDS = {SEQ: "seq", CSUM: "csum"}


def gre_options(data: Mapping[int, bytes]) -> Mapping[str, Any]:
    """A device's options, in the words of `ip`."""
    found: dict[str, Any] = {}
    for word, number in _ENDS.items():
        address = ipaddress.ip_address(data[number]) if number in data else None
        found[word] = "any" if address is None or address.is_unspecified else str(address)
    for letter, flags, key in (("i", IFLAGS, IKEY), ("o", OFLAGS, OKEY)):
        (bits,) = struct.unpack(">H", data.get(flags, b"\0\0"))
        if bits & KEY:
            found[f"{letter}key"] = str(ipaddress.IPv4Address(data[key]))
        found |= {letter + word: True for bit, word in _WORDS.items() if bits & bit}
    found["ttl"] = data.get(TTL, b"\0")[0]
    if tos := data.get(TOS, b"\0")[0]:
        found["tos"] = hex(tos)
    if PMTUDISC in data:
        found["pmtudisc"] = bool(data[PMTUDISC][0])
    numbers = {"link": (_LINK, "=I"), "fwmark": (_FWMARK, "=I"), "encap_type": (_ENCAP_TYPE, "=H")}
    found |= {word: value for word, at in numbers.items() if (value := _number(data, *at))}
    if _EXTERNAL in data:
        found["external"] = True
    if any(data.get(_IGNORE_DF, b"")):
        found["ignore_df"] = True
    if ENCAP_LIMIT in data:
        flow = _number(data, FLOW, ">I")
        found |= {"tclass": f"0x{flow >> CLASS & 0xFF:02x}", "flowlabel": f"0x{flow & 0xFFFFF:05x}"}
        if _number(data, FLAGS, "=I") & NO_ENCAP_LIMIT:
            found["ip6_tnl_f_ign_encap_limit"] = True
        else:
            found["encap_limit"] = data[ENCAP_LIMIT][0]
    return found


def _number(data: Mapping[int, bytes], number: int, layout: str) -> int:
    return int(struct.unpack(layout, data[number])[0]) if number in data else 0
