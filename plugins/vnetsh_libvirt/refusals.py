"""What several assessments refuse alike. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Fleet, Resource
from vnetsh_libvirt.facts import facts

VLAN_ON_LINUX = 11_000_000
"""libvirt's version from which it can put a tap on a VLAN of a Linux bridge (11.0.0)."""


def refused(code: str, resource: Resource, message: str, help: str, label: str = "") -> Assessment:
    """An assessment that forbids the change."""
    return Assessment(problem=Diagnostic(code, message, resource.span, label, help))


def transient(vm: Resource) -> bool:
    """Whether libvirt will forget the VM when it stops."""
    return vm.record is not None and vm.record.get("persistent") is False


def vlan_problem(port: Resource, host: str, fleet: Fleet) -> Assessment | None:
    """Why a NIC with a VLAN cannot be on its bridge at a host: libvirt before 11.0 and a Linux bridge."""
    bridge = fleet.get("bridge", host, port.text("bridge"))
    version = facts(fleet, host).version or 0
    if port.get("vlan") is None or bridge is None or bridge.backend == "ovs" or version >= VLAN_ON_LINUX:
        return None
    return refused(
        "E446",
        port,
        f"port `{port.name}` cannot be on VLAN {port.get('vlan')}: `{bridge.name}` on {host} is Linux's",
        "libvirt does that from version 11.0; make it a bridge of Open vSwitch, or leave the VLAN out",
    )
