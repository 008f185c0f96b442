"""Which of our sentences is behind a row that a packet met, and what is to be said of one that stopped it. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vnetsh.model import Finding, Packet, Resource, listed
from vnetsh_ovn.marks import KEY, ids_of
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.rows import ACL, BALANCER, NAT, Index, key_of
from vnetsh_ovn.shapes.beyond import POLICY
from vnetsh_ovn.shapes.networks import subnets_of
from vnetsh_ovn.shapes.rules import SOURCE, TARGET
from vnetsh_ovsdb.operations import Row, as_scalar

_GUARD = " guard"  # of what routers let nobody outside send under
_GROUP, _NETWORK = "group ", "network "
_RULES = ("allow", "deny")


@dataclass(frozen=True)
class Behind:
    """The rows of one database behind what a packet meets; `things` are what it says, as resources."""

    index: Index
    things: Sequence[Resource]
    place: str
    packet: Packet

    def row(self, hint: str, table: str) -> Row:
        """The row of a table whose UUID begins so; empty where there is none."""
        rows = self.index.tables[table].items() if hint else ()
        return next((row for uuid, row in rows if uuid.startswith(hint)), {})

    def allowed(self, hint: str) -> str:
        """What let a packet pass, in words; empty of what no row is behind."""
        row = self.row(hint, ACL)
        if not row:
            return ""
        key = ids_of(row).get(KEY, "")
        kind = key.partition(" ")[0]
        if kind in _RULES:
            return f"`{key}`"
        if kind == "network":
            network = key.split(" ")[1]
            return f"it comes from a network of tenant {tenant_of(network)}'s own"
        return "what every guest needs" if key else f"a rule that others made: {_words(row)}"

    def translated(self, hint: str) -> str:
        """What gave a packet another address, in words."""
        key = key_of(self.row(hint, BALANCER) or self.row(hint, NAT))
        if key.startswith(("eip ", "forward ")):
            return key
        if self.row(hint, BALANCER):
            return f"loadbalancer {key}"
        return "snat" if " snat " in key else "a translation"

    def route(self, router: str, hop: str) -> str:
        """By which of our sentences a router sends something to its next hop, in words."""
        for one in self.things:
            if one.kind == "peer" and any(hop == at.partition("/")[0] for at in listed(one.get("addresses"))):
                return f"peer {one.name}"
            if one.kind == "hop" and one.text("router") == router and hop in listed(one.get("via")):
                return f"hop {one.name} via {hop}"
            if one.kind == "router" and one.name == router and hop in listed(one.get("nexthops")):
                return f"uplink {one.text('uplink')}, whose gateway is {hop}"
        return f"route to {hop}"

    def policy(self, hint: str) -> str:
        """What a router's policy says that dropped a packet."""
        row = self.row(hint, POLICY)
        if ids_of(row).get(KEY, "").endswith(_GUARD):
            return "it comes from outside with an address of the router's own side: nobody outside has such a one"
        return f"a policy that others made drops it: {row.get('priority')} {row.get('match')}"

    def dropped(self, hint: str) -> Finding | None:
        """What the rule says that dropped a packet; None where no row is behind that."""
        row = self.row(hint, ACL)
        key = ids_of(row).get(KEY, "")
        if not row:
            return None
        if key.startswith(_GROUP):
            group = key.removeprefix(_GROUP).rpartition(" ")[0]
            says = f"it takes only what is allowed, and nothing allows {self._asked(group)}"
            return Finding(("group", self.place, group), says, sentence=self._allow(group))
        if key.startswith(_NETWORK):
            network = key.removeprefix(_NETWORK).rpartition(" ")[0]
            target = self._vm(self.packet.target) or network
            closed = f"it is closed to all outside of tenant {tenant_of(network)}"
            says = f"{closed}, and nothing allows {self._asked(target)}"
            return Finding(("network", self.place, network), says, sentence=self._allow(target))
        if key.startswith("deny "):
            name = key.removeprefix("deny ")
            says = f"it denies {self._asked()}"
            return Finding(("deny", self.place, name), says, sentence=f"delete {key}")
        name = f"acl:{as_scalar(row.get('name')) or 'of others'}"
        says = f"a rule that others made drops it: {_words(row)}"
        return Finding(("deny", self.place, name), says, advice="whoever made it has to take it back")

    @property
    def _what(self) -> str:
        """The protocol that a packet has, and the port that it goes to."""
        return self.packet.protocol + (f" {self.packet.port}" if self.packet.port else "")

    def _vm(self, nic: Resource | None) -> str:
        return nic.text("vm") if nic else ""

    def _asked(self, target: str = "") -> str:
        source = self._vm(self.packet.source) or self.packet.addresses[0] or "what comes from outside"
        to = target or self._vm(self.packet.target) or self.packet.addresses[1]
        return f"{source} -> {to} {self._what}"

    def _allow(self, target: str) -> str:
        """The sentence that would let it pass: with the ports that are allowed already, for it says all of them."""
        source = next(self._senders(), "any")
        protocol, port = self.packet.protocol, self.packet.port
        ports: set[int] = {port} if port else set()
        for rule in self.things:
            if (rule.kind, rule.place, rule.text("protocol")) == ("allow", self.place, protocol):
                ends = [listed(rule.get(side))[:1] for side in (SOURCE, TARGET)]
                names = [one[0].partition(":")[2] if one and ":" in one[0] else "any" for one in ends]
                if names == [source, target]:
                    said = rule.get("ports")
                    ports |= {int(one) for one in said} if isinstance(said, tuple) else set()
        shown = f" {', '.join(map(str, sorted(ports)))}" if ports else ""
        return f"allow {source} -> {target} {protocol}{shown}"

    def _senders(self) -> Iterator[str]:
        """By what a rule would know who sends: a group of the vm's, the vm, or the network outside."""
        vm = self._vm(self.packet.source)
        for one in self.things:
            if one.kind == "group" and one.place == self.place and vm in listed(one.get("members")):
                yield one.name
        if vm:
            yield vm
        for one in self.things if self.packet.addresses[0] else ():
            address = ipaddress.ip_address(self.packet.addresses[0])
            if (
                one.kind == "network"
                and one.get("external")
                and any(address in net for net in subnets_of(one))
            ):
                yield one.name


def _words(row: Row) -> str:
    return f"{row['direction']} {row['priority']} {row['match']} {row['action']}"
