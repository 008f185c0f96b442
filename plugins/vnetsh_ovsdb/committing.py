"""Send a transaction so that it happens once: a lost reply is looked up, not guessed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.model import Change
from vnetsh_ovsdb.client import Client, LostReply, NoAnswer
from vnetsh_ovsdb.operations import Operation, as_map, as_pairs, await_row, select
from vnetsh_ovsdb.transaction import TOKEN, Root, Transaction

_PAUSE = 0.05  # seconds between two attempts at a server that restarts
_UNKNOWN = "whether the changes took effect is not known"


def commit(client: Client, transaction: Transaction, comment: str, timeout: float, token: str = "") -> int:
    """Commit; what the root's counter has become. The transaction leaves a token of its own on the root, or that one.

    When the connection breaks before the reply, the token is asked for as soon as the server answers again: if
    it is there, the transaction was carried out; if not, it is sent once more, now on the condition that the
    token still is not there (the first may be under way).

    Raises `Conflict` and `BackendRefused` when nothing was changed; `HostUnreachable` when nothing was
    sent; `HostHung`, saying so, when the outcome is not known.
    """
    deadline = time.monotonic() + timeout
    token, root = token or str(uuid.uuid4()), transaction.root
    operations = transaction.operations(token, comment)
    try:
        return transaction.judge(client.call("transact", [root.database, *operations], timeout=timeout))
    except NoAnswer as error:
        raise HostHung(f"{error.message}: {_UNKNOWN}", help=error.help) from error
    except LostReply as error:
        lost = error
    while True:
        try:
            reached = _committed(client, root, token, deadline)
            if reached is not None:
                return reached
            results = _again(client, root, operations, token, deadline)
            if results is not None:
                return transaction.judge(results)
        except HostUnreachable as error:
            if _remaining(deadline) <= _PAUSE:
                raise HostHung(f"{lost.message}: {_UNKNOWN}", help=error.help) from error
        time.sleep(_PAUSE)


def comment_of(changes: Sequence[Change]) -> str:
    """What the database's log says of a transaction (`ovsdb-tool show-log`)."""
    more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    return "vnetsh: " + "; ".join(map(str, changes[:3])) + more


def _committed(client: Client, root: Root, token: str, deadline: float) -> int | None:
    """What the root's counter is if the token is there, else None."""
    asked = select(root.table, [], ["external_ids", root.counter])
    row = client.call("transact", [root.database, asked], timeout=_remaining(deadline))[0]["rows"][0]
    return int(row[root.counter]) if as_map(row["external_ids"]).get(TOKEN) == token else None


def _again(
    client: Client, root: Root, operations: Sequence[Operation], token: str, deadline: float
) -> list[dict[str, object] | None] | None:
    """The results of sending it once more; None when it was carried out after all."""
    unless_done = await_row(root.table, "external_ids", "includes", as_pairs({TOKEN: token}), fits=False)
    guarded = [root.database, unless_done, *operations]
    first, *results = client.call("transact", guarded, timeout=_remaining(deadline))
    return results if "error" not in first else None


def _remaining(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
