"""Mirrors: ports that are sent copies of what others carry, as part of a transaction, and at work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from vnetsh.errors import BackendRefused
from vnetsh.hosts.transport import Transport
from vnetsh.model import Change, Resource
from vnetsh_ovs.draft import Draft
from vnetsh_ovs.marks import MARK, marked, marks_of
from vnetsh_ovs.rows import ALL, MIRROR, MIRRORED, Spot, mirror_in, record_of, sources_of
from vnetsh_ovsdb.operations import Operation, as_set, is_row, reference
from vnetsh_ovsdb.transaction import Conflict


def mirror(draft: Draft, change: Change) -> None:
    """Have a port sent copies of what others carry, or no more; all ports are part of the draft by now."""
    after = cast(Resource, change.after)
    mirrored, there = after.get("mirrors"), draft.index.ports.get(after.name)
    uuid, row = draft.index.mirror(there.uuid) if there else ("", {})
    if not isinstance(mirrored, tuple):
        if there and uuid:
            draft.watched.setdefault(there.bridge, change)
            draft.transaction.take(change, "Bridge", there.bridge, "mirrors", reference(uuid))
        return
    sources = as_set([] if mirrored == (ALL,) else [_port(draft, change, str(name)) for name in mirrored])
    columns: Operation = {"select_all": mirrored == (ALL,), **dict.fromkeys(MIRRORED, sources)}
    if uuid:
        seen = {column: row.get(column, as_set([])) for column in MIRRORED}
        message = f"what port {after.name} mirrors was changed meanwhile"
        draft.transaction.expect(change, message, MIRROR, is_row(uuid), seen)
        draft.transaction.update(change, MIRROR, uuid, columns)
        return
    columns["output_port"] = _port(draft, change, after.name)
    earlier = mirror_in(record_of(after), after.name)
    if earlier and draft.restorer.knows(MIRROR, earlier):
        return  # it knows its ports again
    if earlier:
        mirror = draft.restorer.restore(change, record_of(after), MIRROR, earlier)
        draft.restorer.row(earlier).update(columns)  # perhaps other rows than they were
    else:
        told = {"name": after.name, "external_ids": marked(change.resource.owner), **columns}
        mirror = draft.transaction.insert(change, MIRROR, told)
    _put(draft, change, after.text("bridge"), mirror)


def drop_mirrors(draft: Draft) -> None:
    """Remove the mirrors of vnetsh's whose port goes, or the last ones of which they sent copies to it.

    A port that is sent none any more would still carry nothing else.
    """
    said = {change.resource.name for change in draft.mirrors}
    removed = {spot.uuid for spot in draft.removed}
    due: dict[str, tuple[Change, Spot]] = {}
    for spot, change in draft.removed.items():
        ended = [
            (uuid, row)
            for uuid, row in draft.index.copying(spot.uuid)
            if sources_of(row) <= removed and row["name"] not in said
        ]
        found = [draft.index.mirror(spot.uuid), *ended]
        due |= {uuid: (change, spot) for uuid, row in found if MARK in marks_of(row)}
    for uuid, (change, spot) in due.items():
        draft.transaction.take(change, "Bridge", spot.bridge, "mirrors", reference(uuid))


def restore_port(draft: Draft, change: Change, bridge: str, uuid: str) -> list[str]:
    """Insert a port of a bridge again, and the mirrors that went with it; a reference to it."""
    record = record_of(cast(Resource, change.after))
    port = draft.restorer.restore(change, record, "Port", uuid)
    for mirror in draft.restorer.mirrors_of(change, record, uuid):
        _put(draft, change, bridge, mirror)
    return port


def _put(draft: Draft, change: Change, bridge: str, mirror: list[str]) -> None:
    if bridge in draft.new_bridges:
        draft.new_bridges[bridge].setdefault("mirrors", as_set([]))[1].append(mirror)
    elif bridge in draft.index.bridges:
        draft.transaction.put(change, "Bridge", draft.index.bridges[bridge], "mirrors", mirror)


def _port(draft: Draft, change: Change, name: str) -> list[str]:
    """A reference to a port, which may be a new or a restored one."""
    if new := draft.new_ports.get(name) or draft.restorer.port(name):
        return new
    if name not in draft.index.ports:
        raise Conflict(change, f"there is no port {name} to mirror")
    return reference(draft.index.ports[name].uuid)


def bring_about(transport: Transport, changes: Sequence[Change], timeout: float) -> None:
    """Have vswitchd look at each flow anew where a mirror has changed. Raises `HostUnreachable`.

    By itself (3.1) it lets those that it knows go on without that for seconds.
    """
    if any("mirrors" in change.differing() for change in changes):
        with suppress(BackendRefused):  # it will come to it by itself
            transport.ask(["ovs-appctl", "--timeout=5", "revalidator/purge"], timeout=timeout)
