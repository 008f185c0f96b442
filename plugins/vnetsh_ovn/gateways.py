"""The chassis of a cluster: which host each is, and by which bridges it leads outside. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vnetsh.model import Facts
from vnetsh_ovn.chassis.facts import ChassisFacts
from vnetsh_ovn.sort import CHASSIS, IN_MEMORY, NAME
from vnetsh_ovsdb.operations import as_map

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling

MAPPINGS = "ovn-bridge-mappings"
"""What a chassis says of the bridges by which networks of it lead outside: `NETWORK:BRIDGE,…`."""


@dataclass(frozen=True)
class Chassis:
    """One chassis: its name in OVN, the host that it is, and the networks that have a bridge there.

    `addresses` are those at which its tunnels end.
    """

    name: str
    host: str
    outside: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OvnFacts(Facts):
    """`chassis`: those that the southbound database knows, by their host."""

    chassis: Mapping[str, Chassis] = field(default_factory=dict)


def chassis_of(rows: Iterable[Mapping[str, Any]], ends: Iterable[Mapping[str, Any]]) -> Mapping[str, Chassis]:
    """The chassis of rows with `name`, `hostname` and `other_config`, by their host; `ends` are those of tunnels."""
    found: dict[str, Chassis] = {}
    addresses: dict[str, set[str]] = {}
    for end in ends:
        addresses.setdefault(end["chassis_name"], set()).add(end["ip"])
    for row in rows:
        mapped = as_map(row["other_config"]).get(MAPPINGS, "")
        outside = frozenset(one.partition(":")[0] for one in mapped.split(",") if one)
        host = row["hostname"] or row["name"]
        found[host] = Chassis(row["name"], host, outside, frozenset(addresses.get(row["name"], ())))
    return dict(sorted(found.items()))


def known_chassis(settler: Settling, place: str) -> Mapping[str, Chassis]:
    """The chassis of a cluster, by their host: those of its zones, as these will be, and others that are there."""
    return settler.once(("ovn chassis", place), lambda: _all_chassis(settler, place))


def _all_chassis(settler: Settling, place: str) -> Mapping[str, Chassis]:
    hosts = {address: host.name for host in settler.hosts.values() for address in host.addresses}
    found = {}
    for backend in (NAME, IN_MEMORY):
        for one in settler.fleet.facts_of(place, backend, OvnFacts).chassis.values():
            # What a host calls itself need not be what the hosts file calls it.
            host = next((hosts[at] for at in one.addresses if at in hosts), one.host)
            found[host] = one
    zones = {zone.place: zone for zone in settler.fleet.of_kind("zone")}
    for zone in settler.said:
        if zone.kind == "zone":
            there = zones.get(zone.place)
            zones[zone.place] = there.with_attributes(**zone.attributes) if there else zone
    for host, zone in zones.items():
        if zone.text("cluster") == place:
            bridges = zone.get("bridges")
            outside = frozenset(map(str, bridges if isinstance(bridges, tuple) else ()))
            name = settler.fleet.facts_of(host, CHASSIS, ChassisFacts).name or host
            found[host] = Chassis(name, host, outside)
    return dict(sorted(found.items()))
