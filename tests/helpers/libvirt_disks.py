"""Disks with names made by hand, for the pure half of libvirt's backend: of a VM `web1` on kvm1."""

from dataclasses import replace

from vnetsh.model import Resource
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_observing import observed_disks
from vnetsh_libvirt.disk_xml import DiskFile, Target, targets
from vnetsh_libvirt.facts import ImageFile, LibvirtFacts
from vnetsh_libvirt.heads import Head
from vnetsh_libvirt.seen import Seen

GIB = 2**30
VM = Resource("vm", "web1", "kvm1", {"memory": GIB, "vcpus": 1}, backend="libvirt", marked=True)


def named(name, vm="web1", **values):
    return Resource("disk", f"{vm}/{name}", "kvm1", dict(values.items()), ("vm", vm), backend="libvirt")


def image(size=0, occupied=4096, file=200_000, below=""):
    return ImageFile(file, occupied, head=Head(below, "qcow2" if below else "", size=size))


def facts(**images):
    files = {name.replace("__", "-").replace("_", "."): one for name, one in images.items()}
    return LibvirtFacts(folder="/images", images=files, free_disk=GIB)


def made(*disks, first=None):
    given = zip(disks, targets(disks, ["vda"] if first else []), strict=True)
    wanted = [Target(one, _file(one), place) for one, place in given]
    return domain_xml.domain(VM, "qemu", first, [], "1-2", wanted)


def _file(disk):
    """One of a server where its sentence says that, else one that is made."""
    url = disk.text("file") if "://" in disk.text("file") else ""
    return (
        DiskFile(url, "raw")
        if url
        else DiskFile(f"/images/web1-{disk.name.partition('/')[2]}.qcow2", "qcow2")
    )


def observed(xml, files, live=None, state="stopped"):
    defined = Definition(xml)
    seen = Seen(state, True, defined, Definition(live) if live else defined)
    vm = replace(VM, record={"xml": xml, "persistent": True})
    return list(observed_disks([seen], [vm], files, "kvm1"))
