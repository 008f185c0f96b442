"""VMs on one host: make, restore, remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import libvirt

from vnetsh.backend import Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh_libvirt import checkpoints, cloning, domain_xml, storage, storage_work, storage_xml
from vnetsh_libvirt.built_in import FIRMWARE
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import Definition, recorded
from vnetsh_libvirt.disk_fields import name_of
from vnetsh_libvirt.disk_making import image_at, make_file
from vnetsh_libvirt.disk_xml import Target, targets
from vnetsh_libvirt.domain_xml import DiskFile, Seed
from vnetsh_libvirt.fields import BRIDGE
from vnetsh_libvirt.files import Files, stat
from vnetsh_libvirt.keeping import KEEPS_TPM, autostarts, losses
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.media import CDROM
from vnetsh_libvirt.named_files import named_files, usual_nvram
from vnetsh_libvirt.power import stop, to_state
from vnetsh_libvirt.seed import changing as seeds
from vnetsh_libvirt.states import STATE


def make(
    host: LibvirtHost,
    vm: Resource,
    parts: Sequence[Resource],
    files: Files,
    progress: Progress,
    model: Callable[[], Definition] | None = None,
) -> None:
    """Make a VM with its NICs and disks and, where wanted, start it; or restore one that was removed.

    `model` reads what it is to be like in what no sentence says.

    Raises `BackendRefused` when nothing was made, else `ApplyFailed` with what could not be cleaned up.
    """
    existing = host.domain(vm.name)
    if vm.record:
        _restore(host, vm, existing, progress)
        return
    if existing is not None:
        raise BackendRefused(
            f"{host.name}: the name is taken: libvirt has a domain {vm.name} already",
            help=f"choose another, or look at it: `show vms on {host.name}`",
        )
    kinds = ("port", "disk", "cloudinit")
    ports, disks, of_seed = ([part for part in parts if part.kind == kind] for kind in kinds)
    openvswitch = host.openvswitch(port.text(BRIDGE) for port in ports)
    nics = [domain_xml.interface(port, openvswitch=openvswitch[port.text(BRIDGE)]) for port in ports]
    theirs = model() if model else None
    kind = host.domain_type()
    uuid = str(uuid4())
    files.note(host, "", domain=uuid)

    def work() -> None:
        first = _disk(host, vm, files)
        nvram = _new_nvram(host, vm, files, cloning.variables(theirs) if theirs else "", progress)
        places = targets(disks, ["vda"] if first else [])
        named = [
            Target(disk, make_file(host, disk, files, progress), place)
            for disk, place in zip(disks, places, strict=True)
        ]
        cdrom = storage.path_of(host, vm.text(CDROM)) if vm.get(CDROM) else ""
        told = [Seed(seed, seeds.of_new(host, seed, ports, files)) for seed in of_seed]
        xml = domain_xml.domain(vm, kind, first, nics, uuid, named, cdrom, told, x86=host.is_x86())
        if theirs:
            xml = cloning.like(xml, theirs, [name_of(one) for one in disks], [port.name for port in ports])
        _define(host, xml, vm, progress)
        if nvram:
            files.note_made(host, nvram)

    with_cleanup(work, lambda: [*_unmake(host, vm.name, uuid, whole=True), *files.remove_made(host)])


def model(host: LibvirtHost, name: str) -> Definition:
    """A VM that another one is to be like: it has to be off still. Raises `BackendRefused`."""
    domain = host.domain(name)
    if domain is None or host.link.call(domain.isActive):
        now = "runs now" if domain else "is gone"
        raise BackendRefused(
            f"{host.name}: {name}, which is to be cloned, {now}", help="did somebody else do that?"
        )
    return host.defined(domain, secrets=True)


def _new_nvram(host: LibvirtHost, vm: Resource, files: Files, model: str, progress: Progress) -> str:
    """The file that libvirt will make for the variables of a VM's firmware: one that is there it would take for it.

    So it takes the copy of a `model`, where there is that file: then nothing is left for it to make.
    """
    path = usual_nvram(vm.name) if vm.get(FIRMWARE) else ""
    if path and stat(host, path):
        raise BackendRefused(
            f"{host.name}: there is a file {path} already: its firmware would begin with the variables of another vm",
            help="if it is needed no more, move it away",
        )
    source = storage.find_image(host, model) if path and model and stat(host, model) else None
    if source:
        copy = storage.Image(path, source.format, source.capacity)
        files.make(host, path, lambda: storage_work.clone(host, source, copy, vm.name, progress))
        reached("variables are copied")
        return ""
    if path:
        files.intend(host, path)
    return path


def _define(host: LibvirtHost, xml: str, vm: Resource, progress: Progress) -> None:
    domain = host.call("defineXML", xml)
    reached("domain is defined")
    if autostarts(vm):
        host.link.call(domain.setAutostart, 1)
    to_state(host, domain, vm.text(STATE) or "running", progress)


def _disk(host: LibvirtHost, vm: Resource, files: Files) -> DiskFile | None:
    """The file of the disk: the image itself or a new thin overlay of it; None for a VM without a disk."""
    said = mark_of(vm)
    if not said.disk:
        return None
    image = image_at(host, said.disk)
    if said.imported:
        return image.file
    overlay = storage.overlay_path(host, vm.name)
    if stat(host, overlay):  # also a link to nothing, through which libvirt would write
        raise BackendRefused(
            f"{host.name}: the disk's name is taken: there is a file {overlay} already",
            help=f"to use it as it is: `disk {vm.name}.qcow2 import`; else move it away",
        )
    thin = storage.Image(overlay, "qcow2", image.capacity, image.file, options=storage_xml.newest("qcow2"))
    files.make(host, overlay, lambda: storage.create(host, thin))
    reached("disk is made")
    return DiskFile(overlay, "qcow2")


def _unmake(host: LibvirtHost, name: str, uuid: str, *, whole: bool) -> list[str]:
    """Remove a half-made VM; what resists, in sentences. Of one that only comes back not the `whole` goes."""

    def forget() -> None:
        domain = host.domain(name)
        if domain is not None and domain.UUIDString() == uuid:
            if host.link.call(domain.isActive):
                host.link.call(domain.destroy)
            undefine(host, domain, whole=whole)

    return leftovers_of(f"the domain {name} may be left on {host.name}", forget)


def _restore(host: LibvirtHost, vm: Resource, existing: Any, progress: Progress) -> None:
    """Bring back a VM that was removed, from its definition; its disk's file was kept."""
    assert vm.record
    xml = str(vm.record["xml"])
    if existing is not None and host.defined(existing).uuid != Definition(xml).uuid:
        raise BackendRefused(f"{host.name}: the name is taken: {vm.name} is another domain now")
    if not vm.record["persistent"]:
        if existing is None:
            paused = vm.text(STATE) == "paused"
            host.call("createXML", xml, libvirt.VIR_DOMAIN_START_PAUSED if paused else 0)
        return

    def work() -> None:
        domain = existing if existing is not None else host.call("defineXML", xml)
        reached("domain is restored")
        host.link.call(domain.setAutostart, int(autostarts(vm)))
        to_state(host, domain, vm.text(STATE), progress)

    uuid = Definition(xml).uuid
    with_cleanup(work, lambda: _unmake(host, vm.name, uuid, whole=False) if existing is None else [])


def remove(host: LibvirtHost, vm: Resource, files: Files, progress: Progress) -> None:
    """Shut a VM down and undefine it; its disks' files stay.

    One without a record was never observed: it was only just made, and that is taken back, with the files that were
    made for it. They go also when no more than they was made.
    """
    domain, old = host.domain(vm.name), recorded(vm)
    named: list[str] = []
    if domain is not None:
        if old is None and not _is_made(host, domain, files):
            raise BackendRefused(
                f"{host.name}: the domain {vm.name} is not the one that vnetsh made: left alone"
            )
        if old and old.uuid != domain.UUIDString():
            raise BackendRefused(f"{host.name}: {vm.name} is another domain now than the one that was to go")
        if old is None:
            named = [file.path for file in named_files(host.defined(domain)) if file.own]
        persistent = host.persistent(domain)
        if persistent:
            _refuse_losses(host, vm.name, domain)
        if host.link.find(domain.isActive):
            if old is None:
                host.link.find(domain.destroy)
            else:
                stop(host, domain, progress)
        reached("domain is off")
        if persistent:
            undefine(host, domain, whole=old is None)
    if old is None:
        files.say_stays(files.remove_made(host))
        files.say_stays(
            f"{path} stays on {host.name}: another run has brought it there"
            for path in named
            if path not in files.made_on(host) and files.made_elsewhere(path) and stat(host, path)
        )


def _is_made(host: LibvirtHost, domain: Any, files: Files) -> bool:
    """Whether a domain is the one that was made; of a run that did not write that down, its mark tells."""
    uuids = [thing["domain"] for thing in files.made if "domain" in thing]
    return domain.UUIDString() in uuids if uuids else host.defined(domain).mark is not None


def undefine(host: LibvirtHost, domain: Any, *, whole: bool = False) -> None:
    """Have libvirt forget a domain; the variables of its firmware stay, its TPM's state unless the `whole` goes.

    A libvirt that cannot keep that state removes it; a plan that would lose it is refused.
    """
    flags = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM
    if not whole and host.defined(domain).own_tpm and host.call("getLibVersion") >= KEEPS_TPM:
        flags |= libvirt.VIR_DOMAIN_UNDEFINE_KEEP_TPM
    host.link.find(domain.undefineFlags, flags)


def _refuse_losses(host: LibvirtHost, name: str, domain: Any) -> None:
    """Say before anything stops what libvirt would say only at the end; the plan said it of what was there then."""
    snapshots = host.link.call(domain.snapshotNum, 0)
    listed = host.link.quietly(domain.listAllCheckpoints, 0) or ()
    theirs = [one for one in listed if not checkpoints.is_own(one.getName())]
    saved = host.link.call(domain.hasManagedSaveImage, 0)
    what = losses(snapshots, len(theirs), saved=bool(saved))
    if what:
        raise BackendRefused(f"{host.name}: {name} has {what[0]}, which would be lost", help=what[1])
