"""What a plan says of the measuring of a move, and what refuses it: on the hosts as they were seen. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Change, Fleet
from vnetsh_libvirt.fields import BRIDGE
from vnetsh_libvirt.outage.wishes import OUTAGE, Wish
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.states import is_off


def assess(change: Change, fleet: Fleet) -> Assessment:
    """From where it is probed; refused is a limit where nothing can be probed."""
    vm, wish = change.before, Wish.of(change)
    assert vm
    if is_off(vm) or not wish.measured:
        return FREE
    bridges = {port.text(BRIDGE) for port in fleet.nics(vm) if port.text(BRIDGE)}
    hosts = [host for host in change.places if any(fleet.get("bridge", host, name) for name in bridges)]
    if not hosts and wish.limit is not None and not change.undo:
        return refused(
            "E463",
            change.resource,
            f"the outage of `{vm.name}` cannot be measured: it has no NIC on a bridge",
            f"move it without: `migrate {vm.name} to {change.resource.place}`",
            word=OUTAGE,
        )
    limit = f"outage {wish.said} at most, " if wish.limit is not None and not change.undo else ""
    return Assessment(how=f"{limit}probed from {', '.join(hosts)}") if hosts else FREE
