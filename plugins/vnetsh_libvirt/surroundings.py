"""What a host's libvirt has beside domains that their XML refers to by name: networks, pools, filters, secrets."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import libvirt

from vnetsh.errors import BackendRefused
from vnetsh_libvirt import pool_secrets
from vnetsh_libvirt.facts import LibvirtFacts, PoolSeen, RemotePool, network_in_words
from vnetsh_libvirt.libvirt_host import LibvirtHost, pool_folder
from vnetsh_libvirt.remote import user_in
from vnetsh_libvirt.storage_xml import pool_url

T = TypeVar("T")


def read(host: LibvirtHost) -> LibvirtFacts:
    """Facts with these; what a daemon does not have (a virtqemud alone has no networks) is not known."""
    networks = _list(host, "listAllNetworks", 0, _network)
    pools = _list(host, "listAllStoragePools", 0, _pool)
    filters = _list(host, "listAllNWFilters", 0, lambda one: one.name())
    secrets = _list(host, "listAllSecrets", 0, lambda one: one.UUIDString())
    return LibvirtFacts(
        folder=host.folder,
        networks=None if networks is None else {one.name: one.groups for one in networks if one.active},
        reserved={one.bridge: network_in_words(one.name) for one in networks or () if one.bridge},
        pools=None if pools is None else {p.name: p.folder for p in pools if p.folder and p.seen.active},
        defined_pools=None if pools is None else {p.name: p.seen for p in pools if p.plain},
        remote_pools={p.name: _with_secret(host, p.remote) for p in pools or () if p.remote},
        other_pools=None
        if pools is None
        else {p.name: p.kind for p in pools if not p.plain and not p.remote},
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


def _with_secret(host: LibvirtHost, pool: RemotePool) -> RemotePool:
    if user_in(f"{pool.url}/."):
        with suppress(BackendRefused):  # a libvirt that tells of no secrets
            return replace(pool, secret=pool_secrets.file_of(host, pool.url))
    return pool


@dataclass(frozen=True)
class _Network:
    """A network of libvirt's: whether it is up, its port groups, and the bridge that it makes, if it makes one."""

    name: str
    active: bool
    groups: frozenset[str]
    bridge: str


@dataclass(frozen=True)
class _Pool:
    """A storage pool: its folder, where its volumes are files; `plain`: a folder with a definition."""

    name: str
    folder: str
    kind: str
    plain: bool
    seen: PoolSeen
    remote: RemotePool | None


def _pool(pool: Any) -> _Pool:
    name, folder = pool_folder(pool)
    defined, active = bool(pool.isPersistent()), bool(pool.isActive())
    xml = pool.XMLDesc(libvirt.VIR_STORAGE_XML_INACTIVE if defined and active else 0)
    kind = ET.fromstring(xml).get("type", "")
    seen = PoolSeen(folder, pool.UUIDString(), xml, active, bool(pool.autostart()) if defined else False)
    mounted = active and kind not in ("rbd", "logical")  # these come nowhere when they are started
    url = pool_url(xml) if defined and not mounted else ""
    remote = RemotePool(url, seen.uuid, xml, active=active) if url else None
    return _Pool(name, folder, kind, kind == "dir" and defined, seen, remote)


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
