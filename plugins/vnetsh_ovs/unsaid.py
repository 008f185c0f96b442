"""What a bridge, port or tunnel has that no sentence says: for `vnetsh export`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vnetsh.model import Resource
from vnetsh_ovs.rows import Row, as_map, as_scalar, as_uuids

_WATCHED = {
    "mirrors": "mirrors",
    "controller": "controllers",
    "netflow": "NetFlow",
    "sflow": "sFlow",
    "ipfix": "IPFIX",
}
_TUNNEL_OPTIONS = frozenset({"remote_ip", "key"})


def unsaid(resource: Resource) -> list[str]:
    """Of an observed resource its trunks, QoS, mirrors and the like, in words; from its record."""
    tables: Any = resource.record or {}
    ports = {str(row["name"]): row for row in tables.get("Port", {}).values()}
    interfaces = tables.get("Interface", {})
    if resource.kind != "bridge":
        row = ports.get(resource.name)
        return [*_of_port(row, interfaces, resource)] if row else []
    found = [*_of_bridge(next(iter(tables.get("Bridge", {}).values()), {}))]
    for name, what in ((resource.name, "its own port"), (resource.text("uplink"), "its uplink")):
        if name in ports:
            tag = as_scalar(ports[name].get("tag"))
            found += [f"{what}: {text}" for text in _of_port(ports[name], interfaces, resource)]
            found += [f"{what}: VLAN {tag}"] * (tag is not None)
    return found


def _of_bridge(row: Row) -> Iterator[str]:
    if row.get("stp_enable") or row.get("rstp_enable"):
        yield "it takes part in a spanning tree"
    for column, what in _WATCHED.items():
        if as_uuids(row.get(column)):
            yield what


def _of_port(row: Row, interfaces: Mapping[str, Row], resource: Resource) -> Iterator[str]:
    trunks = _numbers(row.get("trunks"))
    if trunks:
        yield f"a trunk of VLANs {', '.join(map(str, trunks))}"
    mode = as_scalar(row.get("vlan_mode"))
    if mode:
        yield f"VLAN mode {mode}"
    if as_uuids(row.get("qos")):
        yield "QoS"
    for uuid in as_uuids(row.get("interfaces")):
        interface = interfaces.get(uuid, {})
        mtu = as_scalar(interface.get("mtu_request"))
        if mtu is not None and (resource.kind, resource.name) != ("bridge", interface.get("name")):
            yield f"an MTU of {mtu}"
        if interface.get("ingress_policing_rate"):
            yield f"ingress policing at {interface['ingress_policing_rate']} kbit/s"
        if resource.kind == "tunnel":
            options = sorted(as_map(interface.get("options")).keys() - _TUNNEL_OPTIONS)
            if options:
                yield f"tunnel options {', '.join(options)}"
    tag = as_scalar(row.get("tag"))
    if resource.kind == "tunnel" and tag is not None:
        yield f"VLAN {tag}"


def _numbers(value: Any) -> list[int]:
    if value is None:
        return []
    return sorted(value[1]) if isinstance(value, list) else [value]
