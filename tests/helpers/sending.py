"""Run on a lab's host: send frames from one device to another for a while; the Mbit/s that came there.

Arguments: the sending device, the receiving one, seconds.
"""

import socket
import sys
import time
from pathlib import Path

_SIZE = 1350  # bytes beside the header


def told(device: str, what: str) -> str:
    return Path("/sys/class/net", device, what).read_text().strip()


def mac(device: str) -> bytes:
    return bytes.fromhex(told(device, "address").replace(":", ""))


def main(source: str, target: str, seconds: float) -> None:
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((source, 0))
    frame = mac(target) + mac(source) + b"\x88\xb5" + bytes(_SIZE)
    before, began, sent = int(told(target, "statistics/rx_bytes")), time.time(), 0
    while time.time() - began < seconds:
        try:
            link.send(frame)
        except OSError:  # its queue is full
            time.sleep(0.001)
        sent += 1
        if sent % 40 == 0:
            time.sleep(0.002)  # more than is asked for, and not all that the machine can
    came = int(told(target, "statistics/rx_bytes")) - before
    print(came * 8 / (time.time() - began) / 1e6)


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
