"""The nouns of OVN: what their sentences say, and what only the fleet tells of them. Imported at start-up: cheap."""

from __future__ import annotations

from vnetsh_ovn.nouns.attachment import ATTACHMENT_KIND
from vnetsh_ovn.nouns.eip import EIP_KIND
from vnetsh_ovn.nouns.forward import FORWARD_KIND
from vnetsh_ovn.nouns.further import FURTHER_KIND
from vnetsh_ovn.nouns.group import GROUP_KIND
from vnetsh_ovn.nouns.hop import HOP_KIND
from vnetsh_ovn.nouns.loadbalancer import LOADBALANCER_KIND
from vnetsh_ovn.nouns.network import NETWORK_KIND
from vnetsh_ovn.nouns.peer import PEER_KIND
from vnetsh_ovn.nouns.router import ROUTER_KIND
from vnetsh_ovn.nouns.rule import ALLOW_KIND, DENY_KIND
from vnetsh_ovn.nouns.tenant import TENANT_KIND

KINDS = (
    TENANT_KIND,
    NETWORK_KIND,
    ATTACHMENT_KIND,
    ROUTER_KIND,
    HOP_KIND,
    PEER_KIND,
    EIP_KIND,
    FORWARD_KIND,
    GROUP_KIND,
    ALLOW_KIND,
    DENY_KIND,
    LOADBALANCER_KIND,
    FURTHER_KIND,
)
"""Of what lives in OVN's database."""
