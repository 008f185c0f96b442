"""The program that runs on a host while packets are captured there: it writes them to its output, as a pcap file.

Sent to a host's Python (3.7 or newer) as its text, and nothing of it is left there. It ends with its input, after so
many packets, or when the time is over. Arguments: the device, how many packets at most (0: as they come), seconds.
"""

import select
import socket
import struct
import sys
import time

ETH_P_ALL = 3
ETH_P_8021Q = 0x8100
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP, PACKET_AUXDATA = 1, 8
PACKET_MR_PROMISC = 1
VLAN_VALID, TPID_VALID = 0x10, 0x40  # in tp_status of linux/if_packet.h
LONGEST = 65535
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LONGEST, 1)
"""A pcap file's: microseconds, Ethernet (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html)."""


def opened(device: str) -> socket.socket:
    """What comes and goes by a device."""
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    found.bind((device, ETH_P_ALL))
    found.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    watching = struct.pack("iHH8s", socket.if_nametoindex(device), PACKET_MR_PROMISC, 0, b"")
    found.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, watching)  # the kernel takes it back when this ends
    return found


def frame(link: socket.socket) -> bytes:
    """One, with the VLAN tag that the kernel keeps beside it."""
    data, beside, _, _ = link.recvmsg(LONGEST, 256)
    for level, kind, value in beside:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA) and len(value) >= 20:
            status, _, _, _, _, tag, ether = struct.unpack("IIIHHHH", value[:20])
            if status & VLAN_VALID:
                ether = ether if status & TPID_VALID else ETH_P_8021Q
                data = data[:12] + struct.pack("!HH", ether, tag) + data[12:]
    return data


def main(device: str, count: int, seconds: float) -> None:
    """Capture."""
    link, out = opened(device), sys.stdout.buffer
    out.write(HEADER)
    out.flush()
    until = time.monotonic() + seconds
    seen = 0
    while not count or seen < count:
        ready = select.select([0, link.fileno()], [], [], max(0.0, until - time.monotonic()))[0]
        if not ready or 0 in ready:  # nobody says anything to it: its input has ended
            return
        data = frame(link)
        now = time.time()
        out.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(data), len(data)) + data)
        out.flush()
        seen += 1


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
    except OSError as error:
        sys.exit(error.strerror or str(error))
