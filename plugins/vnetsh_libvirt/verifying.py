"""Look whether changes have really come about, on the host itself."""

from __future__ import annotations

from collections.abc import Callable

from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.nics import LIVE, views
from vnetsh_libvirt.refusals import transient
from vnetsh_libvirt.site import Site


def trouble(change: Change, at: Callable[[str], Site]) -> str:
    """What is not as the change wants it, in a sentence; empty when all is. `at` gives the site of a host."""
    after = change.after
    if change.action is ActionKind.REMOVE:
        assert change.before
        return _still_there(change.before, at(change.before.place))
    assert after
    if after.kind == "port":
        return _port(after, at(after.place))
    if change.action is ActionKind.MOVE and change.before:
        left = _still_there(change.before, at(change.before.place))
        return left or _vm(after, at(after.place))
    return _vm(after, at(after.place))


def _still_there(resource: Resource, site: Site) -> str:
    owner = resource.parent[1] if resource.parent else resource.name
    domain = site.domain(owner)
    if domain is None:
        return ""
    if resource.kind == "vm":
        return f"{owner} is still on {site.name}"
    here = any(definition.nic(resource.name) for definition in views(site, domain).values())
    return f"{owner} still has the port {resource.name}" if here else ""


def _vm(vm: Resource, site: Site) -> str:
    domain = site.domain(vm.name)
    if domain is None:
        return f"{vm.name} is not on {site.name}"
    state = site.state(domain)
    if vm.get("state") and state != vm.get("state"):
        return f"{vm.name} is {state}, not {vm.get('state')}"
    if not site.persistent(domain):
        return "" if transient(vm) else f"{vm.name} has no persistent definition"
    defined = site.defined(domain)
    for what, found in (("memory", defined.memory), ("vcpus", defined.vcpus)):
        if vm.get(what) is not None and vm.get(what) != found:
            return f"{vm.name} is defined with {what} {found}, not {vm.get(what)}"
    return ""


def _port(port: Resource, site: Site) -> str:
    assert port.parent
    owner = port.parent[1]
    domain = site.domain(owner)
    if domain is None:
        return f"{owner} is not on {site.name}"
    for flag, definition in views(site, domain).items():
        where = f"{owner} as it runs" if flag == LIVE else f"{owner} as it is defined"
        wrong = _nic(port, definition)
        if wrong:
            return f"{where} {wrong}"
    return ""


def _nic(port: Resource, definition: Definition) -> str:
    nic = definition.nic(port.name)
    if nic is None:
        # A name that libvirt gives out itself is not kept in the definition; the address is.
        nic = next(
            (other for other in definition.nics if other.mac == port.get("mac") and not other.name), None
        )
    if nic is None:
        return f"has no port {port.name}"
    if nic.bridge != port.get("bridge"):
        return f"has {port.name} on {nic.bridge}, not on {port.get('bridge')}"
    if nic.vlan != port.get("vlan"):
        return f"has {port.name} on VLAN {nic.vlan}, not {port.get('vlan')}"
    if nic.mtu != port.get("mtu"):
        return f"has {port.name} with an MTU of {nic.mtu}, not {port.get('mtu')}"
    return ""
