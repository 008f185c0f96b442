"""The links of a host and their addresses: by netlink on this machine, by `ip` on others, told in the same words.

Numbers are those of <linux/if_link.h> and <linux/if.h>.
"""

from __future__ import annotations

import ipaddress
import json
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent
from vnetsh.hosts import rtnetlink as nl
from vnetsh.hosts.gres import GRE_KINDS, gre_options
from vnetsh.hosts.vxlans import vxlan_options
from vnetsh.model.facts import ALTNAME, SWITCHED_OFF

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

Entry = Mapping[str, Any]
"""A link as `ip -json -details address show` tells it; by netlink only what somebody here asks for."""

_FAMILIES = {2: "inet", 10: "inet6"}
_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_RUNNING = 0x40
_LINK_FLAGS = {0x1: "UP", 0x8: "LOOPBACK", 0x100: "PROMISC"}
BRIDGE_OPTIONS: Mapping[str, tuple[int, str]] = {
    "forward_delay": (1, "=I"),
    "hello_time": (2, "=I"),
    "max_age": (3, "=I"),
    "ageing_time": (4, "=I"),
    "stp_state": (5, "=I"),
    "priority": (6, "=H"),
    "vlan_filtering": (7, "=B"),
    "group_fwd_mask": (9, "=H"),
    "root_port": (12, "=H"),
    "topology_change": (14, "=B"),
    "mcast_snooping": (23, "=B"),
    "vlan_default_pvid": (39, "=H"),
}
"""A bridge's options, two that tell of its spanning tree and one of its kernel: each's number, and how it is packed.

Only a kernel whose bridges can filter VLANs tells of `vlan_default_pvid`.
"""
_VLAN_PROTOCOL = 8
_PROTOCOLS = {0x8100: "802.1Q", 0x88A8: "802.1ad"}
PORT_FLAGS: Mapping[str, int] = {
    "hairpin": 4,
    "guard": 5,
    "root_block": 6,
    "learning": 8,
    "flood": 9,
    "mcast_flood": 27,
    "bcast_flood": 30,
    "isolated": 33,
}
"""The flags of a bridge's port."""


def read_links(host: str, transport: Transport, timeout: float) -> Sequence[Entry]:
    """All links of a host; `timeout` in seconds. Raises `HostUnreachable`, `ServiceAbsent`, `BackendRefused`."""
    if transport.local:
        return _by_netlink(host, timeout)
    done = transport.ask(["ip", "-json", "-details", "address", "show"], timeout=timeout)
    if done.returncode == 127:
        raise ServiceAbsent(f"{host} has no `ip` command", help=f"install the package iproute2 on {host}")
    if done.returncode:
        raise BackendRefused(f"{host}: ip: {done.stderr.strip()}")
    # Of a control character in a name `ip` makes no escape.
    entries = json.loads(done.stdout or "[]", strict=False)
    return [entry for entry in entries if "ifname" in entry]


def kinds_of(entries: Sequence[Entry]) -> Mapping[str, str]:
    """All links by name with their kinds, empty of a NIC; but none that a vswitchd left behind when it ended.

    A link can be called by its other names as well: the kernel gives none of them to a second one.
    """
    found = {
        name: f"{ALTNAME} {entry['ifname']}"
        for entry in entries
        if not left_over(entry)
        for name in entry.get("altnames", ())
    }
    return found | {entry["ifname"]: kind_of(entry) for entry in entries if not left_over(entry)}


def macs_of(entries: Sequence[Entry]) -> Mapping[str, str]:
    """The MAC addresses of a host's own links, each with whose it is in words."""
    found = ((entry.get("address", ""), entry["ifname"]) for entry in entries)
    return {mac: f"`{name}`" for mac, name in found if len(mac) == 17 and mac != "00:00:00:00:00:00"}


def kind_of(entry: Entry) -> str:
    """The kernel's kind of a link; `loopback` of `lo`, empty of a NIC."""
    return (
        "loopback"
        if "LOOPBACK" in entry.get("flags", ())
        else str(entry.get("linkinfo", {}).get("info_kind", ""))
    )


def veth_pairs(entries: Sequence[Entry]) -> Mapping[str, str]:
    """The other end of each veth link, where the host has that, too."""
    veths = {entry["ifname"]: str(entry.get("link", "")) for entry in entries if kind_of(entry) == "veth"}
    return {one: other for one, other in veths.items() if other in veths}


def hardware_of(entries: Sequence[Entry]) -> Mapping[str, str]:
    """The MAC addresses of the links that have one."""
    found = {entry["ifname"]: str(entry.get("address", "")).lower() for entry in entries}
    return {name: mac for name, mac in found.items() if len(mac) == 17}


def down_of(entries: Sequence[Entry]) -> Mapping[str, str]:
    """The links by which nothing passes, each with why."""
    found = {}
    for entry in entries:
        flags = entry.get("flags", ())
        if "UP" not in flags:
            found[entry["ifname"]] = SWITCHED_OFF
        elif "NO-CARRIER" in flags:
            found[entry["ifname"]] = "has no carrier: nothing is at its other end, or that is down"
    return found


def left_over(entry: Entry) -> bool:
    """Whether a link is a vswitchd's, which may have left it behind when it ended.

    Of its taps one knows that by `PROMISC`: it asks for that on every device of the userspace datapath, and no
    vm's tap has it, not even on a Linux bridge (which makes it promiscuous without that flag).
    """
    tap = kind_of(entry) == "tun" and "PROMISC" in entry.get("flags", ()) and "master" not in entry
    return tap or kind_of(entry) == "openvswitch"


def is_left_tap(entry: Entry) -> bool:
    """Whether a link is a tap that nobody has open: its vm is gone, or the program that made it."""
    flags = entry.get("flags", ())
    lasts = bool(entry.get("linkinfo", {}).get("info_data", {}).get("persist"))
    return kind_of(entry) == "tun" and ("NO-CARRIER" in flags or ("UP" not in flags and lasts))


def _by_netlink(host: str, timeout: float) -> Sequence[Entry]:
    try:
        netlink = nl.Netlink(timeout)
    except OSError as error:
        raise ServiceAbsent(f"{host}: no netlink: {error}") from error
    try:
        body = nl.IFINFOMSG.pack(0, 0, 0, 0, 0) + nl.attribute(nl.IFLA_EXT_MASK, nl.RTEXT_FILTER_SKIP_STATS)
        links = netlink.dump(nl.RTM_GETLINK, body)
        addresses = netlink.dump(nl.RTM_GETADDR, nl.IFADDRMSG.pack(0, 0, 0, 0, 0))
    except (OSError, nl.NetlinkRefused, nl.Interrupted) as error:
        raise HostUnreachable(f"{host}: cannot read the links: {error}") from error
    finally:
        netlink.close()
    return _entries(links, _addresses(addresses))


def _addresses(messages: Sequence[bytes]) -> Mapping[int, list[Entry]]:
    """IP addresses by link number."""
    found: dict[int, list[Entry]] = {}
    for message in messages:
        family, prefix, flags, scope, index = nl.IFADDRMSG.unpack_from(message)
        values = nl.attributes(message[nl.IFADDRMSG.size :])
        packed = values.get(nl.IFA_LOCAL) or values.get(nl.IFA_ADDRESS)
        if family not in _FAMILIES or not packed:
            continue
        if nl.IFA_FLAGS in values:  # what does not fit into the eight bits before
            (flags,) = struct.unpack("=I", values[nl.IFA_FLAGS])
        address = {
            "family": _FAMILIES[family],
            "local": str(ipaddress.ip_address(packed)),
            "prefixlen": prefix,
            "scope": _SCOPES.get(scope, str(scope)),
            "dynamic": not flags & nl.IFA_F_PERMANENT,
            "mngtmpaddr": bool(flags & nl.IFA_F_MANAGETEMPADDR),
        }
        found.setdefault(index, []).append(address)
    return found


def _entries(messages: Sequence[bytes], addresses: Mapping[int, Sequence[Entry]]) -> Sequence[Entry]:
    names: dict[int, str] = {}
    found: list[dict[str, Any]] = []
    for message in messages:
        _, _, index, flags, _ = nl.IFINFOMSG.unpack_from(message)
        values = nl.attributes(message[nl.IFINFOMSG.size :])
        names[index] = nl.text(values[nl.IFLA_IFNAME])
        entry: dict[str, Any] = {
            "ifname": names[index],
            "flags": [name for bit, name in _LINK_FLAGS.items() if flags & bit],
            "mtu": struct.unpack("=I", values[nl.IFLA_MTU])[0],
            "address": values.get(nl.IFLA_ADDRESS, b"").hex(":"),
            "ifalias": nl.text(values.get(nl.IFLA_IFALIAS, b"")),
            "linkinfo": _link_info(nl.attributes(values.get(nl.IFLA_LINKINFO, b""))),
            "altnames": _altnames(values.get(nl.IFLA_PROP_LIST, b"")),
            "addr_info": addresses.get(index, ()),
        }
        if flags & 1 and not flags & _RUNNING:
            entry["flags"].append("NO-CARRIER")  # in `ip`'s words
        if nl.IFLA_MASTER in values:
            entry["master"] = struct.unpack("=I", values[nl.IFLA_MASTER])[0]
        if nl.IFLA_LINK in values and nl.IFLA_LINK_NETNSID not in values:
            entry["link"] = struct.unpack("=I", values[nl.IFLA_LINK])[0]
        found.append(entry)
    for entry in found:
        for other in ("master", "link"):
            if other in entry:
                entry[other] = names.get(entry[other], "")
    return found


def _altnames(properties: bytes) -> list[str]:
    return [nl.text(value) for kind, value in nl.each_attribute(properties) if kind == nl.IFLA_ALT_IFNAME]


def _link_info(info: Mapping[int, bytes]) -> Entry:
    found: dict[str, Any] = {}
    if nl.IFLA_INFO_KIND in info:
        found["info_kind"] = nl.text(info[nl.IFLA_INFO_KIND])
    if found.get("info_kind") == "bridge":
        data = nl.attributes(info.get(nl.IFLA_INFO_DATA, b""))
        found["info_data"] = {
            option: struct.unpack_from(layout, data[number])[0]
            for option, (number, layout) in BRIDGE_OPTIONS.items()
            if number in data
        }
        if _VLAN_PROTOCOL in data:
            (protocol,) = struct.unpack(">H", data[_VLAN_PROTOCOL])
            found["info_data"]["vlan_protocol"] = _PROTOCOLS.get(protocol, hex(protocol))
    if found.get("info_kind") in GRE_KINDS:
        found["info_data"] = gre_options(nl.attributes(info.get(nl.IFLA_INFO_DATA, b"")))
    if found.get("info_kind") == "vxlan":
        found["info_data"] = vxlan_options(nl.attributes(info.get(nl.IFLA_INFO_DATA, b"")))
    if nl.text(info.get(nl.IFLA_INFO_SLAVE_KIND, b"")) == "bridge":
        data = nl.attributes(info.get(nl.IFLA_INFO_SLAVE_DATA, b""))
        found["info_slave_kind"] = "bridge"
        found["info_slave_data"] = {
            flag: bool(data[number][0]) for flag, number in PORT_FLAGS.items() if number in data
        }
    return found
