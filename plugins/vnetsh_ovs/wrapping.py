"""Ports that wrap what they take (QinQ): what their switch does not keep, and what is lost of two tags. Pure.

Of a frame that comes by a trunk Open vSwitch looks at the outer tag, and lets all go the way of the first one: what a
port is to send of a customer's VLANs would be told by that.
"""

from __future__ import annotations

from vnetsh.model import Change, Fleet
from vnetsh_ovs.observing import facts_of
from vnetsh_ovs.tunnels import Problem
from vnetsh_ovs.vlans import ALL


def problem_of_wrapping(change: Change) -> Problem | None:
    """Some of a customer's VLANs, where all would pass at times."""
    said = change.resource.get("qinq")
    if change.undo or not isinstance(said, tuple) or ALL in said or "qinq" not in change.differing():
        return None
    return (
        "E529",
        f"port `{change.resource.name}` would not keep to some VLANs of a customer",
        "not kept",
        f"say `qinq {ALL}`, and leave the customer's other VLANs out where they come from",
    )


def said_of_wrapping(change: Change, fleet: Fleet) -> str:
    """What the plan says of frames that have two tags before they are wrapped."""
    if not change.resource.get("qinq") or "qinq" not in change.differing():
        return ""
    limit = facts_of(fleet, change.place).vlan_limit
    if limit == 1:
        return ""
    return f"frames that come with two tags of their own lose one: Open vSwitch has vlan-limit {limit}, and 1 keeps all"
