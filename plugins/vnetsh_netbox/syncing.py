"""Has a server say what the hosts hold: reads, lists what differs, and writes where that was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from vnetsh.errors import UsageError
from vnetsh.hookspecs import Delivery
from vnetsh_netbox.comparing import Difference, Step, compare
from vnetsh_netbox.objects import objects
from vnetsh_netbox.server import NetBoxFailed, Refused, Server, in_chunks
from vnetsh_netbox.sorts import VLAN, Field, Known, Ref
from vnetsh_netbox.there import There, look, theirs

URL, TOKEN = "NETBOX_URL", "NETBOX_TOKEN"
"""The variables of the environment that say where to ask, and as whom."""


def deliver(delivery: Delivery) -> bool:
    """Compare with a server, and write. Raises `UsageError`, `NetBoxFailed`."""
    address = delivery.to or os.environ.get(URL, "")
    token = delivery.token or os.environ.get(TOKEN, "").strip()
    if not address:
        raise UsageError("which server?", help=f"`--to URL`, or `{URL}` in the environment")
    if not token:
        raise UsageError(
            "a server wants a token", help=f"`--token-file FILE`, or `{TOKEN}` in the environment"
        )
    return sync(delivery, Server(address, token))


def sync(delivery: Delivery, server: Server) -> bool:
    """Compare with this server, and write; whether all is done that was to be. Raises `NetBoxFailed`."""
    fleet, tell = delivery.fleet, delivery.tell
    server.see_version()
    vlans = [int(one.ref.key[0]) for one in objects(fleet).objects if one.ref.sort is VLAN]
    others, remarks = theirs(server, [*fleet.hosts], vlans)
    said = objects(fleet, others)
    there = look(server, said.objects, fleet)
    difference = compare(said.objects, there, delivery.seen)
    for remark in (*said.remarks, *remarks, *difference.remarks):
        tell(f"# {remark}")
    listed = [step for step in difference.steps if not (step.late and not step.id)]
    for step in listed:
        tell(str(step) if not step.late else f"{step}: {', '.join(step.fields)}")
    if not listed:
        tell(f"{server.address}: nothing to do")
        return True
    counts = ", ".join(
        f"{sum(step.sign == sign for step in listed)} to {word}"
        for sign, word in (("+", "add"), ("~", "change"), ("-", "remove"))
    )
    if not delivery.write:
        tell(f"{server.address}: {counts}; `--write` does it")
        return True
    tell(f"{server.address}: {counts}")
    return _Writing(server, there, tell).write(difference)


class _Writing:
    def __init__(self, server: Server, there: There, tell: Callable[[str], None]) -> None:
        self._server, self._tell = server, tell
        self._ids = {ref: int(one["id"]) for ref, one in (*there.own.items(), *there.stays.items())}
        self._done = self._failed = 0

    def write(self, difference: Difference) -> bool:
        """Whether all of it was done."""
        steps = difference.steps
        try:
            for (sign, sort, late), some in groupby(
                steps, lambda step: (step.sign, step.ref.sort, step.late)
            ):
                self._write(sign, sort.path, late, [*some])
        except NetBoxFailed as error:
            done = f"{self._done} of {len(steps)} were written"
            raise NetBoxFailed(
                f"{error.message}; {done}", help=error.help or "the next call goes on"
            ) from error
        except KeyboardInterrupt:
            self._tell(f"{self._done} of {len(steps)} were written; the next call goes on")
            raise
        self._tell(f"{self._done} written" + (f", {self._failed} refused" if self._failed else ""))
        return not self._failed

    def _write(self, sign: str, path: str, late: bool, steps: Sequence[Step]) -> None:
        ready: list[tuple[Step, Mapping[str, Any]]] = []
        for step in steps:
            waits = next((ref for ref in _needs(step) if ref not in self._ids), None)
            if waits:
                if not late:  # of what it waits for it was said
                    self._failed += 1
                    self._tell(f"# {step.ref} is left out: {waits} is not there")
            else:
                ready.append((step, self._body(step)))
        how = {"+": self._server.create, "~": self._server.update, "-": self._server.delete}[sign]
        for some in in_chunks([{"at": at, **body} for at, (_, body) in enumerate(ready)]):
            of = [ready[one["at"]][0] for one in some]
            self._send(how, path, of, [{k: v for k, v in one.items() if k != "at"} for one in some])

    def _send(
        self,
        how: Callable[[str, Sequence[Mapping[str, Any]]], list[int]],
        path: str,
        steps: Sequence[Step],
        bodies: Sequence[Mapping[str, Any]],
    ) -> None:
        """All at once; where the server takes not all of them, each by itself."""
        try:
            ids = how(path, bodies)
        except Refused as refused:
            if len(steps) > 1:
                for step, body in zip(steps, bodies, strict=True):
                    self._send(how, path, [step], [body])
                return
            self._failed += 1
            self._tell(f"# {steps[0].ref}: {refused.message}")
            return
        self._done += len(steps)
        for step, id in zip(steps, ids, strict=True):
            if step.sign == "-":
                self._ids.pop(step.ref, None)
            else:
                self._ids[step.ref] = id

    def _body(self, step: Step) -> Mapping[str, Any]:
        fields: dict[str, Any] = {name: self._value(value) for name, value in step.fields.items()}
        if step.tags:
            fields["tags"] = [{"slug": tag} for tag in step.tags]
        if step.sign == "+":
            keys = dict(zip(step.ref.sort.keys, step.ref.key, strict=True))
            return {**keys, **fields} if len(keys) == 1 and step.ref.sort is not VLAN else fields
        return {"id": step.id or self._ids[step.ref], **fields}

    def _value(self, value: Field) -> Any:
        if isinstance(value, Ref):
            return self._ids[value]
        if isinstance(value, tuple):
            return [self._value(one) for one in value]
        return value.id if isinstance(value, Known) else value


def _needs(step: Step) -> Iterator[Ref]:
    if step.sign == "~" and not step.id:
        yield step.ref
    for value in step.fields.values():
        yield from (one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Ref))
