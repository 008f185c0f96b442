"""A packet that a database is asked about: from its beginning to the ports, with the hosts between."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from vnetsh.model import Finding, Fleet, Hop, Packet, Resource, Traced
from vnetsh_ovn.rows import ROUTER, ROUTER_PORT, Index, Ref
from vnetsh_ovn.tracing.asking import Tracer, hints
from vnetsh_ovn.tracing.beginning import Beginning, Beginnings
from vnetsh_ovn.tracing.behind import Behind
from vnetsh_ovn.tracing.bound import Bound
from vnetsh_ovn.tracing.choosing import by_backend
from vnetsh_ovn.tracing.story import Story, Teller, met
from vnetsh_ovn.tracing.trace_text import Event
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import as_list


class Packets:
    """Those of one database."""

    def __init__(self, place: str, index: Index, fleet: Fleet, southbound: Client, tracer: Tracer) -> None:
        self._place, self._index, self._fleet = place, index, fleet
        self._southbound, self._tracer = southbound, tracer
        self._things = [one for one in fleet.resources.values() if one.place == place]

    def traced(self, packet: Packet) -> Traced | None:
        """A packet's way; None where nothing here has to do with it. Raises `CannotTell`, `HostUnreachable`."""
        rests = f"by the flows of {self._place}'s southbound database (ovn-trace)"
        begin = Beginnings(self._index, self._things, self._place).of(packet)
        if begin is None:
            return None
        if isinstance(begin, Finding):
            return Traced((), (begin,), rests="by what the northbound database says")
        flow = begin.flow(packet)
        first = self._tracer.trace(begin.datapath, flow)
        told = [
            (self._told(events, begin, packet, backend), trace)
            for backend, trace, events in by_backend(self._tracer, begin.datapath, flow, first)
        ]
        worst, _ = next((one for one in told if any(found.stops for found in one[0].findings)), told[0])
        return replace(worst, rests=rests, detail="\n\n".join(trace.text for _, trace in told))

    def _story(self, events: Sequence[Event], begin: Beginning, packet: Packet, backend: str = "") -> Story:
        known = hints(self._southbound, [*met(events)])
        behind = Behind(self._index, self._things, self._place, packet)
        return Teller(behind, known, backend).told(events, begin)

    def _told(self, events: Sequence[Event], begin: Beginning, packet: Packet, backend: str) -> Traced:
        story = self._story(events, begin, packet, backend)
        ports = [begin.inport] if packet.source else []
        last = story.port or (story.door if story.door in self._nics else "")
        ports += [*story.gateways, *([last] if last else [])]
        bound = Bound(self._southbound, ports, self._place, self._fleet)
        end = self._nics.get(story.port)
        findings = [story.stop] if story.stop else [*self._elsewhere(packet, story)]
        if not findings and end and packet.source:
            straight = not self._by_uplink(begin, story, bound)
            findings += (
                [*self._back(packet, begin, story, end), *self._inward(begin, story)][:1] if straight else []
            )
        findings += self._nowhere(packet, story, bound)
        hosts = [*bound.hops([*dict.fromkeys(ports)], self._hosts)]
        beyond = "it leaves: what is outside, nobody here knows" if story.outside else ""
        hops = (*story.hops, *hosts, *_ending(story, end, [] if findings else hosts))
        return Traced(hops, (*findings, *bound.late(ports)), end, beyond)

    def _elsewhere(self, packet: Packet, story: Story) -> Iterator[Finding]:
        """That a way comes to somebody else than was meant."""
        wanted = packet.target.text("interface") if packet.target else story.port
        if story.port != wanted or (packet.target and not story.port):
            assert packet.target
            vm, network = packet.target.text("vm") or packet.target.name, packet.target.text("network")
            says = f"it comes to somebody else who has that address, and not to {vm} on network {network}"
            yield Finding(story.at, says, other=packet.target.key)

    def _back(self, packet: Packet, begin: Beginning, story: Story, end: Resource) -> Iterator[Finding]:
        """Why what comes back does not come: as far as no address was changed on the way, the same database tells."""
        assert packet.source
        vm, other = packet.source.text("vm"), end.text("vm")
        same = end.text("network") == begin.network and end.key != packet.source.key
        if story.translated == {"dst"} and same:
            says = (
                f"what comes back goes straight from {other} to {vm}, for both are on it: "
                f"not from {begin.addresses[1]}, which {vm} asked"
            )
            yield Finding(("network", self._place, begin.network), says)
        if story.translated:
            return
        answer = replace(packet, source=end, target=packet.source, addresses=("", ""))
        back = Beginnings(self._index, self._things, self._place).of(answer)
        stop = back if isinstance(back, Finding) else None
        if isinstance(back, Beginning):
            trace = self._tracer.trace(back.datapath, back.flow(answer, answers=True), connections="est,rpl")
            stop = self._story(trace.events, back, answer).stop
        if stop:
            yield replace(stop, says=f"of what comes back from {other}: {stop.says}")

    def _by_uplink(self, begin: Beginning, story: Story, bound: Bound) -> bool:
        """Whether a router that balances something of its own networks does so only when it comes in by its uplink.

        It balances on its gateway's chassis alone; whoever is on another one comes to that by way of the uplink, under
        the router's own address, where the address that they ask is one there (23.03: lr_in_dnat).
        """
        port = self._index.row(Ref(ROUTER_PORT, story.inward.removeprefix("cr-")))
        nets = [ipaddress.ip_interface(one).network for one in as_list(port.get("networks"))]
        around = any(ipaddress.ip_address(begin.addresses[1]) in net for net in nets)
        return around and bound.at(begin.inport).host != bound.at(story.inward).host

    def _inward(self, begin: Beginning, story: Story) -> Iterator[Finding]:
        """That a router does not give back the address that it balanced: it does for what leaves by its uplink alone.

        (23.03: lr_out_undnat.)
        """
        port = self._index.find(Ref(ROUTER_PORT, story.inward.removeprefix("cr-")))
        if port:
            router = str(self._index.owner(port, ROUTER)[1].get("name"))
            address = begin.addresses[1]
            says = (
                f"what comes back is not from {address} again: it takes back only what leaves by its uplink"
            )
            yield Finding(("router", self._place, router), says)

    @cached_property
    def _nics(self) -> Mapping[str, Resource]:
        """The NICs on networks, by their logical ports."""
        return {one.text("interface"): one for one in self._things if one.kind == "attachment"}

    @cached_property
    def _hosts(self) -> Mapping[str, str]:
        """By logical port of a vm's NIC, the host where that vm is; empty of one that nobody knows."""
        vms = {port: self._fleet.named("vm", nic.text("vm")) for port, nic in self._nics.items()}
        return {port: found[0].place if len(found) == 1 else "" for port, found in vms.items()}

    def _nowhere(self, packet: Packet, story: Story, bound: Bound) -> Iterator[Finding]:
        """What of a way is on no chassis, or on another one than its vm."""
        ends = [packet.source.text("interface")] if packet.source else []
        for port in [*ends, *([story.port] if story.port else [])]:
            nic, at, host = self._nics.get(port), bound.at(port), self._hosts.get(port, "")
            key = ("attachment", self._place, nic.name if nic else port)
            where = f", while {nic.text('vm')} is on {host}" if nic and host else ""
            if not at.host:
                says = f"its port is on no chassis{where}"
                yield Finding(key, says, advice=_ADVICE.format(host=host or "its host"), symptom=True)
            elif host and at.host != host:
                yield Finding(key, f"its port is on chassis {at.host}{where}", symptom=True)
            elif not at.up:
                yield Finding(key, f"its port is on chassis {at.host}, and not up there", symptom=True)
        for port in story.gateways:
            if not bound.at(port).host:
                row = self._index.find(Ref(ROUTER_PORT, port.removeprefix("cr-")))
                router = str(self._index.owner(row, ROUTER)[1].get("name") or port)
                yield Finding(("router", self._place, router), "none of its gateways lives", symptom=True)


_ADVICE = "does ovn-controller run on {host}, and has the NIC its port's `iface-id`?"


def _ending(story: Story, end: Resource | None, hosts: Sequence[Hop]) -> Sequence[Hop]:
    """Where a way comes out, where that is no vm's NIC that the fleet knows."""
    if story.outside:
        by = f" on {hosts[-1].place}" if hosts else ""
        return [Hop("outside", story.outside, "", f"outside, by network {story.outside}{by}")]
    if story.router:
        return [Hop("router", story.router, "", f"router {story.router} answers by itself")]
    return [Hop("port", story.port, "", f"port {story.port}")] if story.port and end is None else []
