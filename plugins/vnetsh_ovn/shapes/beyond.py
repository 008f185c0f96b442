"""What a router or a network has that no sentence says: in words, and the rows, with which it goes and comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from vnetsh_ovn.marks import KEY, ids_of, is_marked
from vnetsh_ovn.rows import NAT, ROUTE, ROUTER, ROUTER_PORT, SWITCH, Index
from vnetsh_ovn.shapes.hops import is_plain
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_uuids

BEYOND = "beyond"
"""The attribute of what somebody has that no sentence says."""

POLICY = "Logical_Router_Policy"
QOS, FORWARDING = "QoS", "Forwarding_Group"


class Beyond(NamedTuple):
    """Something of a router's, in words; its row, where it has one of its own."""

    words: str
    row: tuple[str, str] | None = None


def beyond(index: Index, router: Row, said: Collection[str]) -> Iterator[Beyond]:
    """What of a router is not among the rows that sentences say, given by UUID."""
    if router.get("enabled") is False:
        yield Beyond("that it is switched off")
    if as_map(router.get("options")):
        yield Beyond("options")
    for column in ("copp", "load_balancer_group"):
        if as_uuids(router.get(column)):
            yield Beyond(column.replace("_", " "))
    for uuid, row in index.owned(ROUTER, router, "policies"):
        if uuid not in said:
            yield Beyond(f"policy {row['priority']}: {row['match']}", (POLICY, uuid))
    for uuid, row in index.owned(ROUTER, router, "nat"):
        if uuid not in said and (row["type"] != "dnat_and_snat" or "/" in str(row["logical_ip"])):
            words = f"{row['type']} of {row['external_ip']} to {row['logical_ip']}"
            yield Beyond(words, (NAT, uuid))
    for uuid, row in index.owned(ROUTER, router, "static_routes"):
        if uuid not in said and not is_plain(row) and not ids_of(row).get(KEY, "").startswith("peer "):
            yield Beyond(f"route {row['ip_prefix']} by {row['nexthop']}", (ROUTE, uuid))
    for uuid, row in index.owned(ROUTER, router, "ports"):
        peered = as_list(row.get("peer"))
        if uuid not in said and not peered:
            yield Beyond(f"port {row['name']}, which is in no network", (ROUTER_PORT, uuid))
        theirs = not is_marked(row) and as_map(row.get("ipv6_ra_configs"))
        if as_map(row.get("options")) or as_uuids(row.get("ha_chassis_group")) or theirs:
            yield Beyond(f"settings of port {row['name']}")


def of_network(index: Index, switch: Row) -> Iterator[Beyond]:
    """What of a switch no sentence says, but its ports and rules."""
    if more := sorted({*as_map(switch.get("other_config"))} - {"subnet"}):
        yield Beyond(f"settings {', '.join(more)}")
    for column in ("dns_records", "copp", "load_balancer_group"):
        if as_uuids(switch.get(column)):
            yield Beyond(column.replace("_", " "))
    for uuid, row in index.owned(SWITCH, switch, "qos_rules"):
        yield Beyond(f"qos rule {row['priority']}: {row['match']}", (QOS, uuid))
    for uuid, row in index.owned(SWITCH, switch, "forwarding_groups"):
        yield Beyond(f"forwarding group {row['name']}", (FORWARDING, uuid))


def of_eip(row: Row) -> Iterator[str]:
    """What a translation has that no sentence says."""
    for column in ("allowed_ext_ips", "exempted_ext_ips", "gateway_port"):
        if as_uuids(row.get(column)):
            yield column.replace("_", " ")
    if row.get("external_port_range"):
        yield f"a range of ports {row['external_port_range']}"
    if as_map(row.get("options")).get("stateless", "false") != "false":
        yield "that it knows no connections"
