"""The noun `vm`: a virtual machine with its NICs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource, is_nic_name, nic_name
from vnetsh.model.backups import RESTORED
from vnetsh.nouns.belonging import BELONGING
from vnetsh.nouns.cloudinit import CLOUDINIT, USER_DATA, exported_seed, seed_of
from vnetsh.nouns.defaults import export_fleet_wide
from vnetsh.nouns.disk import disk_of, exported_disk
from vnetsh.nouns.disk_words import CDROM, DISK
from vnetsh.nouns.machine import MACHINE
from vnetsh.nouns.mtu import MTU
from vnetsh.nouns.names import port_name
from vnetsh.nouns.nic import ADDRESS, LINK, NIC, SECURITY
from vnetsh.nouns.origin import CLONE_OF, FORMERLY
from vnetsh.nouns.port import ISOLATED, LIMITS, VLANS
from vnetsh.nouns.qinq import QINQ
from vnetsh.nouns.which import ambiguous
from vnetsh.schema import (
    ANY,
    BRIDGE,
    FLAG,
    HOST_OR_ANY,
    PORT,
    VM_LIST,
    VM_NAME,
    Attribute,
    Integer,
    Kind,
    Mac,
    Name,
    Part,
    Scope,
    Size,
    Text,
)
from vnetsh.schema.declared import Declared, Exported, Unsaid

if TYPE_CHECKING:
    from vnetsh.schema.lent import Resolving, Settling
    from vnetsh.schema.phrase import Phrase


def _expand_vm(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    """The vm, placed where `on` says (or nowhere yet), and its ports."""
    host = str(declaration.value("on") or "")
    attributes = {name: declaration.value(name) for name in declaration.attributes if name != "on"}
    if host == ANY:  # which one, only the fleet tells
        host, attributes["on"] = "", ANY
    resources = [
        Resource("vm", declaration.name, host, attributes, span=declaration.span, words=declaration.words)
    ]
    resources += [disk_of(declaration, part, host) for part in declaration.parts if part.schema is DISK]
    resources += [
        seed_of(declaration, part, host, resolver) for part in declaration.parts if part.schema is CLOUDINIT
    ]
    ports = [part for part in declaration.parts if part.schema not in (DISK, CLOUDINIT)]
    taken = {str(part.value("name")) for part in ports if part.value("name")}
    number = 0
    for part in ports:
        name = str(part.value("name") or "")
        if not name and part.value("mac"):  # it may be there under whatever name: only the hosts tell
            name, number = nic_name(declaration.name, str(part.value("mac"))), number + 1
        while not name:
            number += 1
            candidate = port_name(declaration.name, number)
            if candidate not in taken:
                name = candidate
                taken.add(name)
        values = {key: part.value(key) for key in part.attributes if key != "name"}
        values["bridge"] = part.value("bridge")
        words = {**part.words, "bridge": part.place("bridge")}
        words["name"] = part.place("name")
        resources.append(
            Resource("port", name, host, values, ("vm", declaration.name), span=part.span, words=words)
        )
    return resources


def _usual_boot(vm: Resource, there: Sequence[Resource], settler: Settling) -> tuple[str]:
    """What a vm boots from of which nothing else is said: its disk or, where it will have none, the network."""
    named = any(one.kind == "disk" and one.parent == ("vm", vm.name) for one in settler.said)
    has = vm.get("disk") or named or any(settler.fleet.disks(one) for one in there)
    return ("disk",) if has else ("network",)


def _settle_vm(vm: Resource, settler: Settling) -> Sequence[Resource]:
    """A vm that exists stays where it is; one that does not is made where `on` says."""
    anywhere = vm.get("on") == ANY
    if "on" in vm.attributes:
        vm = replace(vm, attributes={name: value for name, value in vm.attributes.items() if name != "on"})
    there = settler.fleet.named("vm", vm.name)
    if vm.get("boot") == _usual_boot(vm, there, settler):  # that is how it is observed
        vm = vm.with_attributes(boot=None)
    if any(one.place == vm.place for one in there):
        return [vm]
    if len(there) > 1:
        settler.refuse(ambiguous(there, vm.at("name"), "vm", " …"))
        return []
    if there:
        return [replace(vm, place=there[0].place)]
    if vm.place:
        return [vm.with_attributes(state="running")]
    if anywhere:
        from vnetsh.nouns.anywhere import host_for

        host = host_for(vm.with_attributes(state="running"), settler, VM_KIND)
        return [replace(vm.with_attributes(state="running"), place=host)] if host else []
    settler.refuse(
        Diagnostic(
            "E301",
            f"there is no vm `{vm.name}` on any host",
            vm.at("name"),
            label="not found",
            help=f"to make it, say where: `vm {vm.name} on HOST …`, or `on any`",
        )
    )
    return []


def _export_vms(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    """The vms; a sentence makes one that runs. Of one that could not be read there is none."""
    unread = [vm for vm in resources if not vm.text("state") and vm.text("note")]
    yield from (Unsaid(vm, vm.text("note"), whole=True) for vm in unread)
    for said in export_fleet_wide(kind, [vm for vm in resources if vm not in unread], fleet):
        if isinstance(said, Declared):
            whole = said.parts
            said = replace(said, parts=tuple(_exported(part, fleet) for part in whole))
            yield said
            yield from (Unsaid(p, "its user-data is what was in a file") for p in whole if p.get(USER_DATA))
        else:
            yield said
        state = said.of[0].text("state") if isinstance(said, Declared) else ""
        if isinstance(said, Declared) and state not in ("", "running"):
            yield Unsaid(said.of[0], f"it is {state}; anew it would be started")


def _exported(part: Resource, fleet: Fleet) -> Resource:
    if part.kind == "cloudinit":
        return exported_seed(part)
    return exported_disk(part) if part.kind == "disk" else _exported_nic(part, fleet)


def _exported_nic(nic: Resource, fleet: Fleet) -> Resource:
    """A NIC as its sentence says it: without a name where its link gets a new one each time.

    Where it has no MTU though its bridge has one, it would get that anew unless its sentence says `none`.
    """
    if is_nic_name(nic.name):
        nic = nic.with_attributes(name=None)
    if attached := fleet.attached(nic):
        network = attached.text("network")
        said = f"network:{network}" if fleet.get("bridge", nic.place, network) else network
        return nic.with_attributes(bridge=said, address=attached.get("address"))
    bridge = fleet.get("bridge", nic.place, nic.text("bridge"))
    if nic.get("mtu") is not None or not bridge or bridge.get("mtu") is None:
        return nic
    return nic.with_attributes(mtu=())


VM_KIND = Kind(
    "vm",
    subject=VM_NAME,
    help="A virtual machine. One that exists stays where it is until `migrate`.",
    attributes=(
        Attribute(
            "on",
            HOST_OR_ANY,
            "The host where it is made when it does not exist: `any` that can take it.",
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
            Text(what="an image file", offers="image"),
            "Image in the host's image folder, or a path: the template of a thin overlay (see `import`). With keys of "
            "its own behind it, it is a disk of that name instead: `disk data size 5G`.",
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
        CDROM,
        *MACHINE,
        Attribute(
            "memory-now",
            Size(),
            "Memory until the next start, where that brings another.",
            settable=False,
            column=False,
            passing=True,
        ),
        Attribute(
            "vcpus-now",
            Integer(what="a number of vcpus"),
            "Virtual CPUs until the next start, where that brings others.",
            settable=False,
            column=False,
            passing=True,
        ),
        Attribute(
            "state",
            Text(),
            "`running`, `stopped`, `saved`, `paused`, `pmsuspended` or `crashed`.",
            settable=False,
        ),
        *BELONGING,
        Attribute(
            FORMERLY,
            VM_LIST,
            "What it was called before it was renamed: so that `rename` said twice changes nothing.",
            settable=False,
            column=False,
            passing=True,
        ),
        Attribute(
            CLONE_OF,
            VM_LIST,
            "The vm that it was cloned from: so that `clone` said twice changes nothing.",
            settable=False,
            column=False,
        ),
        Attribute(
            RESTORED,
            Name(what="a list of its backups", many=True),
            "The backups that its disks were restored from, the latest last.",
            settable=False,
            column=False,
        ),
        Attribute(
            "note", Text(), "What else there is to be said: a restart that is pending.", settable=False
        ),
    ),
    parts=(
        DISK,
        CLOUDINIT,
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
                    otherwise="that of the NIC with this `mac`; else `<vm>_portN`",
                ),
                *VLANS,
                Attribute("mac", Mac(), "The NIC's address.", otherwise="one of its own", clearable=False),
                Attribute(
                    "mtu",
                    MTU,
                    "The NIC's MTU, which a virtio guest takes over.",
                    otherwise="its bridge's `mtu` when the NIC is made",
                ),
                *NIC,
                ADDRESS,
                LINK,
                SECURITY,
                ISOLATED,
                *LIMITS,
                QINQ,
            ),
        ),
    ),
    requires=("bridge", "tunnel", "pool", "image"),
    expand=_expand_vm,
    settle=_settle_vm,
    export=_export_vms,
    scope=Scope.FLEET,
    brings=("port", "disk", "cloudinit"),
    example="vm cirros01 on kvm1 memory 512M vcpus 1 disk cirros.qcow2 port vswitch01 name cirros01_port1",
)
