"""What waits for what: things on bridges of several backends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vnetsh.model import Resource
from vnetsh.planning.stages import Stages
from vnetsh.registry import Plugins
from vnetsh.testing.fleet import add, bridge, port, remove

LAN, SWITCH = bridge("lan1", by="linux"), bridge("vswitch02", by="ovs")
LAB = port("lab0", "vswitch02", by="ovs")


def address(name: str, **where: str) -> Resource:
    return replace(LAN, kind="address", name=name, attributes=where, backend="host")


@pytest.mark.parametrize("first", [0, 1])
def test_an_address_waits_for_its_port_whatever_another_one_is_on(plugins: Plugins, first: int) -> None:
    addresses = [address("lan1", bridge="lan1"), address("lab0", bridge="vswitch02", port="lab0")]
    things = [LAN, SWITCH, LAB, addresses[first], addresses[1 - first]]
    stages = Stages(plugins.vocabulary)
    made = [{change.resource.name for change in stage} for stage in stages.of(map(add, things))]
    gone = [{change.resource.name for change in stage} for stage in stages.of(map(remove, things))]
    assert made == [{"lan1", "vswitch02"}, {"lab0"}, {"lan1", "lab0"}]
    assert gone == [*reversed(made)]
