"""What a host's kernel can do for its network, asked without leaving anything there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

VLAN_FILTERING = "vlan_filtering"
"""Its bridges filter VLANs."""
GRE, GRE_BY_IPV6 = "ip_gre", "ip6_gre"
"""It has devices of GRE over IPv4, and over IPv6: by the names of its modules."""

# Of a module one is told without loading it: GRE's makes devices as soon as it is there. What bridges can the kernel
# tells of one only: that is made in a network namespace, which goes with the question. Only its own no is one.
_ASKING = f"""\
PATH=$PATH:/usr/sbin:/sbin
for module in {GRE} {GRE_BY_IPV6}; do
    if [ -e /sys/module/$module ] || modprobe -nq $module; then echo $module; fi
done 2>/dev/null
if [ "$1" ]; then
    case $(LC_ALL=C unshare --net ip link add asked type bridge vlan_filtering 1 2>&1) in
    *'not supported'* | *'Unknown device type'*) ;;
    *) echo {VLAN_FILTERING} ;;
    esac
fi
"""


def abilities(transport: Transport, timeout: float, filtering: bool | None) -> tuple[str, ...]:
    """Which of these a host's kernel has; `filtering` is what it has said of that before. Raises `HostUnreachable`."""
    asks = "" if filtering is not None else "yes"
    done = transport.ask(["sh", "-c", _ASKING, "sh", asks], timeout=timeout)
    return (*done.stdout.split(), *[VLAN_FILTERING] * bool(filtering))
