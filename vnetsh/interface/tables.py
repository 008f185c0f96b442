"""Resources as rows: for a table, JSON, YAML and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.interface.render import Style, table
from vnetsh.model import Resource
from vnetsh.nouns.places import says_where
from vnetsh.plain_text import plain
from vnetsh.schema import Kind, Scope

Row = Mapping[str, object]


def rows_of(kind: Kind, resources: Sequence[Resource]) -> tuple[Kind, list[Row]]:
    """A row for each resource: its name, its place and every attribute of the kind."""
    rows: list[Row] = []
    where = says_where(kind)
    for resource in resources:
        row: dict[str, object] = {"name": resource.name}
        if kind.scope not in (Scope.INVENTORY, Scope.RUN):
            row["place" if kind.sort else "host"] = resource.place
        for attribute in (*(o for o in kind.operands if o.name in kind.identity), *kind.attributes):
            if attribute.name not in where and not attribute.apart:
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
            texts.append(_csv(kind, rows))
            continue
        shown = table([_shown(kind, row) for row in rows], style)
        texts.append(shown or f"no {name}")
    return "\n\n".join(texts)


def _shown(kind: Kind, row: Row) -> dict[str, str]:
    texts = {}
    for name, value in row.items():
        attribute = kind.attribute(name)
        if (attribute and not attribute.column) or name in kind.identity:
            continue  # an identity is in the name
        if value is None or value == "":
            texts[name] = ""
        elif value is True:
            texts[name] = "yes"
        else:
            plain = tuple(value) if isinstance(value, list) else value
            texts[name] = attribute.type.show(plain) if attribute else str(value)  # type: ignore[arg-type]
    return texts


def _csv(kind: Kind, rows: Sequence[Row]) -> str:
    import csv
    import io

    if not rows:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(kind, name, value) for name, value in row.items()} for row in rows)
    return out.getvalue().rstrip()


def _cell(kind: Kind, name: str, value: object) -> object:
    """A value as it is, but in one line; a list as a user would write it."""
    attribute = kind.word(name)
    shown = attribute.type.show(tuple(value)) if attribute and isinstance(value, list) else value
    return plain(shown) if isinstance(shown, str) else shown
