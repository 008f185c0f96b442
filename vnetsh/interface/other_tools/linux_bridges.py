"""What the tools for Linux bridges (ip, bridge, brctl, nmcli) say of bridges, ports and addresses, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vnetsh.interface.other_tools.said import Said
from vnetsh.language.writing import word_text
from vnetsh.schema import BRIDGE, PORT

Told = dict[str, str]
"""What a command line says, by the words before; a word without a value has the empty one."""

NO_WORD = "vnetsh has no word for it"
_PLACEHOLDER = "BRIDGE"


def told_of(words: Sequence[str], flags: frozenset[str]) -> Told:
    """Words in pairs, but for the flags."""
    found: Told = {}
    rest = iter(words)
    for word in rest:
        found[word] = "" if word in flags else next(rest, "")
    return found


def full(word: str, names: Sequence[str]) -> str:
    """A word that may be short, in full; as it is where it is none of these."""
    return next((name for name in names if word and name.startswith(word)), word)


def _hundredths(text: str) -> str:
    return f"{int(text) / 100:g}" if text.isdecimal() else text


def _yes(text: str) -> str:
    return "yes" if text in ("1", "on", "yes", "true") else "none"


_OF_BRIDGE: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "stp_state": ("stp", _yes),
    "priority": ("priority", str),
    "forward_delay": ("forward-delay", _hundredths),
    "ageing_time": ("ageing", _hundredths),
    "vlan_filtering": ("vlan-filtering", _yes),
    "mtu": ("mtu", str),
    "bridge.stp": ("stp", _yes),
    "bridge.priority": ("priority", str),
    "bridge.forward-delay": ("forward-delay", str),
    "bridge.ageing-time": ("ageing", str),
    "bridge.vlan-filtering": ("vlan-filtering", _yes),
    "stp": ("stp", _yes),
    "forward-delay": ("forward-delay", str),
    "ageing-time": ("ageing", str),
}
"""Of what `ip` (in its units) and `nmcli` call an option of a bridge: the attribute, and what reads its value."""


def say_bridge(name: str, told: Told, said: Said, *further: str) -> None:
    """A bridge with what is told of it; that is taken away from there."""
    words = []
    for option in [one for one in told if one in _OF_BRIDGE]:
        attribute, read = _OF_BRIDGE[option]
        words.append(f"{attribute} {read(told.pop(option))}")
    said.say("bridge", word_text(name, BRIDGE), "on", said.host, "backend linux", *words, *further)


def say_port(bridge: str, port: str, said: Said, *words: str) -> None:
    """A port of a bridge, with words of its own; of one whose bridge is not told a remark says so."""
    if not bridge:
        said.remarks.append(
            f"a port is said with its bridge: put that of {port} in the place of `{_PLACEHOLDER}`"
        )
    named = word_text(bridge, BRIDGE) if bridge else _PLACEHOLDER
    said.say("bridge", named, "on", said.host, "backend linux", "port", word_text(port, PORT), *words)


def say_tunnel(name: str, kind: str, told: Told, said: Said, *, key: str) -> None:
    """A tunnel to another host; what is told of it is taken away from there."""
    remote, number = told.pop("remote", ""), told.pop(key, "")
    there = said.other_host(remote) if remote else "HOST"
    bridge = told.pop("master", "")
    told.pop("local", "")  # the host's own address is that
    words = [f"type {kind}"] * (kind != "gre") + [f"key {number}"] * bool(number)
    named = word_text(bridge, BRIDGE) if bridge else _PLACEHOLDER
    said.say("tunnel", word_text(name, PORT), f"{said.host}<->{there}", "on", named, *words)
    said.remarks.append(f"tunnel {name}: that is both its ends, on {said.host} and on {there}")
    if not bridge:
        said.remarks.append(f"put the bridge that {name} is to join in the place of `{_PLACEHOLDER}`")


def say_addresses(device: str, addresses: Sequence[str], said: Said) -> None:
    """The addresses that a host has at a bridge."""
    said.say("bridge", word_text(device, BRIDGE), "on", said.host, "address", ", ".join(addresses))
    said.remarks.append(
        f"that is for a bridge `{device}`, and all the addresses that it is to have by vnetsh; "
        f"of a port say: bridge {_PLACEHOLDER} on {said.host} port {device} address …"
    )


def say_vlan(name: str, link: str, number: str, said: Said) -> None:
    """What there is in the place of a VLAN's device."""
    said.remarks.append(
        f"{name}: no sentence makes a device for VLAN {number} of {link}; a port of a bridge whose uplink that is "
        f"has it: bridge {_PLACEHOLDER} on {said.host} uplink {link} port PORT vlan {number}"
    )


def remark_rest(told: Told, tool: str, said: Said, quiet: frozenset[str] = frozenset()) -> None:
    """Say of what nobody took that there is no word for it."""
    rest = (f"{key} {value}".strip() for key, value in told.items() if key not in quiet)
    said.remarks += [f"{tool} {one}: {NO_WORD}" for one in rest]
