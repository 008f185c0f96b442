"""Resources as rows: for a table, JSON, YAML and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.interface.render import Style, table
from vnetsh.model import Resource
from vnetsh.schema import Kind, Scope

Row = Mapping[str, object]


def rows_of(kind: Kind, resources: Sequence[Resource]) -> tuple[Kind, list[Row]]:
    """A row for each resource: its name, its host and every attribute of the kind."""
    rows: list[Row] = []
    for resource in resources:
        row: dict[str, object] = {"name": resource.name}
        if kind.scope is not Scope.INVENTORY:
            row["place" if kind.sort else "host"] = resource.place
        for attribute in kind.attributes:
            if attribute.name != "on":
                value = resource.get(attribute.name)
                row[attribute.name] = list(value) if isinstance(value, tuple) else value
        rows.append(row)
    return kind, rows


def render_rows(tables: Mapping[str, tuple[Kind, list[Row]]], format: str, style: Style) -> str:
    """The rows of one or more kinds in a format: `table`, `json`, `yaml` or `csv`."""
    plain: object = {name: rows for name, (_, rows) in tables.items()}
    if len(tables) == 1:
        plain = next(iter(tables.values()))[1]
    if format == "json":
        import json

        return json.dumps(plain, indent=2)
    if format == "yaml":
        import yaml

        return str(yaml.safe_dump(plain, sort_keys=False)).rstrip()
    texts = []
    for name, (kind, rows) in tables.items():
        if format == "csv":
            texts.append(_csv(rows))
            continue
        shown = table([_shown(kind, row) for row in rows], style)
        texts.append(shown or f"no {name}")
    return "\n\n".join(texts)


def _shown(kind: Kind, row: Row) -> dict[str, str]:
    texts = {}
    for name, value in row.items():
        attribute = kind.attribute(name)
        if attribute and not attribute.column:
            continue
        if value is None or value == "":
            texts[name] = ""
        elif value is True:
            texts[name] = "yes"
        elif isinstance(value, list):
            texts[name] = ", ".join(map(str, value))
        else:
            texts[name] = attribute.type.show(value) if attribute else str(value)  # type: ignore[arg-type]
    return texts


def _csv(rows: Sequence[Row]) -> str:
    import csv
    import io

    if not rows:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().rstrip()
