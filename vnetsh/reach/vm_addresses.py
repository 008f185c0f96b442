"""The addresses that a vm is known to have, each with its prefix. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_interface, ip_network

from vnetsh.model import Fleet, Resource, listed


def vm_addresses(fleet: Fleet, vm: Resource) -> Iterator[tuple[Resource, str]]:
    """The NICs with their addresses: those on networks, and the first one with what the guest is told."""
    nics = fleet.nics(vm)
    for nic in nics:
        at = fleet.attached(nic)
        network = fleet.get("network", at.place, at.text("network")) if at else None
        subnets = listed(network.get("subnet")) if network else ()
        for address in filter(_is_one, listed(at.get("address")) if at else ()):
            yield nic, _with_prefix(address, subnets)
    for part in fleet.parts(vm):
        if part.kind == "cloudinit" and nics:
            for address in filter(_is_one, listed(part.get("addresses"))):
                yield nics[0], address


def _is_one(text: str) -> bool:
    """Whether it is an address at all: guests' files are written by others, too."""
    try:
        ip_interface(text)
    except ValueError:
        return False
    return True


def _with_prefix(address: str, subnets: tuple[str, ...]) -> str:
    """An address with the prefix of the subnet that it is in; else as one alone."""
    for subnet in subnets:
        net = ip_network(subnet, strict=False)
        if ip_interface(address).ip in net:
            return f"{address}/{net.prefixlen}"
    return str(ip_interface(address))
