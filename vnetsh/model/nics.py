"""What the NICs of vms are called that have no name of their own (by their vm and their address); those of a bond."""

from __future__ import annotations

import re

from vnetsh.model.resource import Resource

LINK_UP, LINK_DOWN = "up", "down"
"""Whether a NIC's cable is in."""

_NIC = re.compile(r"[^/]+/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?:/[0-9]+)?")


def nic_name(vm: str, mac: str, number: int = 0) -> str:
    """What a NIC is called whose link gets another name each time: no link can be called so, for it has a slash.

    `number` tells those of one vm from each other that have the same address.
    """
    return f"{vm}/{mac}" + (f"/{number}" if number else "")


def is_nic_name(name: str) -> bool:
    """Whether a port is called so: its link's own name says nothing."""
    return _NIC.fullmatch(name) is not None


def link_of(port: Resource) -> str:
    """The device of a port or tunnel on its host: as its backend recorded it (`link`), else of its name."""
    recorded = (port.record or {}).get("link")
    return str(recorded) if recorded else port.name


def bond_nics(port: Resource | None) -> tuple[str, ...]:
    """The NICs of a bond, in one order; none of what is no bond."""
    nics = port.get("nics") if port else None
    return tuple(sorted(map(str, nics))) if isinstance(nics, tuple) else ()
