"""A command line of `brctl` as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.interface.other_tools.linux_bridges import say_bridge, say_port
from vnetsh.interface.other_tools.said import Said
from vnetsh.language.writing import word_text
from vnetsh.schema import BRIDGE, PORT

_SETTINGS = {
    "stp": "stp",
    "setbridgeprio": "bridge.priority",
    "setfd": "bridge.forward-delay",
    "setageing": "bridge.ageing-time",
}


def said(words: Sequence[str], said: Said) -> None:
    """What it does, or shows."""
    match list(words):
        case ["addbr", bridge]:
            say_bridge(bridge, {}, said)
        case ["delbr", bridge]:
            said.say("delete bridge", word_text(bridge, BRIDGE), "on", said.host)
        case ["addif", bridge, *ports] if ports:
            for port in ports:
                say_port(bridge, port, said)
        case ["delif", _, *ports] if ports:
            for port in ports:
                said.say("delete port", word_text(port, PORT), "on", said.host)
        case [setting, bridge, value] if setting in _SETTINGS:
            say_bridge(bridge, {_SETTINGS[setting]: value}, said)
        case ["show", *_]:
            said.say("show bridges on", said.host)
        case ["showmacs" | "showstp", *_]:
            said.say("show ports on", said.host)
        case _:
            said.remarks.append(f"brctl {' '.join(words)}: no sentence does that")
