"""Fleets made by hand, for the pure half of libvirt's backend: a VM `web1` on kvm1, and kvm2."""

from dataclasses import replace

from vnetsh.model import Fleet, Host, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.facts import ImageFile, LibvirtFacts

XML = """<domain><name>web1</name>
<metadata><v:vm xmlns:v="urn:vnetsh:1" disk="tiny.qcow2"/></metadata>
<devices><disk type="file"><driver type="qcow2"/><source file="/images/web1.qcow2"/>
<target dev="vda"/></disk></devices>
</domain>"""
VM = Resource(
    "vm",
    "web1",
    "kvm1",
    {"memory": 2**29, "vcpus": 1, "disk": "tiny.qcow2", "state": "running"},
    backend="libvirt",
    record={"xml": XML, "persistent": True},
)
PORT = Resource("port", "web1_port1", "kvm1", {"bridge": "br1"}, parent=("vm", "web1"), backend="libvirt")
TINY = ImageFile(1000, 1000)


def bridge(host, name="br1", backend="ovs", **attributes):
    return Resource("bridge", name, host, attributes, backend=backend)


def fleet(*resources, there=None, **kvm2):
    facts = LibvirtFacts(free_memory=2**30, version=9_000_000, folder="/images", free_disk=2**30)
    here = replace(facts, images={"tiny.qcow2": TINY, "web1.qcow2": ImageFile(5000, 4096)})
    other = replace(facts, images={"tiny.qcow2": TINY} if there is None else there, **kvm2)
    return Fleet(
        {name: Host(name) for name in ("kvm1", "kvm2")},
        {r.key: r for r in resources},
        {("kvm1", "libvirt"): here, ("kvm2", "libvirt"): other},
    )


READY = (VM, PORT, bridge("kvm1"), bridge("kvm2"))


def move(vm=VM):
    return Change(ActionKind.MOVE, vm, replace(vm, place="kvm2"))


def add(resource):
    return Change(ActionKind.ADD, None, resource)


def change(resource, **values):
    return Change(ActionKind.CHANGE, resource, resource.with_attributes(**values))


def code(change, fleet):
    problem = assess(change, fleet).problem
    if problem:
        assert problem.help
    return problem and problem.code
