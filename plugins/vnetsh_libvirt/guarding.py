"""Whether a host's bridges and libvirt can see to what a NIC's guest must not send. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.guards import ISOLATED, SECURITY, filter_of
from vnetsh_libvirt.refusals import refused

_WHY = {
    SECURITY: "which libvirt's filters do not see; flows are lost at each restart of ovs-vswitchd",
    ISOLATED: "to which libvirt says nothing of it; set by hand it is lost at each start of the vm",
}


def problem(port: Resource, host: str, fleet: Fleet) -> Assessment | None:
    """Why a NIC cannot have at a host what it is to have of these: nothing there would see to it."""
    said = [name for name in (SECURITY, ISOLATED) if port.get(name) is not None]
    bridge = fleet.get("bridge", host, port.text("bridge")) if said else None
    if bridge is not None and bridge.backend == "ovs":
        return refused(
            "E509",
            port,
            f"port `{port.name}` cannot have `{said[0]}`: `{bridge.name}` on {host} is Open vSwitch's, {_WHY[said[0]]}",
            "put it on a Linux bridge (`backend linux`), where libvirt sees to it at each start of the vm, or say "
            f"`{said[0]} none`",
            word=said[0],
        )
    known = facts(fleet, host).filters
    needed = filter_of(port.get(SECURITY))
    if needed and known is not None and needed not in known:
        return refused(
            "E510",
            port,
            f"host `{host}` has no network filter `{needed}`, by which libvirt would see to `{SECURITY}`",
            "it comes with libvirt (Debian: `apt install libvirt-daemon-config-nwfilter`), and `virsh nwfilter-define` "
            f"defines it on {host}",
            word=SECURITY,
        )
    return None
