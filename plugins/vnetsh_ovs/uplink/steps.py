"""What goes with an uplink that changes, besides the transaction: the host's own addresses, and its settings. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vnetsh_ovs.marks import MARK, NOTE, marks_of
from vnetsh_ovs.observing import is_leased
from vnetsh_ovs.rows import Index, record_of, row_named
from vnetsh_ovs.uplink.addresses import Addresses, Move, move, staying
from vnetsh_ovs.uplink.swaps import Swap, Way, as_text, back_to, note_of
from vnetsh_ovsdb.operations import Operation, as_map, as_pairs
from vnetsh_ovsdb.transaction import Transaction

HARDWARE_ADDRESS = "hwaddr"  # other_config of a bridge

Settings = Mapping[str, str]
"""Files under /proc/sys and what to write there."""


@dataclass(frozen=True)
class Step:
    """All that is to happen on the host besides the transaction, in both directions."""

    move: Move
    before: Settings = field(default_factory=dict)
    after: Settings = field(default_factory=dict)
    back: Settings = field(default_factory=dict)
    names: tuple[tuple[str, str], ...] = ()  # whose DNS settings go where
    needed: tuple[str, ...] = ()  # links that must be there before addresses move
    quiet: Settings = field(default_factory=dict)  # all that keeps NICs from taking packets twice
    note: str = ""  # what is noted; nothing of a bond by which no addresses came


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
    swap: Swap,
    transaction: Transaction,
    index: Index,
    addresses: Addresses,
    settings: Settings,
    netdev: bool,
    given: Sequence[str] = (),
) -> Step:
    """What goes with a swap; its notes are added to the transaction.

    `settings` are the values that `quieting` would overwrite; `netdev` says whether the datapath runs in userspace.
    `given` are addresses that the bridge has by sentences: they go back to no NIC.
    """
    note = note_of(index, swap.dropped.port) if swap.dropped else {}
    if not swap.taken:
        return _drop(swap, transaction, index, addresses, note, settings, given)
    source = swap.source(addresses)
    going = move(addresses, source, swap.bridge)
    old: Settings = note.get("settings", {})
    kept, quiet, text = dict[str, str](), dict[str, str](), ""
    if swap.taken.is_bond and _is_of_others(swap.dropped, index) and addresses.of(swap.bridge):
        note = {"stay": []}  # by an uplink of others' the bridge has all that it has
    # A bond with which nothing came is noted nothing: others may have made it.
    if going.arrive or "stay" in note or not swap.taken.is_bond:
        for path in [path for nic in swap.taken.nics for path in quieting(nic)]:
            if path in old:
                kept[path] = old[path]
            elif netdev and path in settings:
                kept[path] = settings[path]
                quiet[path] = "1"
        new = {key: note[key] for key in ("stay", "hwaddr") if key in note}
        if going.arrive:
            new.setdefault("stay", addresses.names(swap.bridge))
            borrowed = _borrow(swap, transaction, index, addresses.link(source).get("address", ""))
            new |= {"hwaddr": borrowed} if borrowed else {}
        leased = note.get("leased") and {*swap.taken.nics} - {*swap.new}
        new |= {"leased": True} if leased or any(map(is_leased, addresses.of(source))) else {}
        if swap.taken.is_bond:
            new |= _of_members(swap, note, addresses, source)
        if kept:
            new["settings"] = kept
        text = _write_note(swap, transaction, index, new)
    before = {path: value for path, value in old.items() if path not in kept and path in settings}
    own = staying(addresses, swap.bridge, going)
    up = _down(addresses, swap.new) if swap.taken.is_bond else []
    was_down = [nic for nic in note.get("down", ()) if nic not in swap.taken.nics]
    return Step(
        move=Move(
            leave=(*going.leave, *own, *_set(was_down, "down")),
            arrive=(*_set([swap.bridge, *up], "up"), *going.arrive, *_stirred(swap.taken, addresses)),
            back=(
                *_set(was_down, "up"),
                *going.back,
                *own,
                *_set([*up, *_down(addresses, [swap.bridge])], "down"),
                *_stirred(swap.dropped, addresses),
            ),
        ),
        before=before,
        after=quiet,
        back={path: settings[path] for path in (*quiet, *before)},
        names=((source, swap.bridge),) if going.arrive else (),
        needed=(swap.bridge, *swap.taken.nics),
        quiet=dict.fromkeys(kept, "1"),
        note=text,
    )


def _of_members(swap: Swap, note: Mapping[str, Any], addresses: Addresses, source: str) -> dict[str, Any]:
    """What is noted of a bond's NICs: the one to which addresses go back, and those to be down again."""
    assert swap.taken
    had = [note["nic"]] if "nic" in note else [*swap.dropped.nics] if swap.dropped else []
    back = next(nic for nic in (*had, source, *swap.taken.nics) if nic in swap.taken.nics)
    down = [nic for nic in note.get("down", ()) if nic in swap.taken.nics]
    down += _down(addresses, swap.new)
    return {"nic": back, **({"down": sorted(down)} if down else {})}


def _set(links: Sequence[str], state: str) -> tuple[str, ...]:
    """Lines that have links `up`, before all else, or `down`, after it."""
    return tuple(f"-{4 if state == 'up' else 6} link set {link} {state}" for link in links)


def _stirred(way: Way | None, addresses: Addresses) -> list[str]:
    """Lines that change nothing, and have vswitchd look at the NICs of a bond anew (see `bonds.stir`)."""
    groups = {nic: addresses.link(nic).get("group") for nic in way.nics} if way and way.is_bond else {}
    return [f"-6 link set dev {nic} group {group}" for nic, group in groups.items() if group]


def _down(addresses: Addresses, links: Sequence[str]) -> list[str]:
    """Those of some links that are there and down."""
    states = {link: addresses.link(link).get("flags", ()) for link in links}
    return [link for link, state in states.items() if state and "UP" not in state]


def _drop(
    swap: Swap,
    transaction: Transaction,
    index: Index,
    addresses: Addresses,
    note: Mapping[str, Any],
    settings: Settings,
    said: Sequence[str],
) -> Step:
    assert swap.dropped
    nic = back_to(swap.dropped, note)
    stay = note.get("stay", ())
    if swap.dropped.is_bond and "stay" not in note and _is_own(swap.dropped, index):
        stay = addresses.names(swap.bridge)  # nothing came along with it
    going = move(addresses, swap.bridge, nic, [*stay, *said])
    before = {path: value for path, value in note.get("settings", {}).items() if path in settings}
    bridge = index.bridges[swap.bridge]
    given = as_map(index.tables["Bridge"][bridge].get("other_config")).get(HARDWARE_ADDRESS)
    if not swap.goes and given and given == note.get("hwaddr"):
        transaction.set_keys(swap.change, "Bridge", bridge, "other_config", {HARDWARE_ADDRESS: None})
    own = staying(addresses, swap.bridge, going)
    leave = (*going.leave, *own)
    if swap.goes:  # by then the bridge is gone, and what it had with it; but rules stay
        leave = tuple(line for line in going.leave if line[3:].startswith("rule"))
    up = [nic] if going.arrive or not swap.dropped.is_bond else []
    was_down = [one for one in note.get("down", ()) if one not in up]
    return Step(
        move=Move(
            (*leave, *_set(was_down, "down")),
            (*_set(up, "up"), *going.arrive),
            (*_set([*was_down, swap.bridge], "up"), *going.back, *own),
        ),
        before=before,
        back={path: settings[path] for path in before},
        names=((swap.bridge, nic),) if going.arrive else (),
        needed=(nic,),
    )


def _is_of_others(way: Way | None, index: Index) -> bool:
    """Whether it is an uplink that vnetsh has not made."""
    return way is not None and not way.is_bond and not _is_own(way, index)


def _is_own(way: Way, index: Index) -> bool:
    place = index.ports.get(way.port)
    return place is not None and MARK in marks_of(index.tables["Port"][place.uuid])


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


def _write_note(swap: Swap, transaction: Transaction, index: Index, note: Mapping[str, Any]) -> str:
    assert swap.taken
    text, name = as_text(note), swap.taken.port
    if swap.change.undo and swap.change.after:  # as it was, also where by now it would be another one
        record = record_of(swap.change.after)
        earlier = row_named(record, "Port", name)
        text = marks_of(record["Port"][earlier]).get(NOTE, text) if earlier else text
    new: Operation | None = transaction.inserted("Port", name)
    if new is not None:
        new["external_ids"] = as_pairs({**as_map(new.get("external_ids")), NOTE: text})
    else:
        port = index.ports[name].uuid
        transaction.set_keys(swap.change, "Port", port, "external_ids", {NOTE: text})
    return text


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
