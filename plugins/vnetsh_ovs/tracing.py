"""Why a packet does not pass a bridge: vswitchd itself is asked, by `ofproto/trace`, which changes and sends nothing.

Of each bridge a packet to the target, one back, and a broadcast that looks for the target are traced.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vnetsh.hosts.transport import Ask
from vnetsh.model import Finding, Hop, Key, Route
from vnetsh_ovs.flows import cookie_of, flows_of
from vnetsh_ovs.rows import Index
from vnetsh_ovs.trace_text import Dropped, Trace
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_scalar

_EVERYONE = "ff:ff:ff:ff:ff:ff"
_SOMEONE = "02:00:00:00:00:01"
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_CARRIED = {
    "gre": ("ip,nw_proto=47", "ipv6,nw_proto=47"),
    "vxlan": ("udp,udp_dst=4789", "udp6,udp_dst=4789"),
    "geneve": ("udp,udp_dst=6081", "udp6,udp_dst=6081"),
}
"""A tunnel's packets, over IPv4 and IPv6."""

_ABSENT = 127

_SOURCES = re.compile(r"(?:nw_src|arp_spa)=(\d+\.\d+\.\d+\.\d+)(?=[, ]|$)")
_MOST = 8
"""Addresses that are tried, at most."""


@dataclass(frozen=True)
class _Packet:
    """One that is traced: from where, to where, in words, and by the fields of a flow.

    `known`: so are the addresses of both ends.
    """

    enters: str
    leaves: str
    remote: str
    macs: tuple[str, str]
    fields: str
    words: str
    known: bool


class Tracer:
    """Traces packets on one host; `ask` runs a command there."""

    def __init__(self, host: str, index: Index, ask: Ask) -> None:
        self._host = host
        self._index = index
        self._ask = ask

    def findings(self, route: Route, backend: str) -> Iterator[Finding]:
        """What is wrong at the hops of a route that are here."""
        for hop in route.at(self._host, backend):
            if hop.kind == "bridge" and hop.enters and hop.leaves and hop.name in self._index.bridges:
                found = next(self._bridge(hop, route), None)
                yield from [found] if found else []
            elif hop.kind in ("tunnel", "uplink"):
                yield from self._tagged(hop)

    def _tagged(self, hop: Hop) -> Iterator[Finding]:
        """A tunnel or an uplink that somebody gave VLANs of its own."""
        port = self._port(hop.link)
        tag, trunks = as_scalar(port.get("tag")), as_list(port.get("trunks"))
        if tag is not None or trunks:
            said = f"the VLAN {tag}" if tag is not None else f"the trunk {', '.join(map(str, trunks))}"
            command = f"ovs-vsctl clear port {shlex.quote(hop.link)} tag trunks vlan_mode"
            says = f"somebody gave it {said} of its own: other VLANs do not pass"
            yield Finding(hop.key, says, command=command)

    def _bridge(self, hop: Hop, route: Route) -> Iterator[Finding]:
        for packet in _packets(hop, route):
            if len(self._interfaces(packet.enters)) > 1:
                continue  # by which cable of a bond it comes nobody knows
            trace = self._traced(hop, packet)
            if isinstance(trace, Finding):
                yield trace
                return
            if not self._passes(hop, trace, packet) and not self._passes_from_another(hop, packet):
                yield self._why(hop, packet, trace)

    def _passes_from_another(self, hop: Hop, packet: _Packet) -> bool:
        """Whether it would pass from an address that its flows let it have, where its own one is not known."""
        if packet.known:
            return False
        done = self._ask(["ovs-ofctl", "--names", "--no-stats", "dump-flows", hop.name])
        for address in list(dict.fromkeys(_SOURCES.findall(done.stdout)))[:_MOST]:
            field = "arp_spa" if packet.fields.startswith("arp") else "nw_src"
            trace = self._traced(hop, replace(packet, fields=f"{packet.fields},{field}={address}"))
            if isinstance(trace, Trace) and self._passes(hop, trace, packet):
                return True
        return False

    def _port(self, link: str) -> Row:
        spot = self._index.ports.get(link)
        return self._index.tables["Port"][spot.uuid] if spot else {}

    def _interfaces(self, link: str) -> list[Row]:
        """The interfaces of a port: several of a bond."""
        return [row for _, row in self._index.interfaces(self._port(link))]

    def _traced(self, hop: Hop, packet: _Packet) -> Trace | Finding:
        vlan = f",dl_vlan={hop.vlan}" if hop.vlan and self._is_tagged(packet.enters, hop.vlan) else ""
        source, target = packet.macs
        entry = "LOCAL" if packet.enters == hop.name else self._quoted(packet.enters)
        flow = f"in_port={entry}{vlan},dl_src={source},dl_dst={target},{packet.fields}"
        done = self._ask(["ovs-appctl", "ofproto/trace", "--names", hop.name, flow])
        if done.returncode == 0 and "Datapath actions:" in done.stdout:
            return Trace(done.stdout)
        said = (done.stderr or done.stdout).strip().splitlines()
        why = said[0] if said else f"exit code {done.returncode}"
        if done.returncode != _ABSENT and ("pid" in why or "connect" in why):
            key: Key = ("host", self._host, self._host)
            command = "systemctl start openvswitch-switch"
            return Finding(
                key, f"its ovs-vswitchd does not answer: {why.rpartition('|')[2]}", command=command
            )
        return Finding(hop.key, f"not asked for a packet's way: {why}", stops=False)

    def _quoted(self, name: str) -> str:
        return name if _PLAIN.fullmatch(name) else f'"{name}"'

    def _is_tagged(self, link: str, vlan: int) -> bool:
        """Whether packets of a VLAN come by a link with its tag."""
        port = self._port(link)
        return bool(as_scalar(port.get("tag")) != vlan or as_scalar(port.get("vlan_mode")) == "native-tagged")

    def _passes(self, hop: Hop, trace: Trace, packet: _Packet) -> bool:
        if packet.remote:
            return trace.leads_to(packet.remote)
        interfaces = self._interfaces(packet.leaves)
        peers = [
            str(as_map(row.get("options")).get("peer")) for row in interfaces if row.get("type") == "patch"
        ]
        if peers:
            there = self._index.ports.get(peers[0])
            return there is None or trace.passes_into(self._index.bridge_name(there.bridge))
        own = packet.leaves == hop.name
        if own and trace.is_unpacked:
            return True
        return trace.leaves_by({packet.leaves, *(str(row["name"]) for row in interfaces)})

    def _why(self, hop: Hop, packet: _Packet, trace: Trace) -> Finding:
        drop = next(trace.drops(), None)
        if drop:
            return self._dropped(drop, packet)
        where = f"to {packet.leaves}" + (f" ({packet.remote})" if packet.remote else "")
        if trace.learned and packet.macs[1] != _EVERYONE:
            others = [name for name in trace.outputs() if name in self._index.ports] or ["another port"]
            says = f"{packet.words}it has learned {packet.macs[1]} at {others[-1]}, and does not send {where}"
            if not trace.refusals():
                command = f"ovs-appctl fdb/del {hop.name} {hop.vlan} {packet.macs[1]}"
                return Finding(hop.key, says, command=command)
        refusals = trace.refusals()
        why = f": {refusals[0]}" if refusals else ""
        command = ""
        if not refusals and packet.macs[1] == _EVERYONE:
            why = ": it floods nothing there"
            command = f"ovs-ofctl mod-port {hop.name} {shlex.quote(packet.leaves)} flood"
        elif any("NO_FWD" in said for said in refusals):
            command = f"ovs-ofctl mod-port {hop.name} {shlex.quote(packet.leaves)} forward"
        # Where flows do not leave it to the switch, they may answer what looks for somebody by themselves.
        stops = packet.macs[1] != _EVERYONE or trace.is_normal
        says = f"{packet.words}it sends nothing {where}{why}"
        return Finding(hop.key, says, command=command if stops else "", stops=stops)

    def _dropped(self, drop: Dropped, packet: _Packet) -> Finding:
        key: Key = ("bridge", self._host, drop.bridge)
        bridge = shlex.quote(drop.bridge)
        row = self._index.tables["Bridge"].get(self._index.bridges.get(drop.bridge, ""), {})
        own = next((name for name, *_ in flows_of(row) if cookie_of(name) == drop.cookie), "")
        if own:
            return Finding(("flow", self._host, own), f"{packet.words}it drops it: {drop.match}")
        if drop.by_flow:
            match = drop.match
            says = f"{packet.words}a flow drops it: {match}"
            return Finding(
                key, says, command=f"ovs-ofctl --names --strict del-flows {bridge} {shlex.quote(match)}"
            )
        if as_scalar(row.get("fail_mode")) == "secure" and not as_list(row.get("controller")):
            says = "no flow takes it: its fail_mode is `secure`, and nobody writes flows"
            return Finding(key, says, command=f"ovs-vsctl del-fail-mode {bridge}")
        says = f"{packet.words}no flow takes it"
        return Finding(key, says, command=f"ovs-ofctl add-flow {bridge} priority=0,actions=normal")


def _packets(hop: Hop, route: Route) -> Iterator[_Packet]:
    source, target = route.macs
    over_ipv6 = any(":" in address for address in route.addresses)
    plain = _CARRIED.get(route.carries, ("icmp", "icmp6"))[over_ipv6]
    protocol, port = route.asks if route.asks and not route.carries else ("", 0)
    field = "ipv6" if over_ipv6 else "nw"
    for forth in (True, False):
        macs = (source or _SOMEONE, target) if forth else (target or _SOMEONE, source)
        ips = route.addresses if forth else route.addresses[::-1]
        known = f",{field}_src={ips[0]},{field}_dst={ips[1]}" if all(ips) else ""
        if protocol:
            plain = f"{protocol}{'6' * over_ipv6},{protocol}_{'dst' if forth else 'src'}={port}"
        way = (hop.enters, hop.leaves, hop.remote) if forth else (hop.leaves, hop.enters, hop.origin)
        if macs[1]:
            words = "" if forth else "of what comes back: "
            yield _Packet(*way, macs, f"{plain}{known}", words, all(ips))
        if not over_ipv6:
            spa = f",arp_spa={ips[0]},arp_tpa={ips[1]}" if all(ips) else ""
            words = "of a broadcast (ARP): " if forth else "of a broadcast (ARP) that comes back: "
            yield _Packet(*way, (macs[0], _EVERYONE), f"arp,arp_op=1{spa}", words, all(ips))
