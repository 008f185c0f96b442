"""The way that a live migration's data goes: which it is to be, and whether its hosts are ready for it. Pure.

libvirt's own is TCP, from QEMU to QEMU. By TLS that is encrypted, disks too; by ssh it goes through the connection of
both daemons, which takes no disks along (https://libvirt.org/migration.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface

from vnetsh.backend import Assessment
from vnetsh.model import Attributes, Change, Fleet, Host, LinkFacts, Resource
from vnetsh_libvirt import tls
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.leaving import Leaving
from vnetsh_libvirt.own_files import perhaps_shared
from vnetsh_libvirt.peers import peer_uri
from vnetsh_libvirt.refusals import refused

OVER, MIGRATION_OVER, MIGRATION_ADDRESS = "over", "migration-over", "migration-address"
TCP, TLS, SSH = "tcp", "tls", "ssh"

NO_TLS = "E481"
DISKS_STAY = "over ssh no disk can be copied along"
_BY_SSH = ("+ssh", "+libssh", "+libssh2")


@dataclass(frozen=True)
class Way:
    """`over` is empty where nothing is said: then it is libvirt's own. `address`: the target's, empty for libvirt's."""

    over: str = ""
    address: str = ""

    @classmethod
    def of(cls, wishes: Attributes, source: Host, target: Host) -> Way:
        """As the sentence says or, else, the host that it goes to, or else the one that it leaves."""
        said = (wishes.get(OVER), target.text(MIGRATION_OVER), source.text(MIGRATION_OVER))
        over = next((str(one) for one in said if one), "")
        return cls(over, "" if over == SSH else target.text(MIGRATION_ADDRESS))

    @property
    def uri(self) -> str:
        """What the source's QEMU connects to, the port left to libvirt; empty for libvirt's own."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"tcp://{host}" if host else ""

    @property
    def said(self) -> str:
        """For the plan; empty where it is libvirt's own."""
        over = f"over {self.over}" if self.over else ""
        return " ".join(filter(None, (over, f"to {self.address}" if self.address else "")))

    @property
    def virsh(self) -> tuple[str, ...]:
        """The words of `virsh migrate` that say it."""
        over = {TLS: ("--tls",), SSH: ("--tunnelled",)}.get(self.over, ())
        to = ("--migrateuri", self.uri, "--listen-address", self.address) if self.address else ()
        return (*over, *to)


def planned(change: Change, fleet: Fleet) -> Way:
    """The way that a move will go."""
    source, target = change.place, change.resource.place
    return Way.of(change.wishes, fleet.hosts[source], fleet.hosts[target])


def assess(change: Change, one: Leaving) -> Iterator[Assessment]:
    """What speaks against the way of a VM that runs, else what is to be said of it."""
    if one.off:
        return
    found = planned(change, one.fleet)
    yield from _addressed(one, found)
    yield from _encrypted(change.resource, one, found)
    if found.over == SSH:
        yield from _by_ssh(change, one)
    if found.said:
        yield Assessment(how=found.said)


def _addressed(one: Leaving, way: Way) -> Iterator[Assessment]:
    """An address is believed only when the host has it, where that can be seen."""
    told = [f for (at, _), f in one.fleet.facts.items() if at == one.target and isinstance(f, LinkFacts)]
    has = {ip_interface(each).ip for found in told for all in found.addresses.values() for each in all}
    if way.address and has and ip_address(way.address) not in has:
        others = ", ".join(sorted(str(each) for each in has if not each.is_loopback))
        yield one.refuse(
            "E480",
            f"host `{one.target}` has no address {way.address}, to which `{one.vm.name}` is to be sent",
            f"give it that one, or say in the hosts file one that it has: {others}",
        )


def _encrypted(said: Resource, one: Leaving, way: Way) -> Iterator[Assessment]:
    known = {host: found for host in (one.target, one.vm.place) if (found := facts(one.fleet, host).tls)}
    if way.over != TLS:
        for host in (host for host, found in known.items() if found.forced):
            yield refused(
                NO_TLS,
                said,
                f"host `{host}` takes no migration without TLS (`migrate_tls_force` in {tls.CONF})",
                f"`migrate {said.name} to {said.place} over tls`",
                word=OVER,
            )
        return
    there = known.get(one.target)
    client = tls.CLIENT if there is None or there.verifies else ()
    for host, needed in ((one.target, tls.SERVER), (one.vm.place, (tls.AUTHORITY, *client))):
        if lacks := known[host].lacks(needed) if host in known else ():
            yield refused(
                NO_TLS,
                said,
                f"host `{host}` is not set up for TLS: {known[host].folder} has no {', '.join(lacks)}",
                "docs/moving.md tells how to make them; `over tcp` does without, and encrypts nothing",
                word=OVER,
            )


def _by_ssh(change: Change, one: Leaving) -> Iterator[Assessment]:
    said, uri = change.resource, peer_uri(one.fleet.hosts[one.target])
    if not uri.partition(":")[0].endswith(_BY_SSH):
        yield refused(
            "E483",
            said,
            f"`{said.name}` cannot move over ssh: the daemon of host `{one.target}` is reached by {uri}",
            f'`host {one.target} libvirt-peer "qemu+ssh://{one.target}/system"` in the hosts file, or `over tls`',
            word=OVER,
        )
    travels = [file.path for file in one.files if file.own and not perhaps_shared(one, file.path)]
    if travels:
        yield refused(
            "E482",
            said,
            f"{DISKS_STAY}, and `{said.name}` takes along {', '.join(travels)}",
            f"`over tls`, or put it where both {one.vm.place} and {one.target} see it",
            word=OVER,
        )
