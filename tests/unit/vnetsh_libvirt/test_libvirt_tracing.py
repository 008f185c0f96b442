"""What libvirt knows of a NIC that packets do not reach."""

from __future__ import annotations

import pytest
from libvirt_fleets import VM, fleet

from vnetsh.model import Hop, Resource, Route
from vnetsh_libvirt.tracing import findings

ROUTE = Route(
    (Hop("vm", "web1", "kvm1"), Hop("port", "web1_port1", "kvm1", backend="libvirt", link="web1_port1"))
)


def port(**attributes: object) -> Resource:
    told = {"bridge": "br1", "vlan": 10, "mac": "52:54:00:00:00:01"}
    seen = {name: value for name, value in {**told, **attributes}.items() if value is not None}
    record = {"link": "web1_port1", "told": told}
    return Resource("port", "web1_port1", "kvm1", seen, ("vm", "web1"), "libvirt", record=record)


def test_a_NIC_that_is_as_it_should_be() -> None:
    assert not [*findings(ROUTE, "kvm1", fleet(VM, port()))]


@pytest.mark.parametrize(
    ("attributes", "fix"),
    [
        ({"bridge": "br2"}, {"bridge": "br1"}),
        ({"vlan": 20}, {"bridge": "br1", "vlan": 10}),
        ({"bridge": None, "vlan": None}, {"bridge": "br1", "vlan": 10}),
        ({"trunk": (5,)}, {"bridge": "br1", "trunk": None}),
    ],
)
def test_a_tap_that_is_not_as_defined(attributes: dict[str, object], fix: dict[str, object]) -> None:
    [found] = findings(ROUTE, "kvm1", fleet(VM, port(**attributes)))
    assert found.fix == fix
    assert "as its vm's definition has it" in found.says


def test_other_hosts_are_none_of_its_business() -> None:
    assert not [*findings(ROUTE, "kvm2", fleet(VM, port(vlan=20)))]
