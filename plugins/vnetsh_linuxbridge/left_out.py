"""What no sentence says of an observed bridge, port or tunnel, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vnetsh_linuxbridge.links import HUNDREDTHS, OPTIONS
from vnetsh_linuxbridge.vxlan import PORT


def _switched(flags: Mapping[str, bool]) -> str:
    said = [f"{name} {'on' if on else 'off'}" for name, on in flags.items() if name != "isolated"]
    return f"port flags: {', '.join(said)}" if said else ""


def _unsaid_options(options: Mapping[str, int]) -> str:
    """Those that no attribute says, or not so."""
    said = [f"{option} {value}" for option, value in options.items() if _is_unsaid(option, value)]
    return f"options: {', '.join(said)}" if said else ""


def _is_unsaid(option: str, value: int) -> bool:
    if option in ("forward_delay", "ageing_time"):
        return value % HUNDREDTHS != 0
    if option == "stp_state":
        return value > 1  # a program of the host's makes the tree
    return option != "priority" and value != OPTIONS[option]


def _unsaid_vxlan(vxlan: Mapping[str, Any]) -> str:
    """What a tunnel's device has otherwise than one that vnetsh makes, and that is to be seen from outside."""
    usual = {"port": PORT, "ttl": "0", "tos": "0"}
    said = [f"{option} {vxlan[option]}" for option, value in usual.items() if vxlan[option] != value]
    said += vxlan["others"]
    return f"tunnel options: {', '.join(said)}" if said else ""


def _uplink(uplink: Mapping[str, Any]) -> str:
    """What an uplink has that no sentence says of it."""
    macs = uplink.get("static", ())
    return f"its uplink: static MAC addresses {', '.join(macs)}" if macs else ""


LEFT_OUT: Mapping[str, Callable[[Any], str]] = {
    "filters_vlans": lambda on: "it filters VLANs, by tables of its ports" if on else "",
    "options": _unsaid_options,
    "vxlan": _unsaid_vxlan,
    "flags": _switched,
    "uplink": _uplink,
}
"""What no sentence says of a bridge, port or tunnel, in words, by the part of its record that has it."""
