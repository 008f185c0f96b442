"""Changes of ports and tunnels as part of a transaction."""

from __future__ import annotations

from typing import cast

from vnetsh.model import Change, Resource, Value
from vnetsh_ovs.bonds import change_bond
from vnetsh_ovs.draft import Draft, article
from vnetsh_ovs.fields import (
    BONDED,
    ENCRYPTION,
    LIMITS,
    MIRRORED,
    OF_KIND,
    Field,
    columns_of,
    limit_columns,
    shown,
)
from vnetsh_ovs.mirroring import restore_port
from vnetsh_ovs.rows import Spot, record_of, row_named
from vnetsh_ovsdb.operations import reference
from vnetsh_ovsdb.transaction import Conflict


def translate_member(draft: Draft, change: Change) -> None:
    """Make a change of a port or tunnel part of the draft. Raises `Conflict`."""
    if change.after is None:
        _remove(draft, change, cast(Resource, change.before))
    elif change.before is None:
        _add(draft, change, change.after)
    else:
        _change(draft, change, change.after)
        draft.change_mark(change, "Port", draft.index.ports[change.after.name].uuid)


def _add(draft: Draft, change: Change, after: Resource) -> None:
    there = draft.index.ports.get(after.name)
    if there:
        if not _is_as_wanted(draft, there, after):
            raise draft.name_taken(change, after.name, there)
        return
    uuid = row_named(record_of(after), "Port", after.name) if after.record else ""
    if uuid and draft.restorer.restored(uuid):
        return  # its bridge brought it back
    if after.get("mirrors"):
        draft.mirrors.append(change)
    if uuid:
        port = restore_port(draft, change, after.text("bridge"), uuid)
    else:
        columns = columns_of(after.kind, after.attributes)
        nics = after.get("nics")
        port = draft.new_port(
            change,
            after.name,
            columns["Interface"],
            columns["Port"],
            limit_columns(after),
            nics if isinstance(nics, tuple) else (),
        )
    draft.attach(change, after.text("bridge"), port)


def _is_as_wanted(draft: Draft, there: Spot, wanted: Resource) -> bool:
    kind, have = draft.member(there)
    return kind == wanted.kind and all(
        have.get(field.attribute) == wanted.get(field.attribute, field.default) for field in OF_KIND[kind]
    )


def _remove(draft: Draft, change: Change, before: Resource) -> None:
    there = draft.index.ports.get(before.name)
    if there is None or before.text("bridge") in draft.gone_bridges:
        return  # gone, or about to go with its bridge
    kind, have = draft.member(there)
    if have["bridge"] != before.text("bridge") or kind != before.kind:
        raise Conflict(change, f"{before.name} is {article(kind)} of bridge {have['bridge']} by now")
    draft.remove_port(change, there)


def _change(draft: Draft, change: Change, after: Resource) -> None:
    there = draft.index.ports.get(after.name)
    if there is None:
        raise Conflict(change, f"{after.kind} {after.name} is gone")
    kind, have = draft.member(there)
    if kind != after.kind:
        raise draft.name_taken(change, after.name, there)
    differing = change.differing()
    due: dict[Field, Value] = {}
    limited = False
    for field in OF_KIND[kind]:
        name, now = field.attribute, have.get(field.attribute)
        old, new = differing.get(name, (now, now))
        if now == new:
            continue
        if now != old:
            raise Conflict(change, f"{name} of {kind} {after.name} is {shown(now)} by now, not {shown(old)}")
        if field.attribute in LIMITS:
            limited = True
        elif field.table == MIRRORED:
            draft.mirrors.append(change)
        elif field.table == BONDED:
            change_bond(draft, change, there.uuid, new if isinstance(new, tuple) else ())
        elif field.table == ENCRYPTION:
            continue  # `remote-name` says so
        elif field.table:
            due[field] = new
        else:  # the very same port on another bridge
            draft.detach(change, there)
            draft.attach(change, str(new), reference(there.uuid))
    if limited:
        draft.limits.change(change, there.uuid)
    changing = {field.attribute for field in due}
    due |= {field: after.get(field.attribute) for field in OF_KIND[kind] if field.is_due(changing)}
    port = draft.index.tables["Port"][there.uuid]
    draft.change_rows(change, due, {"Port": (there.uuid, port), "Interface": draft.index.interfaces(port)[0]})
