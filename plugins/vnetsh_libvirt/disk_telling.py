"""What vnetsh keeps of disks in their VM's domain: in its definition, and in what runs of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libvirt

from vnetsh_libvirt.drives import NAMESPACE, PREFIX, Told, telling
from vnetsh_libvirt.libvirt_host import LibvirtHost

_ELEMENT = libvirt.VIR_DOMAIN_METADATA_ELEMENT


def tell(host: LibvirtHost, domain: Any, name: str, said: Mapping[str, str] | None) -> None:
    """Have a domain say that of a disk, or nothing of it any more (None); said already it changes nothing."""
    if host.persistent(domain):
        _keep(host, domain, _with(host.defined(domain).told, name, said), libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    if host.link.call(domain.isActive):
        _keep(host, domain, _with(host.live(domain).told, name, said), libvirt.VIR_DOMAIN_AFFECT_LIVE)


def _with(told: Told, name: str, said: Mapping[str, str] | None) -> Told | None:
    """What is to be told then; None where that is so already."""
    if told.get(name) == said:
        return None
    rest = {one: words for one, words in told.items() if one != name}
    return rest if said is None else {**rest, name: said}


def _keep(host: LibvirtHost, domain: Any, told: Told | None, where: int) -> None:
    if told is not None:
        xml = telling(told, bare=True) or None
        host.link.call(domain.setMetadata, _ELEMENT, xml, PREFIX, NAMESPACE, where)
