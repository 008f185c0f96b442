"""The nouns of OVN: what their sentences say, and what only the fleet tells of them. Imported at start-up: cheap."""

from __future__ import annotations

from vnetsh_ovn.nouns.attachment import ATTACHMENT_KIND
from vnetsh_ovn.nouns.network import NETWORK_KIND
from vnetsh_ovn.nouns.tenant import TENANT_KIND

KINDS = (TENANT_KIND, NETWORK_KIND, ATTACHMENT_KIND)
"""Of what lives in OVN's database."""
