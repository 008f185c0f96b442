"""A picture as a file of draw.io (diagrams.net), to be gone on with there: each box holds what is in it."""

from __future__ import annotations

from html import escape

from vnetsh.pictures.laying import Laid
from vnetsh.pictures.picture import STROKES, WRONG, Line, Picture, Thing
from vnetsh.plain_text import plain

_FILLS = {"host": "#f3f6f9", "cluster": "#f3f6f9", "bridge": "#e4ebf2", "tenant": "#e4ebf2"}


def drawio(picture: Picture, laid: Laid) -> str:
    """An uncompressed file, so that a difference of two can be read."""
    cells = [_thing(one, picture, laid) for one in _outside_in(picture)]
    cells += [_line(line) for line in picture.lines]
    return (
        f'<mxfile><diagram name="{_text(picture.title)}"><mxGraphModel><root>\n'
        '<mxCell id="0"/><mxCell id="1" parent="0"/>\n'
        + "\n".join(cells)
        + "\n</root></mxGraphModel></diagram></mxfile>\n"
    )


def _outside_in(picture: Picture) -> list[Thing]:
    """A box before what is inside of it."""
    found: list[Thing] = []
    waiting = [*picture.inside.get("", ())]
    while waiting:
        thing = waiting.pop(0)
        found.append(thing)
        waiting += picture.inside.get(thing.id, ())
    return found


def _thing(thing: Thing, picture: Picture, laid: Laid) -> str:
    box = laid.boxes[thing.id]
    outer = laid.boxes.get(thing.within)
    x, y = (box.x - outer.x, box.y - outer.y) if outer else (box.x, box.y)
    words = [
        thing.name,
        *([thing.state] if thing.state not in ("", "running") else []),
        *thing.tags,
        thing.wrong,
    ]
    label = _text("  ".join(filter(None, [f"{thing.kind} {words[0]}", *words[1:]])))
    looks = {
        "rounded": "1",
        "whiteSpace": "wrap",
        "html": "0",
        "fillColor": _FILLS.get(thing.kind, "#ffffff"),
    }
    looks["strokeColor"] = WRONG if thing.wrong else STROKES.get(thing.change, "#8595a6")
    if thing.id in picture.inside:
        looks |= {"container": "1", "verticalAlign": "top", "align": "left", "spacingLeft": "8"}
    style = ";".join(f"{name}={value}" for name, value in looks.items())
    inside = _text(thing.within or "1")
    return (
        f'<mxCell id="{_text(thing.id)}" value="{label}" style="{style};" vertex="1" parent="{inside}">'
        f'<mxGeometry x="{x:g}" y="{y:g}" width="{box.width:g}" height="{box.height:g}" as="geometry"/></mxCell>'
    )


def _line(line: Line) -> str:
    stroke = WRONG if line.wrong else STROKES.get(line.change, "#6b7d90")
    dashed = ";dashed=1" if not line.sure or line.kind == "uplink" else ""
    style = f"endArrow=none;strokeColor={stroke}{dashed};"
    return (
        f'<mxCell id="{_text(line.id)}" value="{_text(line.label)}" style="{style}" '
        f'edge="1" parent="1" source="{_text(line.one)}" target="{_text(line.other)}">'
        '<mxGeometry relative="1" as="geometry"/></mxCell>'
    )


def _text(words: str) -> str:
    return escape(plain(words))
