"""Where the database says that an interface is: of a vm's tap also what it has there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vnetsh.model import Attributes, Plug
from vnetsh_ovs.fields import values_of
from vnetsh_ovs.flows import KEYS
from vnetsh_ovs.marks import LINK_KEY, MARK, MESH_KEY, NOTE, UPLINK_MARK
from vnetsh_ovs.rows import ERROR
from vnetsh_ovs.vlans import ETHTYPE, WRAPPING
from vnetsh_ovsdb.operations import Row, as_map, as_scalar

NETDEV = ("ovs-netdev", "ovs-system")
"""What the datapaths' own devices are called, whether they are there yet or not."""

TAGS = ("vlan", "trunk")
_MIXED = frozenset({"native-tagged", "native-untagged", WRAPPING})
_NOTHING = (None, "", 0, False, ["set", []], ["map", []])
_OURS = frozenset(
    {"attached-mac", "iface-id", "iface-status", "ifname", "vm-id"}
    | {"ovn-installed", "ovn-installed-ts"}  # ovn-controller's: it says them anew wherever the NIC comes
    | {ETHTYPE, LINK_KEY, MARK, MESH_KEY, NOTE, UPLINK_MARK}
)


def plug_of(
    bridge: str,
    fakes: Mapping[int, str],
    port: Row,
    interface: Row,
    *,
    tap: bool,
    referring: Iterable[tuple[str, Row]] = (),
) -> Plug:
    """Where an interface is. `fakes` are the fake bridges of its bridge, by their VLANs.

    `referring` are the rows that know its port by its UUID, each with its table: a new port's is another one.
    """
    said: Attributes = {}
    values = values_of("port", {"Port": port, "Interface": interface})
    mode = as_scalar(port.get("vlan_mode"))
    known = "trunk" in values or ("qinq" in values and not tap)  # of a tap no sentence says that it wraps
    if mode not in _MIXED or known:
        said = {name: value for name, value in values.items() if name in TAGS or (name == "qinq" and not tap)}
    if not tap:
        return Plug({bridge: said}, error=str(as_scalar(interface.get(ERROR)) or ""))
    bridges: dict[str, Attributes] = {bridge: said}
    if set(said) == {"vlan"} and (fake := fakes.get(port["tag"])):
        bridges[fake] = {}
    error = str(as_scalar(interface.get(ERROR)) or "")
    return Plug(bridges, TAGS, error, {**_settings(port, interface), **_references(referring)})


def keys_of(what: str) -> Callable[[Any], str]:
    """Says which keys a column of pairs has that neither vnetsh nor libvirt sets; nothing where there is none."""

    def say(value: Any) -> str:
        keys = sorted(key for key in as_map(value).keys() - _OURS if not key.startswith(KEYS))
        return f"{what} {', '.join(keys)}" if keys else ""

    return say


_PORT: Mapping[str, Callable[[Any], str]] = {
    "qos": lambda _: "QoS",
    "protected": lambda _: "protected",
    "other_config": keys_of("other_config"),
    "external_ids": keys_of("external_ids"),
}
_INTERFACE: Mapping[str, Callable[[Any], str]] = {
    "ingress_policing_rate": lambda value: f"ingress policing at {value} kbit/s",
    "ingress_policing_kpkts_rate": lambda value: f"ingress policing at {value} kpackets/s",
    "mtu_request": lambda value: f"an MTU of {value} that was asked for",
    "options": keys_of("options"),
    "other_config": keys_of("other_config"),
    "external_ids": keys_of("external_ids"),
}


def _settings(port: Row, interface: Row) -> Mapping[str, str]:
    """What a tap has that neither an attribute says nor whoever runs the vm."""
    found = {}
    mode = as_scalar(port.get("vlan_mode"))
    if (
        mode in ("trunk", *_MIXED)
        and values_of("port", {"Port": port, "Interface": interface}).get("trunk") is None
    ):
        found["vlan_mode"] = f"VLAN mode {mode}"
    for row, words in ((port, _PORT), (interface, _INTERFACE)):
        for column, say in words.items():
            value = row.get(column)
            if value not in _NOTHING and (text := say(value)):
                found[f"{column}"] = text
    return found


def _references(referring: Iterable[tuple[str, Row]]) -> Mapping[str, str]:
    """What looks at a tap's port or writes to it, such as a mirror: it would be left without it."""
    found: dict[str, list[str]] = {}
    for table, row in referring:
        found.setdefault(table, []).append(str(row.get("name") or "without a name"))
    return {table: f"{table.lower()} {', '.join(sorted(names))}" for table, names in found.items()}
