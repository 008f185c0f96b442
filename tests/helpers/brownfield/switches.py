"""Open vSwitch, Linux bridges and links, as ovs-vsctl and ip make them."""

from __future__ import annotations

import shlex

from brownfield.world import HOSTS, World, port_of

NAMES = ("br0", "br-int", "vmbr1", "ovsbr+1", "brü", "lan@home", "br(dmz)", "ovs.lab", "on", "trunk0")
OTHERS = (
    ("fail_mode=secure",),
    ("other_config:mac-table-size=4096", "external_ids:made-by=admin"),
    ("mcast_snooping_enable=true", "other_config:mcast-snooping-disable-flood-unregistered=true"),
    ("rstp_enable=true", "other_config:rstp-priority=4096"),
    ("stp_enable=true",),
    ("protocols=OpenFlow10,OpenFlow14", 'external_ids:bridge-id="br 0"'),
    ("other_config:hwaddr=02:00:5e:00:00:07",),
    ("flood_vlans=7,9",),
)
_NO_WORDS = {
    "fail_mode=secure": "fail mode secure",
    "other_config:mac-table-size=4096": "mac-table-size",
    "mcast_snooping_enable=true": "multicast snooping",
    "rstp_enable=true": "spanning tree",
    "stp_enable=true": "spanning tree",
    "protocols=OpenFlow10,OpenFlow14": "protocols OpenFlow10, OpenFlow14",
    "flood_vlans=7,9": "VLANs 7, 9",
    "vlan_mode=native-tagged": "VLAN mode native-tagged",
    "other_config:priority-tags=always": "priority-tags",
    'external_ids:"what else"="a b"': "what else",
    "ingress_policing_rate=1000": "ingress policing",
}
"""What of this is in the report as something that no sentence says, and by which words."""
TUNNELS = (
    ("gre", "options:key=0x10"),
    ("gre", "options:key=flow"),
    ("gre", "options:in_key=5", "options:out_key=6"),
    ("vxlan", "options:key=4711", "options:dst_port=4790"),
    ("vxlan", "options:key=0xAbC", "options:csum=true"),
    ("geneve", "options:key=77", "options:tos=inherit"),
    ("geneve", "options:key=flow"),
)
REMOTES = ("192.0.2.9", "2001:db8::0:9", "flow", "198.51.100.9")
PORTS = (
    ("tag=12",),
    ("trunks=10,20,30",),
    ("vlan_mode=native-untagged", "tag=5", "trunks=5,6"),
    ("vlan_mode=native-tagged", "tag=5"),
    ("vlan_mode=dot1q-tunnel", "tag=100", "cvlans=1,2"),
    ("protected=true",),
    ("other_config:priority-tags=always", 'external_ids:"what else"="a b"'),
    (),
)


def switches(world: World) -> None:
    """Bridges on both hosts, some of them on both alike, with what people hang into them."""
    for _ in range(world.random.randint(1, 3)):
        name = world.name(*NAMES)
        for host in HOSTS if world.maybe(0.7) else [world.random.choice(HOSTS)]:
            _openvswitch(world, host, name)
    for _ in range(world.random.randint(0, 2)):
        name = world.name("virbr3", "br-lan", "lbr+0", "brücke")
        for host in HOSTS if world.maybe(0.6) else [world.random.choice(HOSTS)]:
            _linux(world, host, name)
    for host in HOSTS:
        _extras(world, host)
    if world.maybe(0.6):
        _common_tunnel(world)


def _openvswitch(world: World, host: str, bridge: str) -> None:
    works = world.maybe(0.95)  # else it asks for the kernel's datapath, which the lab does not have
    settings = ["datapath_type=netdev"] * works + [*world.random.choice((*OTHERS, *[()] * len(OTHERS)))]
    command = [
        "ovs-vsctl",
        "add-br",
        bridge,
        "--",
        "set",
        "bridge",
        bridge,
        "external_ids:by=hand",
        *settings,
    ]
    world.make(host, f"bridge {bridge} {' '.join(settings)}", shlex.join(command))
    world.no_words(
        host, "bridge", bridge, "external_ids", *(w for s, w in _NO_WORDS.items() if s in settings)
    )
    if works:
        world.openvswitch[host].append(bridge)
    else:
        world.ill(host, "bridge", bridge, "its device is not there")


def _linux(world: World, host: str, bridge: str) -> None:
    stp = world.random.choice(("", " stp_state 1 forward_delay 400", " ageing_time 12000", " priority 4096"))
    lines = [f"ip link add '{bridge}' type bridge{stp}", f"ip link set '{bridge}' up"]
    if world.maybe(0.4):
        lines.append(f"ip address add 203.0.113.{len(world.things) + 1}/24 dev '{bridge}'")
    if world.maybe(0.3):
        lines.append(f"ip link set '{bridge}' alias 'the office, 2nd floor'")
    if world.maybe(0.5):
        here, there = world.name("veth-a"), world.name("veth-b")
        lines += [
            f"ip link add {here} type veth peer name {there}",
            f"ip link set {here} master '{bridge}' up",
        ]
        lines += [f"ip link set {there} up"]
        world.ports[host].append(here)
    if world.maybe(0.3):
        name = world.name("vx")
        lines += [
            f"ip link add {name} type vxlan id {900 + len(world.things)} remote 192.0.2.9 dstport 4799 nolearning",
            f"ip link set {name} master '{bridge}'",
        ]
        world.ports[host].append(name)
        world.no_words(host, "tunnel", name, "no host of the inventory has the address")
    world.make(host, f"Linux bridge {bridge}{stp}, {len(lines) - 2} settings more", *lines)
    world.ill(host, "bridge", bridge, "it may be gone then")
    world.linux[host].append(bridge)


def _extras(world: World, host: str) -> None:
    own = list(world.openvswitch[host])
    if not own:
        return
    for maker in world.random.sample(EXTRAS, world.random.randint(1, 6)):
        maker(world, host, world.random.choice(own))


def _internal(world: World, host: str, bridge: str) -> None:
    name, settings = world.name("int0", "mgmt", "p+1", "prüf"), world.random.choice(PORTS)
    options = ["ingress_policing_rate=1000", "ingress_policing_burst=100"] * world.maybe(0.3)
    options += ["mtu_request=1400"] * world.maybe(0.3)
    lines = [port_of(bridge, name, *settings, kind="internal", options=options)]
    if world.maybe(0.3):
        number = len(world.things) + 1
        lines += [f"ip link set '{name}' up", f"ip address add 198.51.100.{number}/28 dev '{name}'"]
        world.ill(host, "port", name, "it may be gone then")
    if world.maybe(0.3):
        queue = "-- --id=@u create queue other-config:max-rate=500000"
        qos = "-- --id=@q create qos type=linux-htb other-config:max-rate=1000000 queues:0=@u"
        lines.append(f"ovs-vsctl set port '{name}' qos=@q {qos} {queue} >/dev/null")
    said = f"port {name} of {bridge}: internal {' '.join([*settings, *options])}"
    world.make(host, f"{said}, {len(lines) - 1} settings more", *lines)
    world.ports[host].append(name)
    words = [w for s, w in _NO_WORDS.items() if s in (*settings, *options)]
    world.no_words(host, "port", name, *words, *["QoS"] * any("qos=@q" in line for line in lines))


def _fake(world: World, host: str, bridge: str) -> None:
    name = world.name("fake10", "vlan20", "brfake")
    world.make(host, f"fake bridge {name} of {bridge}", f"ovs-vsctl add-br {name} '{bridge}' 20")
    world.openvswitch[host].append(name)
    world.fake.add(name)
    world.no_words(host, "bridge", name, "a VLAN of another one")


def _bond(world: World, host: str, bridge: str) -> None:
    name, one, two = world.name("bond0"), world.name("m0"), world.name("m1")
    mode = world.random.choice(("active-backup", "balance-slb"))
    world.make(
        host,
        f"bond {name} of {bridge}: {one}, {two}, {mode}",
        f"ip link add {one} type veth peer name {one}p",
        f"ip link add {two} type veth peer name {two}p",
        f"ovs-vsctl add-bond '{bridge}' {name} {one} {two} bond_mode={mode} other_config:lacp-time=fast",
    )
    for nic in (one, two):
        world.ill(host, "uplink", nic, "it is down")
    world.no_words(host, "port", name, "lacp-time")
    world.ports[host].append(name)


def _patch(world: World, host: str, bridge: str) -> None:
    here, there = world.name("patch-a"), world.name("patch-b")
    lines = [port_of(bridge, here, kind="patch", options=[f"options:peer={there}"])]
    others = [b for b in world.openvswitch[host] if b != bridge and b not in world.fake]
    if others and world.maybe(0.7):
        lines.append(port_of(others[0], there, kind="patch", options=[f"options:peer={here}"]))
    else:
        world.ill(host, "port", here, "in error", late=True)
        world.ill(host, "port", there, "leads to it, and it is not there")
        world.no_words(host, "port", here, "leads nowhere")
    world.make(host, f"patch port {here} of {bridge}, {len(lines) - 1} at its other end", *lines)


def _mirror(world: World, host: str, bridge: str) -> None:
    port = world.name("span")
    world.make(
        host,
        f"mirror of {bridge} to {port}",
        port_of(bridge, port, kind="internal"),
        f"ovs-vsctl --id=@p get port {port} -- --id=@m create mirror name=m-{port} select-all=true"
        f" output-port=@p -- add bridge '{bridge}' mirrors @m >/dev/null",
    )


def _in_error(world: World, host: str, bridge: str) -> None:
    name = world.name("enp9s0", "eth7")
    world.make(host, f"port {name} of {bridge}, whose NIC is gone", port_of(bridge, name, "tag=3"))
    world.ill(host, "port", name, "in error")
    world.ports[host].append(name)


def _orphan(world: World, host: str, bridge: str) -> None:
    name = f"vnet{world.random.randint(50, 90)}"
    options = [f'external_ids:attached-mac="{world.mac()}"', "external_ids:iface-status=active"]
    world.ill(host, "port", name, "its vm is gone")
    said = f"port {name} of {bridge}, which a VM left"
    world.make(host, said, port_of(bridge, name, options=options))


def _far(world: World, host: str, bridge: str) -> None:
    name, (kind, *options) = world.name("far", "to-site2", "gre+1"), world.random.choice(TUNNELS)
    options.append(f'options:remote_ip="{world.random.choice(REMOTES)}"')
    said = f"tunnel {name} of {bridge}: {kind} {' '.join(options)}"
    world.make(host, said, port_of(bridge, name, kind=kind, options=options))
    world.ports[host].append(name)
    world.no_words(host, "tunnel", name, "no host of the inventory has the address")


def _controller(world: World, host: str, bridge: str) -> None:
    if bridge not in world.fake:
        world.no_words(host, "bridge", bridge, "controllers")
        world.make(
            host, f"controller of {bridge}", f"ovs-vsctl set-controller '{bridge}' ptcp:6653:127.0.0.1"
        )


def _free_nic(world: World, host: str, bridge: str) -> None:
    one = world.name("enp3s0", "eth1")
    world.make(host, f"NIC {one}", f"ip link add {one} type veth peer name {one}p", f"ip link set {one} up")
    world.ports[host].append(one)


EXTRAS = (
    _internal, _internal, _fake, _bond, _patch, _mirror, _in_error, _orphan, _far, _controller, _free_nic,
)  # fmt: skip


def _common_tunnel(world: World) -> None:
    """A tunnel between the two hosts, its key spelled as each host's admin spells it."""
    here, there = (set(world.openvswitch[host]) - world.fake for host in HOSTS)
    if not here & there:
        return
    bridge, name = world.random.choice(sorted(here & there)), world.name("gre12", "vx12", "t+12")
    kind = world.random.choice(("gre", "vxlan", "geneve"))
    for host, other, key in (("kvm1", "10.77.0.2", "0x2a"), ("kvm2", "10.77.0.1", "42")):
        options = [f"options:remote_ip={other}", f"options:key={key}"]
        said = f"tunnel {name} of {bridge}: {kind} to the other host, key {key}"
        world.make(host, said, port_of(bridge, name, kind=kind, options=options))
    world.tunnels.append(name)
