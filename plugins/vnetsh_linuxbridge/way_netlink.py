"""Steps on the links of this machine, by netlink."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import closing

from vnetsh.errors import HostUnreachable
from vnetsh.hosts import rtnetlink as nl
from vnetsh.hosts.links import BRIDGE_OPTIONS, PORT_FLAGS
from vnetsh_linuxbridge.links import BRIDGE
from vnetsh_linuxbridge.steps import AddBridge, DeleteLink, SetFlags, SetLink, Step
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
            netlink.request(nl.RTM_NEWLINK, _add_bridge(step), nl.NLM_F_CREATE | nl.NLM_F_EXCL)
        case DeleteLink():
            netlink.request(nl.RTM_DELLINK, _ANY + name)
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


def _add_bridge(step: AddBridge) -> bytes:
    data = b""
    for option, value in (step.options or {}).items():
        kind, layout = BRIDGE_OPTIONS[option]
        data += nl.attribute(kind, struct.pack(layout, value))
    info = nl.attribute(nl.IFLA_INFO_KIND, BRIDGE) + nl.attribute(nl.IFLA_INFO_DATA, data)
    body = _ANY + nl.attribute(nl.IFLA_IFNAME, step.name)
    body += nl.attribute(nl.IFLA_LINKINFO, info)
    if step.mac:
        body += nl.attribute(nl.IFLA_ADDRESS, bytes.fromhex(step.mac.replace(":", "")))
    return body
