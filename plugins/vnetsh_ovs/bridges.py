"""Changes of bridges, and of their uplinks, as part of a transaction."""

from __future__ import annotations

from typing import cast

from vnetsh.model import Change, Resource
from vnetsh_ovs.draft import Draft
from vnetsh_ovs.fields import IN_ROWS, columns_of, shown
from vnetsh_ovs.marks import UPLINK_MARK, comes_by_itself, marked, marks_of
from vnetsh_ovs.mirroring import restore_port
from vnetsh_ovs.observing import bridge_values, is_tap, own_rows
from vnetsh_ovs.rows import record_of, row_named
from vnetsh_ovsdb.operations import Operation, as_set, as_uuids, is_row, reference
from vnetsh_ovsdb.transaction import Conflict


def translate_bridge(draft: Draft, change: Change) -> None:
    """Make a change of a bridge part of the draft. Raises `Conflict`."""
    if change.resource.get("parent"):
        _change_fake(draft, change)
    elif change.after is None:
        _remove(draft, change, cast(Resource, change.before))
    elif change.before is None:
        _add(draft, change, change.after)
    else:
        _change_uplink(draft, change, change.before.text("uplink"), change.after.text("uplink"))
        _change_rows(draft, change)
        draft.change_mark(change, "Bridge", draft.index.bridges[change.resource.name])


def _add(draft: Draft, change: Change, after: Resource) -> None:
    existing = draft.index.bridges.get(after.name)
    if existing:
        have = {"uplink": draft.uplink(existing), **bridge_values(draft.index, after.name)}
        wanted = {field.attribute: after.get(field.attribute) for field in IN_ROWS["bridge"]}
        if have == {"uplink": after.text("uplink"), **{n: v for n, v in wanted.items() if v is not None}}:
            return
        raise Conflict(change, f"bridge {after.name} has come into being meanwhile")
    record = record_of(after)
    uuid = row_named(record, "Bridge", after.name)
    if uuid:
        draft.add_bridge(change, draft.restorer.restore(change, record, "Bridge", uuid))
        draft.new_bridges[after.name] = draft.restorer.row(uuid)
        return
    columns = columns_of("bridge", after.attributes)
    own = draft.new_port(change, after.name, {"type": "internal", **columns["Interface"]}, columns["Port"])
    row: Operation = {"name": after.name, "ports": as_set([own]), "external_ids": marked(after.owner)}
    if draft.datapath == "netdev":
        row["datapath_type"] = "netdev"
    row |= columns["Bridge"]
    draft.add_bridge(change, draft.transaction.insert(change, "Bridge", row))
    draft.new_bridges[after.name] = row
    if after.text("uplink"):
        _take_uplink(draft, change, after.name, after.text("uplink"))


def _remove(draft: Draft, change: Change, before: Resource) -> None:
    bridge = draft.index.bridges.get(before.name)
    if bridge is None:
        return
    _refuse_unseen_ports(draft, change, before, bridge)
    row = draft.index.tables["Bridge"][bridge]
    ports = as_set([reference(uuid) for uuid in as_uuids(row.get("ports"))])
    message = f"the ports of bridge {before.name} were changed meanwhile"
    draft.transaction.expect(change, message, "Bridge", is_row(bridge), {"ports": ports})
    draft.remove_bridge(change, bridge)
    for port, _ in draft.index.bridge_ports(bridge):
        draft.limits.drop(change, port)


def _refuse_unseen_ports(draft: Draft, change: Change, before: Resource, bridge: str) -> None:
    """What the plan did not see does not go with a bridge: no record could restore it."""
    seen = {before.name, before.text("uplink"), *draft.leaving}
    record = record_of(before)
    for row in record.get("Port", {}).values():
        if not is_tap([(uuid, record["Interface"][uuid]) for uuid in as_uuids(row.get("interfaces"))]):
            seen.add(row["name"])
    ports = {row["name"]: row for _, row in draft.index.bridge_ports(bridge)}
    unseen = sorted(name for name in ports.keys() - seen if not comes_by_itself(ports[name]))
    if not unseen:
        return
    taps = [name for name in unseen if is_tap(draft.index.interfaces(ports[name]))]
    if taps:
        raise Conflict(
            change,
            f"bridge {before.name} still carries ports of vms: {', '.join(taps)}",
            "stop, delete or migrate those vms first",
        )
    raise Conflict(change, f"bridge {before.name} has got ports meanwhile: {', '.join(unseen)}")


def _change_fake(draft: Draft, change: Change) -> None:
    """A fake bridge is a port of its parent: it goes, comes back as it was recorded, or gets another mark."""
    wanted = change.resource
    name, parent = wanted.name, wanted.text("parent")
    there = draft.index.ports.get(name)
    is_here = there is not None and draft.member(there)[0] == "fake bridge"
    if there and not is_here:
        raise draft.name_taken(change, name, there)
    if change.after is None:
        if there and parent not in draft.gone_bridges:
            draft.detach(change, there)
    elif there:
        draft.change_mark(change, "Port", there.uuid)
    else:
        record = record_of(wanted)
        uuid = row_named(record, "Port", name)
        if not uuid:
            raise Conflict(change, f"the bridge {name}, a VLAN of {parent}, is gone")
        if not draft.restorer.restored(uuid):
            draft.attach(change, parent, draft.restorer.restore(change, record, "Port", uuid))


def _change_rows(draft: Draft, change: Change) -> None:
    """Change what stands in a bridge's own rows, as far as it is not so already."""
    name, differing = change.resource.name, change.differing()
    rows = own_rows(draft.index, name)
    due = {}
    for field in IN_ROWS["bridge"]:
        if field.attribute not in differing or not rows[field.table][0]:
            continue
        before, after = differing[field.attribute]
        now = field.read(rows[field.table][1])
        if now == after:
            continue
        if now != before:
            raise Conflict(
                change, f"the {field.title} of bridge {name} is {shown(now)} by now, not {shown(before)}"
            )
        due[field] = after
    draft.change_rows(change, due, rows)


# Uplinks


def _change_uplink(draft: Draft, change: Change, before: str, after: str) -> None:
    name = change.resource.name
    bridge = draft.index.bridges.get(name)
    if bridge is None:
        raise Conflict(change, f"bridge {name} is gone")
    now = draft.uplink(bridge)
    if now == after:
        return
    if now != before:
        raise Conflict(
            change, f"the uplink of bridge {name} is {now or 'none'} by now, not {before or 'none'}"
        )
    if before:
        _drop_uplink(draft, change, before)
    if after:
        _take_uplink(draft, change, name, after)


def _drop_uplink(draft: Draft, change: Change, nic: str) -> None:
    spot = draft.index.ports[nic]
    marks = marks_of(draft.index.tables["Port"][spot.uuid])
    record = record_of(cast(Resource, change.after))
    earlier = row_named(record, "Port", nic)
    was_marked = earlier and UPLINK_MARK in marks_of(record["Port"][earlier])
    if UPLINK_MARK in marks and earlier and not was_marked:
        # It was a port here before it became the uplink: that is what it becomes again.
        draft.transaction.set_keys(change, "Port", spot.uuid, "external_ids", {UPLINK_MARK: None})
    else:
        draft.remove_port(change, spot)


def _take_uplink(draft: Draft, change: Change, bridge: str, nic: str) -> None:
    there = draft.index.ports.get(nic)
    if there is None:
        draft.attach(change, bridge, _uplink_port(draft, change, nic))
    elif there.bridge == draft.index.bridges.get(bridge):
        draft.transaction.set_keys(change, "Port", there.uuid, "external_ids", {UPLINK_MARK: "1"})
    else:
        raise draft.name_taken(change, nic, there)


def _uplink_port(draft: Draft, change: Change, nic: str) -> list[str]:
    record = record_of(cast(Resource, change.after))
    earlier = row_named(record, "Port", nic)
    if earlier:
        return restore_port(draft, change, change.resource.name, earlier)
    return draft.new_port(change, nic, {}, {"external_ids": marked(change.resource.owner, uplink=True)})
