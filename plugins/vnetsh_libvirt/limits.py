"""Limits of rates that libvirt keeps at Open vSwitch for a VM's NICs (`<bandwidth>`).

Its rows stay there when the VM goes, and when it comes again libvirt (seen with 9.0) changes them, but does not give
them to the new port: nothing is limited any more, and nobody says so. Without old rows it makes new ones.
"""

from __future__ import annotations

from contextlib import suppress

from vnetsh.errors import VnetshError
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.libvirt_host import LibvirtHost

# Rows that a port has are not removed: the database refuses that.
_FORGET = r"""
command -v ovs-vsctl >/dev/null || exit 0
ovs="ovs-vsctl --timeout=5 --no-wait"
for table in qos queue; do
    for row in $($ovs --bare --columns=_uuid find "$table" external_ids:vm-id="$1"); do
        $ovs destroy "$table" "$row" 2>/dev/null
    done
done
"""


def forget(host: LibvirtHost, definition: Definition) -> None:
    """Remove what a host's switch has of the limits of a VM that is not there. Never raises: the VM can do without."""
    if any(nic.element.find("bandwidth") is not None for nic in definition.nics):
        with suppress(VnetshError):
            host.transport.ask(["sh", "-c", _FORGET, "sh", definition.uuid], timeout=host.timeout)
