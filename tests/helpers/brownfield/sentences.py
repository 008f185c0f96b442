"""Random sentences on a world: what its operator could want next, some of it impossible there."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from brownfield.world import HOSTS, Nic, Vm, World


def script(world: World, random: Random) -> str:
    """One to three sentences."""
    return "\n".join(_sentence(world, random) for _ in range(random.choice((1, 1, 1, 2, 3))))


def _sentence(world: World, random: Random) -> str:
    ways: list[Callable[[World, Random], str]] = [_bridge, _tunnel, _new_vm, _delete_network]
    if world.vms:
        ways += [_change, _change, _nic, _nic, _power, _power, _migrate, _migrate, _migrate, _delete_vm]
        ways += [_hardware, _snapshot, _rename]
    return random.choice(ways)(world, random)


def quoted(name: str) -> str:
    """A name as it can be said wherever a name can."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _other(host: str) -> str:
    return HOSTS[host == HOSTS[0]]


def _hosts(random: Random) -> str:
    return ", ".join(random.choice((HOSTS, HOSTS, HOSTS[:1], HOSTS[1:])))


def _a_bridge(world: World, random: Random, host: str) -> str:
    return random.choice([*world.bridges(host), "vswitch01"])


def _vlans(random: Random) -> str:
    return random.choice(
        ("", "", f" vlan {random.randint(1, 4094)}", " vlan none", " trunk 10, 20-22", " trunk none")
    )


def _change(world: World, random: Random) -> str:
    vm = random.choice(world.vms)
    memory = f" memory {random.choice((24, 48, 72, 96))}M" if random.random() < 0.6 else ""
    vcpus = f" vcpus {random.choice((1, 2, 3, 4))}" if random.random() < 0.5 or not memory else ""
    return f"vm {quoted(vm.name)}{memory}{vcpus}"


def _nic(world: World, random: Random) -> str:
    vm = random.choice(world.vms)
    named = [nic for nic in vm.nics if nic.bridge]
    if named and random.random() < 0.6:
        return _known_nic(vm, random.choice(named), random)
    taken = [*world.ports[vm.host], *world.bridges(vm.host), "eth0", "lo"]
    name = random.choice(
        ("", "", f" name new{random.randint(0, 9)}", f" name {quoted(random.choice(taken))}")
    )
    mtu = f" mtu {random.choice((1280, 1400))}" if random.random() < 0.2 else ""
    bridge = _a_bridge(world, random, vm.host)
    return f"vm {quoted(vm.name)} port {quoted(bridge)}{name}{_vlans(random)}{mtu}"


def _known_nic(vm: Vm, nic: Nic, random: Random) -> str:
    which = f" name {quoted(nic.name)}" if nic.name and random.random() < 0.7 else f" mac {nic.mac}"
    return f"vm {quoted(vm.name)} port {quoted(nic.bridge)}{which}{_vlans(random)}"


def _power(world: World, random: Random) -> str:
    verb = random.choice(("start", "stop", "stop", "suspend", "resume", "save"))
    return f"{verb} {quoted(random.choice(world.vms).name)}"


def _hardware(world: World, random: Random) -> str:
    said = random.choice(
        (
            "autostart yes",
            "autostart none",
            "cpu host-model",
            "cpu qemu64",
            "boot network, disk",
            "boot none",
            "topology 1x2x1 vcpus 2",
            "topology none",
            "memory-max 128M",
            "vcpus-max 4",
            "memory-max none",
        )
    )
    return f"vm {quoted(random.choice(world.vms).name)} {said}"


def _snapshot(world: World, random: Random) -> str:
    return f"snapshot {quoted(random.choice(world.vms).name)} as {random.choice(('fresh', 'before'))}"


def _rename(world: World, random: Random) -> str:
    old, other = random.choice(world.vms).name, random.choice(world.vms).name
    return f"rename {quoted(old)} to {quoted(random.choice(('other name', 'renamed', 'renamed', other)))}"


def _migrate(world: World, random: Random) -> str:
    vm = random.choice(world.vms)
    return f"migrate {quoted(vm.name)} to {_other(vm.host)}"


def _delete_vm(world: World, random: Random) -> str:
    return f"delete vm {quoted(random.choice(world.vms).name)}"


def _new_vm(world: World, random: Random) -> str:
    host = random.choice(HOSTS)
    taken = [vm.name for vm in world.vms]
    name = random.choice(("fresh", "fresh 2", "neü", *taken[:1]))
    disk = random.choice(("", " disk tiny.qcow2", " disk tiny.qcow2"))
    if world.images[host] and random.random() < 0.2:
        disk = f" disk {quoted(random.choice(world.images[host]))}" + random.choice((" import", ""))
    port = f" port {quoted(_a_bridge(world, random, host))}{_vlans(random)}" if random.random() < 0.7 else ""
    built = random.choice(("", "", "", " firmware uefi", " tpm 2.0", " graphics vnc"))
    return f"vm {quoted(name)} on {host} memory 32M{disk}{built}{port}"


def _bridge(world: World, random: Random) -> str:
    host = random.choice(HOSTS)
    name = random.choice(
        ("new0", "new0", "neü+1", _a_bridge(world, random, host), _a_bridge(world, random, host))
    )
    linux = name in world.linux["kvm1"] + world.linux["kvm2"] or (name == "new0" and random.random() < 0.3)
    on = host if name != "new0" else _hosts(random)
    words = f"bridge {quoted(name)} on {on}" + (" backend linux" if linux else "")
    if random.random() < 0.3:
        words += f" mtu {random.choice((1300, 1400, 'none'))}"
    if random.random() < 0.5:
        taken = world.ports[host]
        port = random.choice(("p-new", *taken[:3]))
        kind = random.choice((" type internal", " type internal", "")) if not linux else ""
        words += f" port {quoted(port)}{kind}{_vlans(random) if not linux else ''}"
    elif random.random() < 0.2 and world.ports[host]:
        words += f" uplink {quoted(random.choice(world.ports[host]))}"
    return words


def _tunnel(world: World, random: Random) -> str:
    names = [*world.tunnels, *world.ports["kvm1"][:2], "t-new", "t-new"]
    common = [b for b in world.openvswitch["kvm1"] if b in world.openvswitch["kvm2"]]
    on = f" on {quoted(random.choice([*common, 'new1']))}" if random.random() < 0.8 else ""
    kind = random.choice(("", " type gre", " type vxlan", " type geneve"))
    key = random.choice(("", " key 42", " key 43", " key none"))
    return f"tunnel {quoted(random.choice(names))} kvm1<->kvm2{on}{kind}{key}"


def _delete_network(world: World, random: Random) -> str:
    host = random.choice(HOSTS)
    kind, names = random.choice(
        (
            ("bridge", world.bridges(host)),
            ("bridge", world.bridges(host)),
            ("tunnel", world.tunnels),
            ("port", world.ports[host]),
        )
    )
    name = random.choice(names) if names else "nothing"
    return f"delete {kind} {quoted(name)}" + random.choice((f" on {host}", ""))
