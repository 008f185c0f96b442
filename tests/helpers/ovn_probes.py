"""Run on a lab's host: guests that are namespaces answer, or ask each other. Reads JSON, `serve` or `ask` as argument.

`serve`: `[[guest, protocol, port], …]`: each answers with its name and who asked, until the host ends. All of them can
be asked when this call is back.
`ask`: `[[guest, protocol, address, port], …]`, all at once; prints for each what was answered, or null: `icmp` has no
port, and is answered by `pong`.
"""

import ctypes
import json
import os
import socket
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

WAIT = 0.8  # seconds for an answer
_NET = 0x40000000  # CLONE_NEWNET


def inside(guest: str) -> None:
    """Have this thread be in a guest."""
    with Path("/run/netns", guest).open() as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _NET):
            raise OSError(ctypes.get_errno(), f"setns {guest}")


def bound(guest: str, protocol: str, port: int) -> socket.socket:
    inside(guest)
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    server = socket.socket(socket.AF_INET, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", port))
    if protocol == "tcp":
        server.listen(64)
    return server


def serve(server: socket.socket, guest: str, protocol: str) -> None:
    while True:
        with suppress(OSError):
            if protocol == "tcp":
                link, (who, _) = server.accept()
                link.sendall(f"{guest} {who}".encode())
                link.close()
            else:
                _, sender = server.recvfrom(100)
                server.sendto(f"{guest} {sender[0]}".encode(), sender)


def asked(guest: str, protocol: str, address: str, port: int) -> str:
    inside(guest)
    if protocol == "icmp":
        return pinged(address)
    link = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    link.settimeout(WAIT)
    link.connect((address, port))
    if protocol == "udp":
        link.send(b"?")
    return link.recv(100).decode()


def answer(wanted: tuple[str, str, str, int]) -> str | None:
    with suppress(OSError):
        return asked(*wanted)
    return None


def pinged(address: str) -> str:
    link = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    link.settimeout(WAIT)
    link.connect((address, 0))
    number = os.getpid() & 0xFFFF
    echo = struct.pack("!BBHHH", 8, 0, 0, number, 1)
    total = sum(struct.unpack("!4H", echo))
    total = (total & 0xFFFF) + (total >> 16)
    link.send(struct.pack("!BBHHH", 8, 0, ~total & 0xFFFF, number, 1))
    while link.recv(200)[20] != 0:
        pass
    return "pong"


def main() -> None:
    wanted = json.load(sys.stdin)
    with ThreadPoolExecutor(len(wanted)) as pool:
        if sys.argv[1] == "ask":
            print(json.dumps(list(pool.map(answer, wanted))))
            return
        servers = list(pool.map(lambda one: bound(*one), wanted))
    if os.fork():
        return
    os.setsid()
    for stream in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    for server, (guest, protocol, _) in zip(servers, wanted, strict=True):
        threading.Thread(target=serve, args=(server, guest, protocol)).start()


main()
