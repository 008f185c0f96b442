"""Send a transaction so that it happens once: a lost reply is looked up, not guessed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh_ovs.client import Begun, Client, LostReply, NoAnswer
from vnetsh_ovs.rows import DATABASE, ROOT, as_map
from vnetsh_ovs.transaction import TOKEN, Operation, Transaction, as_pairs, await_root

if TYPE_CHECKING:
    from vnetsh_ovs.translating import Translation

_PAUSE = 0.05  # seconds between two attempts at a server that restarts
_UNKNOWN = "whether the changes took effect is not known"


@dataclass(frozen=True)
class Request:
    """A transaction as it is sent; `begun` when all but its end is sent already."""

    transaction: Transaction
    operations: Sequence[Operation]
    token: str
    begun: Begun | None = None


def request_for(transaction: Transaction, comment: str) -> Request:
    """What there is to be sent. The transaction writes a token of its own."""
    token = str(uuid.uuid4())
    return Request(transaction, transaction.operations(token, comment), token)


def begin(client: Client, translation: Translation, comment: str) -> Request | None:
    """Translate, and send meanwhile, all but the end; None when there is nothing to change.

    Nothing is changed before `commit`. Raises `Conflict`, `HostUnreachable`.
    """
    pieces, transaction = translation.pieces(), translation.transaction
    operations, token = list(next(pieces)), str(uuid.uuid4())
    if transaction.empty:
        for piece in pieces:
            operations += piece
    if transaction.empty:
        return None

    def following() -> Iterator[Sequence[object]]:
        yield [DATABASE, *operations]
        for piece in pieces:
            operations.extend(piece)
            yield piece
        rest = transaction.rest(token, comment)
        operations.extend(rest)
        yield rest

    return Request(transaction, operations, token, client.begin("transact", following()))


def commit(client: Client, request: Request, timeout: float) -> int:
    """Commit, and give the number that vswitchd is to reach.

    When the connection breaks before the reply, the token is asked for as soon as the server answers again: if
    it is there, the transaction was carried out; if not, it is sent once more, now on the condition that the
    token still is not there (the first may be under way).

    Raises `Conflict` and `BackendRefused` when nothing was changed; `HostUnreachable` when nothing was
    sent; `HostHung`, saying so, when the outcome is not known.
    """
    deadline = time.monotonic() + timeout
    try:
        if request.begun:
            results = client.finish(request.begun, timeout=timeout)
        else:
            results = client.call("transact", [DATABASE, *request.operations], timeout=timeout)
        return request.transaction.judge(results)
    except NoAnswer as error:
        raise HostHung(f"{error.message}: {_UNKNOWN}", help=error.help) from error
    except LostReply as lost:
        return _after_loss(client, request, deadline, lost)


def _after_loss(client: Client, request: Request, deadline: float, lost: LostReply) -> int:
    while True:
        try:
            reached = _committed(client, request.token, deadline)
            if reached is not None:
                return reached
            guarded = [DATABASE, _unless_done(request.token), *request.operations]
            first, *results = client.call("transact", guarded, timeout=_remaining(deadline))
            if "error" not in first:
                return request.transaction.judge(results)
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
