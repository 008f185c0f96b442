"""What is ours on a host, as it is written down there: `/etc/vnetsh/services.json`. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vnetsh.errors import BackendRefused
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change
from vnetsh.model.reboot import SURVIVES

FOLDER = "/etc/vnetsh"
FILE = f"{FOLDER}/services.json"
NAME = "host"
"""The backend's name."""

_SEEN = ("error", SURVIVES)
"""What is seen, and not written down."""

Slot = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True)
class Record:
    """What is ours, whether it is so just now or not.

    `up` are the devices that were down before we gave them addresses; `forward` is what `net.ipv4.ip_forward` was
    before the first NAT.
    """

    entries: Mapping[Slot, Resource] = field(default_factory=dict)
    up: tuple[str, ...] = ()
    forward: str = ""

    def of_kind(self, kind: str) -> list[Resource]:
        """All of a kind."""
        return [one for one in self.entries.values() if one.kind == kind]

    def get(self, kind: str, name: str) -> Resource | None:
        """What is written down of that one."""
        return self.entries.get((kind, name))

    def after(self, changes: Iterable[Change]) -> Record:
        """The same when changes are made."""
        entries = {**self.entries}
        for change in changes:
            if change.before:
                entries.pop((change.before.kind, change.before.name), None)
            if change.after:
                entries[change.after.kind, change.after.name] = change.after
        return replace(self, entries=entries)


def read(text: str, host: str) -> Record:
    """The record of a host, empty where there is no file. Raises `BackendRefused`."""
    if not text.strip():
        return Record()
    try:
        found = json.loads(text)
        entries = [_entry(one, host) for one in found["entries"]]
        return Record(
            {(one.kind, one.name): one for one in entries},
            tuple(map(str, found["up"])),
            str(found["forward"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BackendRefused(
            f"{host}: {FILE} is not as vnetsh writes it: {error}",
            help=f"put back what it was; without it nobody knows what of {host}'s addresses and services is vnetsh's",
        ) from error


def text_of(record: Record) -> str:
    """A record as its file; empty when there is nothing to be written down."""
    if not (record.entries or record.up or record.forward):
        return ""
    entries = [_as_json(record.entries[slot]) for slot in sorted(record.entries)]
    head = {"vnetsh": "what it gave this host, and takes back: do not edit", "up": list(record.up)}
    return json.dumps({**head, "forward": record.forward, "entries": entries}, indent=1) + "\n"


def _as_json(one: Resource) -> dict[str, Any]:
    attributes = {
        name: value
        for name, value in sorted(one.attributes.items())
        if value is not None and name not in _SEEN
    }
    found: dict[str, Any] = {"kind": one.kind, "name": one.name, "attributes": attributes}
    if one.parent:
        found["parent"] = list(one.parent)
    if one.owner:
        found["owner"] = one.owner
    return found


def _entry(found: Mapping[str, Any], host: str) -> Resource:
    attributes: dict[str, Value] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in found["attributes"].items()
    }
    parent = (str(found["parent"][0]), str(found["parent"][1])) if "parent" in found else None
    return Resource(
        found["kind"],
        found["name"],
        host,
        attributes,
        parent,
        NAME,
        marked=True,
        owner=found.get("owner", ""),
    )
