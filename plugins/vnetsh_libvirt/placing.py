"""Where a VM belongs, kept in the domain itself: in its definition, and in what runs of it."""

from __future__ import annotations

from typing import Any

import libvirt

from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.draft import Draft
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.mark import PLACING_NAMESPACE, PLACING_PREFIX, placing_of


def keep(host: LibvirtHost, vm: Resource) -> None:
    """Have a VM's domain say what its resource does. Said already it changes nothing. Raises `BackendRefused`."""
    domain = host.domain(vm.name)
    if domain is None:
        raise BackendRefused(
            f"{host.name}: the domain {vm.name} is gone", help="did somebody else remove it?"
        )
    wanted = placing_of(vm)
    if host.persistent(domain):
        defined = host.defined(domain, secrets=True)
        if defined.placing != wanted:
            draft = Draft(defined.xml)
            draft.placing(domain_xml.placing(wanted))
            host.call("defineXML", draft.text)
    if host.link.call(domain.isActive):
        keep_live(host, domain, vm)


def keep_live(host: LibvirtHost, domain: Any, vm: Resource) -> None:
    """The same of one that runs, as it runs."""
    wanted = placing_of(vm)
    if host.live(domain).placing != wanted:
        kind, where = libvirt.VIR_DOMAIN_METADATA_ELEMENT, libvirt.VIR_DOMAIN_AFFECT_LIVE
        xml = domain_xml.placing(wanted, bare=True) or None
        host.link.call(domain.setMetadata, kind, xml, PLACING_PREFIX, PLACING_NAMESPACE, where)
