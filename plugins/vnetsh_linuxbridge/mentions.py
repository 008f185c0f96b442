"""Whether the files that a host reads at its start name a thing: of bridges that others made nothing else tells."""

from __future__ import annotations

from collections.abc import Collection

from vnetsh.hosts.transport import Transport

_FILES = (
    "/etc/network/interfaces /etc/network/interfaces.d/* /etc/netplan/* /run/netplan/* /lib/netplan/* "
    "/etc/systemd/network/* /etc/systemd/network/*.d/* /run/systemd/network/* /usr/lib/systemd/network/* "
    "/etc/NetworkManager/system-connections/* /run/NetworkManager/system-connections/* "
    "/etc/sysconfig/network-scripts/ifcfg-* /etc/sysconfig/network/ifcfg-* /etc/conf.d/net "
    "/etc/libvirt/qemu/networks/*.xml /etc/default/lxc-net /etc/cni/net.d/* /etc/docker/daemon.json "
    "/etc/rc.local /etc/local.d/* /etc/systemd/system/*.service /etc/vnetsh/at-start/*"
)
"""Of ifupdown, netplan, networkd, NetworkManager, the ifcfg of Red Hat and SUSE, Gentoo; of what makes bridges itself;
and of what people write when none of them will do."""

_ASK = (
    f'all=$(cat {_FILES} 2>/dev/null | tr -d "\\000"); '
    'for one; do case $all in *"$one"*) printf "%s\\n" "$one";; esac; done'
)


def mentioned(words: Collection[str], transport: Transport, timeout: float) -> Collection[str]:
    """Those of these words that any of the files has. Raises `HostUnreachable`."""
    if not words:
        return ()
    return set(transport.ask(["sh", "-c", _ASK, "sh", *words], timeout=timeout).stdout.splitlines())
