"""Uplinks that carry the host's own addresses: what moves with them, and what is noted for the way back. Pure.

The note is a key of the uplink's Port row, so that it goes when the port goes: the bridge's own addresses, which
stay when the others go back; the hardware address that the bridge borrowed; the NIC's settings as they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vnetsh.model.change import Change
from vnetsh_ovs.marks import NOTE
from vnetsh_ovs.observing import is_leased, uplink_of
from vnetsh_ovs.rows import Index
from vnetsh_ovs.uplink.addresses import Addresses, Move, move, staying
from vnetsh_ovsdb.operations import Operation, as_map, as_pairs
from vnetsh_ovsdb.transaction import Transaction

HARDWARE_ADDRESS = "hwaddr"  # other_config of a bridge

Settings = Mapping[str, str]
"""Files under /proc/sys and what to write there."""


@dataclass(frozen=True)
class Swap:
    """A bridge that takes a NIC as its uplink, or lets one go, or both; `change` says so."""

    change: Change
    bridge: str
    taken: str = ""
    dropped: str = ""


@dataclass(frozen=True)
class Step:
    """All that is to happen on the host besides the transaction, in both directions."""

    move: Move
    before: Settings = field(default_factory=dict)
    after: Settings = field(default_factory=dict)
    back: Settings = field(default_factory=dict)
    names: tuple[tuple[str, str], ...] = ()  # whose DNS settings go where
    needed: tuple[str, ...] = ()  # links that must be there before addresses move


def swaps(changes: Sequence[Change], index: Index) -> list[Swap]:
    """The uplinks that these changes still have to change."""
    found = []
    for change in changes:
        if change.resource.kind != "bridge":
            continue
        name = change.resource.name
        bridge = index.bridges.get(name)
        now = uplink_of(index, bridge) if bridge else ""
        wanted = change.after.text("uplink") if change.after else ""
        if now != wanted:
            found.append(Swap(change, name, wanted, now))
    return found


def touched(swaps: Sequence[Swap], addresses: Addresses) -> list[Swap]:
    """Those by which the host would lose addresses, or the way to them."""
    return [
        swap
        for swap in swaps
        if (swap.taken and addresses.of(swap.taken)) or (swap.dropped and addresses.of(swap.bridge))
    ]


def quieting(nic: str) -> Settings:
    """What keeps the kernel from taking a NIC's packets a second time, beside the userspace datapath.

    The switch reads a copy of them. The bridge has the NIC's hardware address, so the kernel would think that
    they are its own there, too.
    """
    return {
        f"net/ipv4/conf/{nic}/arp_ignore": "1",
        f"net/ipv4/conf/{nic}/rp_filter": "1",
        f"net/ipv6/conf/{nic}/disable_ipv6": "1",
    }


def step(
    swap: Swap, transaction: Transaction, index: Index, addresses: Addresses, settings: Settings, netdev: bool
) -> Step:
    """What goes with a swap; its notes are added to the transaction.

    `settings` are the values that `quieting` would overwrite; `netdev` says whether the datapath runs in userspace.
    """
    note = _note_of(swap, index)
    if not swap.taken:
        return _drop(swap, transaction, index, addresses, note, settings)
    new_note: dict[str, Any] = {key: note[key] for key in ("stay", "hwaddr") if key in note}
    going = move(addresses, swap.taken, swap.bridge)
    if going.arrive:
        new_note.setdefault("stay", addresses.names(swap.bridge))
        borrowed = _borrow(swap, transaction, index, addresses.link(swap.taken).get("address", ""))
        new_note |= {"hwaddr": borrowed} if borrowed else {}
        new_note |= {"leased": True} if any(map(is_leased, addresses.of(swap.taken))) else {}
    wanted = quieting(swap.taken) if netdev else {}
    quiet = {path: value for path, value in wanted.items() if path in settings}
    if quiet:
        new_note["settings"] = {path: settings[path] for path in quiet}
    before = {path: value for path, value in note.get("settings", {}).items() if path in settings}
    _write_note(swap, transaction, index, new_note)
    own = staying(addresses, swap.bridge, going)
    state = addresses.link(swap.bridge).get("flags", ())
    down = () if "UP" in state or not state else (f"-6 link set {swap.bridge} down",)
    return Step(
        move=Move(
            leave=(*going.leave, *own),
            arrive=(f"-4 link set {swap.bridge} up", *going.arrive),
            back=(*going.back, *own, *down),
        ),
        before=before,
        after=quiet,
        back={path: settings[path] for path in (*quiet, *before)},
        names=((swap.taken, swap.bridge),) if going.arrive else (),
        needed=(swap.bridge, swap.taken),
    )


def _drop(
    swap: Swap,
    transaction: Transaction,
    index: Index,
    addresses: Addresses,
    note: Mapping[str, Any],
    settings: Settings,
) -> Step:
    going = move(addresses, swap.bridge, swap.dropped, note.get("stay", ()))
    before = {path: value for path, value in note.get("settings", {}).items() if path in settings}
    bridge = index.bridges[swap.bridge]
    given = as_map(index.tables["Bridge"][bridge].get("other_config")).get(HARDWARE_ADDRESS)
    if swap.change.after is not None and given and given == note.get("hwaddr"):
        transaction.set_keys(swap.change, "Bridge", bridge, "other_config", {HARDWARE_ADDRESS: None})
    own = staying(addresses, swap.bridge, going)
    leave = (*going.leave, *own)
    if swap.change.after is None:  # by then the bridge is gone, and what it had with it; but rules stay
        leave = tuple(line for line in going.leave if line[3:].startswith("rule"))
    arrive = (f"-4 link set {swap.dropped} up", *going.arrive)
    return Step(
        move=Move(leave, arrive, (f"-4 link set {swap.bridge} up", *going.back, *own)),
        before=before,
        back={path: settings[path] for path in before},
        names=((swap.bridge, swap.dropped),) if going.arrive else (),
        needed=(swap.dropped,),
    )


def _note_of(swap: Swap, index: Index) -> Mapping[str, Any]:
    place = index.ports.get(swap.dropped)
    text = as_map(index.tables["Port"][place.uuid].get("external_ids")).get(NOTE) if place else None
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _borrow(swap: Swap, transaction: Transaction, index: Index, address: str) -> str:
    """Give the bridge the NIC's hardware address, unless it has been given one; what was given, else nothing."""
    new = transaction.inserted("Bridge", swap.bridge)
    if new is not None:
        config = as_map(new.get("other_config"))
        if HARDWARE_ADDRESS in config:
            return ""
        new["other_config"] = as_pairs({**config, HARDWARE_ADDRESS: address})
        return address
    bridge = index.bridges[swap.bridge]
    if HARDWARE_ADDRESS in as_map(index.tables["Bridge"][bridge].get("other_config")):
        return ""
    values = {HARDWARE_ADDRESS: address}
    transaction.set_keys(swap.change, "Bridge", bridge, "other_config", values)
    return address


def _write_note(swap: Swap, transaction: Transaction, index: Index, note: Mapping[str, Any]) -> None:
    text = json.dumps(note, separators=(",", ":"))
    new: Operation | None = transaction.inserted("Port", swap.taken)
    if new is not None:
        new["external_ids"] = as_pairs({**as_map(new.get("external_ids")), NOTE: text})
    else:
        port = index.ports[swap.taken].uuid
        transaction.set_keys(swap.change, "Port", port, "external_ids", {NOTE: text})


def joined(steps: Sequence[Step]) -> Step:
    """Several as one."""
    return Step(
        move=Move(
            leave=tuple(line for one in steps for line in one.move.leave),
            arrive=tuple(line for one in steps for line in one.move.arrive),
            back=tuple(line for one in reversed(steps) for line in one.move.back),
        ),
        before={path: value for one in steps for path, value in one.before.items()},
        after={path: value for one in steps for path, value in one.after.items()},
        back={path: value for one in steps for path, value in one.back.items()},
        names=tuple(pair for one in steps for pair in one.names),
        needed=tuple(name for one in steps for name in one.needed),
    )
