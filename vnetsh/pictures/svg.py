"""A picture as SVG: for a file, and as the middle of the page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from vnetsh.pictures.laying import HEAD, PAD, Box, Laid
from vnetsh.pictures.picture import Line, Picture, Thing
from vnetsh.plain_text import plain

_CHAR = 7.0
"""How wide a character of 12 pixels is at most, on average of a name: what is longer is cut, and told by its title."""

COLOURS = 8
"""How many colours tags have; what has the same tag has the same one."""


def svg(picture: Picture, laid: Laid) -> str:
    """A document of its own, which looks the same wherever it is opened; it follows light and dark."""
    style = _style()
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {laid.width:g} {laid.height:g}" '
        f'width="{laid.width:g}" height="{laid.height:g}" role="img" aria-labelledby="title">'
        f'<title id="title">{text(picture.title)}</title><style>{style}</style>'
        f'<rect class="paper" width="100%" height="100%"/>'
    )
    return f"{head}\n{drawn(picture, laid)}\n</svg>\n"


def drawn(picture: Picture, laid: Laid) -> str:
    """The things and lines."""
    return "\n".join(part for _, part in pieces(picture, laid))


def pieces(picture: Picture, laid: Laid) -> Iterator[tuple[Thing | Line, str]]:
    """Each with how it is drawn: boxes that have others inside at the back, then lines, then the rest."""
    yield from ((one, _box(one, laid.boxes[one.id])) for one in picture.boxes)
    yield from _lines(picture, laid)
    flat = (one for one in picture.things if not picture.is_box(one))
    yield from ((one, _leaf(one, laid.boxes[one.id])) for one in flat)


def text(words: str) -> str:
    """Words that others may have chosen, as they stand in a document."""
    return escape(plain(words))


def colour(tag: str) -> int:
    """The colour of a tag: of a VLAN by its number, so that neighbours differ."""
    number = "".join(filter(str.isdecimal, tag))
    return (int(number) if number else sum(map(ord, tag))) % COLOURS


def _style() -> str:
    return (files("vnetsh.pictures") / "page" / "picture.css").read_text("utf-8")


def _group(thing: Thing, inner: str) -> str:
    names = [
        thing.kind,
        thing.state,
        f"plan-{thing.change}" if thing.change else "",
        "wrong" if thing.wrong else "",
    ]
    classes = " ".join(filter(None, ("thing", *names)))
    said = text(thing.words)
    return f'<g class="{text(classes)}" data-id="{text(thing.id)}"><title>{said}</title>{inner}</g>'


def _rect(box: Box, round: int) -> str:
    return f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{round}"/>'


def _words(words: str, x: float, y: float, width: float, name: str) -> str:
    most = int(width / _CHAR)
    words = plain(words)
    shown = words if len(words) <= most else words[: max(most - 1, 1)] + "…"
    return f'<text class="{name}" x="{x:g}" y="{y:g}">{escape(shown)}</text>'


def _box(thing: Thing, box: Box) -> str:
    what = "" if thing.kind == "bridge" else f"{thing.kind} "
    tail = "  ".join(
        filter(None, (*thing.tags, thing.state if thing.state not in ("", "running") else "", thing.wrong))
    )
    words = f"{what}{thing.name}" + (f"  {tail}" if tail else "")
    label = _words(words, box.x + PAD, box.y + HEAD - 9, box.width - 2 * PAD, "name")
    return _group(thing, _rect(box, 6) + label)


def _leaf(thing: Thing, box: Box) -> str:
    below = "  ".join(
        filter(None, (thing.wrong or (thing.state if thing.state != "running" else ""), *thing.tags))
    )
    label = _words(thing.name, box.x + 10, box.y + (16 if below else 24), box.width - 16, "name")
    label += _words(below, box.x + 10, box.y + 31, box.width - 16, "below") if below else ""
    vlans = [tag for tag in thing.tags if tag.startswith("vlan ")]
    part = (box.height - 8) / max(len(vlans), 1)
    stripes = [
        f'<rect class="stripe c{colour(tag)}" x="{box.x + 3:g}" y="{box.y + 4 + at * part:g}" '
        f'width="3" height="{part:g}"/>'
        for at, tag in enumerate(vlans)
    ]
    return _group(thing, _rect(box, 4) + "".join(stripes) + label)


def _lines(picture: Picture, laid: Laid) -> Iterator[tuple[Line, str]]:
    within = {one.id: one.within for one in picture.things}
    alone = [one.id for one in picture.inside.get("", ()) if one.kind not in ("host", "cluster")]
    beside: dict[tuple[str, str], int] = {}
    # Uplinks first, so that the labels of what leads from host to host lie upon them.
    for line in sorted(picture.lines, key=lambda one: one.kind != "uplink"):
        number = beside[line.one, line.other] = beside.get((line.one, line.other), -1) + 1
        outside = next((id for id in (line.one, line.other) if id in alone), "")
        if outside:
            inner = line.other if outside == line.one else line.one
            outer = inner
            while within[outer]:
                outer = within[outer]
            way = _way_down(
                laid.boxes[outside], laid.boxes[inner], laid.boxes[outer], alone.index(outside) + number
            )
        else:
            way = _way(laid.boxes[line.one], laid.boxes[line.other], number)
        inside = not outside and within[line.one] and within[line.one] == within[line.other]
        yield line, _line(line, way, labelled=line.kind in ("tunnel", "uplink", "patch") and not inside)


def _line(line: Line, way: tuple[str, float, float], labelled: bool) -> str:
    """A line with its label; between neighbours of one box there is no room for one, and its title has it."""
    path, x, y = way
    names = [line.kind, f"plan-{line.change}" if line.change else "", "wrong" if line.wrong else ""]
    classes = " ".join(filter(None, ("line", *names, "" if line.sure else "assumed")))
    label = f'<text class="label" x="{x:g}" y="{y - 4:g}" text-anchor="middle">{text(line.label)}</text>'
    if not (labelled and line.label):
        label = ""
    words = (line.kind, line.label, line.wrong, "" if line.sure else "assumed")
    said = text(", ".join(filter(None, words)))
    ends = f'data-one="{text(line.one)}" data-other="{text(line.other)}"'
    return f'<g class="{classes}" data-id="{text(line.id)}" {ends}><title>{said}</title><path d="{path}"/>{label}</g>'


def _way_down(top: Box, inner: Box, outer: Box, number: int) -> tuple[str, float, float]:
    """A line's path from what is outside, down beside a host, and into it from the left; and where its label lies."""
    x1, y1 = top.x + top.width / 2, top.y + top.height
    x, y = outer.x - 14 - 7 * (number % 8), inner.y + HEAD / 2
    down = y1 + 80
    path = f"M{x1:g},{y1:g} C{x1:g},{y1 + 50:g} {x:g},{y1 + 30:g} {x:g},{down:g}"
    return f"{path} V{y - 12:g} Q{x:g},{y:g} {inner.x:g},{y:g}", x, y - 16


def _way(one: Box, other: Box, number: int) -> tuple[str, float, float]:
    """A line's path from box to box, and the middle of it; several between the same two lie beside one another."""
    aside = (number + 1) // 2 * (18 if number % 2 else -18)
    if one.x + one.width <= other.x or other.x + other.width <= one.x:
        left, right = (one, other) if one.x < other.x else (other, one)
        x1, x2 = left.x + left.width, right.x
        y1, y2 = left.y + HEAD / 2 + aside, right.y + HEAD / 2 + aside
        bend = max((x2 - x1) / 2, 20)
        path = f"M{x1:g},{y1:g} C{x1 + bend:g},{y1:g} {x2 - bend:g},{y2:g} {x2:g},{y2:g}"
    else:
        upper, lower = (one, other) if one.y < other.y else (other, one)
        x1, x2 = upper.x + upper.width / 2 + aside, lower.x + lower.width / 2 + aside
        y1, y2 = upper.y + upper.height, lower.y
        bend = max((y2 - y1) / 2, 20)
        path = f"M{x1:g},{y1:g} C{x1:g},{y1 + bend:g} {x2:g},{y2 - bend:g} {x2:g},{y2:g}"
    return path, (x1 + x2) / 2, (y1 + y2) / 2
