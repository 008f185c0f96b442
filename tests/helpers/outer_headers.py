"""Run on a host: pings a target behind a tunnel, and reads off the NIC in which outer header that goes.

`python3 - NIC TARGET SECONDS` prints as JSON whether it answered, and the header of the last packet, with the bytes
that it has more than the packet within. That has a TTL of 33 and a type of service of 0x50.
"""

import itertools
import json
import os
import select
import socket
import struct
import sys
import time

GRE, UDP = 47, 17
KINDS = {4789: "vxlan", 6081: "geneve"}
OUTGOING = 4  # PACKET_OUTGOING
INNER_TTL, INNER_TOS = 33, 0x50


def ip_header(data):
    """What stands in an IPv4 or IPv6 header, the protocol within, and what follows; None where it is neither."""
    if data[0] >> 4 == 4:
        size, tos, whole, fragment, ttl, protocol = (
            (data[0] & 15) * 4,
            data[1],
            *struct.unpack("!H2xHBB", data[2:10]),
        )
        said = {"ip": 4, "tos": tos, "ttl": ttl, "df": bool(fragment & 0x4000)}
        addresses = [socket.inet_ntop(socket.AF_INET, data[at : at + 4]) for at in (12, 16)]
        said["bytes"] = whole
        return {**said, "from": addresses[0], "to": addresses[1]}, protocol, data[size:whole], data[12:20]
    if data[0] >> 4 == 6:
        first, length, protocol, ttl = struct.unpack("!IHBB", data[:8])
        addresses = [socket.inet_ntop(socket.AF_INET6, data[at : at + 16]) for at in (8, 24)]
        said = {"ip": 6, "tos": first >> 20 & 255, "ttl": ttl, "bytes": 40 + length}
        said |= {"from": addresses[0], "to": addresses[1]}
        return said, protocol, data[40 : 40 + length], data[8:40]
    return None


def adds_up(data):
    """Whether the checksum in these bytes is right (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def tunnelled(frame):
    """A tunnel packet's outer header, and the frame in it; None of other frames."""
    found = ip_header(frame[14:]) if frame[12:14] in (b"\x08\x00", b"\x86\xdd") else None
    if found is None:
        return None
    outer, protocol, data, addresses = found
    if protocol == GRE:
        flags = data[0]
        summed, keyed = bool(flags & 0x80), bool(flags & 0x20)
        inner = data[4 + 4 * summed + 4 * keyed :]
        return {**outer, "type": "gre", "csum": summed and (adds_up(data) or "wrong")}, inner
    if protocol != UDP or int.from_bytes(data[2:4], "big") not in KINDS:
        return None
    kind, said = KINDS[int.from_bytes(data[2:4], "big")], int.from_bytes(data[6:8], "big")
    pseudo = addresses + struct.pack("!IHBB", len(data), 0, 0, UDP)
    inner = data[16 + (data[8] & 63) * 4 if kind == "geneve" else 16 :]
    return {**outer, "type": kind, "csum": bool(said) and (adds_up(pseudo + data) or "wrong")}, inner


def ping(number):
    """An echo request (RFC 792)."""
    head = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, number)
    total = sum(struct.unpack("!4H", head))
    return head[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[4:]


def main(nic, target, seconds):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    tap.bind((nic, 0))
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, INNER_TTL)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, INNER_TOS)
    tap.setblocking(False)
    until, said, answered = time.monotonic() + float(seconds), [], False
    for number in itertools.count(1):
        if answered or time.monotonic() > until:
            break
        sender.sendto(ping(number), (target, 0))
        again = time.monotonic() + 0.2
        while not answered and (left := again - time.monotonic()) > 0:
            if tap not in select.select([tap], [], [], left)[0]:
                break
            frame, (_, _, direction, *_) = tap.recvfrom(65536)
            outer, inner = tunnelled(frame) or ({}, b"")
            within = ip_header(inner[14:]) if inner[12:14] == b"\x08\x00" else None
            if within is None or target not in (within[0]["from"], within[0]["to"]):
                continue
            if direction == OUTGOING:
                said.append({**outer, "bytes": outer["bytes"] - within[0]["bytes"]})
            elif within[2][0] == 0:
                answered = True
    print(json.dumps({"answered": answered, "outer": said[-1] if said else None}))


if __name__ == "__main__":
    main(*sys.argv[1:])
