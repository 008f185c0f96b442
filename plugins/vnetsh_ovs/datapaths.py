"""Whether a host's kernel has Open vSwitch's datapath: without it every bridge must run in userspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.errors import HostUnreachable
from vnetsh.model import Fleet, Host, Resource
from vnetsh_ovs.attributes import DEFAULT, remote_of
from vnetsh_ovs.observing import facts_of

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport
    from vnetsh_ovs.rows import Index

KERNEL = frozenset({"", "system"})
"""What `datapath_type` says of a bridge in the kernel's."""

# vswitchd itself is asked, for it looks for the kernel's part once, when it starts. `datapath_types` lists
# `system` in any case. A hung one is not waited for: then it is not known.
_ASKING = ("ovs-appctl", "--timeout=1", "dpctl/show", "system@ovs-system")
_NO_KERNEL = (
    "No such file or directory"  # ENOENT: no such family of generic netlink; ENODEV: no such bridge yet
)


def lacks_kernel(transport: Transport | None, index: Index, host: Host, timeout: float) -> bool:
    """Whether a new bridge could not be made in the kernel's datapath; False also when that is not known.

    Asked only where it matters: not when bridges are to run in userspace, or one runs in the kernel already.
    """
    if transport is None or host.text("datapath") == "netdev" or host.text("vswitchd") == "skip":
        return False
    if str(remote_of(host)) != DEFAULT:  # its vswitchd is another than ovs-appctl would ask
        return False
    if any(row.get("datapath_type", "") in KERNEL for row in index.tables["Bridge"].values()):
        return False
    try:
        done = transport.ask(_ASKING, timeout=timeout)
    except HostUnreachable:
        return False
    return bool(done.returncode) and _NO_KERNEL in done.stderr and "opening datapath" in done.stderr


def missing_for(new: Resource, fleet: Fleet) -> bool:
    """Whether a new bridge needs a datapath that its host has not. A restored one has its own, and had it."""
    return not new.record and facts_of(fleet, new.place).no_kernel_datapath


def remedy(host: str) -> str:
    """What to do about it."""
    return (
        f"let it run in userspace: `host {host} … datapath netdev`; or load the kernel's module, "
        "`modprobe openvswitch`, and restart ovs-vswitchd"
    )
