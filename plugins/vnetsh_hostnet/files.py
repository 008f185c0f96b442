"""The files of dnsmasq and nft that stand for a resource: what is in them, and where they are. Pure."""

from __future__ import annotations

from ipaddress import ip_address

from vnetsh.model import Resource
from vnetsh_hostnet.fitting import ends, texts
from vnetsh_hostnet.record import FOLDER, Record

_OURS = "# by vnetsh, which writes it anew: do not edit\n"


def dhcp_file(device: str) -> str:
    """Dnsmasq's configuration for a network."""
    return f"{FOLDER}/dhcp-{device}.conf"


def pid_file(device: str) -> str:
    """Where dnsmasq writes its process's number."""
    return f"/run/vnetsh-dhcp-{device}.pid"


def leases_file(device: str) -> str:
    """Where dnsmasq keeps to whom it lent what: it outlives a restart."""
    return f"/var/lib/misc/vnetsh-{device}.leases"


def nat_file(device: str) -> str:
    """The rules of a NAT."""
    return f"{FOLDER}/nat-{device}.nft"


def table(device: str) -> str:
    """The name of a NAT's table, of the family `ip`."""
    return f"vnetsh_{device}"


def dhcp_text(dhcp: Resource, record: Record) -> str:
    """What dnsmasq is to do on a network; its fixed addresses are of a record.

    IPv6 addresses are lent without a way out: the host is no router for IPv6, and says so in its advertisements.
    """
    device = dhcp.name
    lease = dhcp.get("lease")
    seconds = lease // 1000 if isinstance(lease, int) else 3600
    lines = [
        f"interface={device}",
        "except-interface=lo",
        "bind-dynamic",
        f"pid-file={pid_file(device)}",
        f"dhcp-leasefile={leases_file(device)}",
        "dhcp-authoritative",
    ]
    for one in texts(dhcp, "range"):
        first, last = ends(one)
        lines.append(f"dhcp-range={first},{last},{'64,' if first.version == 6 else ''}{seconds}")
    if any(":" in one for one in texts(dhcp, "range")):
        lines += ["enable-ra", f"ra-param={device},0,0"]
    router = dhcp.text("router")
    if router:
        lines.append(f"dhcp-option=option:router,{router}")
    for static in record.of_kind("static"):
        if static.parent == ("dhcp", device):
            address = static.text("address")
            shown = f"[{address}]" if ip_address(address).version == 6 else address
            lines.append(f"dhcp-host={static.name},{shown}")
    lines += ["no-hosts", "domain-needed", "bogus-priv"] if dhcp.get("dns") else ["port=0"]
    return _OURS + "".join(f"{line}\n" for line in lines)


def nat_text(nat: Resource) -> str:
    """The rules of a NAT, in a table of their own; read again, the file makes that anew."""
    name, inside = table(nat.name), ", ".join(texts(nat, "networks"))
    out = nat.text("out")
    by = f'oifname "{out}"' if out else f'oifname != "{nat.name}"'
    return f"""{_OURS}table ip {name}
delete table ip {name}
table ip {name} {{
    chain postrouting {{
        type nat hook postrouting priority 100; policy accept;
        {by} ip saddr {{ {inside} }} ip daddr != {{ {inside} }} masquerade
    }}
}}
"""
