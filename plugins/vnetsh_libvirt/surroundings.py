"""What a host's libvirt has beside domains that their XML refers to by name: networks, pools, filters, secrets."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import libvirt

from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.libvirt_host import LibvirtHost, pool_folder

T = TypeVar("T")


def read(host: LibvirtHost) -> LibvirtFacts:
    """Facts with these; what a daemon does not have (a virtqemud alone has no networks) is not known."""
    networks = _list(host, "listAllNetworks", 0, _network)
    pools = _list(host, "listAllStoragePools", libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, pool_folder)
    filters = _list(host, "listAllNWFilters", 0, lambda one: one.name())
    secrets = _list(host, "listAllSecrets", 0, lambda one: one.UUIDString())
    return LibvirtFacts(
        folder=host.folder,
        networks=None if networks is None else {one.name: one.groups for one in networks if one.active},
        reserved={one.bridge: f"libvirt's network `{one.name}`" for one in networks or () if one.bridge},
        pools=None if pools is None else {name: folder for name, folder in pools if folder},
        filters=None if filters is None else frozenset(filters),
        secrets=None if secrets is None else frozenset(secrets),
    )


def _list(host: LibvirtHost, method: str, flags: int, read: Callable[[Any], T]) -> list[T] | None:
    """Ask for all of a sort and read each; None where this cannot be asked. One that goes meanwhile is left out."""
    found = host.link.quietly(getattr(host.link.connection, method), flags)
    if found is None:
        return None
    told = (host.link.quietly(read, one) for one in found)
    return [one for one in told if one is not None]


@dataclass(frozen=True)
class _Network:
    """A network of libvirt's: whether it is up, its port groups, and the bridge that it makes, if it makes one."""

    name: str
    active: bool
    groups: frozenset[str]
    bridge: str


_OF_OTHERS = ("bridge", "private", "vepa", "passthrough", "hostdev")
"""Ways of forwarding for which a network makes no bridge, but takes one, or a device, that is there."""


def _network(network: Any) -> _Network:
    root = ET.fromstring(network.XMLDesc(0))
    forward, bridge = root.find("forward"), root.find("bridge")
    taken = forward is not None and forward.get("mode", "nat") in _OF_OTHERS
    return _Network(
        network.name(),
        bool(network.isActive()),
        frozenset(group.get("name", "") for group in root.iterfind("portgroup")),
        "" if bridge is None or taken else bridge.get("name", ""),
    )
