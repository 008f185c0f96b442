"""Resources as rows: for a table, JSON, YAML and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.interface.fitting import table
from vnetsh.interface.render import Style
from vnetsh.model import Resource
from vnetsh.nouns.columns import columns_of, value_of
from vnetsh.plain_text import plain
from vnetsh.schema import Kind

Row = Mapping[str, object]


def rows_of(kind: Kind, resources: Sequence[Resource], columns: Sequence[str] = ()) -> tuple[Kind, list[Row]]:
    """A row for each resource: its name, its place and every attribute of the kind; or the `columns` that it has."""
    names = [column.name for column in columns_of(kind)]
    if columns:
        names = [name for name in columns if name in names] or names[:1]
    values = [[value_of(resource, name) for name in names] for resource in resources]
    return kind, [
        {name: list(one) if isinstance(one, tuple) else one for name, one in zip(names, row, strict=True)}
        for row in values
    ]


def render_rows(
    tables: Mapping[str, tuple[Kind, list[Row]]],
    format: str,
    style: Style,
    width: int | None = None,
    *,
    all: bool = False,
) -> str:
    """The rows of one or more kinds in a format: `table` (of a width), `json`, `yaml` or `csv`.

    `all` of their columns are to be seen, however narrow the table is to be.
    """
    plain: object = {name: rows for name, (_, rows) in tables.items()}
    if len(tables) == 1:
        plain = next(iter(tables.values()))[1]
    if format in ("json", "yaml"):
        return as_text(plain, format)
    texts = []
    for name, (kind, rows) in tables.items():
        if format == "csv":
            texts.append(_csv(kind, rows))
            continue
        shown = table([shown_row(kind, row, all=all) for row in rows], style, width, all=all)
        texts.append(shown or f"no {name}")
    return "\n\n".join(texts)


def as_text(document: object, format: str) -> str:
    """A document as `json` or `yaml`."""
    if format == "json":
        import json

        return json.dumps(document, indent=2)
    import yaml

    return str(yaml.safe_dump(document, sort_keys=False)).rstrip()


def shown_row(kind: Kind, row: Row, *, all: bool) -> dict[str, str]:
    """A row as a table shows it: its values as a user would write them; those that tables leave out only in `all`."""
    texts = {}
    for name, value in row.items():
        attribute = kind.attribute(name) or next((one for one in kind.operands if one.name == name), None)
        if not all and ((attribute and not attribute.column) or name in kind.identity):
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
