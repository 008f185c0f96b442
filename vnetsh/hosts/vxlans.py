"""VXLAN devices of a host, and their forwarding tables, as `vnetsh.hosts.links` tells of links.

Numbers are those of <linux/if_link.h>.
"""

from __future__ import annotations

import ipaddress
import json
import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.hosts import rtnetlink as nl

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

VXLAN_OPTIONS: Mapping[str, tuple[int, str]] = {
    "id": (1, "=I"),
    "ttl": (5, "=B"),
    "tos": (6, "=B"),
    "learning": (7, "=?"),
    "ageing": (8, "=I"),
    "limit": (9, "=I"),
    "proxy": (11, "=?"),
    "rsc": (12, "=?"),
    "l2miss": (13, "=?"),
    "l3miss": (14, "=?"),
    "port": (15, ">H"),
    "udp_csum": (18, "=?"),
    "udp_zero_csum6_tx": (19, "=?"),
    "udp_zero_csum6_rx": (20, "=?"),
    "remcsum_tx": (21, "=?"),
    "remcsum_rx": (22, "=?"),
    "external": (25, "=?"),
    "df": (29, "=B"),
    "vnifilter": (30, "=?"),
}
"""A VXLAN device's options, the number of each, and how it is packed."""
VXLAN_ADDRESSES: Mapping[str, Mapping[int, int]] = {"remote": {4: 2, 6: 16}, "local": {4: 4, 6: 17}}
"""The numbers of its addresses, by version; in the place of the `remote` one may stand a group's."""
VXLAN_TTL_INHERIT = 28
_VXLAN_LINK, _VXLAN_PORT_RANGE = 3, 10
_VXLAN_FLAGS = {23: "gbp", 27: "gpe"}
_SET = ("permanent", "static")
"""States of entries of a forwarding table that were not learned."""
OWN = ""
"""Stands for where a bridge's own table sends what somebody told it to: to the port itself."""
_DF = ("unset", "set", "inherit")


def vxlan_options(data: Mapping[int, bytes]) -> Mapping[str, Any]:
    """A VXLAN device's options, in the words of `ip`."""
    found: dict[str, Any] = {
        option: struct.unpack_from(layout, data[number])[0]
        for option, (number, layout) in VXLAN_OPTIONS.items()
        if number in data
    }
    for option, numbers in VXLAN_ADDRESSES.items():
        for version, number in numbers.items():
            address = ipaddress.ip_address(data[number]) if number in data else None
            if address and not address.is_unspecified:
                word = "group" if address.is_multicast else option
                found[word + "6" * (version == 6)] = str(address)
    if any(data.get(_VXLAN_LINK, b"")):
        found["link"] = True
    if _VXLAN_PORT_RANGE in data:
        low, high = struct.unpack_from(">HH", data[_VXLAN_PORT_RANGE])
        found["port_range"] = {"low": low, "high": high}
    found |= dict.fromkeys((flag for number, flag in _VXLAN_FLAGS.items() if number in data), True)
    if any(data.get(VXLAN_TTL_INHERIT, b"")):
        del found["ttl"]
    tos = found.pop("tos", 0)
    if tos:
        found["tos"] = hex(tos)
    if "df" in found:
        found["df"] = _DF[found["df"]]
    if not found.get("limit"):
        found.pop("limit", None)
    return found


def read_forwarding(
    host: str, transport: Transport, timeout: float
) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """By device and MAC address, where forwarding tables send what somebody told them to: those of tunnels' devices.

    Of a bridge's port that is `OWN`, as its bridge's table has it in all VLANs.
    Raises `HostUnreachable`, `BackendRefused`.
    """
    if transport.local:
        entries = _forwarding_by_netlink(host, timeout)
    else:
        argv = ["bridge", "-json", "fdb", "show"]
        done = transport.ask(argv, timeout=timeout)
        if done.returncode == 127:  # Debian has it in a folder that is in root's path only
            done = transport.ask(["/sbin/bridge", *argv[1:]], timeout=timeout)
        if done.returncode:
            raise BackendRefused(f"{host}: bridge: {done.stderr.strip()}")
        entries = json.loads(done.stdout or "[]", strict=False)
    found: dict[str, dict[str, list[str]]] = {}
    for entry in entries:
        own = entry.get("state") == "static" and "master" in entry and "vlan" not in entry
        if own or ("dst" in entry and entry.get("state") in _SET):
            to = entry.get("dst", OWN)
            found.setdefault(entry.get("ifname", ""), {}).setdefault(entry["mac"], []).append(to)
    return found


def _forwarding_by_netlink(host: str, timeout: float) -> Sequence[Mapping[str, Any]]:
    try:
        with closing(nl.Netlink(timeout)) as netlink:
            messages = netlink.dump(nl.RTM_GETNEIGH, nl.NDMSG.pack(nl.PF_BRIDGE, 0, 0, 0, 0))
            body = nl.IFINFOMSG.pack(0, 0, 0, 0, 0) + nl.attribute(
                nl.IFLA_EXT_MASK, nl.RTEXT_FILTER_SKIP_STATS
            )
            links = netlink.dump(nl.RTM_GETLINK, body)
    except (OSError, nl.NetlinkRefused, nl.Interrupted) as error:
        raise HostUnreachable(f"{host}: cannot read the forwarding tables: {error}") from error
    names = {
        nl.IFINFOMSG.unpack_from(link)[2]: nl.text(nl.attributes(link[nl.IFINFOMSG.size :])[nl.IFLA_IFNAME])
        for link in links
    }
    return list(filter(None, (_forwarding_entry(message, names) for message in messages)))


def _forwarding_entry(message: bytes, names: Mapping[int, str]) -> Mapping[str, Any] | None:
    _, index, state, _, _ = nl.NDMSG.unpack_from(message)
    values = nl.attributes(message[nl.NDMSG.size :])
    if not state & (nl.NUD_PERMANENT | nl.NUD_NOARP) or nl.NDA_LLADDR not in values:
        return None
    entry = {
        "ifname": names.get(index, ""),
        "mac": values[nl.NDA_LLADDR].hex(":"),
        "state": _SET[bool(state & nl.NUD_NOARP)],
    }
    if nl.NDA_DST in values:
        entry["dst"] = str(ipaddress.ip_address(values[nl.NDA_DST]))
    if nl.NDA_MASTER in values:
        entry["master"] = ""  # which one its link says
    if nl.NDA_VLAN in values:
        entry["vlan"] = ""
    return entry
