"""A host's own network system: what configures its network each time that it starts, as on a host that others set up.

Without one the lab itself gives a host its address, by its bridge `vswitch01`; with one the host has it at eth0, as
its system's files say, and all else comes of what is written to those.
"""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh.errors import UsageError
from vnetsh_lab.layout import HostLayout

NETWORK_FILES = ("network/interfaces", "network/interfaces.d", "netplan", "systemd/network", "systemd/system")
"""Under /etc: each host's own, what network systems read at a start."""

_INTERFACES = """\
# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address {address}/24
    # the office's resolver
    dns-nameservers 10.77.0.254
"""

_NETPLAN = """\
network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:
      addresses: [{address}/24]
      nameservers:
        addresses: [10.77.0.254]
"""

# What one interface lacks says nothing of the others: it does not end the start of a real host either.
_BY_IFUPDOWN = """\
mkdir -p /run/network
ifup -a >/run/ifup.log 2>&1
"""

# netplan makes files for networkd, which runs without udev where /sys is not to be written.
_BY_NETPLAN = """\
mkdir -p /run/systemd/system /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
chown -R systemd-network:systemd-network /run/systemd/netif
netplan generate
unshare --mount sh -c 'mount -o remount,bind,ro /sys; exec setsid /lib/systemd/systemd-networkd' \\
    </dev/null >/run/networkd.log 2>&1 &
link=/run/systemd/netif/links/$(cat /sys/class/net/eth0/ifindex)
tries=0
until grep -Eqs '^OPER_STATE=routable|^ADMIN_STATE=(configured|unmanaged)' "$link" || [ $tries -ge 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
"""

# There is no service manager: the commands of the units that are enabled, in their order.
_UNITS = """\
for unit in /etc/systemd/system/multi-user.target.wants/*.service; do
    sed -n 's/^ExecStart=-*//p' "$unit" | sh
done
"""

_SYSTEMS: Mapping[str, tuple[str, str, str]] = {
    "ifupdown": ("etc/network/interfaces", _INTERFACES, _BY_IFUPDOWN + _UNITS),
    "netplan": ("etc/netplan/01-netcfg.yaml", _NETPLAN, _BY_NETPLAN + _UNITS),
}
"""A file, what is in it, and how it is obeyed."""
NETWORKS = tuple(_SYSTEMS)
"""The systems that a host can have."""


def write_network(host: HostLayout, network: str) -> None:
    """Write the files of a new host's network system. Raises `UsageError` where there is none of that name."""
    for folder in NETWORK_FILES[1:]:
        (host.root / "etc" / folder).mkdir(parents=True)
    if not network:
        return
    if network not in _SYSTEMS:
        raise UsageError(
            f"a lab's host has no network system `{network}`", help=f"one of {', '.join(NETWORKS)}"
        )
    path, text, _ = _SYSTEMS[network]
    (host.root / path).write_text(text.format(address=host.address))
    (host.root / path).chmod(0o600)


def starting(host: HostLayout) -> str:
    """The shell commands by which a host's own system brings up its network at its start; none where it has none."""
    return "".join(start for path, _, start in _SYSTEMS.values() if (host.root / path).exists())
