"""What the pages of a network and a tenant tell besides: all that has to do with them, and who may reach whom."""

from __future__ import annotations

from typing import Any

from vnetsh.model import Fleet, Place, Resource
from vnetsh.schema import Told
from vnetsh_ovn.nouns.network import NETWORK_KIND
from vnetsh_ovn.nouns.pages import REACHES
from vnetsh_ovn.nouns.tenant import TENANT_KIND


def thing(kind: str, name: str, **said: Any) -> Resource:
    return Resource(kind, name, "region1", said, backend="ovn", marked=True)


def rule(kind: str, source: str, target: str, protocol: str, **said: Any) -> Resource:
    ends = {"source": (source,), "target": (target,)}
    way = tuple(one.partition(":")[2] or one for one in (source, target))
    return thing(kind, f"{' -> '.join(way)} {protocol}", way=way, protocol=protocol, **ends, **said)


THINGS = [
    thing("tenant", "acme"),
    thing("network", "acme/web", subnet=("10.0.1.0/24",)),
    thing("network", "acme/db", subnet=("10.0.2.0/24",)),
    thing("network", "blue/web", subnet=("10.0.1.0/24",)),
    thing("network", "public", subnet=("203.0.113.0/24",), external=True),
    thing("attachment", "web1_port1", network="acme/web", vm="web1", address=("10.0.1.11",)),
    thing("attachment", "blue1_port1", network="blue/web", vm="blue1", address=("10.0.1.11",)),
    thing("router", "acme/r1", networks=("acme/db", "acme/web"), uplink="public"),
    thing("router", "blue/r1", networks=("blue/web",), uplink="public"),
    thing("group", "acme/webs", members=("web1",)),
    rule("allow", "any", "group:acme/webs", "tcp", ports=(80, 443)),
    rule("deny", "vm:blue1", "group:acme/webs", "all"),
    rule("allow", "any", "vm:blue1", "icmp"),
    thing("eip", "203.0.113.20", router="acme/r1", inside="10.0.1.11"),
    thing("eip", "203.0.113.30", router="blue/r1", inside="10.0.1.11"),
    thing("loadbalancer", "acme/www", networks=("acme/web", "acme/db")),
]
FLEET = Fleet({"region1": Place("region1", sort="ovn")}, {one.key: one for one in THINGS})


def told(kind: str, name: str) -> Told:
    noun = NETWORK_KIND if kind == "network" else TENANT_KIND
    assert noun.tells
    return noun.tells(FLEET.resources[kind, "region1", name], FLEET)


def names(told: Told) -> set[str]:
    return {one.name for one in told.resources}


def rows(told: Told) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in told.tables[REACHES]]


def test_a_network_has_its_own_though_others_have_the_same_addresses() -> None:
    found = names(told("network", "acme/web"))
    assert found >= {"web1_port1", "acme/r1", "acme/webs", "203.0.113.20", "acme/www"}
    assert not found & {"blue1_port1", "blue/r1", "203.0.113.30", "any -> blue1 icmp"}
    assert {"203.0.113.20", "203.0.113.30"} <= names(told("network", "public")), "both are addresses there"


def test_who_reaches_whom_says_first_what_counts_first() -> None:
    assert rows(told("network", "acme/web")) == [
        ("blue1", "acme/webs", "no", "all", "", "deny blue1 -> acme/webs all"),
        ("any", "acme/webs", "yes", "tcp", "80, 443", "allow any -> acme/webs tcp"),
        ("any", "acme/webs", "no", "all", "", "group acme/webs"),
        ("networks of acme", "acme/web (vms in no group)", "yes", "all", "", "tenant acme"),
        ("any", "acme/web (vms in no group)", "no", "all", "", "tenant acme"),
    ]
    assert rows(told("network", "public"))[-1] == ("any", "public", "yes", "all", "", "nothing closes it")


def test_a_tenant_has_all_that_is_theirs() -> None:
    found = told("tenant", "acme")
    assert names(found) >= {"acme/web", "acme/db", "acme/r1", "acme/webs", "acme/www", "203.0.113.20"}
    assert not names(found) & {"blue/web", "blue/r1", "blue1_port1"}
    assert {row[1] for row in rows(found)} >= {"acme/db (vms in no group)", "acme/webs"}
