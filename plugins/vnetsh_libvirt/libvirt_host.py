"""One host as the backend's parts use it: its libvirt, the way to it, and a few questions to it."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from threading import Semaphore
from typing import TYPE_CHECKING, Any

import libvirt

from vnetsh.errors import BackendRefused
from vnetsh.hosts.transport import Transport
from vnetsh.model import Host
from vnetsh.model.power import CRASHED, PAUSED, RUNNING, SAVED, SLEEPING, STOPPED
from vnetsh_libvirt.definition import Definition, attribute_of
from vnetsh_libvirt.link import Link
from vnetsh_libvirt.peers import peer_uri

if TYPE_CHECKING:
    from vnetsh_libvirt.outage.prober_session import ProberSession

IMAGES = "/var/lib/libvirt/images"
"""libvirt's own default folder of disk images."""

MIGRATIONS = 2
"""VMs that leave a host, or come to one, at the same time, where its sentence does not say."""

STATES: Mapping[int, str] = {
    libvirt.VIR_DOMAIN_SHUTOFF: STOPPED,  # or `saved`, which is no state of libvirt's
    libvirt.VIR_DOMAIN_CRASHED: CRASHED,  # and kept to be looked at: else it is off
    libvirt.VIR_DOMAIN_PAUSED: PAUSED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: SLEEPING,
}
"""virDomainState in the language's words; every other one is `running`."""


@dataclass(frozen=True)
class LibvirtHost:
    """A host with its open libvirt. `pools` are the names of the storage pools that were made or started on the way.

    `probers` are those that were begun there; they may not have ended yet. `keys` are secrets of pools that are yet to
    be made, by the pools' URLs.
    `leaving` and `coming` are as many places as VMs may leave it, or come to it, at the same time; as many again of
    those `under_way` may make ready, or be looked at afterwards. `lock` is for what must not be done twice at once.
    """

    host: Host
    link: Link
    transport: Transport
    timeout: float
    pools: list[str] = field(default_factory=list)
    probers: list[ProberSession] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    leaving: Semaphore = field(init=False, compare=False)
    coming: Semaphore = field(init=False, compare=False)
    under_way: Semaphore = field(init=False, compare=False)
    lock: Semaphore = field(default_factory=Semaphore, compare=False)

    def __post_init__(self) -> None:
        said = self.host.attributes.get("migrations")
        most = said if isinstance(said, int) else MIGRATIONS
        for name, places in (("leaving", most), ("coming", most), ("under_way", 2 * most)):
            object.__setattr__(self, name, Semaphore(places))

    @property
    def name(self) -> str:
        """The host's name."""
        return self.host.name

    @property
    def folder(self) -> str:
        """The folder of disk images."""
        return self.host.text("images", IMAGES).rstrip("/")

    @cached_property
    def qemu_user(self) -> tuple[str, str]:
        """The user and the group, by their numbers, as which libvirt starts QEMU; what nobody tells is root."""
        root = ET.fromstring(self.call("getCapabilities"))
        models = (one for one in root.iterfind("host/secmodel") if one.findtext("model") == "dac")
        label = next((one.findtext("baselabel", "") for one in models), "")
        found = re.fullmatch(r"\+(\d+):\+(\d+)", label)
        return (found[1], found[2]) if found else ("0", "0")

    @property
    def peer_uri(self) -> str:
        """How other hosts' libvirt reaches this one."""
        return peer_uri(self.host)

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the libvirt connection. Raises as `Link.call` does."""
        return self.link.call(getattr(self.link.connection, method), *arguments)

    def domain(self, name: str) -> Any:
        """The domain of that name, None when there is none."""
        return self.link.find(self.link.connection.lookupByName, name)

    def state(self, domain: Any) -> str:
        """Its state, in the language's words."""
        found = STATES.get(self.link.call(domain.state)[0], RUNNING)
        return SAVED if found == STOPPED and self.link.call(domain.hasManagedSaveImage, 0) else found

    def persistent(self, domain: Any) -> bool:
        """Whether the domain has a definition that outlives its running."""
        return bool(self.link.call(domain.isPersistent))

    def live(self, domain: Any) -> Definition:
        """The domain as it runs (as it is defined, when it does not)."""
        return self.link.call(definition_of, domain, 0)

    def defined(self, domain: Any, *, secrets: bool = False) -> Definition:
        """The domain as it will be at its next start; with `secrets`, fit to define it elsewhere."""
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE | (libvirt.VIR_DOMAIN_XML_SECURE if secrets else 0)
        return self.link.call(definition_of, domain, flags)

    def views(self) -> Iterator[Definition]:
        """Every domain as it is defined, and as it runs; one that goes away while it is read is left out."""
        for domain in self.call("listAllDomains", 0):
            for flags in (libvirt.VIR_DOMAIN_XML_INACTIVE, 0):
                if view := self.link.find(definition_of, domain, flags):
                    yield view

    def running(self) -> Iterator[Definition]:
        """Every domain that runs, as it does; one that ends while it is read is left out."""
        for domain in self.call("listAllDomains", libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
            if view := self.link.find(definition_of, domain, 0):
                yield view

    def openvswitch(self, bridges: Iterable[str]) -> dict[str, bool]:
        """Of each bridge, whether it is one of Open vSwitch's: the kernel says so of all that are its own."""
        names = sorted(set(bridges))
        if not names:
            return {}
        script = 'for name; do if test -d "/sys/class/net/$name/bridge"; then echo "$name"; fi; done'
        linux = self.transport.ask(["sh", "-c", script, "sh", *names], timeout=self.timeout).stdout.split()
        return {name: name not in linux for name in names}

    def domain_type(self) -> str:
        """`kvm` or `qemu`: what the host's sentence says or, else, the better one that the host can."""
        said = self.host.text("domain-type")
        if said:
            return said
        guests = ET.fromstring(self.call("getCapabilities")).iterfind("guest/arch/domain")
        return "kvm" if any(guest.get("type") == "kvm" for guest in guests) else "qemu"

    def is_x86(self) -> bool:
        """Whether its CPUs are x86, 32 or 64 bits."""
        arch = ET.fromstring(self.call("getCapabilities")).findtext("host/cpu/arch", "")
        return arch in ("x86_64", "i686")

    def wait(self, done: Callable[[], bool], seconds: float | None = None) -> bool:
        """Ask until it is so, `seconds` (else the host's timeout) at most; whether it came to be."""
        deadline = time.monotonic() + (self.timeout if seconds is None else seconds)
        pause = 0.02
        while not done():
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)
        return True


HostNamed = Callable[[str], LibvirtHost]
"""Gives a host, by its name."""


def existing(host: LibvirtHost, name: str) -> Any:
    """The domain of that name, which must be there. Raises `BackendRefused`."""
    domain = host.domain(name)
    if domain is None:
        raise BackendRefused(f"{host.name}: the domain {name} is gone", help="did somebody else remove it?")
    return domain


def definition_of(domain: Any, flags: int) -> Definition:
    """A domain's XML, with the files of the volumes, and the networks, that it names. Called on a link's thread."""
    definition = Definition(domain.XMLDesc(flags))
    volumes: dict[str, str] = {}
    for disk in definition.root.iterfind("devices/disk[@type='volume']"):
        with suppress(libvirt.libvirtError):  # there is no such pool
            pool = domain.connect().storagePoolLookupByName(attribute_of(disk, "source", "pool"))
            _, folder = pool_folder(pool)
            # Not looked up there: a pool knows its files only as they were when it was last refreshed.
            volumes[attribute_of(disk, "target", "dev")] = (
                f"{folder}/{attribute_of(disk, 'source', 'volume')}" if folder else ""
            )
    networks: dict[str, str] = {}
    for name in {attribute_of(e, "source", "network") for e in definition.root.iterfind(_OF_NETWORKS)}:
        with suppress(libvirt.libvirtError):  # there is no such network, or the daemon has none
            networks[name] = domain.connect().networkLookupByName(name).XMLDesc(0)
    return Definition(definition.xml, volumes, networks) if volumes or networks else definition


_OF_NETWORKS = "devices/interface[@type='network']"


def pool_folder(pool: Any) -> tuple[str, str]:
    """A storage pool's name and its folder; empty where its volumes are no files. Called on a link's thread."""
    root = ET.fromstring(pool.XMLDesc(0))
    files = root.get("type") in ("dir", "fs", "netfs")
    return pool.name(), root.findtext("target/path", "").rstrip("/") if files else ""
