"""What a port carries untagged and tagged, and what it wraps, as the columns of its row say it."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh.model import Value
from vnetsh_ovs.forms import NONE
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_scalar, as_set

TAGS = ("tag", "trunks", "vlan_mode", "cvlans")
WRAPPING = "dot1q-tunnel"
ALL = "all"
ETHTYPE = "qinq-ethtype"
"""The key of `other_config` for the Ethernet type of what a port wraps into; 802.1ad where it says none."""
_NATIVE = "native-untagged"


def trunk(row: Row) -> Value:
    """The VLANs that a port carries tagged, where others are not, or are its own one."""
    mode, tag = as_scalar(row.get("vlan_mode")), as_scalar(row.get("tag"))
    if mode not in ((None, "trunk") if tag is None else (_NATIVE,)):
        return None
    return tuple(sorted(one for one in as_list(row.get("trunks")) if one != tag)) or None


def qinq(row: Row) -> Value:
    """The customer's VLANs that a port takes and wraps into its own one."""
    if as_scalar(row.get("vlan_mode")) != WRAPPING or as_scalar(row.get("tag")) is None:
        return None
    return tuple(sorted(as_list(row.get("cvlans")))) or (ALL,)


def ethtype(row: Row) -> Value:
    """The Ethernet type of what it wraps into, where it is another than the usual one."""
    said = as_map(row.get("other_config")).get(ETHTYPE)
    return said if said == "802.1q" and qinq(row) else None


def access(said: Mapping[str, Value]) -> Mapping[str, object]:
    """A port's columns for a VLAN: of one that is no trunk, and wraps nothing, its mode may be what others have set."""
    columns = tags(said)
    return columns if said.get("trunk") or said.get("qinq") else {"tag": columns["tag"]}


def tags(said: Mapping[str, Value]) -> Mapping[str, object]:
    """A port's columns for what it carries untagged and tagged, or wraps."""
    vlan, carried, customers = said.get("vlan"), said.get("trunk"), said.get("qinq")
    mode: object = NONE
    if customers:
        mode = WRAPPING
    elif carried:
        mode = "trunk" if vlan is None else _NATIVE
    some = customers if isinstance(customers, tuple) and ALL not in customers else ()
    return {
        "tag": NONE if vlan is None else vlan,
        "trunks": as_set(carried) if isinstance(carried, tuple) else NONE,
        "vlan_mode": mode,
        "cvlans": as_set(some),
    }
