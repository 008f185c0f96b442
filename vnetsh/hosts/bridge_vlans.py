"""The VLANs of a host's bridges and their ports: by netlink on this machine, by `bridge` on others, in the same words.

Numbers are those of <linux/if_bridge.h>.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.hosts import rtnetlink as nl

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Transport

BRIDGE_FLAGS, BRIDGE_VLAN_INFO = 0, 2
FLAGS_SELF = 2
VLAN_INFO = struct.Struct("=HH")  # flags, VLAN
VLAN_PVID, VLAN_UNTAGGED, RANGE_BEGIN, RANGE_END = 0x02, 0x04, 0x08, 0x10
_WORDS = {VLAN_PVID: "PVID", VLAN_UNTAGGED: "Egress Untagged"}


def read_vlans(host: str, transport: Transport, timeout: float) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """By link what `bridge -json vlan show` tells of it. Raises `HostUnreachable`, `BackendRefused`."""
    if transport.local:
        return _by_netlink(host, timeout)
    argv = ["bridge", "-json", "-compressvlans", "vlan", "show"]
    done = transport.ask(argv, timeout=timeout)
    if done.returncode == 127:  # Debian has it in a folder that is in root's path only
        done = transport.ask(["/sbin/bridge", *argv[1:]], timeout=timeout)
    if done.returncode:
        raise BackendRefused(f"{host}: bridge: {done.stderr.strip()}")
    found = json.loads(done.stdout or "[]", strict=False)
    return {entry["ifname"]: entry.get("vlans", ()) for entry in found if "ifname" in entry}


def _by_netlink(host: str, timeout: float) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    asked = nl.RTEXT_FILTER_BRVLAN_COMPRESSED | nl.RTEXT_FILTER_SKIP_STATS
    body = nl.IFINFOMSG.pack(nl.PF_BRIDGE, 0, 0, 0, 0) + nl.attribute(nl.IFLA_EXT_MASK, asked)
    try:
        with closing(nl.Netlink(timeout)) as netlink:
            messages = netlink.dump(nl.RTM_GETLINK, body)
    except (OSError, nl.NetlinkRefused, nl.Interrupted) as error:
        raise HostUnreachable(f"{host}: cannot read the VLANs of its bridges: {error}") from error
    found = {}
    for message in messages:
        values = nl.attributes(message[nl.IFINFOMSG.size :])
        found[nl.text(values.get(nl.IFLA_IFNAME, b""))] = _entries(values.get(nl.IFLA_AF_SPEC, b""))
    return found


def _entries(spec: bytes) -> Sequence[Mapping[str, Any]]:
    entries: list[dict[str, Any]] = []
    for kind, value in nl.each_attribute(spec):
        if kind != BRIDGE_VLAN_INFO:
            continue
        flags, vlan = VLAN_INFO.unpack_from(value)
        if flags & RANGE_END and entries:
            entries[-1]["vlanEnd"] = vlan
        else:
            entries.append({"vlan": vlan, "flags": [word for bit, word in _WORDS.items() if flags & bit]})
    return entries
