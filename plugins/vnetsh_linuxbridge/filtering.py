"""The VLANs of bridges and their ports, as a host tells of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vnetsh.hosts.links import Entry, kind_of
from vnetsh.model import Attributes
from vnetsh_linuxbridge.links import BRIDGE, TAP, Link, Links
from vnetsh_linuxbridge.vlans import EVERY, NATIVE, USUAL, nearly, said, vlans_of

Told = Mapping[str, Sequence[Mapping[str, Any]]]
"""By link what `bridge vlan show` tells of it."""

_DEFAULT = "vlan_default_pvid"
_USUAL_PROTOCOL = "802.1Q"


def can_filter(entries: Sequence[Entry]) -> bool:
    """Whether a host has bridges, and they could filter VLANs."""
    return any(_DEFAULT in _options(entry) for entry in entries if kind_of(entry) == BRIDGE)


def with_vlans(links: Links, entries: Sequence[Entry], told: Told) -> Links:
    """Bridges and their ports with their VLANs; of a bridge that has them in an odd way nobody here changes them."""
    odd = {entry["ifname"]: tuple(_odd(_options(entry))) for entry in entries if kind_of(entry) == BRIDGE}
    found = dict(links)
    for name, link in links.items():
        bridge = name if link.kind == BRIDGE else link.master
        if bridge in odd and bridge in links:
            vlans = USUAL if odd[bridge] else vlans_of(told.get(name, ()))
            filters = links[bridge].filters_vlans
            found[name] = replace(link, vlans=vlans, odd=odd.get(name, ()), filters_vlans=filters)
    return found


def stacked(entries: Sequence[Entry]) -> Mapping[str, str]:
    """The links on which there are devices of one VLAN of theirs, each with one of those."""
    return {
        str(entry["link"]): entry["ifname"]
        for entry in entries
        if kind_of(entry) == "vlan" and "link" in entry
    }


def vlans_told(link: Link) -> Attributes:
    """What a link's bridge has of its VLANs, as attributes: of a tap as of a vm's NIC, of others as of an uplink.

    Of a NIC nothing is said of what is untagged, of an uplink nothing of all that there is. What no sentence says is
    told as nearly as there is one.
    """
    if not link.filters_vlans or (link.kind != TAP and link.vlans == EVERY):
        return {}
    if link.vlans == USUAL:
        return {} if link.kind == TAP else {"vlan": NATIVE}
    vlan, trunk = said(link.vlans) or nearly(link.vlans)
    return {name: value for name, value in (("vlan", vlan), ("trunk", trunk)) if value is not None}


def _options(entry: Entry) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entry.get("linkinfo", {}).get("info_data", {})
    return found


def _odd(options: Mapping[str, Any]) -> Iterator[str]:
    vlan, protocol = options.get(_DEFAULT, NATIVE), options.get("vlan_protocol", _USUAL_PROTOCOL)
    if vlan != NATIVE:
        yield f"vlan_default_pvid {vlan}"
    if protocol != _USUAL_PROTOCOL:
        yield f"vlan_protocol {protocol}"
