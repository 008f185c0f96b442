"""End the process of a VM that comes to a host whose libvirt gives no answer: it must not begin to run there later."""

from __future__ import annotations

from contextlib import suppress

from vnetsh.errors import VnetshError
from vnetsh_libvirt.libvirt_host import LibvirtHost

_KILL = (
    'for p in /proc/[0-9]*; do if tr "\\0" "\\n" <"$p/cmdline" 2>/dev/null | grep -xA1 -e -uuid | grep -qxe "$1"; then '
    'kill -KILL "${p#/proc/}"; fi; done'
)


def fence(host: LibvirtHost, uuid: str) -> None:
    """Kill QEMU by the VM's UUID, which is a word of its command line. What the host does not do is left to later."""
    with suppress(VnetshError):
        host.transport.run(["sh", "-c", _KILL, "sh", uuid], timeout=host.timeout)
