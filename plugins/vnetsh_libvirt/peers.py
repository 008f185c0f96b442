"""How the libvirt daemons of hosts reach each other. Pure."""

from __future__ import annotations

from vnetsh.model import Host


def peer_uri(host: Host) -> str:
    """How other hosts' libvirt reaches a host's."""
    address = f"[{host.address}]" if ":" in host.address else host.address or host.name
    return host.text("libvirt-peer", f"qemu+ssh://{address}/system")
