"""What a host's files say that it is to have after its next start: bridges, VLANs, bonds, and static addresses. Pure.

Files of ifupdown, netplan, networkd, NetworkManager, and `ifcfg-…` of Red Hat and SUSE. Read as far as needed to see
whether the host has it: what starts only when it is asked for, or matches several devices, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser, Error
from dataclasses import dataclass
from ipaddress import ip_interface

BRIDGE, VLAN, BOND, OTHER = "bridge", "vlan", "bond", ""


@dataclass(frozen=True)
class Declared:
    """A device of which a file says that it is there after a start, with these addresses (without their prefixes)."""

    name: str
    kind: str
    file: str
    addresses: frozenset[str] = frozenset()


def declared(texts: Mapping[str, str]) -> Iterator[Declared]:
    """All of it; of files that nobody can read nothing. Vnetsh's own files are none of these."""
    for path, text in texts.items():
        read = next((read for begin, read in _READERS.items() if re.match(begin, path)), None)
        if read and "vnetsh" not in path.rpartition("/")[2]:
            for name, kind, addresses in read(path, text):
                if re.fullmatch(r"[^\s/*?\[\]!]{1,15}", name):
                    yield Declared(name, kind, path, frozenset(filter(None, map(_plain, addresses))))


_Told = Iterator[tuple[str, str, list[str]]]


def _plain(text: str) -> str:
    """An address as the kernel spells it; empty for what is none."""
    try:
        return str(ip_interface(text.strip().strip("\"'").partition(",")[0].strip()).ip)
    except ValueError:
        return ""


def _ifupdown(path: str, text: str) -> _Told:
    starts: set[str] = set()
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in text.replace("\\\n", " ").splitlines():
        word, *words = line.split("#")[0].split() or [""]
        if word == "auto" or word.startswith("allow-"):
            starts |= {*words}
            name = ""
        elif word == "iface" and words:
            name = words[0].partition(":")[0]
            kind, addresses = found.get(name, (VLAN if re.search(r"\.\d+$", name) else OTHER, []))
            found[name] = kind, addresses
        elif name:
            kind, addresses = found[name]
            if word == "address":
                addresses += words[:1]
            key = word.replace("-", "_")
            kind = BRIDGE if key == "bridge_ports" or (key, *words) == ("ovs_type", "OVSBridge") else kind
            kind = VLAN if key == "vlan_raw_device" else BOND if key in ("bond_slaves", "bond_mode") else kind
            found[name] = kind, addresses
    names = {one.partition(":")[0] for one in starts}
    yield from ((name, *told) for name, told in found.items() if name in names)


def _netplan(path: str, text: str) -> _Told:
    from yaml import YAMLError, safe_load

    try:
        data = safe_load(text)
    except YAMLError:
        return
    network = data.get("network") if isinstance(data, dict) else None
    for part, kind in (("bridges", BRIDGE), ("vlans", VLAN), ("bonds", BOND), ("ethernets", OTHER)):
        found = network.get(part) if isinstance(network, dict) else None
        for name, said in found.items() if isinstance(found, dict) else ():
            said = said if isinstance(said, dict) else {}
            if said.get("activation-mode") or ("match" in said and not said.get("set-name")):
                continue
            given = said.get("addresses") or []
            addresses = [str(next(iter(one), "")) if isinstance(one, dict) else str(one) for one in given]
            yield str(said.get("set-name") or name), kind, addresses


def _sections(text: str) -> Iterator[tuple[str, str, str]]:
    """Section, key and value of each line of an INI file, where a key may come again."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and line[:1] not in "#;":
            key, _, value = line.partition("=")
            yield section, key.strip(), value.strip()


def _networkd(path: str, text: str) -> _Told:
    lines = list(_sections(text))
    one = {(section, key): value for section, key, value in lines}
    if path.endswith(".netdev"):
        kind = one.get(("NetDev", "Kind"), "")
        if kind in (BRIDGE, VLAN, BOND):
            yield one.get(("NetDev", "Name"), ""), kind, []
    elif path.endswith(".network") and one.get(("Link", "ActivationPolicy"), "up") in ("up", "always-up"):
        addresses = [
            value for section, key, value in lines if section in ("Network", "Address") and key == "Address"
        ]
        yield one.get(("Match", "Name"), ""), OTHER, addresses


def _networkmanager(path: str, text: str) -> _Told:
    file = ConfigParser(interpolation=None, strict=False, delimiters="=", comment_prefixes=("#",))
    try:
        file.read_string(text)
    except Error:
        return
    if (
        not file.has_section("connection")
        or file.get("connection", "autoconnect", fallback="true") == "false"
    ):
        return
    kind = file.get("connection", "type", fallback="")
    addresses = [
        value
        for section in ("ipv4", "ipv6")
        for key, value in (file.items(section) if file.has_section(section) else ())
        if re.fullmatch(r"address\d*", key)
    ]
    yield (
        file.get("connection", "interface-name", fallback=""),
        kind if kind in (BRIDGE, VLAN, BOND) else OTHER,
        addresses,
    )


def _ifcfg(path: str, text: str) -> _Told:
    said = {key.upper(): value.strip("\"'") for _, key, value in _sections(text)}
    name = said.get("DEVICE") or path.rpartition("ifcfg-")[2]
    if said.get("ONBOOT", "yes").lower() == "no" or said.get("STARTMODE", "auto") in ("manual", "off"):
        return
    kind = (
        BRIDGE
        if "bridge" in (said.get("TYPE", "").lower(), "bridge" * (said.get("BRIDGE") == "yes"))
        else OTHER
    )
    kind = VLAN if said.get("VLAN", "").lower() == "yes" or "ETHERDEVICE" in said else kind
    kind = BOND if "BONDING_OPTS" in said or said.get("BONDING_MASTER", "").lower() == "yes" else kind
    if name != "lo":
        yield name, kind, [value for key, value in said.items() if re.fullmatch(r"IPADDR\w*", key)]


_READERS: Mapping[str, Callable[[str, str], _Told]] = {
    r"/etc/network/": _ifupdown,
    r"/\w+/netplan/.*\.ya?ml$": _netplan,
    r"/(etc|run)/systemd/network/[^/]*$": _networkd,
    r"/\w+/NetworkManager/": _networkmanager,
    r"/etc/sysconfig/.*/ifcfg-[^/]*$": _ifcfg,
}
