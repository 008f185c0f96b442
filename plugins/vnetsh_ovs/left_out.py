"""What a bridge, port or tunnel has that no sentence says, for `vnetsh export`: what no field reads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from vnetsh.model import Resource
from vnetsh_ovs.fields import IN_ROWS, LIMITS, Field
from vnetsh_ovs.marks import NOTE, marks_of
from vnetsh_ovs.plugs import keys_of
from vnetsh_ovs.rows import MIRROR, QOS, is_said, record_of, row_named
from vnetsh_ovsdb.operations import Record, Row, as_list, as_map, as_pairs, as_uuids

_Words = Mapping[str, Callable[[Any], str]]
"""What is said of columns that have another value than their default one."""

_TREE = "it takes part in a spanning tree"


def _numbers(value: Any) -> str:
    return ", ".join(map(str, sorted(as_list(value))))


_BRIDGE: _Words = {
    "stp_enable": lambda _: _TREE,
    "rstp_enable": lambda _: _TREE,
    "controller": lambda _: "controllers",
    "netflow": lambda _: "NetFlow",
    "sflow": lambda _: "sFlow",
    "ipfix": lambda _: "IPFIX",
    "fail_mode": lambda value: f"fail mode {value}",
    "protocols": lambda value: f"protocols {', '.join(as_list(value))}",
    "mcast_snooping_enable": lambda _: "multicast snooping",
    "flow_tables": lambda _: "flow tables",
    "flood_vlans": lambda value: f"what is of VLANs {_numbers(value)} goes to all of its ports",
    "auto_attach": lambda _: "auto attach",
    "other_config": keys_of("other_config"),
    "external_ids": keys_of("external_ids"),
}
_PORT: _Words = {
    "trunks": lambda value: f"a trunk of VLANs {_numbers(value)}",
    "vlan_mode": lambda value: f"VLAN mode {value}",
    "cvlans": lambda value: f"a customer's VLANs {_numbers(value)}",
    "qos": lambda _: "QoS",
    "protected": lambda _: "it is protected",
    "bond_mode": lambda value: "" if value == "active-backup" else f"bond mode {value}",
    "lacp": lambda value: "" if value == "off" else f"LACP {value}",
    "bond_updelay": lambda value: f"a delay of {value} ms before a NIC of its bond counts as up",
    "bond_downdelay": lambda value: f"a delay of {value} ms before a NIC of its bond counts as down",
    "bond_fake_iface": lambda _: "a device for its bond",
    "other_config": keys_of("other_config"),
    "external_ids": keys_of("external_ids"),
}
_INTERFACE: _Words = {
    "mtu_request": lambda value: f"an MTU of {value}",
    "ingress_policing_rate": lambda value: f"ingress policing at {value} kbit/s",
    "ingress_policing_kpkts_rate": lambda value: f"ingress policing at {value} thousand packets a second",
    "ofport_request": lambda value: f"the OpenFlow port {value}",
    "mac": lambda value: f"the MAC address {value}",
    "cfm_mpid": lambda _: "CFM",
    "lldp": lambda _: "LLDP",
    "other_config": keys_of("other_config"),
    "external_ids": keys_of("external_ids"),
}
_LAST: _Words = {"tag": lambda value: f"VLAN {value}"}
_NOTHING = (None, "", 0, False, ["set", []], ["map", []])


def left_out(resource: Resource) -> Sequence[str]:
    """Of an observed resource its trunks, QoS, mirrors and the like, in words; from its record."""
    record, fields = record_of(resource), IN_ROWS[resource.kind]
    if resource.kind != "bridge":
        return [*_of_port(record, resource.name, fields, resource.kind)]
    bridge = record.get("Bridge", {}).get(row_named(record, "Bridge", resource.name), {})
    ports = record.get("Port", {}).values()
    if resource.text("uplink") or any(NOTE in marks_of(port) for port in ports):  # it has its MAC address
        config = {k: v for k, v in as_map(bridge.get("other_config")).items() if k != "hwaddr"}
        bridge = {**bridge, "other_config": as_pairs(config)}
    found = [*dict.fromkeys(_unread(bridge, _BRIDGE, "Bridge", fields))]
    if any(not is_said(row) for row in record.get(MIRROR, {}).values()):
        found.append("mirrors")
    if not resource.text("parent"):  # else that is its VLAN
        found += [f"its own port: {text}" for text in _of_port(record, resource.name, fields)]
    return [*found, *(f"its uplink: {text}" for text in _of_port(record, resource.text("uplink"), ()))]


def _of_port(record: Record, name: str, fields: Sequence[Field], kind: str = "") -> Iterator[str]:
    port = record.get("Port", {}).get(row_named(record, "Port", name), {})
    limit = record.get(QOS, {}).get(next(iter(as_uuids(port.get("qos"))), ""), {})
    if any(field.attribute in LIMITS and field.read(limit) is not None for field in fields):
        port = {column: value for column, value in port.items() if column != "qos"}
    yield from _unread(port, _PORT, "Port", fields)
    for uuid in as_uuids(port.get("interfaces")):
        interface = record["Interface"].get(uuid, {})
        yield from _unread(interface, _INTERFACE, "Interface", fields)
        if kind == "tunnel":
            known = {field.key for field in fields if field.read(interface) is not None}
            options = sorted(as_map(interface.get("options")).keys() - known)
            yield from [f"tunnel options {', '.join(options)}"] * bool(options)
    yield from _unread(port, _LAST, "Port", fields)


def _unread(row: Row, words: _Words, table: str, fields: Sequence[Field]) -> Iterator[str]:
    """What is said of a row's columns that are not their default, and of which no field makes an attribute."""
    here = [field for field in fields if field.table == table and not field.key]
    read = {column for field in here if field.read(row) is not None for column in field.own or field.columns}
    for column, say in words.items():
        if column not in read and row.get(column) not in _NOTHING and (text := say(row[column])):
            yield text
