"""What no sentence says of an observed bridge, port or tunnel, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vnetsh.model import Resource
from vnetsh_linuxbridge.encap import HOPS, PORT, VXLAN
from vnetsh_linuxbridge.links import HUNDREDTHS, OPTIONS
from vnetsh_linuxbridge.records import record_of
from vnetsh_linuxbridge.vlans import EVERY, USUAL, Vlans


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


def _unsaid_encap(encap: Mapping[str, Any]) -> str:
    """What a tunnel's device has otherwise than one that vnetsh makes, and that is to be seen from outside."""
    usual = {
        "port": PORT,
        "ttl": "0" if encap["kind"] == VXLAN else HOPS,
        "tos": "0",
        "df": True,
        "csum": False,
    }
    said = [f"{option} {_word(encap[option])}" for option, value in usual.items() if encap[option] != value]
    said += encap["others"]
    return f"tunnel options: {', '.join(said)}" if said else ""


def _word(value: object) -> object:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def vlans_left_out(resource: Resource) -> Iterator[str]:
    """The VLANs of a port where no sentence says them; of a bridge itself, of a tunnel and an uplink none does."""
    record = record_of(resource)
    if resource.kind == "port":
        usual = USUAL
        if resource.get("vlan") or resource.get("trunk"):
            return
    else:
        usual = EVERY if record.get("filters_vlans") and resource.kind == "tunnel" else USUAL
    yield from _other(record, usual, "VLANs")
    if uplink := record.get("uplink"):
        yield from _other(uplink, EVERY if record.get("filters_vlans") else USUAL, "its uplink: VLANs")


def _other(record: Mapping[str, Any], usual: Vlans, what: str) -> Iterator[str]:
    table = tuple(record.get("vlans", USUAL))
    if table != usual:
        yield f"{what} {', '.join(table) or 'none'}"


def _uplink(uplink: Mapping[str, Any]) -> str:
    """What an uplink has that no sentence says of it."""
    macs = uplink.get("static", ())
    return f"its uplink: static MAC addresses {', '.join(macs)}" if macs else ""


LEFT_OUT: Mapping[str, Callable[[Any], str]] = {
    "odd": lambda odd: f"options: {', '.join(odd)}",
    "options": _unsaid_options,
    "encap": _unsaid_encap,
    "flags": _switched,
    "uplink": _uplink,
}
"""What no sentence says of a bridge, port or tunnel, in words, by the part of its record that has it."""
