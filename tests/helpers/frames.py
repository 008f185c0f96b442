"""Sends Ethernet frames by one port of a switch and tells at which others they come out: run inside a host.

    python3 frames.py PORT,PORT,… < [["PORT", VLAN, [VLAN, …] or null], …]
    python3 frames.py PORT,PORT,… SECONDS

A frame each is sent into the port, tagged where a VLAN is said, of several the outermost first. For each one a line of
JSON comes: the ports that it came out of, each with the VLAN that it had there, null for none, a list of several. With
seconds nothing is sent: a line says that it listens, and one then what has come, as [PORT, [[Ethernet type, VLAN], …],
the sender's port]. Needs nothing but Linux's packet sockets: the kernel takes a tag out of a frame and tells it beside
it (`PACKET_AUXDATA`).
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time

ETH_P_ALL, ETH_P_8021Q, ETH_P_8021AD, EXPERIMENT = 0x0003, 0x8100, 0x88A8, 0x88B5
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING, TP_STATUS_VLAN_VALID = 263, 8, 23, 1 << 4
PATIENCE = 0.8  # seconds after which a frame that has not come out does not
_PAUSE = 0.02  # seconds between two frames


def opened(port: str) -> socket.socket:
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    found.bind((port, ETH_P_ALL))
    found.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    found.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    found.setblocking(False)
    return found


def frame(vlans: list[int], payload: bytes) -> bytes:
    tags = b"".join(struct.pack("!HH", ETH_P_8021Q, vlan) for vlan in vlans)
    source = bytes([0x02, 0, 0, 0, 0, 1])
    return b"\xff" * 6 + source + tags + struct.pack("!H", EXPERIMENT) + payload.ljust(46, b"\0")


def received(port: socket.socket) -> list[tuple[bytes, list[tuple[int, int]]]]:
    """What the frames carry that have come out of a port, each with its tags, the outermost first."""
    found: list[tuple[bytes, list[tuple[int, int]]]] = []
    while True:
        try:
            data, beside, _, _ = port.recvmsg(2048, 1024)
        except BlockingIOError:
            return found
        tags = []
        for level, kind, value in beside:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, ethtype = struct.unpack("IIIHHHH", value[:20])
                tags += [(ethtype, tci & 0xFFF)] if status & TP_STATUS_VLAN_VALID else []
        at = 12
        while (ethtype := struct.unpack_from("!H", data, at)[0]) in (ETH_P_8021Q, ETH_P_8021AD):
            tags.append((ethtype, struct.unpack_from("!H", data, at + 2)[0] & 0xFFF))
            at += 4
        if ethtype == EXPERIMENT:
            found.append((data[at + 2 :].rstrip(b"\0"), tags))


def said(tags: list[tuple[int, int]]) -> int | list[int] | None:
    """The VLANs of a frame: none, one, or several."""
    vlans = [vlan for _, vlan in tags]
    return vlans if len(vlans) > 1 else vlans[0] if vlans else None


def listen(ports: dict[str, socket.socket], seconds: float) -> None:
    print("listening", flush=True)
    time.sleep(seconds)
    came = [
        (name, [(f"{ethtype:x}", vlan) for ethtype, vlan in tags], payload.split()[-1].decode())
        for name, port in ports.items()
        for payload, tags in received(port)
    ]
    print(json.dumps(came), flush=True)


def main() -> None:
    ports = {name: opened(name) for name in sys.argv[1].split(",")}
    if sys.argv[2:]:
        return listen(ports, float(sys.argv[2]))
    sent = []
    for number, (name, vlan) in enumerate(json.load(sys.stdin)):
        sent.append(f"frame {number} of {time.time_ns()} by {name}".encode())
        ports[name].send(frame(vlan if isinstance(vlan, list) else [] if vlan is None else [vlan], sent[-1]))
        time.sleep(_PAUSE)
    time.sleep(PATIENCE)
    came = {name: received(port) for name, port in ports.items()}
    for payload in sent:
        out = {
            name: [said(tags) for carried, tags in found if carried == payload]
            for name, found in came.items()
        }
        print(json.dumps({name: vlans for name, vlans in out.items() if vlans}), flush=True)


if __name__ == "__main__":
    main()
