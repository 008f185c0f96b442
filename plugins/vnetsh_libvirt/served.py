"""How large disks of servers are for the VMs that run with them: QEMU does not follow when one is made larger there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.remote import is_block
from vnetsh_libvirt.seen import Seen


def sizes(host: LibvirtHost, domains: Sequence[Seen], facts: LibvirtFacts) -> Mapping[str, int]:
    """Of each raw LUN or export that a VM runs with, by its URL, the bytes that its QEMU has of it.

    None is asked that may wait for a server: one of whose disks nobody tells.
    """
    found: dict[str, int] = {}
    for seen in domains:
        disks = [disk for disk in seen.live.remote_disks if seen.live is not seen.defined]
        blocks = [disk for disk in disks if is_block(disk.path) and disk.format == "raw"]
        if not blocks or any(disk.path not in facts.remote for disk in disks):
            continue
        domain = host.domain(seen.defined.name)
        for disk in blocks:
            told = host.link.quietly(domain.blockInfo, disk.target) if domain is not None else None
            if told:
                found[disk.path] = int(told[0])
    return found
