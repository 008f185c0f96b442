"""What a VM has that cannot go along, or that the other host lacks: checks of the lines of `cargo`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from vnetsh.backend import Assessment
from vnetsh.model import LinkFacts
from vnetsh.model.snapshots import snapshots_of
from vnetsh_libvirt.checkpoints import others
from vnetsh_libvirt.definition import attribute_of
from vnetsh_libvirt.leaving import Leaving
from vnetsh_libvirt.named_files import nvram_of
from vnetsh_libvirt.states import STATE, saved

STAYS, LACKS = "E455", "E456"
"""Codes: what a VM has cannot go along; the other host lacks what it needs."""


def snapshots(one: Leaving) -> Iterator[Assessment]:
    """libvirt: "cannot migrate domain with 1 snapshots"."""
    names, vm = snapshots_of(one.vm, one.fleet), one.vm.name
    if names:
        yield one.refuse(
            STAYS,
            f"libvirt moves no vm with snapshots; `{vm}` has {len(names)}: {', '.join(names)}",
            f"remove them if they are needed no more: `delete snapshot {vm}/{names[0]}`",
        )


def checkpoints(one: Leaving) -> Iterator[Assessment]:
    """Libvirt forgets them when it undefines the VM."""
    if others(one.vm):
        yield one.refuse(
            STAYS,
            f"vm `{one.vm.name}` has checkpoints of backups, which would be lost",
            f"remove them if they are needed no more: `virsh checkpoint-delete` on {one.vm.place}",
        )


def saved_state(one: Leaving) -> Iterator[Assessment]:
    """A managed save is a file beside the definition, which only its own host's libvirt knows."""
    if saved(one.vm):
        yield one.refuse(
            STAYS,
            f"vm `{one.vm.name}` has a saved state, which would be lost",
            f"start it and migrate it live, or remove the state: `virsh managedsave-remove {one.vm.name}`",
        )


def pause(one: Leaving) -> Iterator[Assessment]:
    """Paused by its user it stays so; by an error, libvirt does not migrate it."""
    if why := one.held("paused by"):
        yield one.refuse(
            STAYS,
            f"vm `{one.vm.name}` is paused by {why}",
            f"look for the reason, then `virsh resume {one.vm.name}` on {one.vm.place}",
        )


def paused_firmware(one: Leaving) -> Iterator[Assessment]:
    """QEMU (7.2) dies when a paused VM with NVRAM, which came by a migration and has not run since, migrates again."""
    if one.vm.get(STATE) == "paused" and any(nvram_of(view) for view in one.views):
        yield one.refuse(
            STAYS,
            f"vm `{one.vm.name}` is paused and has variables of its firmware: QEMU may die when it moves so",
            "resume it and migrate it then",
        )


def block_jobs(one: Leaving) -> Iterator[Assessment]:
    """libvirt: "domain has active block job"."""
    for view in one.views:
        for disk in view.root.iterfind("devices/disk[mirror]"):
            target = attribute_of(disk, "target", "dev")
            yield one.refuse(
                STAYS,
                f"the disk {target} of vm `{one.vm.name}` is being copied by a job of libvirt's",
                f"wait for it, or end it: `virsh blockjob {one.vm.name} {target}`",
            )


def _address(element: Element) -> str:
    source = element.find("source")
    if source is None:
        return ""
    address = source.find("address")
    said = address.attrib if address is not None else source.attrib
    if "slot" in said:
        numbers = [int(said.get(key, "0"), 0) for key in ("domain", "bus", "slot", "function")]
        return "{:04x}:{:02x}:{:02x}.{:x}".format(*numbers)
    ids = [attribute_of(source, key, "id") for key in ("vendor", "product")]
    return ":".join(ids) if all(ids) else " ".join(said.values())


HOST_DEVICES: Mapping[str, Callable[[Element], str]] = {
    "devices/hostdev": lambda e: f"a {e.get('type', '')} device of its host: {_address(e)}",
    "devices/interface[@type='hostdev']": lambda e: f"a NIC that is a device of its host: {_address(e)}",
    "devices/interface[@type='vdpa']": lambda e: f"a NIC that is a device of its host: {_address(e)}",
    "devices/interface[@type='vhostuser']": lambda e: f"a NIC on a socket of its host: {_address(e)}",
    "devices/filesystem": lambda e: f"a folder of its host: {_address(e)}",
    "devices/memory/source/path/../..": lambda e: (
        f"memory that is a device of its host: {e.findtext('source/path')}"
    ),
    "devices/input[@type='passthrough']": lambda e: f"an input device of its host: {_address(e)}",
    "devices/input[@type='evdev']": lambda e: f"an input device of its host: {_address(e)}",
    "devices/*[@type='dev']/source[@path]/..": lambda e: (
        f"a {e.tag} port that is a device of its host: {_address(e)}"
    ),
    "devices/tpm/backend[@type='passthrough']": lambda e: "a TPM that is its host's own",
    "devices/tpm/backend[@type='external']": lambda e: "a TPM that a process of its host is",
    "launchSecurity": lambda e: f"memory that its host's CPU keeps secret ({e.get('type', '')})",
}
"""Where a domain's XML says devices of its host, and how to name one."""


def host_devices(one: Leaving) -> Iterator[Assessment]:
    """Nothing tells whether the other host has the same, and most cannot be migrated at all."""
    for view in one.views:
        for where, name in HOST_DEVICES.items():
            for element in view.root.iterfind(where):
                yield one.refuse(
                    STAYS,
                    f"vm `{one.vm.name}` has {name(element).rstrip(': ')}",
                    f"take the device away first: `virsh detach-device {one.vm.name}`; or move it by hand",
                )


def shared_memory(one: Leaving) -> Iterator[Assessment]:
    """QEMU migrates none while it runs; of one that is off, the definition has only its name."""
    for view in one.views if not one.off else ():
        for element in view.root.iterfind("devices/shmem"):
            yield one.refuse(
                STAYS,
                f"vm `{one.vm.name}` shares memory with others on its host: {element.get('name', '')}",
                "stop it and move it then",
            )


def tpm(one: Leaving) -> Iterator[Assessment]:
    """Live, the state of an emulated TPM goes with the VM; off, it stays in a folder of its host."""
    for view in one.views if one.off else ():
        if view.root.find("devices/tpm/backend[@type='emulator']") is not None:
            yield one.refuse(
                STAYS,
                f"vm `{one.vm.name}` is off, and the state of its TPM would stay behind on {one.vm.place}",
                "start it: live, its TPM goes along",
            )


def media(one: Leaving) -> Iterator[Assessment]:
    """Read-only media, what disks build on, firmware, kernels: they are not copied."""
    for file in one.files:
        if not file.own and one.there.lacks(file.path):
            yield one.refuse(
                LACKS,
                f"host `{one.target}` has no {file.path}, which is {file.what} of `{one.vm.name}`",
                f"copy it to {one.target}, or take it out of the vm first",
            )


def pools(one: Leaving) -> Iterator[Assessment]:
    """A disk that is a volume is found by its pool's name, so the pool has to be the same folder there."""
    known = one.there.pools
    for view in one.views if known is not None else ():
        for disk in view.disks:
            if disk.pool and (known or {}).get(disk.pool) != (folder := str(PurePosixPath(disk.path).parent)):
                yield one.refuse(
                    LACKS,
                    f"host `{one.target}` has no active pool `{disk.pool}` for {folder}, where the disk "
                    f"{disk.target} of `{one.vm.name}` is",
                    f"`virsh pool-define-as {disk.pool} dir --target {folder}` and `virsh pool-start` there",
                )
    volumes = [disk.target for view in one.views for disk in view.disks if disk.pool]
    if (
        volumes and not one.off and not one.held("persistent")
    ):  # the other host's libvirt takes them as files alone
        yield Assessment(
            how=f"{', '.join(dict.fromkeys(volumes))} told by its file from then on, not as a pool's volume: "
            "that would stay in a definition, and it has none"
        )


def networks(one: Leaving) -> Iterator[Assessment]:
    """A NIC of a libvirt network takes its bridge from the network of that name."""
    known = one.there.networks
    for view in one.views if known is not None else ():
        for nic in view.root.iterfind("devices/interface[@type='network']"):
            name, group = (attribute_of(nic, "source", key) for key in ("network", "portgroup"))
            if name not in (known or {}):
                yield one.refuse(
                    LACKS,
                    f"host `{one.target}` has no active libvirt network `{name}`, which `{one.vm.name}` has a NIC of",
                    f"`virsh net-dumpxml {name}` on {one.vm.place}, `virsh net-define` and `net-start` there",
                )
            elif group and group not in (known or {})[name]:
                yield one.refuse(
                    LACKS,
                    f"the libvirt network `{name}` of host `{one.target}` has no port group `{group}`",
                    f"`virsh net-edit {name}` there: as it is on {one.vm.place}",
                )


def direct_links(one: Leaving) -> Iterator[Assessment]:
    """A macvtap needs the link that it is made on."""
    told = [
        f for (place, _), f in one.fleet.facts.items() if place == one.target and isinstance(f, LinkFacts)
    ]
    links = {name for found in told for name in found.mtus}
    for view in one.views if links else ():
        for nic in view.root.iterfind("devices/interface[@type='direct']"):
            if (link := attribute_of(nic, "source", "dev")) and link not in links:
                yield one.refuse(
                    LACKS,
                    f"host `{one.target}` has no link `{link}`, which a NIC of `{one.vm.name}` is on",
                    "move the NIC to a bridge that both hosts have",
                )


def filters(one: Leaving) -> Iterator[Assessment]:
    """A NIC with a network filter cannot start where there is none of that name."""
    known = one.there.filters
    for view in one.views if known is not None else ():
        for element in view.root.iterfind("devices/interface/filterref"):
            if (name := element.get("filter", "")) not in (known or ()):
                yield one.refuse(
                    LACKS,
                    f"host `{one.target}` has no network filter `{name}`, which a NIC of `{one.vm.name}` has",
                    f"`virsh nwfilter-dumpxml {name}` on {one.vm.place}, `virsh nwfilter-define` there",
                )


def secrets(one: Leaving) -> Iterator[Assessment]:
    """The key of an encrypted disk, the password of one on the network."""
    known = one.there.secrets
    for view in one.views if known is not None else ():
        for element in view.root.iterfind("devices/disk//secret[@uuid]"):
            if (uuid := element.get("uuid", "")) not in (known or ()):
                yield one.refuse(
                    LACKS,
                    f"host `{one.target}` has not the secret {uuid}, which a disk of `{one.vm.name}` needs",
                    "`virsh secret-define` and `virsh secret-set-value` there",
                )


def logs(one: Leaving) -> Iterator[Assessment]:
    """What a console wrote to a file stays where it was written."""
    found = [
        e for view in one.views[:1] for e in view.root.iterfind("devices/*/source[@path]/..[@type='file']")
    ]
    files = {attribute_of(element, "source", "path") for element in found if element.tag != "disk"}
    if files:
        yield Assessment(how=f"what is in {', '.join(sorted(files))} stays on {one.vm.place}")
