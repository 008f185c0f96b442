"""What `ovs-vsctl` tells of the collectors, and the words that make it change them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vnetsh.model import Change, Resource

SET = "Flow_Sample_Collector_Set"
_COLUMNS = {SET: "_uuid,id,bridge,ipfix,external_ids", "IPFIX": "_uuid,targets", "Bridge": "_uuid,name"}
LIST = tuple(
    word
    for table, columns in _COLUMNS.items()
    for word in ("--", f"--columns={columns}", "list", table)
)  # fmt: skip
"""The words that list everything there is."""
_NAME, _OWNER = "vnetsh-collector", "vnetsh-owner"  # keys of external_ids: the mark


@dataclass(frozen=True)
class Rows:
    """The collectors of a database: each with the UUIDs of its row and of its IPFIX row (or empty)."""

    resources: tuple[Resource, ...]
    ids: Mapping[str, tuple[str, str]]


def read(text: str, place: str, backend: str) -> Rows:
    """What the output of `LIST` says."""
    sets, ipfix, bridges = (_table(line) for line in text.splitlines())
    names = {row["_uuid"]: row["name"] for row in bridges}
    targets = {row["_uuid"]: _several(row["targets"]) for row in ipfix}
    resources, ids = [], {}
    for row in sets:
        marks = row["external_ids"]
        bridge = names[row["bridge"]]
        # One that others made is called after what tells it from others.
        name = marks.get(_NAME) or f"{bridge}-{row['id']}"
        values = {
            "bridge": bridge,
            "number": row["id"],
            "targets": tuple(sorted(targets.get(row["ipfix"], ()))) or None,
        }
        resources.append(
            Resource(
                "collector", name, place, values, backend=backend,
                marked=_NAME in marks, owner=marks.get(_OWNER, ""),
            )
        )  # fmt: skip
        ids[name] = (row["_uuid"], row["ipfix"])
    return Rows(tuple(resources), ids)


def words(change: Change, uuid: str, ipfix: str, number: int) -> Sequence[str]:
    """The words of `ovs-vsctl` that make a change; `uuid` and `ipfix` are empty where there is no such row yet.

    `number` tells the changes of one call apart.
    """
    after = change.after
    if after is None:
        return ("--", "--if-exists", "destroy", SET, uuid) if uuid else ()
    columns = [f"id={after.get('number')}", f"external_ids:{_NAME}={_quoted(after.name)}"]
    if after.owner:
        columns.append(f"external_ids:{_OWNER}={_quoted(after.owner)}")
    targets = after.get("targets")
    said = ", ".join(map(_quoted, targets)) if isinstance(targets, tuple) else ""
    found: list[str] = []
    if not said:
        columns.append("ipfix=[]")
    elif ipfix:
        found += ["--", "set", "IPFIX", ipfix, f"targets=[{said}]"]
    else:
        found += ["--", f"--id=@ipfix{number}", "create", "IPFIX", f"targets=[{said}]"]
        columns.append(f"ipfix=@ipfix{number}")
    if uuid:
        return [*found, "--", "set", SET, uuid, *columns]
    bridge = f"@bridge{number}"
    return [
        *found,
        *("--", f"--id={bridge}", "get", "Bridge", after.text("bridge")),
        *("--", "create", SET, f"bridge={bridge}", *columns),
    ]


def _quoted(text: object) -> str:
    return json.dumps(str(text))


def _table(line: str) -> list[dict[str, Any]]:
    """The rows of a table in JSON; UUIDs as texts, maps as dicts."""
    table = json.loads(line)
    return [
        {heading: _plain(value) for heading, value in zip(table["headings"], row, strict=True)}
        for row in table["data"]
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        kind, what = value
        if kind == "map":
            return dict(what)
        if kind == "set" and not what:
            return ""
        return what
    return value


def _several(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [value] if value else []
