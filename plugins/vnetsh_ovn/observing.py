"""What the rows of a northbound database say, as resources. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vnetsh.backend import Observation
from vnetsh.model import Resource
from vnetsh_ovn.altering import as_it_is
from vnetsh_ovn.gateways import Chassis, OvnFacts
from vnetsh_ovn.records import Whole
from vnetsh_ovn.rows import Index
from vnetsh_ovn.shapes import SHAPES


def observe(index: Index, place: str, chassis: Mapping[str, Chassis]) -> Observation:
    """All that is there of the kinds that have a shape, whoever made it; `chassis`: those there are, by their host."""
    found: list[Resource] = []
    hosts = {one.name: host for host, one in chassis.items()}
    for shape in SHAPES.values():
        for resource, rows in shape.read(index, place):
            resource = replace(as_it_is(resource, shape, index), record=Whole(index, rows))
            found.append(_with_hosts(resource, hosts) if resource.kind == "router" else resource)
    return Observation(found, OvnFacts(chassis))


def _with_hosts(router: Resource, hosts: Mapping[str, str]) -> Resource:
    """A router with the hosts that its gateways are, also where others have made it and no row says that."""
    chassis = router.get("chassis")
    if not isinstance(chassis, tuple):
        return router
    found = [hosts[str(one)] for one in chassis if one in hosts]
    if router.get("gateways") or len(found) < len(chassis):
        return router
    return router.with_attributes(gateways=tuple(found))
