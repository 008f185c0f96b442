"""Steps on the links of this machine, by netlink."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
from ipaddress import ip_address

from vnetsh.errors import HostUnreachable
from vnetsh.hosts import bridge_vlans as vl, gres, rtnetlink as nl
from vnetsh.hosts.links import BRIDGE_OPTIONS, PORT_FLAGS
from vnetsh.hosts.vxlans import VXLAN_ADDRESSES, VXLAN_OPTIONS, VXLAN_TTL_INHERIT
from vnetsh_linuxbridge.encap import INHERIT, NOWHERE, VXLAN, Encap
from vnetsh_linuxbridge.links import BRIDGE
from vnetsh_linuxbridge.steps import (
    AddBridge,
    AddTunnel,
    DeleteLink,
    SetFlags,
    SetFlood,
    SetLink,
    SetOptions,
    SetRemote,
    SetSecondName,
    SetStatic,
    SetVlans,
    Step,
)
from vnetsh_linuxbridge.way import StepFailed

_IFF_UP = 0x1
_ANY = nl.IFINFOMSG.pack(0, 0, 0, 0, 0)  # no link by its number, nothing of its flags


class NetlinkWay:
    """The way to this machine's links."""

    def __init__(self, host: str, timeout: float) -> None:
        self._host = host
        self._timeout = timeout

    def run(self, steps: Sequence[Step]) -> None:
        """Do the steps, up to the first that fails. Raises `StepFailed`, `HostUnreachable`."""
        indices: dict[str, int] = {}
        try:
            with closing(nl.Netlink(self._timeout)) as netlink:
                for step in steps:
                    try:
                        _do(netlink, step, indices)
                    except nl.NetlinkRefused as error:
                        raise StepFailed(step, f"{step.name}: {error}") from error
        except OSError as error:
            raise HostUnreachable(f"{self._host}: netlink: {error}") from error


def _do(netlink: nl.Netlink, step: Step, indices: dict[str, int]) -> None:
    name = nl.attribute(nl.IFLA_IFNAME, step.name)
    match step:
        case AddBridge():
            body = _new(step.name, step.mac, BRIDGE, _bridge_options(step.options or {}))
            netlink.request(nl.RTM_NEWLINK, body, nl.NLM_F_CREATE | nl.NLM_F_EXCL)
        case SetOptions():
            netlink.request(nl.RTM_NEWLINK, _new(step.name, "", BRIDGE, _bridge_options(step.options)))
        case AddTunnel():
            data = _vxlan(step.encap) if step.encap.kind == VXLAN else _gre(step.encap)
            body = _new(step.name, step.mac, step.encap.kind, data)
            netlink.request(nl.RTM_NEWLINK, body, nl.NLM_F_CREATE | nl.NLM_F_EXCL)
        case SetRemote():
            netlink.request(nl.RTM_NEWLINK, _new(step.name, "", VXLAN, _address("remote", step.remote)))
        case DeleteLink():
            netlink.request(nl.RTM_DELLINK, _ANY + name)
        case SetFlood():
            kind, flags = (
                (nl.RTM_NEWNEIGH, nl.NLM_F_CREATE | nl.NLM_F_APPEND) if step.on else (nl.RTM_DELNEIGH, 0)
            )
            netlink.request(kind, _flood(_index(netlink, step.name, indices), step.remote), flags)
        case SetStatic():
            kind, flags = (
                (nl.RTM_NEWNEIGH, nl.NLM_F_CREATE | nl.NLM_F_REPLACE) if step.on else (nl.RTM_DELNEIGH, 0)
            )
            index = _index(netlink, step.name, indices)
            body = nl.NDMSG.pack(nl.PF_BRIDGE, index, nl.NUD_NOARP, nl.NTF_MASTER, 0)
            netlink.request(kind, body + nl.attribute(nl.NDA_LLADDR, _bytes(step.mac)), flags)
        case SetVlans():
            body = _vlans(_index(netlink, step.name, indices), step)
            netlink.request(nl.RTM_SETLINK if step.on else nl.RTM_DELLINK, body)
        case SetSecondName():
            second = nl.attribute(
                nl.NESTED | nl.IFLA_PROP_LIST, nl.attribute(nl.IFLA_ALT_IFNAME, step.second)
            )
            kind = nl.RTM_NEWLINKPROP if step.on else nl.RTM_DELLINKPROP
            netlink.request(kind, _ANY + name + second)
        case SetLink():
            up = _IFF_UP if step.up else 0
            body = nl.IFINFOMSG.pack(0, 0, 0, up, 0 if step.up is None else _IFF_UP) + name
            if step.alias is not None:
                # An empty alias is cleared by an attribute without even a NUL.
                body += nl.attribute(nl.IFLA_IFALIAS, step.alias.encode())
            if step.mtu is not None:
                body += nl.attribute(nl.IFLA_MTU, step.mtu)
            if step.master is not None:
                body += nl.attribute(nl.IFLA_MASTER, _index(netlink, step.master, indices))
            netlink.request(nl.RTM_NEWLINK, body)
        case SetFlags():
            data = b"".join(
                nl.attribute(PORT_FLAGS[flag], bytes([value])) for flag, value in step.flags.items()
            )
            info = nl.attribute(nl.IFLA_INFO_SLAVE_KIND, BRIDGE.encode())
            info += nl.attribute(nl.IFLA_INFO_SLAVE_DATA, data)
            body = _ANY + name + nl.attribute(nl.IFLA_LINKINFO, info)
            netlink.request(nl.RTM_NEWLINK, body)


def _index(netlink: nl.Netlink, name: str, known: dict[str, int]) -> int:
    """A link's number; 0 of the empty name."""
    if name and name not in known:
        body = _ANY + nl.attribute(nl.IFLA_IFNAME, name)
        known[name] = nl.IFINFOMSG.unpack_from(netlink.get(nl.RTM_GETLINK, body))[2]
    return known.get(name, 0)


def _new(name: str, mac: str, kind: str, data: bytes) -> bytes:
    info = nl.attribute(nl.IFLA_INFO_KIND, kind) + nl.attribute(nl.IFLA_INFO_DATA, data)
    body = _ANY + nl.attribute(nl.IFLA_IFNAME, name) + nl.attribute(nl.IFLA_LINKINFO, info)
    return body + nl.attribute(nl.IFLA_ADDRESS, _bytes(mac)) if mac else body


def _bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _bridge_options(options: Mapping[str, int]) -> bytes:
    found = ((*BRIDGE_OPTIONS[option], value) for option, value in options.items())
    return b"".join(nl.attribute(kind, struct.pack(layout, value)) for kind, layout, value in found)


def _vxlan(device: Encap) -> bytes:
    options: dict[str, int] = {"id": device.id or 0, "port": device.port, "learning": device.learning}
    data = _address("remote", device.remote) + _address("local", device.local)
    if device.ttl == "inherit":
        data += nl.attribute(VXLAN_TTL_INHERIT, b"")
    elif device.ttl != "0":
        options["ttl"] = int(device.ttl)
    if device.tos != "0":
        options["tos"] = int(device.tos, 0)
    for option, value in options.items():
        kind, layout = VXLAN_OPTIONS[option]
        data += nl.attribute(kind, struct.pack(layout, value))
    return data


def _gre(device: Encap) -> bytes:
    flags = gres.KEY * (device.id is not None) | gres.CSUM * device.csum
    data = b"".join(nl.attribute(kind, struct.pack(">H", flags)) for kind in (gres.IFLAGS, gres.OFLAGS))
    if device.id is not None:
        key = struct.pack(">I", device.id)
        data += nl.attribute(gres.IKEY, key) + nl.attribute(gres.OKEY, key)
    for kind, address in ((gres.REMOTE, device.remote), (gres.LOCAL, device.local)):
        data += nl.attribute(kind, ip_address(address).packed) if address else b""
    tos, ttl = int(device.tos, 0), 0 if device.ttl == INHERIT else int(device.ttl)
    data += nl.attribute(gres.TTL, bytes([ttl]))
    if device.kind == "gretap":
        return data + nl.attribute(gres.TOS, bytes([tos])) + nl.attribute(gres.PMTUDISC, bytes([device.df]))
    data += nl.attribute(gres.FLOW, struct.pack(">I", tos << gres.CLASS))
    return data + nl.attribute(gres.FLAGS, gres.NO_ENCAP_LIMIT)


_VLAN_FLAGS = {"pvid": vl.VLAN_PVID, "untagged": vl.VLAN_UNTAGGED}


def _vlans(index: int, step: SetVlans) -> bytes:
    """The VLANs of a link at its bridge, or of a bridge itself; of a range the first and the last."""
    numbers, *words = step.vlans.split()
    flags = sum(_VLAN_FLAGS[word] for word in words)
    first, _, last = numbers.partition("-")
    told = [(flags, first)] if not last else [(flags | vl.RANGE_BEGIN, first), (flags | vl.RANGE_END, last)]
    spec = nl.attribute(vl.BRIDGE_FLAGS, struct.pack("=H", vl.FLAGS_SELF)) if step.itself else b""
    spec += b"".join(
        nl.attribute(vl.BRIDGE_VLAN_INFO, vl.VLAN_INFO.pack(bits, int(vlan))) for bits, vlan in told
    )
    return nl.IFINFOMSG.pack(nl.PF_BRIDGE, 0, index, 0, 0) + nl.attribute(nl.NESTED | nl.IFLA_AF_SPEC, spec)


def _flood(index: int, remote: str) -> bytes:
    """An entry of the forwarding table of a device itself, for good."""
    body = nl.NDMSG.pack(nl.PF_BRIDGE, index, nl.NUD_NOARP | nl.NUD_PERMANENT, nl.NTF_SELF, 0)
    body += nl.attribute(nl.NDA_LLADDR, _bytes(NOWHERE))
    return body + nl.attribute(nl.NDA_DST, ip_address(remote).packed)


def _address(option: str, text: str) -> bytes:
    address = ip_address(text) if text else None
    return nl.attribute(VXLAN_ADDRESSES[option][address.version], address.packed) if address else b""
