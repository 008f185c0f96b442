"""Changes into one OVSDB transaction, on the rows as they are."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Change
from vnetsh_ovs.bridges import translate_bridge
from vnetsh_ovs.draft import Draft
from vnetsh_ovs.flow_keys import translate_flow, wait_for_bridges
from vnetsh_ovs.members import translate_member
from vnetsh_ovs.mirroring import drop_mirrors, mirror
from vnetsh_ovs.rows import Index
from vnetsh_ovsdb.transaction import Conflict, Transaction

_BY_KIND = {
    "bridge": translate_bridge,
    "port": translate_member,
    "tunnel": translate_member,
    "flow": wait_for_bridges,
}


def translate(changes: Sequence[Change], index: Index, datapath: str) -> Transaction:
    """The transaction that makes the changes; empty when all of them are made already.

    A change whose outcome is there is left out, so that doing or undoing twice does no harm. Raises
    `Conflict` when the rows are neither as a change found them nor as it leaves them, and for kinds of which
    nothing is known here.
    """
    draft = Draft(changes, index, datapath)
    for change in sorted(
        changes, key=lambda one: bool(one.resource.get("parent"))
    ):  # a bridge before its VLANs
        kind = change.resource.kind
        if kind not in _BY_KIND:
            raise Conflict(change, f"the backend `ovs` makes no {kind}", f"it makes {', '.join(_BY_KIND)}")
        _BY_KIND[kind](draft, change)
    drop_mirrors(draft)
    for change in draft.mirrors:
        mirror(draft, change)
    for change in draft.flows:
        translate_flow(draft, change)
    return draft.finished()
