"""A command line of `nmcli` as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.interface.other_tools.linux_bridges import (
    Told,
    full,
    remark_rest,
    say_addresses,
    say_bridge,
    say_port,
    say_tunnel,
    say_vlan,
)
from vnetsh.interface.other_tools.said import Said
from vnetsh.language.writing import word_text
from vnetsh.schema import BRIDGE

_OBJECTS = ("general", "networking", "radio", "connection", "device", "agent", "monitor")
_DOES = ("show", "up", "down", "add", "modify", "clone", "edit", "delete", "reload", "load", "status")
_SHORT = {"ip4": "ipv4.addresses", "ip6": "ipv6.addresses", "gw4": "ipv4.gateway", "gw6": "ipv6.gateway"}
_SHORT |= {"controller": "master", "connection.master": "master", "connection.controller": "master"}
_SHORT |= {"connection.interface-name": "ifname", "connection.id": "con-name", "slave-type": "port-type"}
_SHORT |= {
    "vlan.parent": "dev",
    "vlan.id": "id",
    "vxlan.id": "id",
    "vxlan.remote": "remote",
    "vxlan.local": "local",
}
_QUIET = frozenset({
    "con-name", "ipv4.method", "ipv6.method", "autoconnect", "connection.autoconnect", "port-type", "save",
    "connection.slave-type", "connection.port-type", "dev",
})  # fmt: skip
"""What says nothing that vnetsh does not do anyway, or how NetworkManager calls it."""
_ADDRESSES = ("ipv4.addresses", "+ipv4.addresses", "ipv6.addresses", "+ipv6.addresses")


def said(words: Sequence[str], said: Said) -> None:
    """What it does, or shows."""
    thing, does, *rest = [*(word for word in words if not word.startswith("-")), "", ""]
    rest = [word for word in rest if word]
    thing, does = full(thing, _OBJECTS), full(does or "show", _DOES)
    if does in ("show", "status") and thing in ("connection", "device", "general"):
        said.say("tree on", said.host)
    elif (thing, does) == ("connection", "add"):
        _added(_told(rest), said)
    elif (thing, does) == ("connection", "modify") and rest:
        _changed(rest[0], _told(rest[1:]), said)
    elif (thing, does) == ("connection", "delete") and rest:
        name = rest[-1]
        said.say("delete bridge", word_text(name, BRIDGE), "on", said.host)
        said.remarks.append(
            f"if the connection {name} is a bridge of that name; of a port say: delete port …"
        )
    else:
        said.remarks.append(f"nmcli {' '.join(words)}: no sentence does that")


def _told(words: Sequence[str]) -> Told:
    pairs = zip(words[::2], [*words[1::2], ""], strict=False)
    return {_SHORT.get(key, key): value for key, value in pairs}


def _added(told: Told, said: Said) -> None:
    kind = told.pop("type", "")
    connection = told.get("con-name", "")
    name = told.pop("ifname", "") or connection or "NAME"
    bridge = told.pop("master", "")
    if kind == "bridge":
        say_bridge(name, told, said)
    elif kind == "vxlan":
        say_tunnel(name, kind, told | ({"master": bridge} if bridge else {}), said, key="id")
        for key in ("id", "remote", "local"):
            told.pop(key, None)
    elif kind == "vlan":
        say_vlan(name, told.get("dev", "NIC"), told.pop("id", "?"), said)
        bridge = ""
    elif not bridge:
        said.remarks.append(
            f"{name} of type {kind or '?'}: no sentence makes it; a bridge can have it as a port"
        )
    if bridge and kind not in ("bridge", "vxlan"):
        say_port(bridge, name, said)
        said.remarks.append(f"if {bridge} is the bridge's own name, not that of its connection")
    _addresses(name, told, said)
    remark_rest(told, "nmcli", said, _QUIET)


def _changed(connection: str, told: Told, said: Said) -> None:
    if bridge := told.pop("master", ""):
        say_port(bridge, connection, said)
    elif any(key.startswith("bridge.") for key in told):
        say_bridge(connection, told, said)
    _addresses(connection, told, said)
    if said.sentences:
        said.remarks.append(f"if {connection} is also the name of its device")
    remark_rest(told, f"nmcli connection modify {connection}", said, _QUIET)


def _addresses(device: str, told: Told, said: Said) -> None:
    found = [one.strip() for key in _ADDRESSES for one in told.pop(key, "").replace(",", " ").split()]
    if found:
        say_addresses(device, found, said)
    for key in ("ipv4.method", "ipv6.method"):
        if told.get(key) == "auto":
            said.remarks.append(
                f"{key} auto: what gets its addresses by DHCP is left to the host's network system"
            )
