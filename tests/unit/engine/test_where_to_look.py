"""Which backends are asked at which places."""

from __future__ import annotations

from vnetsh.engine.observe import places
from vnetsh.model import Host, Place
from vnetsh.registry import load_plugins

HOSTS = {name: Host(name, "192.0.2.1") for name in ("h1", "h2")}
CLUSTER = {"c": Place("c", sort="ovn", noun="cluster", hosts=("h1",))}


def test_hosts_are_asked_for_what_makes_them_a_clusters_only_where_there_is_one() -> None:
    backends = load_plugins().backends
    alone, beside = (places(known, HOSTS, backends) for known in (HOSTS, {**HOSTS, **CLUSTER}))
    assert {*beside} - {*alone} == {("h1", "chassis"), ("h2", "chassis")}
    assert places(HOSTS, HOSTS, backends, frozenset({"zone"})) == []
