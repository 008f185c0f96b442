"""What a VM sends, as the kernel of each of the lab's hosts sees it: to judge others by.

As it comes out of the VM's tap, and as its answers go into the ports from which vnetsh probes it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from vnetsh_lab.lab import Lab

_PROGRAM = r"""
import select, socket, struct, sys
tap, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as found:
    found.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS; then SO_RCVBUFFORCE
    found.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
    times, probed = [], []
    while not select.select([0, found], [], [])[0][0] == 0:
        frame, extra, _, sender = found.recvmsg(64, 64)
        # What the guest itself says: RARP is QEMU's, and an announcement answers nobody.
        guest = frame[12:14] == b"\x08\x00" or (frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2")
        if guest and sender[0] == tap and sender[2] != socket.PACKET_OUTGOING and frame[6:12] == mac:
            seconds, nanoseconds = struct.unpack("=qq", extra[0][2][:16])
            times.append(seconds + nanoseconds / 1e9)
        answer = frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[6:12] == mac
        if answer and sender[0].startswith("vnetsh-") and sender[2] == socket.PACKET_OUTGOING:
            seconds, nanoseconds = struct.unpack("=qq", extra[0][2][:16])
            probed.append(sender[0] + "=" + repr(seconds + nanoseconds / 1e9))
print(*times)
print(*probed)
"""


class Captured:
    """The times at which a frame came out of the tap, at whichever host, in seconds; known when all is over.

    The lab's hosts have one clock.
    """

    def __init__(self) -> None:
        self.times: Sequence[float] = ()
        self.probed: dict[str, list[float]] = {}
        """When an answer to a probe went into each of the probes' ports."""

    def gap(self, begin: float, end: float) -> float:
        """The longest time without any that touches this span of seconds, in milliseconds."""
        return _gap(self.times, begin, end)

    def probed_gap(self, begin: float, end: float) -> float:
        """The longest time without an answer at any of the probes' ports, in milliseconds; 0 where there were none."""
        return max((_gap(times, begin, end) for times in self.probed.values()), default=0.0)


def _gap(times: Sequence[float], begin: float, end: float) -> float:
    gaps = (b - a for a, b in pairwise(times) if b > begin and a < end)
    return max(gaps, default=0.0) * 1000


@contextmanager
def capturing(lab: Lab, tap: str, mac: str) -> Iterator[Captured]:
    """Capture on all hosts, as long as this lasts."""
    captured = Captured()
    running = []
    for host in lab.hosts():
        argv, environment = lab.command(host, ["python3", "-c", _PROGRAM, tap, mac])
        running.append(
            subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
    try:
        yield captured
    finally:
        said = [process.communicate(timeout=20)[0].splitlines() for process in running]
        captured.times = sorted(float(word) for lines in said for word in lines[0].split())
        for port, _, at in (word.partition("=") for lines in said for word in lines[1].split()):
            captured.probed.setdefault(port, []).append(float(at))
