"""The nouns that several backends share: host, bridge, port, tunnel, vm. Registered like a plugin's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.nouns.exports import export_tunnels, export_vms
from vnetsh.nouns.fitting import fitted_nic, settle_bridge
from vnetsh.model import Resource
from vnetsh.nouns.mtu import LEAST, MOST
from vnetsh.schema import (
    BRIDGE,
    ENDS,
    FLAG,
    HOST,
    HOSTS,
    PORT,
    Address,
    Attribute,
    Choice,
    Integer,
    Kind,
    Mac,
    Name,
    Part,
    Scope,
    Size,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetsh.schema.phrase import Phrase
    from vnetsh.script.resolve import Resolver
    from vnetsh.planning.desired import Settler

_NIC = Name(what="a NIC", longest=15)
_MTU = Integer(what="an MTU in bytes", least=LEAST, most=MOST)
_VLAN = Attribute(
    "vlan",
    Integer(what="a VLAN", least=1, most=4094),
    "Its access VLAN.",
    otherwise="untagged",
    backends=("ovs",),
)

HOST_KIND = Kind(
    "host",
    help="A KVM host: how it is reached. Belongs into the hosts file; touches nothing by itself.",
    attributes=(
        Attribute(
            "address",
            Address(),
            "Its underlay address: where tunnels end and ssh goes.",
            otherwise="none: no tunnel can end there",
        ),
        Attribute(
            "ssh",
            Text(what="an ssh destination"),
            "ssh destination, as in `ssh NAME`.",
            otherwise="the address, else the name",
        ),
        Attribute(
            "ssh-config", Text(what="a file"), "The ssh config file to use.", otherwise="the user's own"
        ),
        Attribute(
            "mtu",
            _MTU,
            "The MTU of its underlay link, which tunnels are checked against.",
            otherwise="what the link with its address has, else 1500",
        ),
        Attribute("local", FLAG, "The host is this machine: no ssh."),
        Attribute("readonly", FLAG, "Look, never change."),
        Attribute("protected", FLAG, "Never delete anything here."),
    ),
    scope=Scope.INVENTORY,
    example="host kvm1 address 192.0.2.11",
)

BRIDGE_KIND = Kind(
    "bridge",
    subject=BRIDGE,
    help="A virtual switch on one or several hosts.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute(
            "backend",
            Name(what="a backend"),
            "What realises it.",
            otherwise="`ovs`",
            immutable=True,
            clearable=False,
        ),
        Attribute("uplink", _NIC, "The host's NIC that becomes its port.", otherwise="none"),
        Attribute(
            "mtu",
            _MTU,
            "The largest packet on this network: the bridge's own MTU, and that of NICs made on it.",
            otherwise="the switch's choice: that of its ports",
        ),
    ),
    parts=(
        Part(
            "port",
            help="A port of the bridge.",
            kind="port",
            operands=(Attribute("name", PORT, "The interface's name.", required=True),),
            attributes=(
                _VLAN,
                Attribute(
                    "type",
                    Choice(what="a port type", choices=("internal", "system")),
                    "`internal`: the switch makes the interface; `system`: it is there.",
                    default="system",
                    immutable=True,
                ),
            ),
        ),
    ),
    settle=settle_bridge,
    example="bridge vswitch01 on kvm1, kvm2 uplink eth0",
)


def settle_port(port: Resource, settler: Settler) -> Sequence[Resource]:
    """Check a port's name, unique over all hosts for a vm's, and that its bridge will be there."""
    vm = bool(port.parent and port.parent[0] == "vm")
    for other in settler.fleet.named("port", port.name):
        if (other.parent != port.parent or other.host != port.host) and (vm or other.host == port.host):
            owner = " ".join(other.parent or ("host", other.host))
            settler.refuse(
                Diagnostic(
                    "E203",
                    f"the port name `{port.name}` is taken by {owner} on {other.host}",
                    port.span,
                    help="ports have names of their own over all hosts, so that vms can move: choose another",
                )
            )
            return []
    bridge = port.text("bridge")
    if vm and bridge and not settler.find("bridge", port.host, bridge):
        names = [b.name for b in settler.fleet.of_kind("bridge", port.host)]
        settler.refuse(
            Diagnostic(
                "E302",
                f"host `{port.host}` has no bridge `{bridge}`",
                port.span,
                help=did_you_mean(bridge, names, f"to make it: `bridge {bridge} on {port.host}`"),
            )
        )
    return [fitted_nic(port, settler) if vm else port]


PORT_KIND = Kind(
    "port",
    help="A port of a bridge, or a vm's NIC on one. Said inside `bridge` and `vm` sentences.",
    attributes=(
        Attribute("bridge", BRIDGE, "The bridge it is on."),
        Attribute("vm", Name(what="a vm", ref="vm"), "The vm whose NIC it is.", settable=False),
        _VLAN,
        Attribute("type", Text(), "`internal`, `system` or, of a vm's NIC, `vm`.", settable=False),
        Attribute("mac", Mac(), "The NIC's address."),
        Attribute("mtu", _MTU, "The NIC's MTU, which the guest is told."),
    ),
    sayable=False,
    settle=settle_port,
)


def _expand_tunnel(declaration: Phrase, resolver: Resolver) -> Sequence[Resource]:
    """One end on each of the two hosts; the remote address is the other host's."""
    hosts = declaration.names("ends")
    if hosts[0] == hosts[1]:
        resolver.refuse(
            Diagnostic(
                "E206",
                f"tunnel `{declaration.name}` leads from `{hosts[0]}` to itself",
                declaration.place("ends"),
                help="a tunnel joins two different hosts",
            )
        )
        return []
    return tunnel_ends(declaration, declaration.name, hosts, declaration.place("ends"), resolver)


def tunnel_ends(
    declaration: Phrase, name: str, hosts: Sequence[str], place: Span, resolver: Resolver
) -> Sequence[Resource]:
    """A tunnel's two ends, with the type, key and bridge that its declaration says."""
    for host in hosts:
        if not resolver.inventory[host].address:
            resolver.refuse(
                Diagnostic(
                    "E107",
                    f"host `{host}` has no address for tunnel `{name}` to end at",
                    place,
                    help=f"say it in the hosts file: `host {host} address 192.0.2.1`",
                )
            )
    attributes = {key: declaration.value(key) for key in ("type", "key") if key in declaration.attributes}
    bridge = declaration.value("on") or resolver.only_bridge(declaration, hosts)
    resources = []
    for here, there in (hosts, hosts[::-1]):
        values = {**attributes, "remote": resolver.inventory[there].address}
        if bridge:
            values["bridge"] = bridge
        resources.append(Resource("tunnel", name, here, values, span=declaration.span))
    return resources


def _settle_tunnel(tunnel: Resource, settler: Settler) -> Sequence[Resource]:
    """Find the bridge that the script left open, and plan the one that is missing at this end."""
    bridge = tunnel.text("bridge")
    if not bridge:
        existing = settler.fleet.named("tunnel", tunnel.name)
        bridge = existing[0].text("bridge") if existing else settler.only_bridge(tunnel)
        if not bridge:
            return []
        tunnel = tunnel.with_attributes(bridge=bridge)
    if settler.find("bridge", tunnel.host, bridge):
        return [tunnel]
    implied = Resource(
        "bridge", bridge, tunnel.host, {}, because=f"implied by tunnel {tunnel.name}", span=tunnel.span
    )
    return [implied, tunnel]


TUNNEL_KIND = Kind(
    "tunnel",
    subject=PORT,
    help="A tunnel between two hosts: both ends, each with the other's address.",
    operands=(Attribute("ends", ENDS, "The two hosts: `kvm1<->kvm2`.", required=True),),
    attributes=(
        Attribute(
            "on",
            BRIDGE,
            "The bridge it joins at both ends; made where it is missing.",
            otherwise="the only one in question",
            column=False,
            clearable=False,
            backends=("ovs",),
        ),
        Attribute(
            "type",
            Choice(what="a tunnel type", choices=("gre", "vxlan", "geneve")),
            "The encapsulation.",
            default="gre",
            clearable=False,
            backends=("ovs",),
        ),
        Attribute(
            "key",
            Integer(what="a tunnel key"),
            "GRE key or VNI; of 24 bits (to 16777215) for vxlan and geneve.",
            otherwise="none",
            backends=("ovs",),
        ),
        Attribute("bridge", BRIDGE, "The bridge it joins.", settable=False),
        Attribute("remote", Address(), "The other end's address.", settable=False),
    ),
    requires=("bridge",),
    follows="bridge",
    expand=_expand_tunnel,
    settle=_settle_tunnel,
    export=export_tunnels,
    example="tunnel gre12 kvm1<->kvm2 on vswitch02 type gre",
)


def _expand_vm(declaration: Phrase, resolver: Resolver) -> Sequence[Resource]:
    """The vm, placed where `on` says (or nowhere yet), and its ports."""
    host = str(declaration.value("on") or "")
    attributes = {name: declaration.value(name) for name in declaration.attributes if name != "on"}
    resources = [Resource("vm", declaration.name, host, attributes, span=declaration.span)]
    taken = {str(part.value("name")) for part in declaration.parts if part.value("name")}
    number = 0
    for part in declaration.parts:
        name = str(part.value("name") or "")
        while not name:
            number += 1
            candidate = port_name(declaration.name, number)
            if candidate not in taken:
                name = candidate
                taken.add(name)
        values = {key: part.value(key) for key in part.attributes if key != "name"}
        values["bridge"] = part.value("bridge")
        resources.append(
            Resource("port", name, host, values, parent=("vm", declaration.name), span=part.span)
        )
    return resources


def port_name(vm: str, number: int) -> str:
    """`<vm>_portN`, shortened to the kernel's 15 characters without clashing with another vm's."""
    return short_name(f"{vm}_port{number}", f"p{number}", vm)


def short_name(name: str, end: str = "", of: str = "") -> str:
    """A name of at most 15 characters: itself, or its beginning, the checksum of what it is `of`, and its end."""
    if len(name) <= 15:
        return name
    import zlib

    # The checksum of the whole name keeps `long-name-a` and `long-name-b` apart.
    suffix = f"{zlib.crc32((of or name).encode()) % 36**4:05x}{end}"
    return name[: 15 - len(suffix) - 1].rstrip("_") + "_" + suffix


def _settle_vm(vm: Resource, settler: Settler) -> Sequence[Resource]:
    """A vm that exists stays where it is; one that does not is made where `on` says."""
    there = settler.fleet.named("vm", vm.name)
    if there:
        return [replace(vm, host=there[0].host)]
    if vm.host:
        return [vm.with_attributes(state="running")]
    settler.refuse(
        Diagnostic(
            "E301",
            f"there is no vm `{vm.name}` on any host",
            vm.span,
            label="not found",
            help=f"to make it, say where: `vm {vm.name} on HOST …`",
        )
    )
    return []


VM_KIND = Kind(
    "vm",
    help="A virtual machine. One that exists stays where it is until `migrate`.",
    attributes=(
        Attribute(
            "on",
            HOST,
            "The host where it is made when it does not exist.",
            otherwise="it must exist",
            column=False,
            clearable=False,
        ),
        Attribute("memory", Size(), "Memory.", default=512 * 2**20, clearable=False),
        Attribute(
            "vcpus",
            Integer(what="a number of vcpus", least=1, most=1024),
            "Virtual CPUs.",
            default=1,
            clearable=False,
        ),
        Attribute(
            "disk",
            Text(what="an image file"),
            "Image in the host's image folder, or a path: the template of a thin overlay (see `import`).",
            otherwise="none: it boots from the network",
            immutable=True,
        ),
        Attribute(
            "import",
            FLAG,
            "Use the image itself as the disk, not a thin overlay of it.",
            immutable=True,
            column=False,
        ),
        Attribute("state", Text(), "`running`, `stopped` or `paused`.", settable=False),
    ),
    parts=(
        Part(
            "port",
            help="A NIC of the vm and the bridge it is on.",
            kind="port",
            operands=(Attribute("bridge", BRIDGE, "The bridge.", required=True),),
            attributes=(
                Attribute(
                    "name",
                    PORT,
                    "The port's name on the host, unique over all hosts.",
                    otherwise="`<vm>_portN`",
                ),
                _VLAN,
                Attribute("mac", Mac(), "The NIC's address.", otherwise="one of its own", clearable=False),
                Attribute(
                    "mtu",
                    _MTU,
                    "The NIC's MTU, which a virtio guest takes over.",
                    otherwise="its bridge's `mtu` when the NIC is made",
                ),
            ),
        ),
    ),
    requires=("bridge", "tunnel"),
    expand=_expand_vm,
    settle=_settle_vm,
    export=export_vms,
    scope=Scope.FLEET,
    example="vm cirros01 on kvm1 memory 512M vcpus 1 disk cirros.qcow2 port vswitch01 name cirros01_port1",
)

KINDS = (HOST_KIND, BRIDGE_KIND, PORT_KIND, TUNNEL_KIND, VM_KIND)
