"""A network of four lab hosts, and the faults that are planted in it, one at a time: each with what may be named."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

HOSTS = ("kvm1", "kvm2", "kvm3", "kvm4")

SCRIPT = """
bridge vswitch01 on kvm[1-4] uplink eth0
for i in 1..4 {
    bridge vswitch01 on kvm$i port u$i type internal
    bridge lan on kvm$i {
        port p$i type internal vlan 10
        port q$i type internal
    }
    bridge two on kvm$i port w$i type internal
    bridge inner on kvm$i
    bridge lx on kvm$i backend linux port x$i type system port y$i type system
}
mesh m kvm[1-4] on lan type vxlan key 42
tunnel t12 kvm1<->kvm2 on two type gre key 7
tunnel t23 kvm2<->kvm3 on two type geneve key 8
tunnel t34 kvm3<->kvm4 on two type vxlan key 9
bridge lan on kvm4 port out4 type patch peer in4
bridge inner on kvm4 port in4 type patch peer out4 port z4 type internal vlan 10
"""
"""The network. Of the Linux bridges `x` and `y` are cables into namespaces."""

VMS = """
for i in 1..2 {
    vm v$i on kvm$i memory 96M disk tiny.qcow2 {
        port lan name v${i}n vlan 10
        port lx name k$i
    }
}
"""
"""Two guests, each with a NIC `k` on its host's Linux bridge, too."""

_NETS = {"u": 9, "p": 5, "q": 6, "w": 7, "z": 5, "x": 8, "y": 8, "k": 8, "v": 5}
_FROM = {"z": 100, "y": 50, "k": 150, "v": 200}


def address(name: str) -> str:
    """The address of an end."""
    return f"10.{_NETS[name[0]]}.0.{int(name[1:]) + _FROM.get(name[0], 0)}"


def host_of(name: str) -> str:
    """The host on which an end is."""
    return f"kvm{name[1:]}"


def mac_in(name: str) -> str:
    """A word that stands for the MAC of an end until it is planted."""
    return f"@{name}@"


@dataclass(frozen=True)
class Fault:
    """Whose way it is in, what is done on which host, which things may be named, and how it is taken back.

    What the network's own sentences take back needs no `repair`. `also` is another host where the same is done;
    `large`: only large packets stop.
    """

    way: tuple[str, str]
    host: str
    plant: str
    objects: tuple[tuple[str, str], ...]
    repair: str = ""
    also: str = ""
    large: bool = False


Make = Callable[[random.Random], Fault]


def _shuffled(chance: random.Random, one: str, other: str) -> tuple[str, str]:
    return (one, other) if chance.random() < 0.5 else (other, one)


def pair(chance: random.Random, sort: str) -> tuple[str, str]:
    """Two ends of a sort, on two hosts."""
    one, other = chance.sample(range(1, 5), 2)
    return f"{sort}{one}", f"{sort}{other}"


def _mesh(way: tuple[str, str]) -> str:
    return "_".join(("m", *sorted(map(host_of, way))))


def _neighbours(chance: random.Random) -> tuple[tuple[str, str], str]:
    """Two ends that one tunnel joins alone, and that."""
    at = chance.randint(1, 3)
    return _shuffled(chance, f"w{at}", f"w{at + 1}"), f"t{at}{at + 1}"


def _way(chance: random.Random, sort: str) -> tuple[str, str]:
    return _neighbours(chance)[0] if sort == "w" else pair(chance, sort)


def _bridge(sort: str) -> str:
    return "two" if sort == "w" else "lan"


def _on_port(sort: str, plant: str, repair: str) -> Make:
    """Something is done to one end's port."""

    def make(chance: random.Random) -> Fault:
        way = _way(chance, sort)
        port = chance.choice(way)
        say = partial(str.format, port=port)
        return Fault(way, host_of(port), say(plant), (("port", port),), say(repair))

    return make


def _on_tunnel(plant: str) -> Make:
    """Something is done to one end of a tunnel, of the mesh or of one alone."""

    def make(chance: random.Random) -> Fault:
        way, name = _neighbours(chance)
        if chance.random() < 0.5:
            way = pair(chance, "q")
            name = _mesh(way)
        here, there = chance.sample(way, 2)
        third = chance.choice([host[3:] for host in HOSTS if host not in (host_of(here), host_of(there))])
        plain = plant.format(name=name, other=f"10.77.0.{third}")
        return Fault(way, host_of(here), plain, (("tunnel", name), ("mesh", name.partition("_")[0])))

    return make


def _flow(sort: str, match: str) -> Make:
    """A flow of somebody else's, at one of the two bridges that a packet passes."""

    def make(chance: random.Random) -> Fault:
        way, bridge = _way(chance, sort), _bridge(sort)
        here, there = chance.sample(way, 2)
        fields = match.format(here=here, ip=address(there), mac=mac_in(there))
        add = f"ovs-ofctl add-flow {bridge} priority={chance.randint(1, 900)},{fields},actions=drop"
        again = f"ovs-ofctl del-flows {bridge}; ovs-ofctl add-flow {bridge} priority=0,actions=normal"
        return Fault(way, host_of(here), add, (("bridge", bridge),), again)

    return make


def _below(chance: random.Random) -> Fault:
    way, name = _neighbours(chance)
    match = {"t12": "ip,nw_proto=47", "t23": "udp,tp_dst=6081", "t34": "udp,tp_dst=4789"}[name]
    add = f"ovs-ofctl add-flow vswitch01 priority=70,{match},actions=drop"
    remove = f"ovs-ofctl --strict del-flows vswitch01 priority=70,{match}"
    return Fault(way, host_of(chance.choice(way)), add, (("bridge", "vswitch01"),), remove)


def _on_bridge(plant: str, repair: str) -> Make:
    def make(chance: random.Random) -> Fault:
        sort = chance.choice("wqp")
        way, bridge = _way(chance, sort), _bridge(sort)
        say = partial(str.format, bridge=bridge)
        return Fault(way, host_of(chance.choice(way)), say(plant), (("bridge", bridge),), say(repair))

    return make


def _stale(chance: random.Random) -> Fault:
    way = pair(chance, "p")
    here, there = chance.sample(way, 2)
    wrong = f"q{here[1:]}" if chance.random() < 0.5 else here
    add, remove = f"fdb/add lan {wrong} 10 {mac_in(there)}", f"fdb/del lan 10 {mac_in(there)}"
    return Fault(way, host_of(here), f"ovs-appctl {add}", (("bridge", "lan"),), f"ovs-appctl {remove}")


def _on_uplink(plant: str, repair: str, named: str, *, large: bool = False) -> Make:
    def make(chance: random.Random) -> Fault:
        way = pair(chance, chance.choice("qp" if large else "uqp"))
        kind, name = named.split()
        return Fault(way, host_of(chance.choice(way)), plant, ((kind, name),), repair, large=large)

    return make


def _tagged(chance: random.Random) -> Fault:
    way = pair(chance, "p")
    name = _mesh(way)
    plant, repair = f"ovs-vsctl set port {name} tag=30", f"ovs-vsctl clear port {name} tag"
    return Fault(way, host_of(chance.choice(way)), plant, (("tunnel", name),), repair)


def _moved(chance: random.Random) -> Fault:
    way, _ = _neighbours(chance)
    port = chance.choice(way)
    made = f"set interface {port} type=internal; ip link set {port} up"
    again = f"ovs-vsctl del-port {port} -- add-port {{}} {port} -- {made}"
    return Fault(way, host_of(port), again.format("inner"), (("port", port),), again.format("two"))


def _both_gone(chance: random.Random) -> Fault:
    way, name = _neighbours(chance)
    named = ("tunnel", name), ("bridge", "two")
    return Fault(way, host_of(way[0]), f"ovs-vsctl del-port {name}", named, also=host_of(way[1]))


def _patch(chance: random.Random) -> Fault:
    named = ("port", "in4"), ("port", "out4")
    way = _shuffled(chance, f"p{chance.randint(1, 4)}", "z4")
    return Fault(way, "kvm4", f"ovs-vsctl del-port {chance.choice(('in4', 'out4'))}", named)


def _on_vm(named: str, plant: str, repair: str = "") -> Make:
    def make(chance: random.Random) -> Fault:
        vm, twin = _shuffled(chance, "v1", "v2")
        way = _shuffled(chance, vm, chance.choice(("p3", "p4", twin)))
        say = partial(str.format, vm=vm, nic=f"{vm}n")
        return Fault(way, host_of(vm), say(plant), ((named, vm if named == "vm" else f"{vm}n"),), say(repair))

    return make


def _on_linux(named: str, plant: str, repair: str) -> Make:
    def make(chance: random.Random) -> Fault:
        at = chance.randint(1, 4)
        way = _shuffled(chance, f"x{at}", f"y{at}")
        here, there = way
        say = partial(str.format, here=here, there=there)
        of = {
            "bridge": (("bridge", "lx"),),
            "port": (("port", there),),
            "ports": (("port", here), ("port", there)),
        }
        return Fault(way, host_of(here), say(plant), of[named], say(repair))

    return make


def _learned(chance: random.Random) -> Fault:
    """A guest's address, known at another cable of a Linux bridge."""
    at = chance.randint(1, 2)
    entry = f"{mac_in(f'k{at}')} dev y{at} master static"
    way = f"x{at}", f"k{at}"
    return Fault(
        way, f"kvm{at}", f"bridge fdb replace {entry} sticky", (("bridge", "lx"),), f"bridge fdb del {entry}"
    )


_SET = "ovs-vsctl set interface {name} "
_OTHER = "type=$(test $(ovs-vsctl get interface {name} type) = geneve && echo vxlan || echo geneve)"
_ISOLATED = "bridge link set dev {here} isolated on; bridge link set dev {there} isolated on"

KINDS: Mapping[str, Make] = {
    "a port in another VLAN": _on_port(
        "p", "ovs-vsctl set port {port} tag=20", "ovs-vsctl set port {port} tag=10"
    ),
    "a missing end": _on_tunnel("ovs-vsctl del-port {name}"),
    "another key": _on_tunnel(_SET + "options:key=77"),
    "it leads to nobody": _on_tunnel(_SET + "options:remote_ip=10.77.0.99"),
    "it leads to another host": _on_tunnel(_SET + "options:remote_ip={other}"),
    "another type": _on_tunnel(_SET + _OTHER),
    "a NIC's link is off": _on_vm(
        "port", "virsh domif-setlink {vm} {nic} down", "virsh domif-setlink {vm} {nic} up"
    ),
    "a vm is off": _on_vm("vm", "virsh destroy {vm}"),
    "a vm is paused": _on_vm("vm", "virsh suspend {vm}", "virsh resume {vm}"),
    "a port is down": _on_port("q", "ip link set {port} down", "ip link set {port} up"),
    "isolated": _on_port(
        "q", "ovs-vsctl set port {port} protected=true", "ovs-vsctl set port {port} protected=false"
    ),
    "a flow by the target's MAC": _flow("p", "dl_dst={mac}"),
    "fail_mode secure": _on_bridge(
        "ovs-vsctl set-fail-mode {bridge} secure; ovs-ofctl del-flows {bridge}",
        "ovs-vsctl del-fail-mode {bridge}; ovs-ofctl add-flow {bridge} priority=0,actions=normal",
    ),
    "a tap on another bridge": _on_vm("port", "ovs-vsctl del-port {nic} -- add-port inner {nic}"),
    "an uplink removed": _on_uplink("ovs-vsctl del-port vswitch01 eth0", "", "bridge vswitch01"),
    "a small MTU": _on_uplink(
        "ip link set eth0 mtu 1300", "ip link set eth0 mtu 1600", "link eth0", large=True
    ),
    "an address learned elsewhere": _stale,
    "a port without its VLAN": _on_port(
        "p", "ovs-vsctl clear port {port} tag", "ovs-vsctl set port {port} tag=10"
    ),
    "a port in a VLAN": _on_port("w", "ovs-vsctl set port {port} tag=33", "ovs-vsctl clear port {port} tag"),
    "an uplink is down": _on_uplink("ip link set eth0 down", "ip link set eth0 up", "uplink eth0"),
    "a flow against ARP": _flow("q", "arp"),
    "a flow by address": _flow("w", "ip,nw_dst={ip}"),
    "a flow by port": _flow("q", "in_port={here}"),
    "a flow below a tunnel": _below,
    "no flows": _on_bridge(
        "ovs-ofctl del-flows {bridge}", "ovs-ofctl add-flow {bridge} priority=0,actions=normal"
    ),
    "a tunnel with a VLAN of its own": _tagged,
    "a port on another bridge": _moved,
    "a tunnel gone at both ends": _both_gone,
    "a patch port": _patch,
    "a tap in another VLAN": _on_vm(
        "port", "ovs-vsctl set port {nic} tag=20", "ovs-vsctl set port {nic} tag=10"
    ),
    "a tap that is unplugged": _on_vm("port", "ovs-vsctl del-port {nic}"),
    "a static entry": _learned,
    "isolated, both": _on_linux("ports", _ISOLATED, _ISOLATED.replace(" on", " off")),
    "a port is disabled": _on_linux(
        "port", "bridge link set dev {there} state 0", "bridge link set dev {there} state 3"
    ),
    "a cable is down": _on_linux("port", "ip link set {there} down", "ip link set {there} up"),
    "the bridge is down": _on_linux("bridge", "ip link set lx down", "ip link set lx up"),
}
"""All kinds of faults."""


def healthy(chance: random.Random) -> tuple[str, str]:
    """Two ends that reach each other."""
    sort = chance.choice("upqwxv")
    if sort == "x":
        at = chance.randint(1, 4)
        return _shuffled(chance, f"x{at}", f"y{at}")
    if sort == "v":
        return _shuffled(chance, chance.choice(("v1", "v2")), chance.choice(("p1", "p2", "p3", "p4", "z4")))
    if sort == "p" and chance.random() < 0.3:
        return _shuffled(chance, f"p{chance.randint(1, 4)}", "z4")
    return pair(chance, sort)
