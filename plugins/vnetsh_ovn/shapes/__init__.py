"""How each kind of thing stands in the northbound database: one module a kind."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh_ovn.pieces import Shape
from vnetsh_ovn.shapes.attachments import ATTACHMENT
from vnetsh_ovn.shapes.balancers import BALANCER_SHAPE
from vnetsh_ovn.shapes.eips import EIP_SHAPE
from vnetsh_ovn.shapes.forwards import FORWARD_SHAPE
from vnetsh_ovn.shapes.groups import GROUP_SHAPE
from vnetsh_ovn.shapes.hops import HOP_SHAPE
from vnetsh_ovn.shapes.networks import NETWORK
from vnetsh_ovn.shapes.peers import PEER_SHAPE
from vnetsh_ovn.shapes.routers import ROUTER_SHAPE
from vnetsh_ovn.shapes.rules import ALLOW, DENY
from vnetsh_ovn.shapes.tenants import TENANT

SHAPES: Mapping[str, Shape] = {
    shape.kind: shape
    for shape in (
        TENANT,
        NETWORK,
        ATTACHMENT,
        ROUTER_SHAPE,
        HOP_SHAPE,
        PEER_SHAPE,
        EIP_SHAPE,
        FORWARD_SHAPE,
        GROUP_SHAPE,
        ALLOW,
        DENY,
        BALANCER_SHAPE,
    )
}
