"""What vnetsh leaves in resources of a cluster: whose they are, and what of their sentences nothing else tells."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from vnetsh_pacemaker.cib import pairs

META = "meta_attributes"
MARK = "vnetsh"
"""The meta attribute of every resource that vnetsh made: the script that made it, or `1`."""
WITHOUT = "vnetsh-without"
SECRETS = "vnetsh-secrets"
"""Which options of a fencing agent are secrets, each with the file that its value came from."""
RENEWING = "vnetsh-renewing"
"""Which of these its hosts are being given anew, while that lasts."""
DRAINED = "vnetsh-drained"
"""Of a vm: the hosts that it was drained from, and where it was put; of a host: that a drain put it into standby."""
LEAVING = "vnetsh-leaving"
"""Of a vm: that its cluster leaves it alone because it is being given back."""
ROLE = "target-role"
BY_HAND = "cli-"
"""Begins the ids of constraints that `crm_resource --move` and `--ban` make."""
OURS = "vnetsh-"
"""Begins the id of each constraint that vnetsh made."""


def is_marked(primitive: Element) -> bool:
    """Whether vnetsh made a resource."""
    return MARK in pairs(primitive, META)


def owner_of(primitive: Element) -> str:
    """The script that made it; empty where that has no name."""
    found = pairs(primitive, META).get(MARK, "")
    return "" if found == "1" else found
