"""Bonds that become other NICs, as part of a transaction, and that cease to do LACP."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import cast

from vnetsh.errors import BackendRefused
from vnetsh.hosts.transport import Ask
from vnetsh.model import Change, Resource
from vnetsh.model.nics import bond_nics
from vnetsh_ovs.draft import Draft
from vnetsh_ovs.rows import record_of, row_named
from vnetsh_ovsdb.operations import as_set, is_row, reference


def change_bond(draft: Draft, change: Change, uuid: str, nics: Sequence[object]) -> None:
    """Have a bond be these NICs; those that stay are the very same, those of before come back as they were."""
    port = draft.index.tables["Port"][uuid]
    there = {row["name"]: known for known, row in draft.index.interfaces(port)}
    record = record_of(cast(Resource, change.after)) if change.undo else {}
    devices: list[list[str]] = []
    for nic in map(str, nics):
        earlier = row_named(record, "Interface", nic)
        if nic in there:
            devices.append(reference(there[nic]))
        elif earlier:
            devices.append(draft.restorer.restore(change, record, "Interface", earlier))
        else:
            devices.append(draft.transaction.insert(change, "Interface", {"name": nic}))
    message = f"the NICs of bond {change.resource.name} were changed meanwhile"
    as_read = as_set([reference(known) for known in there.values()])
    draft.transaction.expect(change, message, "Port", is_row(uuid), {"interfaces": as_read})
    draft.transaction.update(change, "Port", uuid, {"interfaces": as_set(devices)})


def stir(changes: Sequence[Change], ask: Ask) -> None:
    """Have vswitchd look at the NICs of a bond anew that does no LACP any more. Raises `HostUnreachable`.

    By itself (3.1) it leaves them off as LACP left them, until it hears of one of them: by a group that it has already.
    """
    for change in changes:
        for nic in bond_nics(change.after) if change.before and change.before.get("lacp") else ():
            with contextlib.suppress(BackendRefused, ValueError):
                [link] = json.loads(ask(["ip", "-json", "link", "show", "dev", nic]).stdout)
                ask(["ip", "link", "set", "dev", nic, "group", str(link["group"])])
