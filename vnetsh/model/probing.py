"""How a vm's NIC on a network of many hosts is probed while it moves: what the network and who probes must agree on.

Such a network lets nobody in whom it does not know, and answers for its ports itself. So its side (a kind's `escorts`)
gives each host of a move a port of the NIC's network, and lets the guest answer; the prober uses those ports.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import NamedTuple

KNOWN = "addresses"
"""In a move's wishes: the addresses of the NICs that networks know, each `MAC ADDRESS`."""


class ProbePort(NamedTuple):
    """A port for a prober: what its switch tells the network of it (a UUID), and its MAC address."""

    interface: str
    mac: str


def probe_port(interface: str, host: str) -> ProbePort:
    """The port by which a NIC is probed from a host, made of what the NIC's own switch tells the network of it."""
    digest = hashlib.sha256(f"vnetsh probe {interface} {host}".encode()).digest()
    mac = ":".join(f"{byte:02x}" for byte in (0xAE, *digest[16:21]))
    return ProbePort(str(uuid.UUID(bytes=digest[:16], version=4)), mac)
