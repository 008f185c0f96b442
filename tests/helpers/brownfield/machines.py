"""VMs as virt-install, virt-manager and `virsh define` make them, in all their states."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from brownfield.storage import disk, medium
from brownfield.world import HOSTS, IMAGES, Nic, Vm, World

NAMES = (
    "web",
    "db01",
    "Home Assistant",
    "Büro-PC",
    "win10 (alt)",
    "vm+1",
    "ops@mail",
    "x.y",
    "port",
    "generic",
)
OSINFO = (
    "<metadata><libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
    "<libosinfo:os id='http://debian.org/debian/12'/></libosinfo:libosinfo>"
    "<other:note xmlns:other='urn:example:other'><other:owner>somebody &amp; co</other:owner></other:note></metadata>"
)
CLOCK = (
    "<clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/>"
    "<timer name='hpet' present='no'/></clock><pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>"
)
WIZARD = (
    "<console type='pty'/><channel type='unix'><source mode='bind'/>"
    "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    "<input type='tablet' bus='usb'/><graphics type='vnc' port='-1'/><video><model type='vga'/></video>"
    "<memballoon model='virtio'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
)
STATES = ("off",) * 5 + (
    "running",
    "running",
    "paused",
    "saved",
    "snapshot",
    "external",
    "transient",
    "pending",
)


def networks(world: World) -> None:
    """libvirt's networks: NAT (off: there is no dnsmasq), isolated, and bridges with portgroups."""
    for host in HOSTS:
        if world.maybe(0.4):
            xml = (
                "<network><name>default</name><forward mode='nat'/><bridge name='virbr0' stp='on' delay='0'/>"
                "<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp>"
                "<range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>"
            )
            _network(world, host, "default", xml, start=False)
        if world.maybe(0.3):
            name = world.name("isolated", "lab net")
            xml = f"<network><name>{name}</name><bridge name='virbr{len(world.things) + 100}'/></network>"
            _network(world, host, name, xml, start=True)
        if world.openvswitch[host] and world.maybe(0.5):
            bridge = world.random.choice(world.openvswitch[host])
            xml = (
                f"<network><name>ovs-net</name><forward mode='bridge'/><bridge name={quoteattr(bridge)}/>"
                "<virtualport type='openvswitch'/><portgroup name='all' default='yes'/>"
                "<portgroup name='vlan-30'><vlan><tag id='30'/></vlan></portgroup></network>"
            )
            _network(world, host, "ovs-net", xml, start=True)
        if world.linux[host] and world.maybe(0.5):
            bridge = world.random.choice(world.linux[host])
            xml = f"<forward mode='bridge'/><bridge name={quoteattr(bridge)}/>"
            xml = f"<network><name>host-bridge</name>{xml}</network>"
            _network(world, host, "host-bridge", xml, start=True)


def _network(world: World, host: str, name: str, xml: str, *, start: bool) -> None:
    lines = [_define(xml, "net-define")]
    if start:
        lines.append(f"virsh -q net-start '{name}' >/dev/null")
        world.networks[host].append(name)
        if world.maybe(0.5):
            lines.append(f"virsh -q net-autostart '{name}' >/dev/null")
        else:
            world.lazy.add((host, name))
    world.make(host, f"libvirt network {name}", *lines)


def _define(xml: str, how: str) -> str:
    return f"cat >/tmp/x.xml <<'XML'\n{xml}\nXML\nvirsh -q {how} /tmp/x.xml >/dev/null"


def machines(world: World) -> None:
    """Some VMs on each host; now and then two of one name."""
    for host in HOSTS:
        for _ in range(world.random.randint(1, 3)):
            name = world.name(*NAMES)
            _machine(world, host, name)
            if world.maybe(0.08):
                _machine(world, HOSTS[host == HOSTS[0]], name)
                world.no_words("", "vm", name, "has a vm of that name too")


def _machine(world: World, host: str, name: str) -> None:
    if any((vm.name, vm.host) == (name, host) for vm in world.vms):
        return
    random = world.random
    state = random.choice(STATES)
    disks = [disk(world, host, name, number) for number in range(random.choice((0, 1, 1, 1, 2)))]
    drives = [medium(world, host, floppy=False)] if world.maybe(0.35) else []
    drives += [medium(world, host, floppy=True)] if world.maybe(0.1) else []
    media = [*drives, *disks] if world.maybe(0.5) else [*disks, *drives]
    found = [_nic(world, host) for _ in range(random.choice((0, 1, 1, 2)))]
    uefi = state == "off" and world.maybe(0.15)
    firmware = _firmware(world, host, name) if uefi else ""
    state = (
        state
        if state not in ("snapshot", "external") or (disks and all(d.snapshots for d in media))
        else "off"
    )
    cpu = _cpu(world)
    machine = random.choice(("pc", "q35"))
    wizard = (
        WIZARD.replace("<input type='tablet' bus='usb'/>", "")
        if machine == "q35" and world.maybe(0.3)
        else WIZARD
    )
    memory = random.choice((32, 40, 64))
    below = f"<currentMemory unit='MiB'>{memory - 8}</currentMemory>" if world.maybe(0.2) else ""
    title = f"<title>{escape(name)} &lt;prod&gt;</title>" if world.maybe(0.2) else ""
    note = "<description>do not touch\n  ask ops first</description>" if world.maybe(0.2) else ""
    xml = (
        f"<domain type='qemu'><name>{escape(name)}</name>{title}{note}{OSINFO if world.maybe(0.5) else ''}"
        f"<memory unit='MiB'>{memory}</memory>{below}{cpu}"
        f"<os><type arch='x86_64' machine='{machine}'>hvm</type>{firmware}<boot dev='hd'/></os>"
        f"<features><acpi/><apic/></features>{CLOCK if world.maybe(0.5) else ''}"
        f"<on_crash>destroy</on_crash><devices>{''.join(m.xml for m in media)}{''.join(x for x, _, _ in found)}"
        f"{wizard if world.maybe(0.5) else ''}<serial type='pty'/></devices></domain>"
    )
    autostart = state != "transient" and world.maybe(0.25)
    lines = [*_lines(world, name, xml, state, memory)]
    if autostart:
        lines.append(f"virsh -q autostart '{name}' >/dev/null")
    said = [
        f"VM {name}: {state}, {machine}, {memory} MiB",
        *(m.said for m in media),
        *(s for _, _, s in found),
    ]
    said += [
        word for word, there in (("uefi", uefi), ("autostart", autostart), ("other metadata", title)) if there
    ]
    said += ["topology"] if "topology" in cpu else []
    world.make(host, ", ".join(said), *lines)
    if state == "running" and not autostart:
        world.ill(host, "vm", name, "is not started with its host")
    if state == "pending":
        world.ill(host, "vm", name, "it runs otherwise than it is defined: memory")
    elif state in ("running", "paused") and below:
        world.ill(host, "vm", name, "of memory, though defined with")
    world.no_words(host, "vm", name, *["no definition that would stay"] * (state == "transient"))
    world.no_words(host, "vm", name, *["a NIC on no bridge"] * any("'user'" in x for x, _, _ in found))
    world.vms.append(Vm(name, host, state, tuple(nic for _, nic, _ in found)))


def _lines(world: World, name: str, xml: str, state: str, memory: int) -> Sequence[str]:
    if state == "transient":
        return [_define(xml, "create --paused")]
    defined, start = _define(xml, "define"), f"virsh -q start '{name}' >/dev/null"
    paused = f"virsh -q start --paused '{name}' >/dev/null"
    return {
        "off": [defined],
        "running": [defined, start],
        "paused": [defined, world.random.choice((paused, f"{start}; virsh -q suspend '{name}' >/dev/null"))],
        "saved": [
            defined,
            paused,
            f"virsh -q managedsave '{name}' {world.random.choice(('', '--running'))} >/dev/null",
        ],
        "snapshot": [defined, f"virsh -q snapshot-create-as '{name}' 'before update' >/dev/null"],
        # libvirt makes none of a drive without a medium: then there is none.
        "external": [
            defined,
            f"virsh -q snapshot-create-as '{name}' ext --disk-only >/dev/null 2>&1 || true",
        ],
        "pending": [
            defined,
            paused,
            f'virsh -q \'setmaxmem "{name}" {memory + 8}M --config; setmem "{name}" {memory + 8}M --config\'',
        ],
    }[state]


def _cpu(world: World) -> str:
    way = world.random.random()
    if way < 0.15:
        return "<vcpu>4</vcpu><cpu><topology sockets='1' dies='1' cores='2' threads='2'/></cpu>"
    if way < 0.3:
        return "<vcpu placement='static' current='1'>3</vcpu>"
    return f"<vcpu>{world.random.choice((1, 1, 2))}</vcpu>"


def _firmware(world: World, host: str, name: str) -> str:
    code, file = f"{IMAGES}/CODE.fd", f"/var/lib/libvirt/qemu/nvram/{name}_VARS.fd"
    world.make(
        host,
        f"NVRAM of {name}",
        f"head -c 4096 /dev/zero >{code}; mkdir -p /var/lib/libvirt/qemu/nvram; echo 'boot of {name}' >'{file}'",
    )
    return (
        f"<loader readonly='yes' type='pflash'>{code}</loader><nvram template='{code}'>{escape(file)}</nvram>"
    )


def _nic(world: World, host: str) -> tuple[str, Nic, str]:
    """A NIC's element, what the sentences know of it, and it in words."""
    random, mac = world.random, world.mac()
    ways = ["ovs"] * 4 * bool(world.openvswitch[host]) + ["linux"] * 2 * bool(world.linux[host])
    ways += ["network"] * 2 * bool(world.networks[host]) + ["user"]
    way = random.choice(ways)
    bridge, vlan, name = "", "", ""
    if way == "ovs":
        bridge = random.choice(world.openvswitch[host])
        tags = random.choice(
            ("", "", "", "<tag id='7'/>", "<tag id='7'/><tag id='8'/>", "<tag id='9' nativeMode='untagged'/>")
        )
        trunk = " trunk='yes'" if tags.count("tag") > 1 or "native" in tags else ""
        vlan = f"<vlan{trunk}>{tags}</vlan>" if tags else ""
        source = f"<source bridge={quoteattr(bridge)}/><virtualport type='openvswitch'/>"
    elif way == "linux":
        bridge = random.choice(world.linux[host])
        source = f"<source bridge={quoteattr(bridge)}/>"
    elif way == "network":
        network = random.choice(world.networks[host])
        group = " portgroup='vlan-30'" if network == "ovs-net" and world.maybe(0.5) else ""
        source = f"<source network={quoteattr(network)}{group}/>"
        if (host, network) in world.lazy:
            world.ill(host, "network", network, "it is not active any more after a reboot")
    else:
        source = ""
    if way != "user" and world.maybe(0.4):
        name = world.name("nic0", "tap-web", "vm+p", "nüc")
        world.ports[host].append(name)
    kind = {"ovs": "bridge", "linux": "bridge"}.get(way, way)
    xml = (
        f"<interface type='{kind}'><mac address='{mac}'/>{source}{vlan}"
        + (f"<target dev={quoteattr(name)}/>" if name else "")
        + f"<model type='{random.choice(('virtio', 'virtio', 'e1000', 'rtl8139'))}'/>"
        + ("<link state='down'/>" if world.maybe(0.1) else "")
        + ("<mtu size='1400'/>" if kind != "user" and world.maybe(0.15) else "")
        + "</interface>"
    )
    return (
        xml,
        Nic(mac, bridge, name),
        f"NIC {way} {bridge} {name or 'without a name'}{' with VLANs' if vlan else ''}",
    )
