"""Random clouds as scripts, and random changes of them: each sentence of OVN's nouns, with all its attributes."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from scratch_ovn import CLUSTER, HOSTS

TENANTS = ("acme", "blue", "a.b", "a_b", "x-1", "network", "9")
NAMES = (
    "web",
    "db",
    "on",
    "port",
    "any-1",
    "a.b",
    "a_b",
    "a-b",
    "none1",
    "to",
    "W",
    "long-name-of-a-network-of-somebody",
)
"""Some are words of the language, some are one name where a group's name in a match knows no other letters."""

T = TypeVar("T")
Ip = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass
class Net:
    """A network as it was said."""

    name: str
    subnets: list[Ip]
    router: str = ""
    taken: set[str] = field(default_factory=set)

    @property
    def tenant(self) -> str:
        return self.name.partition("/")[0] if "/" in self.name else ""


@dataclass
class Nic:
    """A vm's NIC on a network."""

    net: Net
    addresses: list[str]


@dataclass
class Router:
    """A router as it was said."""

    name: str
    nets: list[Net]
    uplink: Net | None = None
    addresses: list[str] = field(default_factory=list)


class Cloud:
    """A random cloud. `lines` are its sentences, in an order that is not theirs to keep."""

    def __init__(self, random: Random, *, hosts: Sequence[str] = HOSTS, vms: int = 6) -> None:
        """With so many vms at most; without any the hosts are chassis that somebody else has made."""
        self._random, self._hosts = random, hosts
        self.lines: list[str] = []
        self.outside: list[Net] = []
        self.nets: list[Net] = []
        self.routers: list[Router] = []
        self.vms: dict[str, list[Nic]] = {}
        self._with_any: set[str] = set()  # vms that get an address without being told
        self.groups: dict[str, list[str]] = {}
        self.balancers: dict[str, tuple[str, list[str]]] = {}  # what has to be said of each, and its backends
        self.eips: list[str] = []
        self.forwards: list[str] = []
        self.rules: dict[tuple[str, str, str], str] = {}
        self.peers: list[str] = []
        self.hops: dict[str, Ip] = {}  # each with the subnet of its next router
        self.bridges = {"vswitch01": [*hosts], "second": self._some(hosts)}
        if vms:
            self._zones()
        for number in range(random.randint(0, 2)):
            self._outside(number)
        self.tenants = random.sample(TENANTS, random.randint(1, 3))
        for tenant in (*self.tenants, ""):
            self._tenant(tenant)
        for number in range(random.randint(0, vms)):
            self._vm(f"vm{number}")
        for make, most in (
            (self._hop, 2),
            (self._peer, 2),
            (self._eip, 3),
            (self._forward, 3),
            (self._group, 3),
            (self._rule, 6),
            (self._balancer, 3),
        ):
            for _ in range(random.randint(0, most)):
                make()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def _maybe(self, text: str, likely: float = 0.5) -> str:
        return f" {text}" if self._random.random() < likely else ""

    def _some(self, things: Sequence[str], least: int = 1) -> list[str]:
        return self._random.sample(things, self._random.randint(least, len(things)))

    def _zones(self) -> None:
        self.lines.append(f"bridge second on {', '.join(self.bridges['second'])}")
        for number, host in enumerate(self._hosts, 1):
            bridges = ", ".join(bridge for bridge, hosts in self.bridges.items() if host in hosts)
            encap = self._maybe("encap vxlan", 0.1)
            self.lines.append(f"zone z{number} on {host} cluster {CLUSTER} bridges {bridges}{encap}")

    def _outside(self, number: int) -> None:
        subnets: list[Ip] = [ipaddress.ip_network(f"203.0.{number}.0/24")]
        if self._random.random() < 0.5:
            subnets.append(ipaddress.ip_network(f"2001:db8:ff{number}::/64"))
        net = Net(f"public{number}", subnets)
        bridge = self._random.choice(list(self.bridges))
        gateway = self._maybe(f"gateway {subnets[0][254]}", 0.3)
        net.taken |= {str(subnet[1]) for subnet in subnets} | {str(subnets[0][254])}
        vlan = self._maybe(f"vlan {100 + number}")
        said = ", ".join(map(str, subnets))
        self.lines.append(f"network {net.name} external bridge {bridge} subnet {said}{gateway}{vlan}")
        self.outside.append(net)
        self._bridge_of = {**getattr(self, "_bridge_of", {}), net.name: bridge}

    def _tenant(self, tenant: str) -> None:
        """Networks and routers: in the tenant's block, or from outside of it by their whole names."""
        block = []
        names = [f"{tenant}-{one}" if not tenant else one for one in NAMES]
        nets = [
            self._network(tenant, name if tenant else f"n{name}", block)
            for name in self._random.sample(names, self._random.randint(0 if not tenant else 1, 4))
        ]
        if tenant:
            self.lines.append(
                f"tenant {tenant} {{ " + "; ".join(block) + " }" if block else f"tenant {tenant} {{ }}"
            )
        free = [net for net in nets if net.subnets]
        for number in range(self._random.randint(0, 2)):
            self._router(f"{tenant}/r{number}" if tenant else f"r{number}", free)

    def _network(self, tenant: str, name: str, block: list[str]) -> Net:
        third = self._random.randint(0, 5)
        subnets: list[Ip] = []
        if self._random.random() < 0.9:
            subnets.append(ipaddress.ip_network(f"10.{self._random.randint(0, 1)}.{third}.0/24"))
        if self._random.random() < 0.4:
            subnets.append(ipaddress.ip_network(f"2001:db8:{self._random.randint(0, 1)}:{third}::/64"))
        self._random.shuffle(subnets)
        net = Net(f"{tenant}/{name}" if tenant else name, subnets)
        net.taken |= {str(subnet[1]) for subnet in subnets}
        said = name
        if subnets:
            said += f" subnet {', '.join(map(str, subnets))}"
            if self._random.random() < 0.3:
                gateways = [
                    str(subnet[254])
                    for subnet in self._random.sample(subnets, self._random.randint(1, len(subnets)))
                ]
                net.taken |= {*gateways}
                said += f" gateway {', '.join(gateways)}"
            said += self._maybe("dhcp")
            servers = [str(subnet[53]) for subnet in subnets] + ["9.9.9.9", "2620:fe::fe"]
            said += self._maybe(f"dns {', '.join(self._some(servers))}", 0.3)
            said += self._maybe(f"mtu {self._random.randint(576, 9000)}", 0.3)
        if tenant and self._random.random() < 0.7:
            block.append(f"network {said}")
        else:
            self.lines.append(f"network {tenant + '/' if tenant else ''}{said}")
        self.nets.append(net)
        return net

    def _router(self, name: str, free: list[Net]) -> None:
        nets: list[Net] = []
        for net in self._random.sample(free, self._random.randint(0, len(free))):
            if net.router or any(_overlap(net.subnets, other.subnets) for other in nets):
                continue
            nets.append(net)
            net.router = name
        router = Router(name, nets)
        said = f"router {name}"
        if nets:
            said += f" networks {', '.join(net.name for net in nets)}"
        if self.outside and self._random.random() < 0.6:
            net = self._random.choice(self.outside)
            router.uplink = net
            some = self._random.sample(net.subnets, self._random.randint(1, len(net.subnets)))
            router.addresses = [self._free(net, subnet) for subnet in some]
            said += f" uplink {net.name} address {', '.join(router.addresses)}" + self._maybe("snat")
            hosts = self.bridges[self._bridge_of[net.name]]
            said += self._maybe(f"gateways {', '.join(self._some(hosts))}", 0.4)
        self.lines.append(said)
        self.routers.append(router)

    def _free(self, net: Net, subnet: Ip) -> str:
        while True:
            found = str(subnet[self._random.randint(2, 200)])
            if found not in net.taken:
                net.taken.add(found)
                return found

    def _vm(self, name: str) -> None:
        host = self._random.choice(self._hosts)
        said = f"vm {name} on {host} memory 64M"
        nics = []
        choices = [net for net in (*self.nets, *self.outside) if net.subnets]
        for number in range(self._random.randint(1, 3)):
            if self._random.random() < 0.1 or not choices:
                said += f" port vswitch01 name {name}b{number}"
                continue
            net = self._random.choice(choices)
            said += f" port {net.name} name {name}n{number}"
            addresses = [self._free(net, subnet) for subnet in net.subnets]
            if self._random.random() < 0.9:
                said += f" address {', '.join(addresses)}"
                nics.append(Nic(net, addresses))
            else:
                self._with_any.add(name)
            said += self._maybe(f"mac 52:54:00:00:{int(name[2:]):02x}:{number:02x}", 0.3)
        self.vms[name] = nics
        self.lines.append(said)

    def _hop(self) -> None:
        router = self._one([one for one in self.routers if one.nets])
        if router is None:
            return
        subnet = self._random.choice([one for net in router.nets for one in net.subnets])
        beyond = f"10.9{len(self.hops)}.0.0/16" if subnet.version == 4 else f"2001:db8:9{len(self.hops)}::/48"
        via = ", ".join(
            str(subnet[n]) for n in self._random.sample(range(201, 250), self._random.randint(1, 2))
        )
        self.hops[f"{router.name} {beyond}"] = subnet
        self.lines.append(f"hop {router.name} {beyond} via {via}")

    def _peer(self) -> None:
        if len(self.routers) < 2:
            return
        one, other = self._random.sample(self.routers, 2)
        taken = [net for router in self.routers for net in router.nets]
        mine = [s for net in (*one.nets, *other.nets) for s in net.subnets]
        clash = any(
            a.version == b.version and a.overlaps(b) for i, a in enumerate(mine) for b in mine[i + 1 :]
        )
        if clash or any(
            one.name in peer.split("<->") or other.name in peer.split("<->") for peer in self.peers
        ):
            return
        assert taken or not mine
        self.peers.append(f"{one.name}<->{other.name}")
        self.lines.append(f"peer {one.name}<->{other.name}")

    def _led(self) -> tuple[Router, str, str] | None:
        """A router with an uplink, a vm behind it by one way only, and the vm's address there."""
        found = [
            (router, vm, address)
            for router in self.routers
            if router.uplink
            for vm, nics in self.vms.items()
            for nic in nics
            if nic.net in router.nets
            for address in nic.addresses
            if ":" not in address
        ]
        return self._one(found)

    def _whom(self, router: Router, vm: str, address: str) -> str:
        """By the vm's name where that tells, else by its address and the router."""
        ways = [
            nic
            for one in self.routers
            if one.uplink is router.uplink
            for nic in self.vms[vm]
            if nic.net in one.nets
        ]
        return (
            vm
            if len(ways) == 1 and vm not in self._with_any and self._random.random() < 0.7
            else f"{address} router {router.name}"
        )

    def _eip(self) -> None:
        if (led := self._led()) is None:
            return
        router, vm, address = led
        assert router.uplink
        outer = self._free(router.uplink, router.uplink.subnets[0])
        self.eips.append(outer)
        self.lines.append(f"eip {outer} to {self._whom(router, vm, address)}")

    def _forward(self) -> None:
        if (led := self._led()) is None:
            return
        router, vm, address = led
        assert router.uplink
        own = [one for one in router.addresses if ":" not in one]
        shares = own and self._random.random() < 0.5
        outer = own[0] if shares else self._free(router.uplink, router.uplink.subnets[0])
        number = 8000 + len(self.forwards)
        protocol = self._random.choice(("tcp", "udp", "sctp"))
        whom = self._whom(router, vm, address)
        port = self._maybe(f"port {self._random.randint(1, 65535)}")
        self.forwards.append(f"{outer} {protocol} {number}")
        self.lines.append(
            f"forward {outer} {protocol} {number} to {whom.replace(' router', port + ' router')}"
            + (port if " " not in whom else "")
        )

    def _on_networks(self, tenant: str = "") -> list[str]:
        return [
            vm for vm, nics in self.vms.items() if any(not tenant or nic.net.tenant == tenant for nic in nics)
        ]

    def _group(self) -> None:
        tenant = self._random.choice(("", *self.tenants))
        name = self._random.choice(("g.a", "g_a", "g-a", "webs", "to"))
        name = f"{tenant}/{name}" if tenant else f"grp-{name}"
        if name in self.groups:
            return
        vms = self._on_networks()
        members = self._some(vms, 0) if vms else []
        self.groups[name] = members
        self.lines.append(f"group {name}" + (f" members {', '.join(members)}" if members else ""))

    def _rule(self) -> None:
        closed = [f"group:{name}" for name in self.groups]
        closed += [f"network:{net.name}" for net in self.nets if net.tenant and net.subnets]
        closed += [f"vm:{vm}" for vm, nics in self.vms.items() if any(nic.net.tenant for nic in nics)]
        senders = ["any", *closed, *(f"network:{net.name}" for net in self.nets if net.subnets)]
        if not closed:
            return
        kind = self._random.choice(("allow", "allow", "deny"))
        source, target = self._random.choice(senders), self._random.choice(closed)
        protocol = self._random.choice(("tcp", "udp", "icmp", "all"))
        way = f"{source} -> {target}"
        if (kind, f"{source} -> {target}", protocol) in self.rules:
            return
        ports = ""
        if protocol in ("tcp", "udp"):
            ports = self._maybe(self._random.choice(("80", "22, 80-90", "1-65535", "443, 8080")))
        said = f"{kind} {way} {protocol}{ports}"
        self.rules[kind, f"{source} -> {target}", protocol] = f"{kind} {way} {protocol}"
        self.lines.append(said + self._maybe("log", 0.2))

    def _balancer(self) -> None:
        router = self._one([one for one in self.routers if one.nets])
        if router is None:
            return
        net = self._random.choice(router.nets)
        tenant = net.tenant
        version = self._random.choice(net.subnets).version
        subnet = next(one for one in net.subnets if one.version == version)
        mine = [nic for nics in self.vms.values() for nic in nics if nic.net is net]
        backends = [
            one for nic in mine for one in nic.addresses if ipaddress.ip_address(one).version == version
        ]
        for vm, nics in self.vms.items():
            known = [
                address
                for nic in nics
                if not tenant or nic.net.tenant == tenant
                for address in nic.addresses
                if ipaddress.ip_address(address).version == version
            ]
            if (
                vm not in self._with_any
                and len(known) == 1
                and known[0] in backends
                and self._random.random() < 0.6
            ):
                backends[backends.index(known[0])] = vm
        backends = self._some(backends, 1) if backends else [str(subnet[77])]
        name = self._random.choice(("lb", "www", "a.b", "to"))
        name = f"{tenant}/{name}" if tenant else f"lb-{name}"
        if name in self.balancers:
            return
        said = f"loadbalancer {name} address {self._free(net, subnet)}"
        self.balancers[name] = said, backends
        said += f" to {', '.join(backends)} {self._random.choice(('tcp', 'udp'))} {self._random.randint(1, 65535)}"
        said += self._maybe(f"port {self._random.randint(1, 65535)}")
        self.lines.append(said + (self._maybe("check") if version == 4 else ""))

    def _one(self, things: Sequence[T]) -> T | None:
        return self._random.choice(things) if things else None

    def change(self) -> str:
        """Some sentences that change it or take something of it away; they may be refused."""
        jobs: list[Callable[[], Iterator[str]]] = [
            self._networks_change,
            self._routers_change,
            self._ways_change,
            self._groups_change,
            self._vms_change,
            self._deletions,
        ]
        found = []
        for _ in range(self._random.randint(1, 3)):
            said = list(self._random.choice(jobs)())
            if said:
                found.append(self._random.choice(said))
        return "\n".join(dict.fromkeys(found))

    def _networks_change(self) -> Iterator[str]:
        for net in self.nets:
            yield f"network {net.name} mtu {self._random.choice(('none', '1400', '9000'))}"
            yield f"network {net.name} dns {self._random.choice(('none', '9.9.9.9', '1.1.1.1, 2620:fe::fe'))}"
            if net.subnets:
                yield f"network {net.name} dhcp"
                yield f"network {net.name} gateway {self._random.choice(('none', str(net.subnets[0][252])))}"
            yield f"network {net.name} subnet 10.7.{self._random.randint(0, 9)}.0/24, 2001:db8:7::/64"
            yield f"network {net.name} subnet none gateway none"
        for net in self.outside:
            yield f"network {net.name} vlan {self._random.choice(('none', '7'))}"
            yield f"network {net.name} gateway {net.subnets[0][253]}"
        if self.tenants:
            yield f"network {self.tenants[0]}/added subnet 10.8.0.0/24 dhcp"
            yield "tenant more { network web subnet 10.0.1.0/24; group empty; allow web -> empty all }"

    def _routers_change(self) -> Iterator[str]:
        for router in self.routers:
            some = self._random.sample(router.nets, self._random.randint(0, len(router.nets)))
            yield f"router {router.name} networks {', '.join(net.name for net in some) or 'none'}"
            if free := [net for net in self.nets if not net.router and net.tenant in router.name]:
                nets = [*router.nets, self._random.choice(free)]
                yield f"router {router.name} networks {', '.join(net.name for net in nets)}"
            if router.uplink:
                yield f"router {router.name} uplink none"
                yield f"router {router.name} snat"
                hosts = self.bridges[self._bridge_of[router.uplink.name]]
                yield f"router {router.name} gateways {', '.join(self._some(hosts))}"
                yield f"router {router.name} address {self._free(router.uplink, router.uplink.subnets[0])}"
            elif self.outside:
                net = self.outside[0]
                yield f"router {router.name} uplink {net.name} address {self._free(net, net.subnets[0])} snat"

    def _ways_change(self) -> Iterator[str]:
        for hop, subnet in self.hops.items():
            yield f"hop {hop} via {', '.join(str(subnet[n]) for n in self._random.sample(range(201, 250), 2))}"
        if (led := self._led()) is not None:
            router, vm, address = led
            for outer in self.eips:
                yield f"eip {outer} to {self._whom(router, vm, address)}"
            for forward in self.forwards:
                yield f"forward {forward} to {address} port 99 router {router.name}"

    def _groups_change(self) -> Iterator[str]:
        vms = self._on_networks()
        for group in self.groups:
            yield (
                f"group {group} members {', '.join(self._some(vms, 0)) or 'none'}"
                if vms
                else f"group {group} members none"
            )
        for (_, _, protocol), rule in self.rules.items():
            yield f"{rule} log"
            if protocol in ("tcp", "udp"):
                yield f"{rule} {self._random.choice(('1', '2, 3-9', '65535'))}"
        for said, backends in self.balancers.values():
            to = f"{said} to {', '.join(backends)}"
            yield f"{to} port {self._random.choice(('none', '81'))}"
            yield f"{said} to {', '.join(self._some(backends))}"
            yield f"{to} udp 53 tcp none"
            if "." in said.split()[-1]:
                yield f"{to} check"

    def _vms_change(self) -> Iterator[str]:
        for vm in self.vms:
            yield f"migrate {vm} to {self._random.choice(self._hosts)}"
            nets = [net for net in self.nets if net.subnets]
            if net := self._one(nets):
                yield f"vm {vm} port {net.name} name {vm}x"
            yield f"vm {vm} port {net.name} name {vm}n0" if net else f"stop {vm} force"
            for nic, number in zip(self.vms[vm], range(9), strict=False):
                addresses = [self._free(nic.net, subnet) for subnet in nic.net.subnets]
                yield f"vm {vm} port {nic.net.name} name {vm}n{number} address {', '.join(addresses)}"

    def _deletions(self) -> Iterator[str]:
        yield from (f"delete eip {one}" for one in self.eips)
        yield from (f"delete forward {one}" for one in self.forwards)
        yield from (f"delete hop {one}" for one in self.hops)
        yield from (f"delete peer {one}" for one in self.peers)
        yield from (f"delete loadbalancer {one}" for one in self.balancers)
        yield from (f"delete {one}" for one in self.rules.values())
        yield from (f"delete group {one}" for one in self.groups)
        yield from (f"delete router {one.name}" for one in self.routers)
        yield from (f"delete network {net.name}" for net in self.nets)
        yield from (f"delete vm {vm}" for vm in self.vms)
        yield from (f"delete tenant {tenant}" for tenant in self.tenants)


def _overlap(some: Sequence[Ip], others: Sequence[Ip]) -> bool:
    return any(a.version == b.version and a.overlaps(b) for a in some for b in others)
