"""The nouns of Pacemaker's clusters: what their sentences say. Imported at start-up: cheap."""

from __future__ import annotations

from vnetsh_pacemaker.nouns.fence import FENCE_KIND
from vnetsh_pacemaker.nouns.further import FURTHER_KIND
from vnetsh_pacemaker.nouns.ha import HA_KIND
from vnetsh_pacemaker.nouns.member import MEMBER_KIND
from vnetsh_pacemaker.nouns.order import ORDER_KIND
from vnetsh_pacemaker.nouns.vip import VIP_KIND

KINDS = (FENCE_KIND, VIP_KIND, HA_KIND, ORDER_KIND, MEMBER_KIND, FURTHER_KIND)
