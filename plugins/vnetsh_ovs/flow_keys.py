"""Changes of flows as part of a transaction: keys of their bridges."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh.model import Change, Resource
from vnetsh_ovs.draft import Draft
from vnetsh_ovs.flows import FLOW_KEY, keys_for, text_of
from vnetsh_ovs.marks import marks_of
from vnetsh_ovsdb.operations import Operation, Row, as_map, as_pairs, is_row
from vnetsh_ovsdb.transaction import Conflict


def wait_for_bridges(draft: Draft, change: Change) -> None:
    """Have a change of a flow translated when all bridges are part of the draft."""
    draft.flows.append(change)


def translate_flow(draft: Draft, change: Change) -> None:
    """Make a change of a flow part of the draft. Raises `Conflict`."""
    name, bridge = change.resource.name, change.resource.text("bridge")
    if bridge in draft.gone_bridges:
        return
    if bridge in draft.new_bridges:
        _into(draft.new_bridges[bridge], keys_for(change.after, name))
        return
    if bridge not in draft.index.bridges:
        if change.after:
            raise Conflict(change, f"there is no bridge {bridge}")
        return
    uuid = draft.index.bridges[bridge]
    row: Row = draft.index.tables["Bridge"][uuid]
    now, wanted = marks_of(row).get(FLOW_KEY + name), _text(change.after)
    if now == wanted and change.after:
        return
    if now is None and change.after is None:
        return
    if now != _text(change.before):
        raise Conflict(change, f"flow {name} of bridge {bridge} is another one by now")
    message = f"bridge {bridge} was changed meanwhile"
    as_read = {"external_ids": row.get("external_ids", as_pairs({}))}
    draft.transaction.expect(change, message, "Bridge", is_row(uuid), as_read)
    draft.transaction.set_keys(change, "Bridge", uuid, "external_ids", keys_for(change.after, name))


def _text(flow: Resource | None) -> str | None:
    return text_of(flow) if flow else None


def _into(row: Operation, keys: Mapping[str, str | None]) -> None:
    """Put keys on a row that is about to be inserted; a restored one has them."""
    said = {key: value for key, value in keys.items() if value is not None}
    row["external_ids"] = as_pairs({**as_map(row.get("external_ids")), **said})
