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
PATIENCE = 0.5  # seconds after which a frame that has not come out does not


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


def received(port: socket.socket, payload: bytes) -> list[int | None]:
    """The VLANs of the frames with this payload that have come out of a port."""
    found: list[int | None] = []
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
        if struct.unpack_from("!H", data, at)[0] == EXPERIMENT and data[at + 2 :].startswith(payload):
            found.append(vlan)


def main() -> None:
    ports = {name: opened(name) for name in sys.argv[1].split(",")}
    for number, (name, vlan) in enumerate(json.load(sys.stdin)):
        payload = f"frame {number} of {time.time_ns()}".encode()
        ports[name].send(frame(vlan, payload))
        time.sleep(PATIENCE)
        out = {other: received(port, payload) for other, port in ports.items()}
        print(json.dumps({other: vlans for other, vlans in out.items() if vlans}), flush=True)


if __name__ == "__main__":
    main()
