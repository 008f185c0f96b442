"""Which bridges are those of libvirt's own networks: told by the files of their dnsmasq, without asking libvirt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from vnetsh.hosts.transport import Transport
from vnetsh_linuxbridge.links import BRIDGE, Link

_FILES = "/var/lib/libvirt/dnsmasq/*.conf"
_LINE = re.compile(r".*/([^/]+)\.conf:interface=(\S+)")


def networks_of(links: Iterable[Link], transport: Transport, timeout: float) -> Mapping[str, str]:
    """Whose those bridges are that others made and that have addresses, in words. Raises `HostUnreachable`."""
    if not any(link.kind == BRIDGE and link.addresses and not link.marked for link in links):
        return {}
    done = transport.ask(["sh", "-c", f"grep -sH ^interface= {_FILES}"], timeout=timeout)
    found = (_LINE.fullmatch(line) for line in done.stdout.splitlines())
    return {one[2]: f"libvirt's network `{one[1]}`" for one in found if one}
