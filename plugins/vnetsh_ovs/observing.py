"""What the database's rows say, as resources and facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vnetsh.hosts.boot.keeping import AtStart
from vnetsh.hosts.links import down_of, hardware_of, kinds_of, macs_of, veth_pairs
from vnetsh.model import Fleet, LinkFacts, Plug, Resource, Value
from vnetsh_ovs.fields import ENCRYPTION, TUNNEL_TYPES, beside, values_of
from vnetsh_ovs.flows import flows_of
from vnetsh_ovs.marks import MARK, PROBE_MARK, UPLINK_MARK, comes_by_itself, marks_of
from vnetsh_ovs.plugs import NETDEV, plug_of
from vnetsh_ovs.rows import BFD_STATUS, ERROR, Index
from vnetsh_ovsdb.operations import Row, as_map, as_scalar

BACKEND = "ovs"
# What libvirt (ovs_plug in its sources) and OpenStack write on a vm's tap.
_VM_KEYS = frozenset({"vm-id", "attached-mac"})
_NO_DEVICE = "No such device"  # ENODEV, in what vswitchd says of an interface


Interfaces = list[tuple[str, Row]]
"""UUID and row of a port's interfaces."""


def is_tap(interfaces: Interfaces) -> bool:
    """Whether a port is a vm's: whoever runs the vm makes and removes it, not this backend.

    One whose device is no more has been left behind: no vm has it.
    """
    return of_vm(interfaces) and not is_no_device(error_of(interfaces))


def is_no_device(error: str) -> bool:
    """Whether that is wrong with an interface: its device is no more."""
    return _NO_DEVICE in error


def of_vm(interfaces: Interfaces) -> bool:
    """Whether a port was made for a vm, be it there still or not."""
    marked = [as_map(row["external_ids"]) for _, row in interfaces if "external_ids" in row]
    return any(_VM_KEYS & marks.keys() for marks in marked)


def error_of(interfaces: Interfaces) -> str:
    """What vswitchd says is wrong with a port's interfaces; empty when nothing is."""
    errors = (str(error) for _, row in interfaces if (error := as_scalar(row.get(ERROR))))
    return "; ".join(errors)


def uplink_of(index: Index, bridge: str) -> str:
    """The name of a bridge's uplink, empty without one.

    On bridges of vnetsh's it is the port with the mark. A bridge that somebody else made has no marks: if
    just one of its ports is an ordinary device of the host and no vm's, that one is taken for the uplink; not one in
    error, by which nothing leaves the host.
    """
    candidates = []
    for _, port in index.bridge_ports(bridge):
        marks = marks_of(port)
        if UPLINK_MARK in marks:
            return str(port["name"])
        if MARK in marks or PROBE_MARK in marks:
            continue
        interfaces = index.interfaces(port)
        ordinary = len(interfaces) == 1 and interfaces[0][1].get("type", "") in ("", "system")
        if ordinary and not of_vm(interfaces) and not error_of(interfaces):
            candidates.append(str(port["name"]))
    foreign = MARK not in marks_of(index.tables["Bridge"][bridge])
    return candidates[0] if foreign and len(candidates) == 1 else ""


def member(
    index: Index, bridge: str, uuid: str, interfaces: list[tuple[str, Row]]
) -> tuple[str, dict[str, Value]]:
    """The kind of a port (`port` or `tunnel`) and its attributes."""
    port = index.tables["Port"][uuid]
    interface = interfaces[0][1]
    bond = len(interfaces) > 1
    kind = "tunnel" if interface.get("type") in TUNNEL_TYPES and not bond else "port"
    rows = {
        "Port": port,
        "Interface": interface,
        ENCRYPTION: interface,
        **beside([row for _, row in interfaces], index.limit(port)[1], index.mirrored(index.mirror(uuid)[1])),
    }
    attributes = {"bridge": bridge, **values_of(kind, rows)}
    if attributes.get("bfd"):
        attributes["state"] = as_map(interface.get(BFD_STATUS)).get("state")
    if bond:
        attributes["type"] = "bond"
    if (mirrors := index.mirrors(uuid)) and "mirrors" not in attributes:
        attributes["mirror"] = ", ".join(sorted(str(row.get("name")) for _, row in mirrors))
    return kind, attributes


def own_rows(index: Index, bridge: str) -> Mapping[str, tuple[str, Row]]:
    """By table, UUID and row of a bridge, and of its own port and interface, which the switch makes with it."""
    uuid, port = index.bridges[bridge], index.ports.get(bridge)
    found = {"Bridge": (uuid, index.tables["Bridge"][uuid]), "Port": ("", {}), "Interface": ("", {})}
    if port:
        found["Port"] = port.uuid, index.tables["Port"][port.uuid]
        found["Interface"] = next(iter(index.interfaces(found["Port"][1])), ("", {}))
    return found


def bridge_values(index: Index, bridge: str) -> dict[str, Value]:
    """The attributes of a bridge that stand in rows."""
    return values_of("bridge", {table: row for table, (_, row) in own_rows(index, bridge).items()})


def is_fake(port: Row) -> bool:
    """Whether a port is a fake bridge: the access port of a VLAN, which counts as a bridge of its own."""
    return bool(port.get("fake_bridge")) and isinstance(port.get("tag"), int)


def _say_error(attributes: dict[str, Value], *interfaces: tuple[str, Row]) -> None:
    if error := error_of(list(interfaces)):
        attributes["error"] = error


class View:
    """All bridges, ports and tunnels of a host as `resources`, vms' taps are not among them; and its `flows`.

    `taps` and `uplinks` are the bridges of each vm's port and of each uplink, by name; `interfaces` are the names
    of all that the database holds, `plugs` where each of them is.
    """

    def __init__(self, index: Index, host: str) -> None:
        self.resources: list[Resource] = []
        self.flows: list[Resource] = []
        self.taps: dict[str, str] = {}
        self.uplinks: dict[str, str] = {}
        self.plugs: dict[str, Plug] = {}
        self.interfaces = {str(row["name"]) for row in index.tables["Interface"].values()}
        self.index = index
        self._host = host
        for bridge, row in index.tables["Bridge"].items():
            self._add_bridge(bridge, row)

    def way_out(self, link: str) -> str:
        """The link whose MTU limits what tunnels send from an address on `link`.

        The userspace datapath hands their packets to a bridge's uplink itself; the kernel's routes them to the
        bridge's own interface.
        """
        uuid = self.index.bridges.get(link)
        if uuid is None or self.index.tables["Bridge"][uuid].get("datapath_type") != "netdev":
            return link
        return uplink_of(self.index, uuid) or self._member_out(uuid) or link

    def _member_out(self, bridge: str) -> str:
        """A NIC of a bond by which a bridge's packets leave; empty where there is none."""
        ports = (self.index.interfaces(port) for _, port in self.index.bridge_ports(bridge))
        return next((str(found[0][1]["name"]) for found in ports if len(found) > 1), "")

    def _add_bridge(self, bridge: str, row: Row) -> None:
        index, name = self.index, row["name"]
        attributes: dict[str, Value] = {"backend": BACKEND}
        uplink = uplink_of(index, bridge)
        if uplink:
            attributes["uplink"] = uplink
            self.uplinks[uplink] = name
        attributes |= bridge_values(index, name)
        _say_error(attributes, own_rows(index, name)["Interface"])
        self._add("bridge", name, attributes, row, index.whole("Bridge", bridge))
        self.flows += [
            Resource("flow", flow, self._host, values, None, BACKEND, marked=True, owner=owner)
            for flow, values, owner in flows_of(row)
        ]
        parent = ("bridge", name)
        fakes = {row["tag"]: row["name"] for _, row in index.bridge_ports(bridge) if is_fake(row)}
        for uuid, port in index.bridge_ports(bridge):
            if comes_by_itself(port):
                continue
            port_name = port["name"]
            interfaces = index.interfaces(port)
            tap = is_tap(interfaces)
            referring = index.referring(uuid) if tap else ()
            for _, interface in interfaces:
                self.plugs[interface["name"]] = plug_of(
                    name, fakes, port, interface, tap=tap, referring=referring
                )
            if tap:
                self.taps[port_name] = name
            elif is_fake(port):
                values: dict[str, Value] = {"backend": BACKEND, "parent": name, "vlan": port["tag"]}
                _say_error(values, *interfaces)
                self._add("bridge", port_name, values, port, index.whole("Port", uuid), parent)
            elif port_name not in (name, uplink):
                kind, values = member(index, name, uuid, interfaces)
                if of_vm(interfaces):
                    values["type"] = "vm"
                _say_error(values, *interfaces)
                self._add(
                    kind,
                    port_name,
                    values,
                    port,
                    index.whole("Port", uuid),
                    parent if kind == "port" else None,
                )

    def _add(
        self,
        kind: str,
        name: str,
        attributes: Mapping[str, Value],
        row: Row,
        record: Mapping[str, object],
        parent: tuple[str, str] | None = None,
    ) -> None:
        mark = marks_of(row).get(MARK)
        owner = mark if mark and mark != "1" else ""
        marked = mark is not None
        resource = Resource(
            kind, name, self._host, attributes, parent, BACKEND, marked, record=record, owner=owner
        )
        self.resources.append(resource)


@dataclass(frozen=True)
class OvsFacts(LinkFacts):
    """What assessing wants to know beyond resources.

    `taps` and `uplinks` are the bridges of each vm's port and of each uplink, by name. Of the host's NICs, where it
    could be asked: `leased`, those with an address that ends by itself, and what their `masters` are. `devices` are
    the network devices that are not Open vSwitch's, by name, with the kernel's kind; `no_kernel_datapath`: a new
    bridge could not be made in the kernel. `at_start` is what the host does at each start. `vlan_limit`: of so many
    tags of a frame its switch takes notice, 0 of as many as it can.
    """

    version: str = ""
    taps: Mapping[str, str] = field(default_factory=dict)
    uplinks: Mapping[str, str] = field(default_factory=dict)
    leased: Sequence[str] = ()
    masters: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    no_kernel_datapath: bool = False
    at_start: AtStart = field(default_factory=AtStart)
    vlan_limit: int = 1


def facts_of(fleet: Fleet, host: str) -> OvsFacts:
    """What this backend found on a host."""
    return fleet.facts_of(host, BACKEND, OvsFacts)


def facts(view: View, version: str, links: Any, underlay: str) -> OvsFacts:
    """What a host's database and its links, as `ip -json -details address show` says them, tell (None: not known).

    Link-local addresses do not count: every NIC has one. `underlay` is the address at which its tunnels end.
    """
    if links is None:
        return OvsFacts(
            taps=view.taps,
            uplinks=view.uplinks,
            version=version,
            plugs=view.plugs,
            vlan_limit=view.index.vlan_limit,
        )
    below = [
        link["ifname"] for link in links if underlay in {a.get("local") for a in link.get("addr_info", ())}
    ]
    return OvsFacts(
        mtus={link["ifname"]: link["mtu"] for link in links},
        addresses={link["ifname"]: _addresses(link) for link in links},
        underlay_link=view.way_out(below[-1]) if below else "",
        links={**kinds_of(links), **dict.fromkeys(NETDEV, "openvswitch")},
        plugs=view.plugs,
        version=version,
        vlan_limit=view.index.vlan_limit,
        taps=view.taps,
        uplinks=view.uplinks,
        moves_addresses=True,
        pairs=veth_pairs(links),
        hardware=hardware_of(links),
        down=down_of(links),
        macs=macs_of(links),
        leased=[link["ifname"] for link in links if any(map(is_leased, link.get("addr_info", ())))],
        masters={link["ifname"]: link["master"] for link in links if "master" in link},
    )


def _addresses(link: Any) -> list[str]:
    return [f"{a['local']}/{a['prefixlen']}" for a in link.get("addr_info", ()) if a["scope"] == "global"]


def is_leased(address: Any) -> bool:
    """Whether an address ends by itself: of an IPv6 one routers tell anew."""
    return bool(address.get("dynamic")) and address["family"] == "inet"
