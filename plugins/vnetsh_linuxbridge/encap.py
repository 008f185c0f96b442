"""Devices of tunnels: what makes one what it is, and how one has the tunnels of a mesh. Pure.

The kernel has one device of a network of VXLAN. So all tunnels of a mesh that a host has are one device: it sends what
all are sent to each of their far ends, learns behind which of them a MAC address is, and never sends on what came from
one of them. The names of the tunnels stand in further names of the device, each with where it leads: `NAME@ADDRESS`.

GRE's leads to one other host in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any

VXLAN = "vxlan"
"""A type of tunnels, and the kernel's kind of their devices."""
GRE = "gre"
"""A type of tunnels, without a word the usual one."""
TYPES: Mapping[str, str] = {VXLAN: VXLAN, "gretap": GRE, "ip6gretap": GRE}
"""The kernel's kinds of devices, each with the type of its tunnels; GRE's differ by the version of IP."""
PORT = 4789
"""Where VXLAN is sent to (IANA): the kernel's own choice is another one, from before there was this."""
NOWHERE = "00:00:00:00:00:00"
"""The MAC address under which the forwarding table has where to send what has no entry of its own."""
HOPS = "64"
"""The hops that packets of GRE may go, as those of Open vSwitch: the kernel's choice is what the packet in it has."""
INHERIT = "inherit"

_USUAL: Mapping[str, object] = {
    "port_range": {"low": 0, "high": 0},
    "df": "unset",
    "ageing": 300,
    "udp_csum": True,
    "udp_zero_csum6_tx": False,
    "udp_zero_csum6_rx": False,
}
"""Options that vnetsh leaves as they are of a new one."""
_READ = frozenset({"id", "remote", "remote6", "local", "local6", "port", "learning", "ttl", "tos"})

_USUAL_OF_GRE: Mapping[str, object] = {"flowlabel": "0x00000", "ip6_tnl_f_ign_encap_limit": True}
_READ_OF_GRE = frozenset(
    {"remote", "local", "ttl", "tos", "tclass", "pmtudisc", "ikey", "okey", "icsum", "ocsum"}
)


@dataclass(frozen=True, slots=True)
class Encap:
    """A device of a `kind`: its network's number, and where it leads. Only GRE's may have no number.

    `ttl` is a number or `inherit`, of VXLAN 0 the kernel's choice; `tos` a number, 1 what the packet itself has. `df`
    and `csum` are of GRE: routers must not cut its packets, each of which has a checksum. `others` is what it has
    besides, and no new one is given: that could not be restored.
    """

    id: int | None
    remote: str = ""
    local: str = ""
    port: int = PORT
    learning: bool = False
    ttl: str = "0"
    tos: str = "0"
    others: tuple[str, ...] = ()
    kind: str = VXLAN
    df: bool = True
    csum: bool = False

    @property
    def type(self) -> str:
        """The type of its tunnels."""
        return TYPES[self.kind]

    def leading_to(self, remote: str) -> Encap:
        """The same with another end."""
        return replace(self, remote=remote, kind=kind_of(self.type, remote))


def kind_of(type: str, remote: str) -> str:
    """The kernel's kind of the device of a tunnel of a type that leads to an address."""
    if type == VXLAN:
        return VXLAN
    return "ip6gretap" if ":" in remote else "gretap"


def new_encap(type: str, key: int | None, remote: str, *, learning: bool = False) -> Encap:
    """A device as vnetsh makes it."""
    if type == VXLAN:
        return Encap(key or 0, learning=learning)
    return Encap(key, remote, ttl=HOPS, kind=kind_of(type, remote))


def encap_of(kind: str, data: Mapping[str, Any]) -> Encap:
    """A device of a kind with these options, as `ip` tells them."""
    return _vxlan_of(data) if kind == VXLAN else _gre_of(kind, data)


def _vxlan_of(data: Mapping[str, Any]) -> Encap:
    return Encap(
        data.get("id", 0),
        data.get("remote") or data.get("remote6") or "",
        data.get("local") or data.get("local6") or "",
        data.get("port", PORT),
        bool(data.get("learning")),
        ttl=str(data.get("ttl", INHERIT)),
        tos=str(data.get("tos", "0")),
        others=_others(data, _READ, _USUAL),
    )


def _gre_of(kind: str, data: Mapping[str, Any]) -> Encap:
    keys = [int(ip_address(data[name])) if name in data else None for name in ("ikey", "okey")]
    sums = [bool(data.get(name)) for name in ("icsum", "ocsum")]
    odd = ["another key each way"] * (keys[0] != keys[1]) + ["a checksum one way"] * (sums[0] != sums[1])
    tos = str(data.get("tos") or data.get("tclass") or "0")
    return Encap(
        keys[1],
        _address(data, "remote"),
        _address(data, "local"),
        ttl=str(data.get("ttl") or INHERIT),
        tos="0" if tos == "0x00" else tos,
        others=(*_others(data, _READ_OF_GRE, _USUAL_OF_GRE), *odd),
        kind=kind,
        df=bool(data.get("pmtudisc", True)),
        csum=sums[1],
    )


def _others(data: Mapping[str, Any], read: Iterable[str], usual: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(o for o, value in data.items() if o not in read and value != usual.get(o, False)))


def _address(data: Mapping[str, Any], end: str) -> str:
    found = str(data.get(end) or "any")
    return "" if found == "any" else found


def device_of(mesh: str) -> str:
    """The name of the device that has a mesh's tunnels: the mesh's, as far as the kernel keeps that."""
    if len(mesh) <= 15:
        return mesh
    import zlib

    return f"{mesh[:9].rstrip('_.-')}_{zlib.crc32(mesh.encode()) % 16**5:05x}"


def second_name(tunnel: str, remote: str) -> str:
    """The further name of a device that tells of a tunnel; a link's name has no colons."""
    return f"{tunnel}@{remote.replace(':', '-')}"


def ends_in(names: Iterable[str]) -> Mapping[str, str]:
    """The tunnels of which a device's further names tell, each with where it leads."""
    found = (name.partition("@") for name in names)
    return {tunnel: remote.replace("-", ":") for tunnel, _, remote in found if remote}
