"""Attributes that several nouns share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.nouns.mtu import LEAST, MOST
from vnetsh.schema import (
    Attribute,
    Integer,
    Name,
)

if TYPE_CHECKING:
    pass


_NIC = Name(what="a NIC", longest=15)


_MTU = Integer(what="an MTU in bytes", least=LEAST, most=MOST)


_VLAN = Attribute(
    "vlan",
    Integer(what="a VLAN", least=1, most=4094),
    "Its access VLAN.",
    otherwise="untagged",
    backends=("ovs",),
)
