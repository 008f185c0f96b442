"""Command lines of `ip` and `bridge` as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vnetsh.interface.other_tools.linux_bridges import (
    NO_WORD,
    full,
    remark_rest,
    say_addresses,
    say_bridge,
    say_port,
    say_tunnel,
    say_vlan,
    told_of,
)
from vnetsh.interface.other_tools.said import Said
from vnetsh.language.writing import word_text
from vnetsh.schema import BRIDGE, PORT

_OBJECTS = (
    "link",
    "address",
    "route",
    "bridge",
    "vlan",
    "fdb",
    "neighbor",
    "rule",
    "netns",
    "tuntap",
    "maddress",
)
_DOES = ("add", "delete", "set", "show", "list", "replace", "append", "change", "flush")
_LOOKS = ("show", "list", "")
_TYPES = frozenset({"bridge", "dummy", "veth", "vlan", "vxlan", "gretap", "geneve", "bond", "tun", "macvlan"})
_FLAGS = frozenset(
    {
        "up",
        "down",
        "nomaster",
        "nolearning",
        "external",
        "pvid",
        "untagged",
        "self",
        "master",
        "static",
        "onlink",
    }
)
_TUNNELS = {"vxlan": ("vxlan", "id"), "gretap": ("gre", "key"), "geneve": ("geneve", "id")}
_NEEDLESS = "vnetsh switches on what it makes"


def said(words: Sequence[str], said: Said) -> None:
    """What a line of `ip` does, or shows."""
    options = [word for word in words if word.startswith("-")]
    said.remarks += [
        f"ip {one}: {NO_WORD}" for one in options if one.lstrip("-")[:1] in ("n", "b") and one != "-br"
    ]
    thing, does, *rest = [*(word for word in words if word not in options), "", ""]
    rest = rest[:-2] if len(rest) >= 2 else []
    thing, does = full(thing, _OBJECTS), full(does, _DOES)
    if does in _LOOKS:
        said.say(_SHOWN.get(thing, "tree on"), said.host)
    elif do := _OF_IP.get((thing, does)):
        do([word for word in rest if word != "dev"], said)
    else:
        said.remarks.append(f"ip {' '.join(words)}: no sentence does that")


def bridge_said(words: Sequence[str], said: Said) -> None:
    """What a line of `bridge` does, or shows."""
    thing, does, *rest = [*(word for word in words if not word.startswith("-")), "", ""]
    thing, does = full(thing, _OBJECTS), full(does, _DOES)
    rest = [word for word in rest if word]
    mac = rest.pop(0) if thing == "fdb" and rest and rest[0].count(":") == 5 else ""
    told = told_of(rest, _FLAGS)
    port = told.pop("dev", "")
    if does in _LOOKS:
        said.say("show ports on", said.host)
        return
    if (thing, does) == ("vlan", "add") and port and "self" not in told:
        number, untagged = told.pop("vid", ""), {"pvid", "untagged"} & told.keys()
        say_port("", port, said, f"vlan {number}" if untagged else f"trunk {number}")
        told = {key: value for key, value in told.items() if key not in ("pvid", "untagged", "master")}
    elif (thing, does) == ("link", "set") and port and "isolated" in told:
        say_port("", port, said, "isolated", "yes" if told.pop("isolated") == "on" else "none")
    elif mac and port and does in ("add", "append", "replace"):
        say_port("", port, said, f"static {mac}")
        told = {key: value for key, value in told.items() if key not in ("master", "static")}
    else:
        said.remarks.append(f"bridge {' '.join(words)}: no sentence does that")
        return
    remark_rest(told, f"bridge {thing} {does}", said)


def _added(words: Sequence[str], said: Said) -> None:
    """`ip link add`: its name stands first, or behind `name`; what is of its type behind that."""
    at = next((number for number, word in enumerate(words) if word == "type"), len(words))
    kind = words[at + 1] if words[at + 1 :] else ""
    before = list(words[:at])
    keyed = before[:1] in (["link"], ["name"], ["address"], ["mtu"])
    name = "" if keyed or not before else before.pop(0)
    told = told_of([*before, *words[at + 2 :]], _FLAGS - {"master"})
    name = name or told.pop("name", "NAME")
    if kind == "bridge":
        say_bridge(name, told, said)
    elif kind in _TUNNELS:
        tunnel, key = _TUNNELS[kind]
        say_tunnel(name, tunnel, told, said, key=key)
    elif kind == "vlan":
        say_vlan(name, told.pop("link", "NIC"), told.pop("id", "?"), said)
    else:
        said.remarks.append(
            f"{name} of type {kind or '?'}: no sentence makes it; a bridge can have it as a port"
        )
        told = {}
    remark_rest(told, "ip link", said, frozenset({"up"}))


def _deleted(words: Sequence[str], said: Said) -> None:
    name = next(iter(words), "NAME")
    said.say("delete bridge", word_text(name, BRIDGE), "on", said.host)
    said.remarks.append(f"if {name} is a bridge; of a tunnel or a port say: delete tunnel …, delete port …")


def _set(words: Sequence[str], said: Said) -> None:
    name, told = next(iter(words), "NAME"), told_of(words[1:], _FLAGS - {"master"})
    if bridge := told.pop("master", ""):
        say_port(bridge, name, said)
    elif "nomaster" in told:
        said.say("delete port", word_text(name, PORT), "on", said.host)
        told.pop("nomaster")
    if mtu := told.pop("mtu", ""):
        said.say("bridge", word_text(name, BRIDGE), "on", said.host, f"mtu {mtu}")
        said.remarks.append(f"if {name} is a bridge: then also its NICs that are made later have that MTU")
    if "up" in told:
        told.pop("up")
        said.remarks += [] if said.sentences else [f"ip link set {name} up: {_NEEDLESS}"]
    remark_rest(told, f"ip link set {name}", said)


def _address(words: Sequence[str], said: Said) -> None:
    address, *rest = words or [""]
    device = next(iter(rest), "BRIDGE")
    say_addresses(device, [address], said)
    remark_rest(told_of(rest[1:], _FLAGS), f"ip address {address}", said)


def _no_address(words: Sequence[str], said: Said) -> None:
    address, device = [*words, "", ""][:2]
    said.say("bridge", word_text(device or "BRIDGE", BRIDGE), "on", said.host, "address none")
    said.remarks.append(
        f"that is for a bridge that has no other address by vnetsh than {address}: else say the others"
    )


def _route(words: Sequence[str], said: Said) -> None:
    target, *rest = words or [""]
    told = told_of(rest, _FLAGS)
    via = told.pop("via", "")
    said.say("route", _target(target), "on", said.host, f"via {via or 'ROUTER'}")
    if not via:
        said.remarks.append(
            f"a route is by a router: put its address in the place of `ROUTER` ({' '.join(rest)})"
        )
        return
    known = {key: value for key, value in told.items() if not key.startswith(("eth", "en", "br"))}
    remark_rest(known, f"ip route {target}", said)


def _no_route(words: Sequence[str], said: Said) -> None:
    said.say("delete route", _target(next(iter(words), "")), "on", said.host)


def _target(text: str) -> str:
    return (
        "0.0.0.0/0" if text == "default" else text if "/" in text else f"{text}/{128 if ':' in text else 32}"
    )


_SHOWN: Mapping[str, str] = {"route": "show routes on", "address": "show bridges on", "link": "show ports on"}

_OF_IP: Mapping[tuple[str, str], Callable[[Sequence[str], Said], None]] = {
    ("link", "add"): _added,
    ("link", "delete"): _deleted,
    ("link", "set"): _set,
    ("link", "change"): _set,
    ("address", "add"): _address,
    ("address", "replace"): _address,
    ("address", "delete"): _no_address,
    ("route", "add"): _route,
    ("route", "replace"): _route,
    ("route", "delete"): _no_route,
}
