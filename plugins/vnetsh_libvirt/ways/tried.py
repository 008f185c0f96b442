"""Whether one end reaches another: by what that is seen here, and in words how it came out.

A guest itself is the best witness, where its agent may be asked. Else it is a port of our own beside the VM's, on its
bridge and in its VLAN: without an address of its own it asks by ARP, which goes no further than the VM's own network.
A host tries by itself.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vnetsh.backend import Progress
from vnetsh.errors import CannotTell, VnetshError
from vnetsh.model import End, Resource, Trial, Tried
from vnetsh_libvirt.libvirt_host import HostNamed, LibvirtHost
from vnetsh_libvirt.outage import addresses
from vnetsh_libvirt.ways.agent import Guest, NoAgent, NoWay, has_agent
from vnetsh_libvirt.ways.trying import Attempt, Port, attempted

CONTROL = 5.0
"""Seconds in which who is not to be reached must answer somebody beside it: else its silence says nothing."""

MOST = 1000
"""Packets of a series, where little may be lost; a guest itself sends fewer, for it sends but five in a second."""

MOST_OF_A_GUEST = 200

_NO_WAY = 0.3  # seconds until a guest that knows no way is asked again
_SERIES = 0.02  # seconds between two packets of a series


@dataclass(frozen=True)
class Way:
    """A trial, with what is known of its target: its addresses, each with its MAC where that is known."""

    trial: Trial
    at: HostNamed
    progress: Progress
    targets: Sequence[Mapping[str, str]]

    @property
    def addresses(self) -> list[str]:
        """Where the target answers."""
        return list(dict.fromkeys(one["address"] for one in self.targets if one["address"]))

    @property
    def where(self) -> str:
        """The target's address, as it is known, in words."""
        found = " or ".join(self.addresses) or str(self.trial.target)
        return found if self.trial.target.name in self.addresses else f"{self.trial.target} ({found})"

    def count(self, most: int) -> int:
        """How many packets are looked at; 0 where one answer is enough: one that is lost must be within what may be."""
        loss = self.trial.loss
        if loss is None:
            return 0
        return min(most, max(100, -(-10000 // loss) if loss else most))


def try_way(trial: Trial, at: HostNamed, progress: Progress) -> Tried:
    """What comes of a trial. Raises `CannotTell`, `HostUnreachable`; `progress` breaks it off."""
    source = at(trial.source.place)
    way = Way(trial, at, progress, _targets(trial.target, source, at))
    if not trial.reaches:
        way = _controlled(way)
    if trial.source.kind == "host":
        return _from_host(way, source)
    uuid, why = has_agent(source, trial.source.name), ""
    if uuid and way.addresses:
        try:
            with Guest(source, uuid) as guest:
                return _by_guest(way, guest)
        except NoAgent as error:
            why = f"; its agent was asked first: {error}"
    return _beside(way, source, why)


def answering(
    trial: Trial, source: LibvirtHost, at: HostNamed, progress: Progress
) -> Sequence[Mapping[str, Any]]:
    """By which ports beside the source the target answers now, with its MAC and address there. Raises `CannotTell`."""
    way = Way(trial, at, progress, _targets(trial.target, source, at))
    ports = [_port(nic) for nic in trial.source.nics if _untagged(nic)]
    if not ports:
        raise _several_vlans(trial.source, "")
    found = attempted(source, _attempt(way, ports, way.targets), progress)
    if not any(one.get("address") for one in found["senders"]):
        raise _no_address(way)
    return [one for one in found["senders"] if one["answers"]]


def _targets(target: End, source: LibvirtHost, at: HostNamed) -> list[Mapping[str, str]]:
    """What is asked for: addresses, with MACs where they are known. One that is empty is yet to be seen."""
    if target.kind != "vm":
        return [{"mac": "", "address": target.address}]
    if target.address and len(target.nics) != 1:  # which of its NICs has it, nobody said
        return [{"mac": "", "address": target.address}]
    there = at(target.place)
    known = {} if target.address else _known(target.name, there, source)
    return [
        {"mac": mac, "address": target.address or known.get(mac, "")}
        for mac in (nic.text("mac").lower() for nic in target.nics)
        if mac
    ]


def _known(vm: str, there: LibvirtHost, source: LibvirtHost) -> Mapping[str, str]:
    """The addresses of a VM by MAC: as its host's libvirt knows them, else as the two hosts' neighbour tables do."""
    domain = there.domain(vm)
    found = dict(addresses.known(there, there.live(domain))) if domain is not None else {}
    for host in {one.name: one for one in (there, source)}.values():
        try:
            table = host.transport.ask(["cat", "/proc/net/arp"], timeout=host.timeout).stdout
        except VnetshError:
            continue
        for words in map(str.split, table.splitlines()[1:]):
            if len(words) > 3 and int(words[2], 16) & 2:  # it is complete
                found.setdefault(words[3].lower(), words[0])
    return found


def _controlled(way: Way) -> Way:
    """The way to a target that answers who is beside it: only then it says something that another one is not answered.

    Raises `CannotTell` where it does not, or nobody is beside it.
    """
    target = way.trial.target
    if target.kind == "host":
        return way
    if target.kind != "vm" or not target.nics:
        raise CannotTell(
            f"whether {target} would answer anybody, nobody knows: that it does not answer would say nothing",
            help="name the vm that has that address",
        )
    there = way.at(target.place)
    ports = [_port(nic) for nic in target.nics if _untagged(nic)]
    asked = Attempt(ports, [one for one in way.targets if one["mac"]], True, CONTROL)
    found: Mapping[str, Any] = {"holds": False, "senders": []}
    if asked.ports and asked.targets:
        found = attempted(there, asked, way.progress)
    if not found["holds"]:
        raise CannotTell(
            f"{way.where} does not answer a port beside it on {target.place} either: that {way.trial.source} does not "
            "reach it would say nothing",
            help="is its guest up, and which address has it? `… address 10.0.0.2` says it",
        )
    seen = {str(one["mac"]): str(one["address"]) for one in found["senders"] if one["answers"]}
    targets = [one | {"address": seen[one["mac"]]} for one in map(dict, way.targets) if one["mac"] in seen]
    return Way(way.trial, way.at, way.progress, targets)


def _attempt(way: Way, ports: Sequence[Port], targets: Sequence[Mapping[str, str]]) -> Attempt:
    trial, count = way.trial, way.count(MOST)
    return Attempt(
        ports,
        targets,
        trial.reaches,
        trial.within / 1000,
        trial.tcp,
        trial.own,
        count,
        trial.loss or 0,
        _SERIES if count else 0.1,
    )


def _from_host(way: Way, source: LibvirtHost) -> Tried:
    if not way.addresses:
        raise _no_address(way)
    targets = [{"mac": "", "address": address} for address in way.addresses]
    found = attempted(source, _attempt(way, [], targets), way.progress)
    return _told(way, found, "tcp" if way.trial.tcp else "ping", f"from {source.name} itself")


def _beside(way: Way, source: LibvirtHost, why: str) -> Tried:
    trial = way.trial
    vm = trial.source
    if trial.alone:
        words = f"only {vm}'s guest itself could try that, and nobody there may be asked{why}"
        raise CannotTell(words, help="run QEMU's guest agent in it")
    if trial.tcp and not trial.own:
        raise CannotTell(
            f"a port beside {vm} has no address of its own to connect from{why}",
            help="say a free one of its network: `… as 10.0.0.99/24`; or run QEMU's guest agent in it",
        )
    plain = [nic for nic in vm.nics if _untagged(nic)]
    if not plain:
        raise _several_vlans(vm, why)
    if (trial.tcp or trial.own) and not way.addresses:
        raise _no_address(way)
    found = attempted(source, _attempt(way, [_port(nic) for nic in plain], way.targets), way.progress)
    by = "tcp" if trial.tcp else "ping" if trial.own else "arp"
    if by == "arp" and not any(one.get("address") for one in found["senders"]):
        raise _no_address(way)
    places = ", ".join(
        nic.text("bridge") + (f" in VLAN {nic.get('vlan')}" if nic.get("vlan") else "") for nic in plain
    )
    own = f", with the address {trial.own.partition('/')[0]}" if trial.own else ""
    where = f"from a port of its own beside {vm} ({places} on {source.name}{own})"
    if by == "arp" and not any(one["answers"] for one in found["senders"]):
        where += "; ARP goes through no router"
    return _told(way, found, by, where + why)


def _by_guest(way: Way, guest: Guest) -> Tried:
    """Raises `NoAgent`."""
    trial, where = way.trial, f"from {way.trial.source} itself, asked by its guest agent"
    until = time.monotonic() + trial.within / 1000
    if trial.tcp:
        while True:
            why = [guest.tcp(address, trial.tcp, way.progress) for address in way.addresses]
            if "" in why or time.monotonic() > until:
                return _told(way, _one("" in why, 1, int("" in why), why[0]), "tcp", where)
    count = way.count(MOST_OF_A_GUEST)
    sent, answered, why_not = 0, 0, ""
    address = way.addresses[0]
    while True:
        for address in way.addresses:
            try:
                sent, answered = guest.ping(address, 1 if trial.reaches else 5, way.progress)
            except NoWay as error:
                if not trial.alone:  # a port beside it may know one
                    raise
                sent, answered, why_not = 1, 0, str(error)
                time.sleep(_NO_WAY)
            if answered:
                break
        over = time.monotonic() > until
        if not answered:
            if not trial.reaches or over:
                return _told(way, _one(not trial.reaches, sent, answered, why_not), "ping", where)
            continue
        if not trial.reaches and over:
            return _told(way, _one(False, sent, answered), "ping", where)
        if trial.reaches and count:
            sent, answered = guest.ping(address, count, way.progress)
            lost = (sent - answered) * 10000
            if lost > (trial.loss or 0) * sent and time.monotonic() < until:
                continue
        if trial.reaches:
            good = (sent - answered) * 10000 <= (trial.loss or 0) * sent or not count
            return _told(way, _one(good, sent, answered), "ping", where)


def _one(holds: bool, sent: int, answers: int, why: str = "") -> Mapping[str, Any]:
    return {
        "holds": holds,
        "senders": [{"sent": sent, "answers": answers, "ms": 0, "why": why, "address": ""}],
    }


def _told(way: Way, found: Mapping[str, Any], by: str, where: str) -> Tried:
    """What was seen, in words and as data."""
    trial, senders = way.trial, found["senders"]
    best = max(senders, key=lambda one: int(one["answers"]))
    lost = max(0, best["sent"] - best["answers"])
    seen = best.get("address") or ""
    target = f"{trial.target} ({seen})" if seen and seen != trial.target.name else way.where
    asked = {"tcp": f"a connection to port {trial.tcp}", "ping": "ping", "arp": "ARP"}[by]
    if best["answers"]:
        says = f"{target} answers {asked} {where}" + (f", in {best['ms']:.1f} ms" if best["ms"] else "")
        if trial.loss is not None:
            says += f": {lost} of {best['sent']} lost"
    else:
        why = f": {best['why']}" if best["why"] else ""
        many = f"{sum(one['sent'] for one in senders)} tries"
        says = f"{target} does not answer {asked} {where}{why} ({many})"
    data = {"by": by, "where": where, "sent": best["sent"], "answered": best["answers"], "address": seen}
    return Tried(bool(found["holds"]), says, data)


def _several_vlans(vm: End, why: str) -> CannotTell:
    return CannotTell(
        f"{vm}'s NIC carries several VLANs: a port beside it would be in one{why}",
        help="run QEMU's guest agent in it, which tries by itself",
    )


def _no_address(way: Way) -> CannotTell:
    return CannotTell(
        f"no address of {way.trial.target} is known",
        help="say it: `… address 10.0.0.2`; an agent in its guest, or a lease of libvirt's, would tell it too",
    )


def _untagged(nic: Resource) -> bool:
    """Whether it takes what is untagged: a trunk does with a native VLAN only."""
    return nic.get("trunk") is None or nic.get("vlan") is not None


def _port(nic: Resource) -> Port:
    vlan = nic.get("vlan")
    return Port(
        f"vnetsh-{secrets.token_hex(4)[:7]}", nic.text("bridge"), vlan if isinstance(vlan, int) else None
    )
