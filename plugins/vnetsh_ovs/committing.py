"""Send a transaction so that it happens once: a lost reply is looked up, not guessed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh_ovs.client import Client, LostReply, NoAnswer
from vnetsh_ovs.rows import DATABASE, ROOT, as_map
from vnetsh_ovs.transaction import TOKEN, Operation, Transaction, as_pairs, await_root

_PAUSE = 0.05  # seconds between two attempts at a server that restarts
_UNKNOWN = "whether the changes took effect is not known"


def commit(client: Client, transaction: Transaction, comment: str, timeout: float) -> int:
    """Commit, and give the number that vswitchd is to reach. The transaction writes a token of its own.

    When the connection breaks before the reply, the token is asked for as soon as the server answers again: if
    it is there, the transaction was carried out; if not, it is sent once more, now on the condition that the
    token still is not there (the first may be under way).

    Raises `Conflict` and `BackendRefused` when nothing was changed; `HostUnreachable` when nothing was
    sent; `HostHung`, saying so, when the outcome is not known.
    """
    deadline = time.monotonic() + timeout
    token = str(uuid.uuid4())
    operations = transaction.operations(token, comment)
    try:
        return transaction.judge(client.call("transact", [DATABASE, *operations], timeout=timeout))
    except NoAnswer as error:
        raise HostHung(f"{error.message}: {_UNKNOWN}", help=error.help) from error
    except LostReply as lost:
        return _after_loss(client, transaction, operations, token, deadline, lost)


def _after_loss(
    client: Client,
    transaction: Transaction,
    operations: Sequence[Operation],
    token: str,
    deadline: float,
    lost: LostReply,
) -> int:
    while True:
        try:
            reached = _committed(client, token, deadline)
            if reached is not None:
                return reached
            guarded = [DATABASE, _unless_done(token), *operations]
            first, *results = client.call("transact", guarded, timeout=_remaining(deadline))
            if "error" not in first:
                return transaction.judge(results)
            # The condition failed, so it was carried out after all: the next round finds the token.
        except HostUnreachable as error:
            if _remaining(deadline) <= _PAUSE:
                raise HostHung(f"{lost.message}: {_UNKNOWN}", help=error.help) from error
        time.sleep(_PAUSE)


def _committed(client: Client, token: str, deadline: float) -> int | None:
    """The number that vswitchd is to reach if the token is there, else None."""
    select = {"op": "select", "table": ROOT, "where": [], "columns": ["external_ids", "next_cfg"]}
    results = client.call("transact", [DATABASE, select], timeout=_remaining(deadline))
    row: dict[str, Any] = results[0]["rows"][0]
    return int(row["next_cfg"]) if as_map(row["external_ids"]).get(TOKEN) == token else None


def _unless_done(token: str) -> Operation:
    return await_root("external_ids", "includes", as_pairs({TOKEN: token}), fits=False)


def _remaining(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
