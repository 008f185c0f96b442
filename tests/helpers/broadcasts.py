"""Sends broadcasts by one port of a switch, and counts at others how often each comes: run inside a host.

    python3 broadcasts.py send PORT NAME COUNT SECONDS     numbered frames, a pause of so many seconds after each,
                                                           or until its input ends
    python3 broadcasts.py count PORT NAME FILE             until its input ends; {number: times} goes to the file

Needs nothing but Linux's packet sockets.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
from collections import Counter
from pathlib import Path

EXPERIMENT = 0x88B5
PACKET_IGNORE_OUTGOING = 23


def opened(port: str) -> socket.socket:
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EXPERIMENT))
    found.bind((port, EXPERIMENT))
    found.setsockopt(263, PACKET_IGNORE_OUTGOING, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    return found


def send(port: str, name: str, count: int, pause: float) -> None:
    way, source = opened(port), b"\x02" + name.encode().ljust(5, b"\0")[:5]
    for number in range(count):
        payload = f"{name} {number} ".encode().ljust(46, b"\0")
        way.send(b"\xff" * 6 + source + struct.pack("!H", EXPERIMENT) + payload)
        if select.select([sys.stdin], [], [], pause)[0]:
            break


def count(port: str, name: str, file: str) -> None:
    way, found = opened(port), Counter[str]()
    print("counting", flush=True)
    while True:
        ready = select.select([way, sys.stdin], [], [])[0]
        if way in ready:
            said, number, *_ = way.recv(2048)[14:].split(b" ")
            if said == name.encode():
                found[number.decode()] += 1
        elif sys.stdin in ready:
            break
    Path(file).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "send":
        send(rest[0], rest[1], int(rest[2]), float(rest[3]))
    else:
        count(*rest)
