"""What is wrong on hosts that grew by hand, planted at random; whether `takeover` names that, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

from brownfield.world import HOSTS, Ill, World, port_of

_LINE = re.compile(r"^- (\w+) `([^`]*)` on `([^`]*)`:? (.*)$", re.MULTILINE)
_ADDRESSES = {"kvm1": "10.77.0.1", "kvm2": "10.77.0.2"}
_XML = (
    "<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>"
    "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>{nic}</devices></domain>"
)


def planted(world: World, random: Random) -> None:
    """Further things that are wrong, each as often as not; none of it changes what else is there."""
    for plant in _PLANTS:
        if random.random() < 0.5:
            plant(world, random.choice(HOSTS))


def _vm(name: str, *further: str, nic: str = "") -> tuple[str, ...]:
    return f"virsh -q define /dev/stdin >/dev/null <<'XML'\n{_XML.format(name=name, nic=nic)}\nXML", *further


def _twins(world: World, host: str) -> None:
    """Two vms of one MAC address."""
    for one in HOSTS:
        nic = (
            "<interface type='bridge'><mac address='52:54:00:fe:ed:01'/><source bridge='vswitch01'/>"
            f"<virtualport type='openvswitch'/><target dev='twin-{one}'/></interface>"
        )
        world.make(one, f"VM twin-of-{one} with the MAC address of its twin", *_vm(f"twin-of-{one}", nic=nic))
    world.ill("", "port", "twin-kvm1", "its MAC address 52:54:00:fe:ed:01 is that of")


def _joined(world: World, bridge: str, tunnel: str, ends: dict[str, str]) -> None:
    """A bridge on both hosts, with ends of a tunnel."""
    for host in HOSTS:
        lines = [f"ovs-vsctl add-br {bridge} -- set bridge {bridge} datapath_type=netdev"]
        there = _ADDRESSES[HOSTS[host == HOSTS[0]]]
        if host in ends:
            options = [f"options:remote_ip={there}", f"options:key={ends[host]}"]
            lines.append(port_of(bridge, tunnel, kind="vxlan", options=options))
        world.make(host, f"bridge {bridge}, {len(lines) - 1} end of tunnel {tunnel}", *lines)


def _too_large(world: World, host: str) -> None:
    """A bridge whose packets do not fit through its tunnel."""
    _joined(world, "ill-mtu", "mtu12", dict.fromkeys(HOSTS, "991"))
    world.make(host, "large packets on ill-mtu", "ovs-vsctl set interface ill-mtu mtu_request=9000")
    world.ill("", "tunnel", "mtu12", "packets of 9000 bytes")


def _one_end(world: World, host: str) -> None:
    """A tunnel whose other end is not there."""
    _joined(world, "ill-end", "end12", {host: "992"})
    world.ill(HOSTS[host == HOSTS[0]], "tunnel", "end12", "it has no end on")


def _two_keys(world: World, host: str) -> None:
    """A tunnel of two keys."""
    _joined(world, "ill-key", "key12", {HOSTS[0]: "993", HOSTS[1]: "994"})
    world.ill("", "tunnel", "key12", "its key is")


def _left_tap(world: World, host: str) -> None:
    """A tap that nobody has open, at a Linux bridge that lasts: a file names it."""
    world.make(
        host,
        "a tap at ill-tap",
        "ip link add ill-tap type bridge; ip link set ill-tap up; echo '# ill-tap' >>/etc/rc.local",
        "ip tuntap add dev tap99 mode tap; ip link set tap99 master ill-tap up",
    )
    world.ill(host, "port", "tap99", "that nobody has open")


def _down(world: World, host: str) -> None:
    """A Linux bridge that is down."""
    world.make(host, "bridge ill-down, down", "ip link add ill-down type bridge")
    world.ill(host, "bridge", "ill-down", "it is down")
    world.ill(host, "bridge", "ill-down", "it may be gone then")


def _stale(world: World, host: str) -> None:
    """A vm that runs otherwise than it is defined, and does not come back with its host."""
    change = (
        "virsh -q 'start stale; setvcpus stale 2 --config --maximum; setvcpus stale 2 --config' >/dev/null"
    )
    world.make(host, "VM stale: runs with 1 vcpu, defined with 2", *_vm("stale", change))
    world.ill(host, "vm", "stale", "it runs otherwise than it is defined: vcpus")
    world.ill(host, "vm", "stale", "is not started with its host")


def _pools(world: World, host: str) -> None:
    """A pool that is off, and one that will be."""
    folders = "/var/lib/libvirt/ill"
    world.make(
        host,
        "pools off and later",
        f"mkdir -p {folders}/1 {folders}/2; virsh -q pool-define-as off dir --target {folders}/1",
        f"virsh -q pool-define-as later dir --target {folders}/2; virsh -q pool-start later",
    )
    world.ill(host, "pool", "off", "it is not active, and would not be")
    world.ill(host, "pool", "later", "it is not active any more after a reboot")


def _flows(world: World, host: str) -> None:
    """Flows by ovs-ofctl."""
    world.make(
        host,
        "bridge ill-flows with 2 flows",
        "ovs-vsctl add-br ill-flows -- set bridge ill-flows datapath_type=netdev",
        "ovs-ofctl add-flow ill-flows cookie=0x7,priority=50,in_port=LOCAL,actions=drop",
        "ovs-ofctl add-flow ill-flows table=3,actions=NORMAL",
    )
    world.ill(host, "bridge", "ill-flows", "2 of its flows others have made")


def _files(world: World, host: str) -> None:
    """What only a file knows."""
    for path, text in _IN_FILES.items():
        lines = f"mkdir -p $(dirname {path}); cat >{path} <<'END'\n{text}\nEND"
        world.make(host, f"{path}, of what is not there", lines)
    for kind, name in (
        ("bridge", "ill-br1"),
        ("vlan", "ill-br1.5"),
        ("bridge", "ill-br2"),
        ("bond", "ill-b3"),
    ):
        world.ill(host, kind, name, "has it, and it is not there")
    world.ill(host, "bridge", "ill-br4", "has it, and it is not there")
    world.ill(host, "link", "vswitch01", "gives it 192.0.2.90, which it has not")


_IN_FILES = {
    "/etc/network/interfaces.d/ill": "auto ill-br1 ill-br1.5\niface ill-br1 inet manual\n  bridge-ports none\n"
    "iface ill-br1.5 inet static\n  address 192.0.2.88/24\niface ill-not inet manual\n  bridge_ports none",
    "/etc/netplan/ill.yaml": "network:\n  bridges:\n    ill-br2: {addresses: [192.0.2.89/24]}\n  ethernets:\n"
    "    all: {match: {name: 'e*'}, dhcp4: true}",
    "/etc/systemd/network/ill.netdev": "[NetDev]\nName=ill-b3\nKind=bond",
    "/etc/systemd/network/ill.network": "[Match]\nName=vswitch01\n[Network]\nAddress=192.0.2.90/24",
    "/etc/NetworkManager/system-connections/ill.nmconnection": "[connection]\nid=lan\ntype=bridge\n"
    "interface-name=ill-br4\n[ipv4]\nmethod=manual\naddress1=192.0.2.91/24,192.0.2.1",
}


_PLANTS: tuple[Callable[[World, str], None], ...] = (
    _twins, _too_large, _one_end, _two_keys, _left_tap, _down, _stale, _pools, _flows, _files,
)  # fmt: skip


def misreported(world: World, report: str) -> Iterator[str]:
    """What the report lacks, and what it has that is not so."""
    faults, _, unsaid = report.partition("\n## What the scripts do not say")
    found = [
        Ill(host, kind, name, says) for kind, name, host, says in _LINE.findall(faults) if kind != "host"
    ]
    due = (ill for ill in world.ills if not ill.late)
    yield from (f"not named: {ill}" for ill in due if not any(_is_of(one, ill) for one in found))
    yield from (f"a false alarm: {one}" for one in found if not any(_is_of(one, ill) for ill in world.ills))
    told = [Ill(host, kind, name, says) for kind, name, host, says in _LINE.findall(unsaid)]
    for ill in world.unsaid:
        whole = any(one.name == ill.name and " is left out:" in f" {one.says}" for one in told)
        if not whole and not any(_is_of(one, ill) for one in told):
            yield f"nothing says that no sentence says {ill}"


def _is_of(one: Ill, ill: Ill) -> bool:
    where = ill.host in ("", one.host)
    return where and (one.kind, one.name) == (ill.kind, ill.name) and ill.says in one.says
