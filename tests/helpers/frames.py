"""Sends Ethernet frames by one port of a switch and tells at which others they come out: run inside a host.

    python3 frames.py PORT,PORT,… < [["PORT", VLAN or null], …]

A frame each is sent into the port, tagged where a VLAN is said. For each one a line of JSON comes: the ports that it
came out of, each with the VLAN that it had there, null for none. Needs nothing but Linux's packet sockets: the kernel
takes a tag out of a frame and tells it beside it (`PACKET_AUXDATA`).
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time

ETH_P_ALL, ETH_P_8021Q, EXPERIMENT = 0x0003, 0x8100, 0x88B5
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


def frame(vlan: int | None, payload: bytes) -> bytes:
    tag = b"" if vlan is None else struct.pack("!HH", ETH_P_8021Q, vlan)
    source = bytes([0x02, 0, 0, 0, 0, 1])
    return b"\xff" * 6 + source + tag + struct.pack("!H", EXPERIMENT) + payload.ljust(46, b"\0")


def received(port: socket.socket) -> list[tuple[bytes, int | None]]:
    """What the frames carry that have come out of a port, each with its VLAN."""
    found: list[tuple[bytes, int | None]] = []
    while True:
        try:
            data, beside, _, _ = port.recvmsg(2048, 1024)
        except BlockingIOError:
            return found
        vlan = None
        for level, kind, value in beside:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, _ = struct.unpack("IIIHHHH", value[:20])
                vlan = tci & 0xFFF if status & TP_STATUS_VLAN_VALID else None
        at = 12
        if struct.unpack_from("!H", data, at)[0] == ETH_P_8021Q:
            vlan, at = struct.unpack_from("!H", data, at + 2)[0] & 0xFFF, at + 4
        if struct.unpack_from("!H", data, at)[0] == EXPERIMENT:
            found.append((data[at + 2 :].rstrip(b"\0"), vlan))


def main() -> None:
    ports = {name: opened(name) for name in sys.argv[1].split(",")}
    sent = []
    for number, (name, vlan) in enumerate(json.load(sys.stdin)):
        sent.append(f"frame {number} of {time.time_ns()}".encode())
        ports[name].send(frame(vlan, sent[-1]))
        time.sleep(_PAUSE)
    time.sleep(PATIENCE)
    came = {name: received(port) for name, port in ports.items()}
    for payload in sent:
        out = {name: [vlan for carried, vlan in found if carried == payload] for name, found in came.items()}
        print(json.dumps({name: vlans for name, vlans in out.items() if vlans}), flush=True)


if __name__ == "__main__":
    main()
