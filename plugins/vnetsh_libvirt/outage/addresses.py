"""Which IPv4 addresses a VM has, as its libvirt knows: by its guest's agent, and by leases of libvirt's networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import libvirt

from vnetsh.errors import VnetshError
from vnetsh_libvirt.definition import Definition, attribute_of
from vnetsh_libvirt.libvirt_host import LibvirtHost

PATIENCE = 1.0
"""Seconds that an agent gets to answer."""

AGENT = "devices/channel/target[@name='org.qemu.guest_agent.0'][@state='connected']"


def known(host: LibvirtHost, live: Definition) -> dict[str, str]:
    """By MAC; libvirt is asked only where it can know."""
    sources = []
    if live.root.find(AGENT) is not None:
        sources.append(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
    if any(attribute_of(nic.element, "source", "network") for nic in live.nics):
        sources.append(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)
    found: dict[str, str] = {}
    for source in sources:
        for interface in _ask(host, live.uuid, source).values():
            address = _usable(interface.get("addrs") or [])
            if interface.get("hwaddr") and address:
                found.setdefault(interface["hwaddr"].lower(), address)
    return found


def _ask(host: LibvirtHost, uuid: str, source: int) -> Mapping[str, Any]:
    """By a link of its own, for an agent may hang: then that one is of no more use."""
    try:
        link = host.link.another()
    except VnetshError:
        return {}
    try:
        domain = link.call(link.connection.lookupByUUIDString, uuid)
        told = link.result(link.begin(domain.interfaceAddresses, source), PATIENCE)
        return told if isinstance(told, dict) else {}
    except VnetshError:
        return {}
    finally:
        link.close()


def _usable(told: list[Mapping[str, Any]]) -> str:
    """The first that ARP finds, and that is no link's own; empty where there is none."""
    for one in told:
        if one.get("type") == libvirt.VIR_IP_ADDR_TYPE_IPV4:
            address = ipaddress.ip_address(one["addr"])
            if not (address.is_loopback or address.is_link_local):
                return str(address)
    return ""
