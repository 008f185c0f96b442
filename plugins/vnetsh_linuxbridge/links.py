"""A host's links as this backend sees them, and the mark that it leaves in a link's alias."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vnetsh.hosts.vxlans import OWN
from vnetsh_linuxbridge.encap import NOWHERE, TYPES, VXLAN, Encap, encap_of, ends_in, second_name
from vnetsh_linuxbridge.vlans import USUAL, Vlans

if TYPE_CHECKING:
    from vnetsh.hosts.links import Entry

NAME = "linux"
"""The backend's."""
BRIDGE = "bridge"
USUAL_MTU = 1500
"""What a bridge has that nobody told otherwise, unless its ports have less or more: shown as none."""
OVS = "openvswitch"
"""The kernel's kind of Open vSwitch's own links: what has one of them as its master is Open vSwitch's to tell of."""
TAP = "tun"
"""The kernel's kind of tap devices: a bridge's slaves of this kind are vms' NICs."""

OPTIONS: Mapping[str, int] = {
    "forward_delay": 1500,
    "hello_time": 200,
    "max_age": 2000,
    "ageing_time": 30000,
    "stp_state": 0,
    "priority": 32768,
    "group_fwd_mask": 0,
    "mcast_snooping": 1,
}
"""A bridge's options that a removed bridge is restored with, and what a new bridge has; times in 1/100 s."""

HUNDREDTHS = 100
"""Of a second: the kernel's unit of times."""
DELAYS = frozenset({"forward_delay", "hello_time", "max_age"})
"""Those in which all bridges of a spanning tree follow its root."""

FILTERING = "vlan_filtering"
"""Whether a bridge filters VLANs. A kernel that cannot is not even told that it shall not."""

FLAGS: Mapping[str, bool] = {
    "hairpin": False,
    "guard": False,
    "root_block": False,
    "learning": True,
    "flood": True,
    "mcast_flood": True,
    "bcast_flood": True,
    "isolated": False,
}
"""A bridge port's flags and what a new port has."""

TUNNEL = " tunnel"
"""Ends the mark of a device that is a tunnel, and no port like any other; of a mesh's its name follows."""
_ENDS = ("tunnel", "uplink", "was_down")

_MARK = re.compile(
    r"(?:^|(?<= ))vnetsh(?::(?P<owner>[^ ]+))?(?P<tunnel> tunnel(?: of (?P<mesh>[^ ]+))?)?"
    r"(?P<uplink> uplink)?(?P<was_down> was-down)?$"
)


def mark_of(owner: str) -> str:
    """What an alias says of a bridge or port that vnetsh made."""
    return f"vnetsh:{owner}" if owner else "vnetsh"


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface.

    `kind` is the kernel's (`bridge`, `veth`, `tun`, …), empty for a NIC. A wanted link's `mtu` of 0 and a bridge's
    empty `mac` are the kernel's choice. `addresses` are its IP addresses but those that the kernel gives it by
    itself. `options` are a bridge's, `encap` is a tunnel device's; `flags` are, of a bridge's port, those that
    differ from a new port's. `loopback` is true of `lo` only. A bridge that `follows` is not the root of its
    spanning tree: the `DELAYS` among its options are those of the root, and nobody can see its own. `ends` are the
    tunnels of a mesh that a device has, each with where it leads; `stale` are second names of it that tell of none
    any more. `static` are the MAC addresses that its bridge was told are behind it. `kept`: the host brings it about
    again at each start, just so. `filters_vlans`: it is a bridge that does, or a port of one; `vlans` are its own as
    that has them, and `odd` is, of a bridge, what no sentence says of how it has VLANs.
    """

    name: str
    kind: str = ""
    master: str = ""
    up: bool = False
    alias: str = ""
    mtu: int = USUAL_MTU
    mac: str = ""
    loopback: bool = False
    filters_vlans: bool = False
    addresses: tuple[str, ...] = ()
    options: Mapping[str, int] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    encap: Encap | None = None
    follows: bool = False
    ends: Mapping[str, str] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    kept: bool = False
    static: tuple[str, ...] = ()
    vlans: Vlans = USUAL
    odd: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether vnetsh made it, or made it a port."""
        return _MARK.search(self.alias) is not None

    @property
    def owner(self) -> str:
        """The script that made it, where that has a name."""
        found = _MARK.search(self.alias)
        return (found["owner"] or "") if found else ""

    def with_mark(self, *, marked: bool, owner: str) -> Link:
        """With this mark, or none; whatever else its alias says stays."""
        found = _MARK.search(self.alias)
        rest = self.alias[: found.start()].rstrip() if found else self.alias
        ends = "".join(found[end] or "" for end in _ENDS) if found else TUNNEL * self.tunnel
        return replace(self, alias=f"{rest} {mark_of(owner)}{ends}".strip() if marked else rest)

    @property
    def tunnel(self) -> bool:
        """Whether it is a bridge's tunnel: not a device that vnetsh took in as a port like any other."""
        found = _MARK.search(self.alias)
        return self.encap is not None and bool(self.master) and (found is None or found["tunnel"] is not None)

    @property
    def mesh(self) -> str:
        """The mesh whose tunnels it has; empty where it is one alone."""
        found = _MARK.search(self.alias) if self.encap else None
        return (found["mesh"] or "") if found else ""

    @property
    def marked_uplink(self) -> bool:
        """Whether vnetsh made it an uplink."""
        found = _MARK.search(self.alias)
        return found is not None and found["uplink"] is not None

    @property
    def physical(self) -> bool:
        """Whether it is a NIC, not something that software made."""
        return not self.kind and not self.loopback

    def taken_in(self, bridge: str, *, uplink: bool, owner: str = "") -> Link:
        """As a port of a bridge, marked after whatever its alias says; the mark keeps whether it was down."""
        mark = mark_of(owner) + " uplink" * uplink + " was-down" * (not self.up)
        return replace(self, master=bridge, up=True, alias=f"{self.alias} {mark}".lstrip())

    def released(self) -> Link:
        """As it was before it became a port; what vnetsh did not make a port stays up."""
        found = _MARK.search(self.alias)
        if not found:
            return replace(self, master="", flags={}, static=(), vlans=USUAL, kept=False)
        up = self.up and not found["was_down"]
        alias = self.alias[: found.start()].rstrip()
        return replace(self, master="", flags={}, static=(), vlans=USUAL, kept=False, up=up, alias=alias)


Links = Mapping[str, Link]


PROBE = "vnetsh-probe"
"""The alias of a port by which a vm is probed while it moves: it is there for a moment, and nobody's."""


Forwarding = Mapping[str, Mapping[str, Sequence[str]]]
"""By device and MAC address, where the forwarding tables of tunnels send packets that somebody set."""


def links_of(entries: Iterable[Entry], forwarding: Forwarding = MappingProxyType({})) -> Links:
    """Links by name, of what `vnetsh.hosts.links` tells; without those of probes."""
    return {
        entry["ifname"]: _link(entry, forwarding.get(entry["ifname"], {}))
        for entry in entries
        if entry.get("ifalias") != PROBE
    }


def _link(entry: Entry, forwards: Mapping[str, Sequence[str]]) -> Link:
    info = entry.get("linkinfo", {})
    kind = info.get("info_kind", "")
    data = info.get("info_data", {}) if kind == BRIDGE else {}
    slave = info.get("info_slave_data", {}) if info.get("info_slave_kind") == BRIDGE else {}
    link = Link(
        entry["ifname"],
        kind,
        master=entry.get("master", ""),
        up="UP" in entry["flags"],
        alias=entry.get("ifalias", ""),
        mtu=entry["mtu"],
        mac=entry.get("address", ""),
        loopback="LOOPBACK" in entry["flags"],
        filters_vlans=bool(data.get(FILTERING)),
        addresses=tuple(
            f"{address['local']}/{address['prefixlen']}"
            for address in entry.get("addr_info", ())
            if address.get("local") and not _by_itself(address)
        ),
        options=_options(data),
        follows=bool(data.get("root_port")),
        flags={flag: slave[flag] for flag, usual in FLAGS.items() if slave.get(flag, usual) != usual},
        encap=encap_of(kind, info.get("info_data", {})) if kind in TYPES else None,
    )
    link = replace(link, static=tuple(sorted(mac for mac, to in forwards.items() if OWN in to)))
    forwards = {mac: others for mac, to in forwards.items() if (others := [one for one in to if one != OWN])}
    return _with_forwarding(link, entry.get("altnames", ()), forwards) if kind == VXLAN else link


def _by_itself(address: Mapping[str, Any]) -> bool:
    """Whether the kernel gives a link this address, and takes it away: link-local, or by what routers tell (IPv6)."""
    return address.get("scope") == "link" or bool(address.get("dynamic") and address.get("mngtmpaddr"))


def _with_forwarding(link: Link, names: Sequence[str], forwards: Mapping[str, Sequence[str]]) -> Link:
    """A tunnel's device with what its forwarding table has, and says of the tunnels of a mesh."""
    assert link.encap
    to_all = forwards.get(NOWHERE, ())
    ends = {name: remote for name, remote in ends_in(names).items() if link.mesh and remote in to_all}
    known = {link.encap.remote, *ends.values()}
    unknown = [f"flooding to {remote}" for remote in to_all if remote not in known]
    unknown += ["forwarding entries"] * (not forwards.keys() <= {NOWHERE})
    told = {second_name(*end) for end in ends.items()}
    stale = tuple(name for name in names if link.mesh and "@" in name and name not in told)
    encap = replace(link.encap, others=(*link.encap.others, *unknown))
    return replace(link, ends=ends, stale=stale, encap=encap)


def _options(data: Mapping[str, Any]) -> dict[str, int]:
    """A bridge's options; while its spanning tree changes it forgets the sooner, and what is set is not to be seen."""
    found = {option: _number(data[option]) for option in OPTIONS if option in data}
    if data.get("topology_change") and found.get("ageing_time") == 2 * found.get("forward_delay", 0):
        found["ageing_time"] = OPTIONS["ageing_time"]
    return found


def _number(value: int | str) -> int:
    """A number; masks are printed in hexadecimal, as a text."""
    return int(value, 16) if isinstance(value, str) else value


def slaves(links: Links, bridge: str) -> Iterator[Link]:
    """A bridge's ports, the vms' taps too."""
    return (link for link in links.values() if link.master == bridge)


def uplink_of(ports: list[Link]) -> Link | None:
    """Of a bridge's ports the uplink: the one that vnetsh made it, or else the only NIC that it did not."""
    for link in ports:
        if link.marked_uplink:
            return link
    nics = [link for link in ports if link.physical and not link.marked]
    return nics[0] if len(nics) == 1 else None
