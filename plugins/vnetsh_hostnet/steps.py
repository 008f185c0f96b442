"""From what is on a host to what is wanted there: commands, in their order. Pure.

What goes, goes first; then the record is written, and then what comes is made. So at no moment is something there that
the record does not know of, and who is cut short leaves at most what shows as missing. A host's starts forget what goes
before all of that, and learn what came after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_interface

from vnetsh.backend import HostCommand
from vnetsh.hosts.boot.files import SYSTEMS
from vnetsh.hosts.boot.keeping import writing
from vnetsh.model import Resource
from vnetsh.model.change import Change
from vnetsh_hostnet.commands import (
    forwarding,
    giving,
    ip,
    lending,
    letting_out,
    routing,
    switching_on,
)
from vnetsh_hostnet.files import dhcp_file, dhcp_text, leases_file, nat_file, nat_text, pid_file, table
from vnetsh_hostnet.fitting import texts
from vnetsh_hostnet.observing import route_of
from vnetsh_hostnet.record import FILE, Record, text_of
from vnetsh_hostnet.seen import Seen
from vnetsh_hostnet.starting import AFTER, PART, device_of, stanzas

# A file is there whole or not at all; the folder is there for all who may read it.
_PUT = 'umask 022; mkdir -p "${1%/*}"; cat >"$1.new" && mv "$1.new" "$1"'
_LAST = 'rm -f "$1"; rmdir "${1%/*}" 2>/dev/null || true'
# Only a process that has our configuration is ended, whatever number the file says.
_STOP = """{ read -r p <"$1"; } 2>/dev/null || exit 0
tr '\\0' '\\n' <"/proc/$p/cmdline" 2>/dev/null | grep -qxF -e "--conf-file=$2" || exit 0
kill "$p"; n=0
while [ -e "/proc/$p" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
[ ! -e "/proc/$p" ] || { echo "process $p does not end" >&2; exit 1; }"""

_MAKING = ("address", "route", "forward", "nat", "dhcp")
"""In which order things are made; they go in the opposite one."""


@dataclass
class _Work:
    """What is to be done: what goes and what comes, each by kind; and the devices that we have switched on."""

    seen: Seen
    up: set[str]
    gone: dict[str, list[HostCommand]] = field(default_factory=lambda: {kind: [] for kind in _MAKING})
    made: dict[str, list[HostCommand]] = field(default_factory=lambda: {kind: [] for kind in _MAKING})


def steps(seen: Seen, changes: Sequence[Change]) -> list[HostCommand]:
    """What makes these changes on a host as it was just seen."""
    want = seen.record.after(changes)
    work = _Work(seen, {*seen.record.up})
    for kind, name in dict.fromkeys(map(_concerned, changes)):
        # What was begun to be given counts as given, also where nobody came to write it down.
        sides = (one for c in changes for one in (c.before, c.after) if one)
        had = [
            one
            for one in (*sides, seen.record.get(kind, name))
            if one and (one.kind, one.name) == (kind, name)
        ]
        wanted = want.get(kind, name)
        live = wanted if wanted and not wanted.get("error") else None
        if kind == "address":
            _address(name, had, live, work)
        elif kind == "route":
            _route(had, live, work)
        elif kind == "nat":
            _nat(name, wanted, live, work)
        else:
            _dhcp(had, name, wanted, want, work)
    record = replace(want, forward=_forward(want, work), up=tuple(sorted(work.up)))
    gone = [step for kind in reversed(_MAKING) for step in work.gone[kind]]
    made = [step for kind in _MAKING for step in work.made[kind]]
    forgotten, told = _at_start(seen, want)
    return [*forgotten, *gone, *_written(record, seen), *made, *told]


def _at_start(seen: Seen, want: Record) -> tuple[list[HostCommand], list[HostCommand]]:
    """How the host comes to bring about no longer what goes, at its starts, and then what came.

    Raises `BackendRefused` where it would go on to do so.
    """
    going = [one for slot, one in seen.record.entries.items() if want.entries.get(slot) != one]
    seen.at_start.refuse(dict.fromkeys(map(device_of, going)))
    if not seen.at_start.system:
        return [], []
    stays = stanzas(one for slot, one in seen.record.entries.items() if want.entries.get(slot) == one)
    wanted = stanzas(want.entries.values())
    told, had = SYSTEMS[seen.at_start.system], seen.at_start.stanzas
    return (
        [HostCommand(("sh", "-s"), writing(told.files(PART, stays, AFTER)))] if stays != had else [],
        [HostCommand(("sh", "-s"), writing(told.files(PART, wanted, AFTER)))] if wanted != stays else [],
    )


def _concerned(change: Change) -> tuple[str, str]:
    """Kind and name of what a change is about; a fixed address is in its network's configuration."""
    one = change.resource
    return ("dhcp", one.parent[1]) if one.kind == "static" and one.parent else (one.kind, one.name)


def _put(path: str, text: str) -> HostCommand:
    return HostCommand(("sh", "-c", _PUT, "sh", path), input=text)


def _written(record: Record, seen: Seen) -> Iterator[HostCommand]:
    text = text_of(record)
    if text != text_of(seen.record):
        yield _put(FILE, text) if text else HostCommand(("sh", "-c", _LAST, "sh", FILE))


def _address(device: str, had: Sequence[Resource], live: Resource | None, work: _Work) -> None:
    there = work.seen.addresses.get(device, ())
    stay = texts(live, "addresses")
    gone, made = work.gone["address"], work.made["address"]
    ours = dict.fromkeys(text for one in had for text in texts(one, "addresses"))
    going = [text for text in ours if text in there and text not in stay]
    gone += [ip(text, "address", "delete", text, "dev", device) for text in going]
    if live and device not in work.seen.up:
        work.up.add(device)
        made.append(switching_on(device))
    # With the first address of a network the kernel takes the others of it.
    left = {ip_interface(text).network for text in going}
    for text in stay:
        if text not in there or ip_interface(text).network in left:
            made.append(giving(text, device))
    if live is None and device in work.up:
        work.up.discard(device)
        # Where it came to have others since, an uplink's, the host may be reached by it.
        others = [text for text in there if text not in ours and not ip_interface(text).is_link_local]
        if device in work.seen.addresses and not others:
            gone.append(switching_on(device, "down"))


def _route(had: Sequence[Resource], live: Resource | None, work: _Work) -> None:
    wanted = route_of(live) if live else None
    there = {route_of(one): one for one in had if route_of(one) in work.seen.routes}
    work.gone["route"] += [routing(one, "delete") for route, one in there.items() if route != wanted]
    if live and wanted not in work.seen.routes:
        work.made["route"].append(routing(live, "add"))


def _nat(name: str, wanted: Resource | None, live: Resource | None, work: _Work) -> None:
    text, path = nat_text(wanted) if wanted else "", nat_file(name)
    as_said = work.seen.files.get(path) == text
    there = f"ip {table(name)}" in work.seen.tables
    if there and not (live and as_said):
        work.gone["nat"].append(HostCommand(("nft", "delete", "table", "ip", table(name))))
    if wanted is None:
        work.gone["nat"].append(HostCommand(("rm", "-f", path)))
    if live and not as_said:
        work.made["nat"].append(_put(path, text))
    if live and not (as_said and work.seen.has_table(name)):
        work.made["nat"].append(letting_out(name))


def _forward(want: Record, work: _Work) -> str:
    """Have packets forwarded while a NAT needs it; what that was before, to be written down."""
    now, before = work.seen.forward, work.seen.record.forward
    nats = want.of_kind("nat")
    if now == "0" and any(not one.get("error") for one in nats):
        work.made["forward"].append(forwarding("1"))
    if before == "0" and now == "1" and not nats and not work.seen.masquerading:
        work.gone["forward"].append(forwarding("0"))
    return (before or now) if nats else ""


def _dhcp(had: Sequence[Resource], device: str, wanted: Resource | None, want: Record, work: _Work) -> None:
    path, seen = dhcp_file(device), work.seen
    text = dhcp_text(wanted, want) if wanted else ""
    live = wanted if wanted and not wanted.get("error") else None
    as_said = seen.files.get(path) == text
    runs = device in seen.serving
    if runs and not (live and as_said):
        work.gone["dhcp"].append(HostCommand(("sh", "-c", _STOP, "sh", pid_file(device), path)))
    if wanted is None:
        work.gone["dhcp"].append(HostCommand(("rm", "-f", path, leases_file(device), pid_file(device))))
    leases = next(filter(None, (str((one.record or {}).get("leases", "")) for one in had)), "")
    if live and leases and leases_file(device) not in seen.files:
        work.made["dhcp"].append(_put(leases_file(device), leases))
    if live and not as_said:
        work.made["dhcp"].append(_put(path, text))
    if live and not (as_said and runs):
        work.made["dhcp"].append(lending(device))
