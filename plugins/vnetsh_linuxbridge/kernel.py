"""The links of this machine, by netlink. Numbers are those of <linux/if_link.h>."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vnetsh.errors import HostUnreachable, ServiceAbsent
from vnetsh_linuxbridge import rtnetlink as nl
from vnetsh_linuxbridge.links import BRIDGE, FLAGS, Link, Links
from vnetsh_linuxbridge.steps import AddBridge, DeleteLink, SetFlags, SetLink, Step
from vnetsh_linuxbridge.ways import StepFailed

_ADDRESS, _IFNAME, _MTU, _MASTER, _LINKINFO, _ALIAS, _EXT_MASK = 1, 3, 4, 10, 18, 20, 29
_KIND, _DATA, _SLAVE_KIND, _SLAVE_DATA = 1, 2, 4, 5
_SKIP_STATISTICS = 1 << 3
_IFF_UP, _IFF_LOOPBACK = 0x1, 0x8
_SCOPE_LINK = 253
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_IFINFO = struct.Struct("=BxHiII")  # family, type, index, flags, change
_IFADDR = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index

_OPTIONS: Mapping[str, tuple[int, str]] = {
    "forward_delay": (1, "=I"),
    "hello_time": (2, "=I"),
    "max_age": (3, "=I"),
    "ageing_time": (4, "=I"),
    "stp_state": (5, "=I"),
    "priority": (6, "=H"),
    "group_fwd_mask": (9, "=H"),
    "mcast_snooping": (23, "=B"),
}
_VLAN_FILTERING = 7
_FLAGS: Mapping[str, int] = {
    "hairpin": 4,
    "guard": 5,
    "root_block": 6,
    "learning": 8,
    "flood": 9,
    "mcast_flood": 27,
    "bcast_flood": 30,
    "isolated": 33,
}


class Kernel:
    """The way to this machine's links."""

    def __init__(self, host: str, timeout: float) -> None:
        """Open a socket. Raises `ServiceAbsent` where there is no netlink."""
        self._host = host
        try:
            self._netlink = nl.Netlink(timeout)
        except OSError as error:
            raise ServiceAbsent(f"{host}: no netlink: {error}") from error

    def read(self) -> Links:
        """All links of the network namespace. Raises `HostUnreachable` when they cannot be read."""
        try:
            body = _IFINFO.pack(0, 0, 0, 0, 0) + nl.attribute(_EXT_MASK, _SKIP_STATISTICS)
            found = self._netlink.dump(nl.RTM_GETLINK, body)
            addresses = self._netlink.dump(nl.RTM_GETADDR, _IFADDR.pack(0, 0, 0, 0, 0))
        except (OSError, nl.NetlinkRefused, nl.Interrupted) as error:
            raise HostUnreachable(f"{self._host}: cannot read the links: {error}") from error
        return _links(found, _addresses(addresses))

    def run(self, steps: Sequence[Step]) -> None:
        """Do the steps, up to the first that fails. Raises `StepFailed`, `HostUnreachable`."""
        indices: dict[str, int] = {}
        for step in steps:
            try:
                self._do(step, indices)
            except nl.NetlinkRefused as error:
                raise StepFailed(step, f"{step.name}: {error}") from error
            except OSError as error:
                raise HostUnreachable(f"{self._host}: netlink: {error}") from error

    def close(self) -> None:
        """Close the socket."""
        self._netlink.close()

    def _do(self, step: Step, indices: dict[str, int]) -> None:
        name = nl.attribute(_IFNAME, step.name)
        match step:
            case AddBridge():
                self._netlink.request(nl.RTM_NEWLINK, _add_bridge(step), nl.NLM_F_CREATE | nl.NLM_F_EXCL)
            case DeleteLink():
                self._netlink.request(nl.RTM_DELLINK, _IFINFO.pack(0, 0, 0, 0, 0) + name)
            case SetLink():
                up = _IFF_UP if step.up else 0
                body = _IFINFO.pack(0, 0, 0, up, 0 if step.up is None else _IFF_UP) + name
                if step.alias is not None:
                    # An empty alias is cleared by an attribute without even a NUL.
                    body += nl.attribute(_ALIAS, step.alias.encode())
                if step.mtu is not None:
                    body += nl.attribute(_MTU, step.mtu)
                if step.master is not None:
                    body += nl.attribute(_MASTER, self._index(step.master, indices))
                self._netlink.request(nl.RTM_NEWLINK, body)
            case SetFlags():
                data = b"".join(
                    nl.attribute(_FLAGS[flag], bytes([value])) for flag, value in step.flags.items()
                )
                info = nl.attribute(_SLAVE_KIND, BRIDGE.encode()) + nl.attribute(_SLAVE_DATA, data)
                body = _IFINFO.pack(0, 0, 0, 0, 0) + name + nl.attribute(_LINKINFO, info)
                self._netlink.request(nl.RTM_NEWLINK, body)

    def _index(self, name: str, known: dict[str, int]) -> int:
        """A link's number; 0 of the empty name."""
        if name and name not in known:
            body = _IFINFO.pack(0, 0, 0, 0, 0) + nl.attribute(_IFNAME, name)
            known[name] = _IFINFO.unpack_from(self._netlink.get(nl.RTM_GETLINK, body))[2]
        return known.get(name, 0)


def _add_bridge(step: AddBridge) -> bytes:
    data = b""
    for option, value in (step.options or {}).items():
        kind, layout = _OPTIONS[option]
        data += nl.attribute(kind, struct.pack(layout, value))
    info = nl.attribute(_KIND, BRIDGE) + nl.attribute(_DATA, data)
    body = _IFINFO.pack(0, 0, 0, 0, 0) + nl.attribute(_IFNAME, step.name) + nl.attribute(_LINKINFO, info)
    if step.mac:
        body += nl.attribute(_ADDRESS, bytes.fromhex(step.mac.replace(":", "")))
    return body


def _addresses(messages: Sequence[bytes]) -> dict[int, list[str]]:
    """IP addresses with their prefix lengths, by link number."""
    found: dict[int, list[str]] = {}
    for message in messages:
        _, prefix, _, scope, index = _IFADDR.unpack_from(message)
        values = nl.attributes(message[_IFADDR.size :])
        packed = values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS)
        if scope != _SCOPE_LINK and packed:
            found.setdefault(index, []).append(f"{ipaddress.ip_address(packed)}/{prefix}")
    return found


def _links(messages: Sequence[bytes], addresses: Mapping[int, list[str]]) -> Links:
    names: dict[int, str] = {}
    masters: dict[str, int] = {}
    links: dict[str, Link] = {}
    for message in messages:
        _, _, index, flags, _ = _IFINFO.unpack_from(message)
        values = nl.attributes(message[_IFINFO.size :])
        link = _link(values, flags, tuple(addresses.get(index, ())))
        links[link.name] = link
        names[index] = link.name
        if _MASTER in values:
            masters[link.name] = struct.unpack("=I", values[_MASTER])[0]
    for name, master in masters.items():
        links[name] = replace(links[name], master=names.get(master, ""))
    return links


def _link(values: Mapping[int, bytes], flags: int, addresses: tuple[str, ...]) -> Link:
    info = nl.attributes(values.get(_LINKINFO, b""))
    kind = _text(info.get(_KIND, b""))
    data = nl.attributes(info.get(_DATA, b"")) if kind == BRIDGE else {}
    slave = nl.attributes(info.get(_SLAVE_DATA, b"")) if _text(info.get(_SLAVE_KIND, b"")) == BRIDGE else {}
    switches = {flag: bool(slave[number][0]) for flag, number in _FLAGS.items() if number in slave}
    return Link(
        _text(values[_IFNAME]),
        kind,
        up=bool(flags & _IFF_UP),
        alias=_text(values.get(_ALIAS, b"")),
        mtu=struct.unpack("=I", values[_MTU])[0],
        mac=values.get(_ADDRESS, b"").hex(":"),
        loopback=bool(flags & _IFF_LOOPBACK),
        filters_vlans=any(data.get(_VLAN_FILTERING, b"")),
        addresses=addresses,
        options={
            option: struct.unpack_from(layout, data[number])[0]
            for option, (number, layout) in _OPTIONS.items()
            if number in data
        },
        flags={flag: value for flag, value in switches.items() if value != FLAGS[flag]},
    )


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")
