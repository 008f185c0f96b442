"""A command line of ovs-vsctl as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.interface.other_tools.said import Said
from vnetsh.language.writing import word_text
from vnetsh.schema import BRIDGE, PORT

_TUNNELS = ("gre", "vxlan", "geneve")


def said(words: Sequence[str], said: Said) -> None:
    """The sentences; `set` of what a line adds itself belongs to it."""
    calls: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            calls.append([])
        elif not (word.startswith("--") and not calls[-1]):
            calls[-1].append(word)
    settings: dict[str, dict[str, str]] = {}
    for call in calls:
        if call[:1] == ["set"] and len(call) > 2:
            pairs = (pair.partition("=") for pair in call[3:])
            settings.setdefault(call[2], {}).update((key, value.strip('"')) for key, _, value in pairs)
    added: set[str] = set()
    for call in filter(None, calls):
        _call(call, settings, added, said)


def _call(call: Sequence[str], settings: Mapping[str, dict[str, str]], added: set[str], said: Said) -> None:
    verb, *words = call
    match verb, words:
        case "add-br", [bridge, *parent]:
            of = f"parent {word_text(parent[0], BRIDGE)} vlan {parent[1]}" if len(parent) > 1 else ""
            own = _of_bridge(settings.get(bridge, {}), said)
            said.say("bridge", word_text(bridge, BRIDGE), "on", said.host, own, of)
            added.add(bridge)
        case "del-br", [bridge]:
            said.say("delete bridge", word_text(bridge, BRIDGE), "on", said.host)
        case "add-port", [bridge, port, *pairs]:
            told = dict(pair.partition("=")[::2] for pair in pairs) | settings.get(port, {})
            _port(bridge, port, told, said)
            added.add(port)
        case ("del-port", [port]) | ("del-port", [_, port]):
            said.say("delete port", word_text(port, PORT), "on", said.host)
        case "set", [table, name, *_] if name not in added:
            if table.lower() == "bridge":
                said.say("bridge", word_text(name, BRIDGE), "on", said.host, _of_bridge(settings[name], said))
            else:
                words_of_port = _of_port(settings[name], name, said)
                said.say("bridge", "BRIDGE", "on", said.host, "port", word_text(name, PORT), *words_of_port)
                said.remarks.append(
                    f"a port is said with its bridge: put that of {name} in the place of `BRIDGE`"
                )
        case "set", _:
            pass
        case (("show" | "list-br"), _):
            said.say("tree on", said.host)
        case "list-ports", _:
            said.say("show ports on", said.host)
        case _:
            said.remarks.append(f"ovs-vsctl {' '.join(call)}: no sentence does that")


def _port(bridge: str, port: str, told: dict[str, str], said: Said) -> None:
    kind = told.get("type", "")
    if kind not in _TUNNELS:
        of_port = _of_port(told, port, said)
        said.say(
            "bridge", word_text(bridge, BRIDGE), "on", said.host, "port", word_text(port, PORT), *of_port
        )
        return
    remote = told.pop("options:remote_ip", "")
    key = told.pop("options:key", "")
    there = said.other_host(remote) if remote else "HOST"
    words = [f"type {kind}"] if kind != "gre" else []
    words += [f"key {key}"] if key else []
    said.say(
        "tunnel", word_text(port, PORT), f"{said.host}<->{there}", "on", word_text(bridge, BRIDGE), *words
    )
    said.remarks.append(f"tunnel {port}: that is both its ends, on {said.host} and on {there}")
    said.remarks += [
        f"{port} {key}={value}: vnetsh has no word for it" for key, value in told.items() if key != "type"
    ]


def _of_bridge(told: Mapping[str, str], said: Said) -> str:
    words = []
    for key, value in told.items():
        if key == "stp_enable":
            words.append(f"stp {'yes' if value == 'true' else 'none'}")
        else:
            said.remarks.append(f"{key}={value}: vnetsh has no word for it")
    return " ".join(words)


def _of_port(told: Mapping[str, str], port: str, said: Said) -> list[str]:
    words = []
    for key, value in told.items():
        match key:
            case "tag":
                words.append(f"vlan {value}")
            case "trunks":
                words.append(f"trunk {value.strip('[]')}")
            case "type" if value in ("internal", "patch"):
                words.append(f"type {value}")
            case "options:peer":
                words.append(f"peer {word_text(value, PORT)}")
            case "mtu_request":
                words.append(f"mtu {value}")
            case _:
                said.remarks.append(f"{port} {key}={value}: vnetsh has no word for it")
    return words
