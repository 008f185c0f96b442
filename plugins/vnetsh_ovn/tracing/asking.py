"""`ovn-trace` on the host whose southbound server leads: what it says of a packet. It sends and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.backend import Context
from vnetsh.errors import CannotTell
from vnetsh.model import Place
from vnetsh_ovn.leading import leader_of
from vnetsh_ovn.sort import NOT_ASKED, SOUTHBOUND
from vnetsh_ovn.tracing.trace_text import Stage, Trace
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import as_map, select

_MANY = 16
"""More than the places of any way at which connections are looked up."""
_ABSENT = 127


class Tracer:
    """Asks `ovn-trace` beside whichever server of the southbound database leads."""

    def __init__(self, place: Place, context: Context) -> None:
        server = leader_of(place, context, SOUTHBOUND)
        if server.transport is None:
            raise CannotTell(
                f"{place.name}: its southbound database is reached at {server.remote}, and no host beside it: "
                "`ovn-trace` cannot be asked",
                help="say a cluster without `northbound` and `southbound`: on its hosts their sockets are used",
                code=NOT_ASKED,
            )
        self._host, self._transport = server.place.name, server.transport
        self._remote, self._timeout = server.remote, context.timeout

    def trace(self, datapath: str, packet: str, backend: str = "", connections: str = "new") -> Trace:
        """A packet's way from a port of a switch; a load balancer gives it to that backend, if one is said.

        `connections`: what is known of its connection wherever that is looked up.

        Raises `CannotTell`, `HostUnreachable`.
        """
        options = [
            "--no-friendly-names",
            "--no-leader-only",
            f"--db={self._remote}",
            *[f"--ct={connections}"] * _MANY,
        ]
        if backend:
            options.append(f"--lb-dst={backend}")
        done = self._transport.ask(["ovn-trace", *options, datapath, packet], timeout=self._timeout)
        found = Trace(done.stdout)
        if done.returncode == 0 and found.is_one:
            return found
        if done.returncode == _ABSENT:
            raise CannotTell(
                f"{self._host} has no `ovn-trace`", help="Debian: `apt install ovn-common`", code=NOT_ASKED
            )
        said = [one.rpartition("|")[2] for one in (done.stderr or done.stdout).strip().splitlines()]
        why = said[0] if said else f"exit code {done.returncode}"
        raise CannotTell(
            f"{self._host}: `ovn-trace` does not tell of this packet: {why}",
            help="has ovn-northd followed? `ovn-appctl -t ovn-northd status` on one of the cluster's hosts",
            code=NOT_ASKED,
        )


def hints(southbound: Client, stages: Sequence[Stage]) -> Mapping[str, str]:
    """By the UUID of a logical flow, as a stage has it, the first digits of that of the northbound row behind it.

    (ovn-sb(5), Logical_Flow: `stage-hint`.) Raises `HostUnreachable`.
    """
    columns = ["_uuid", "external_ids"]
    asked = [
        select("Logical_Flow", [["match", "==", one.match], ["priority", "==", one.priority]], columns)
        for one in stages
    ]
    found: dict[str, str] = {}
    answers: Sequence[Mapping[str, Any]] = (
        southbound.ask("transact", [SOUTHBOUND.name, *asked]) if asked else ()
    )
    for stage, answer in zip(stages, answers, strict=True):
        for row in answer.get("rows", []):
            if row["_uuid"][1].startswith(stage.uuid):
                found[stage.uuid] = as_map(row["external_ids"]).get("stage-hint", "")
    return found
