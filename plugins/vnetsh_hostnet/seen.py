"""What is on a host of that which we look after: asked by one command."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from vnetsh.errors import BackendRefused, ServiceAbsent
from vnetsh.hosts.boot import keeping
from vnetsh.hosts.boot.keeping import AtStart
from vnetsh.hosts.transport import Transport
from vnetsh.hosts.workers import begin
from vnetsh.model.reboot import SURVIVES
from vnetsh_hostnet import record
from vnetsh_hostnet.files import dhcp_file, leases_file, nat_file, pid_file, table
from vnetsh_hostnet.record import FILE, Record
from vnetsh_hostnet.starting import PART, survives

PATH = "PATH=$PATH:/usr/sbin:/sbin; export PATH"
"""Where daemons and their tools are, which the path of an ordinary login leaves out."""

_ASKING = f"""{PATH}
echo '%% record'; [ ! -e {FILE} ] || sed '$a\\' {FILE}
echo '%% addresses'; ip -json address show
echo '%% routes'; ip -json route show
echo '%% routes6'; ip -json -6 route show
echo '%% forward'; cat /proc/sys/net/ipv4/ip_forward
echo '%% come'; echo "$SSH_CONNECTION"
for p in dnsmasq nft; do ! command -v $p >/dev/null || echo "%% has $p"; done
echo '%% listening'; ! command -v ss >/dev/null || ss -H -lunp 'sport = :67 or sport = :547'
if ! command -v nft >/dev/null; then echo '%% tables'
elif rules=$(nft list ruleset 2>/dev/null); then
    echo '%% tables'; echo "$rules" | grep -E '^table |hook forward|masquerade'
fi
for f in /etc/vnetsh/dhcp-*.conf /etc/vnetsh/nat-*.nft /var/lib/misc/vnetsh-*.leases; do
    [ ! -e "$f" ] || {{ echo "%% file $f"; sed '$a\\' "$f"; }}
done
for f in /run/vnetsh-dhcp-*.pid; do
    [ ! -e "$f" ] || {{ read -r p <"$f"; [ ! -e "/proc/$p/cmdline" ] || {{
        echo "%% process $f"; tr '\\0' ' ' <"/proc/$p/cmdline"; echo; }}; }}
done
true
"""

_LISTENS = re.compile(r"\s\S+%(?P<device>[^\s:\]]+)\]?:(67|547)\s")
_EVERYWHERE = re.compile(r"\s(0\.0\.0\.0|\*):67\s")
EVERYWHERE = "*"
"""Stands for all devices, where somebody serves DHCP who is bound to none."""


@dataclass(frozen=True)
class Seen:
    """What is there of ours and beside it.

    `addresses` by device, each with its prefix; `up` the devices that are not switched off; `routes` of the main table
    as prefix, router and device; `serving` the devices at which our dnsmasq runs; `listening` those at which somebody
    serves DHCP; `tables` all of nft's tables by their names, each with what of it is about forwarding.
    """

    record: Record = field(default_factory=Record)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    up: frozenset[str] = frozenset()
    routes: frozenset[tuple[str, str, str]] = frozenset()
    forward: str = ""
    come_by: tuple[str, str] = ("", "")
    programs: frozenset[str] = frozenset()
    listening: frozenset[str] = frozenset()
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    serving: frozenset[str] = frozenset()
    sees_rules: bool = True
    """Whether nft told of its tables: to an ordinary user it does not."""
    at_start: AtStart = field(default_factory=AtStart)

    def has_table(self, device: str) -> bool:
        """Whether the table of a NAT is there, with its rule."""
        return any("masquerade" in line for line in self.tables.get(f"ip {table(device)}", ()))

    @property
    def masquerading(self) -> list[str]:
        """The tables of others that send packets out as the host's own."""
        return [
            name
            for name, lines in self.tables.items()
            if not name.startswith("ip vnetsh_") and any("masquerade" in line for line in lines)
        ]


def look(host: str, transport: Transport, timeout: float) -> Seen:
    """What is on a host now. Raises `HostUnreachable`, `ServiceAbsent`, `BackendRefused`."""
    at_start = begin("start", lambda: keeping.read(transport, PART, timeout))
    done = transport.run(["sh", "-c", _ASKING], timeout=timeout)
    if done.returncode == 127 or "ip: not found" in done.stderr:
        raise ServiceAbsent(f"{host} has no `ip` command", help=f"install the package iproute2 on {host}")
    if done.returncode:
        raise BackendRefused(f"{host}: {done.stderr.strip()}")
    return parsed(host, done.stdout, at_start.result())


def parsed(host: str, text: str, at_start: AtStart) -> Seen:
    """What the command said, with what the host does at each start. Raises `BackendRefused` for a broken record."""
    parts: dict[str, str] = {}
    for part in re.split(r"^%% ", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        parts[head] = body
    links = _json(parts.get("addresses", ""))
    files = {head.removeprefix("file "): body for head, body in parts.items() if head.startswith("file ")}
    ours = _with_kept(record.read(parts.get("record", ""), host), at_start)
    come = [_plain(word) for word in parts.get("come", "").split()]
    return Seen(
        ours,
        {link["ifname"]: _addresses(link) for link in links},
        frozenset(link["ifname"] for link in links if "UP" in link.get("flags", ())),
        frozenset(_routes(parts)),
        parts.get("forward", "").strip(),
        (come[0], come[2]) if len(come) > 2 else ("", ""),
        frozenset(head.removeprefix("has ") for head in parts if head.startswith("has ")),
        frozenset(_listening(parts.get("listening", ""))),
        _tables(parts.get("tables", "")),
        files,
        frozenset(_serving(parts)),
        "tables" in parts,
        at_start,
    )


def _with_kept(ours: Record, at_start: AtStart) -> Record:
    """A record, with what the host brings about at each start."""
    entries = {
        slot: one.with_attributes(**{SURVIVES: "yes"})
        if one.kind != "static" and survives(one, at_start.stanzas)
        else one
        for slot, one in ours.entries.items()
    }
    return replace(ours, entries=entries)


def _plain(word: str) -> str:
    """An address, as sshd tells it; empty where it knows of none."""
    try:
        return str(ip_address(word.partition("%")[0]))
    except ValueError:
        return ""


def _json(text: str) -> list[Any]:
    return [one for one in json.loads(text or "[]", strict=False) if one]


def _addresses(link: Mapping[str, Any]) -> list[str]:
    return [f"{one['local']}/{one['prefixlen']}" for one in link.get("addr_info", ()) if "local" in one]


def _routes(parts: Mapping[str, str]) -> list[tuple[str, str, str]]:
    found = []
    for section, length, everywhere in (("routes", 32, "0.0.0.0/0"), ("routes6", 128, "::/0")):
        for one in _json(parts.get(section, "")):
            target = str(one.get("dst", ""))
            target = everywhere if target == "default" else target if "/" in target else f"{target}/{length}"
            found.append((target, str(one.get("gateway", "")), str(one.get("dev", ""))))
    return found


def _listening(text: str) -> list[str]:
    found = [one["device"] for one in _LISTENS.finditer(text)]
    return [*found, *([EVERYWHERE] if _EVERYWHERE.search(text) else [])]


def _tables(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("table "):
            name = " ".join(line.split()[1:3])
            found[name] = []
        elif name:
            found[name].append(line.strip())
    return found


def _serving(parts: Mapping[str, str]) -> list[str]:
    """The devices of which a process that our file names has our configuration."""
    found = []
    for head, body in parts.items():
        if head.startswith("process "):
            device = head.removeprefix(f"process {pid_file('').removesuffix('.pid')}").removesuffix(".pid")
            if f"--conf-file={dhcp_file(device)}" in body.split():
                found.append(device)
    return found


def leases(seen: Seen, device: str) -> str:
    """To whom a device's dnsmasq lent what."""
    return seen.files.get(leases_file(device), "")


def rules(seen: Seen, device: str) -> str:
    """The file of a device's NAT."""
    return seen.files.get(nat_file(device), "")
