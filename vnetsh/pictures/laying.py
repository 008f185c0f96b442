"""Where each thing of a picture lies. Pure, and without chance: the same picture lies the same way.

What stands alone outside is on top, hosts are a grid below it, other places below that. A box has what is in it in
rows, by name, so that one thing more pushes on what comes after it in its own box and leaves most others where they
are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from vnetsh.pictures.picture import Picture, Thing

LEAF = (148, 38)
"""Width and height of what has nothing inside, in pixels at 100 %."""

HEAD, PAD, GAP = 26, 10, 8
_BETWEEN = 96
"""Between what stands by itself: lines and their labels lie there."""

_COLUMNS = 4
"""How many things a box has in a row."""

_STEP = 4 * (LEAF[1] + GAP)
"""Rows of hosts are that high, or twice, and so on: a host that grows seldom pushes on those below it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its upper left corner and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> Box:
        """The same somewhere else."""
        return Box(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True)
class Laid:
    """The box of each thing, by its id, and the size of the whole."""

    boxes: Mapping[str, Box]
    width: float
    height: float


def lay(picture: Picture) -> Laid:
    """Lay a picture out."""
    alone = picture.inside.get("", ())
    around = [one for one in alone if one.kind not in ("host", "cluster")]
    hosts = [one for one in alone if one.kind == "host"]
    clusters = [one for one in alone if one.kind == "cluster"]
    boxes: dict[str, Box] = {}
    wide = ceil(sqrt(len(hosts))) if len(hosts) > 3 else len(hosts)
    body = _grid([_inner(picture, one) for one in hosts], max(wide, 1), _BETWEEN, _STEP)
    below = _grid([_inner(picture, one) for one in clusters], max(wide, 1), _BETWEEN)
    across = max(_width(body), _width(below), 3 * (LEAF[0] + _BETWEEN))
    top = _grid([{one.id: Box(0, 0, *LEAF)} for one in around], int(across // (LEAF[0] + _BETWEEN)), _BETWEEN)
    y = 0.0
    for part in (top, body, below):
        if part:
            boxes |= {id: box.moved(_BETWEEN, y + _BETWEEN) for id, box in part.items()}
            y += _height(part) + _BETWEEN
    return Laid(boxes, max(_width(boxes), across) + _BETWEEN, y + _BETWEEN)


def _inner(picture: Picture, thing: Thing) -> Mapping[str, Box]:
    """A thing at the origin, with all that is inside of it."""
    inside = picture.inside.get(thing.id, ())
    if not inside:
        size = (LEAF[0] + 2 * PAD, HEAD + PAD) if picture.is_box(thing) else LEAF
        return {thing.id: Box(0, 0, *size)}
    deep = [one for one in inside if picture.is_box(one)]
    flat = [one for one in inside if one not in deep]
    found: dict[str, Box] = {}
    y = float(HEAD)
    parts = [_grid([_inner(picture, one) for one in deep], 1, GAP)]
    parts.append(_grid([_inner(picture, one) for one in flat], _COLUMNS, GAP))
    for part in parts:
        if part:
            found |= {id: box.moved(PAD, y) for id, box in part.items()}
            y += _height(part) + PAD
    width = max(_width(found) + PAD, LEAF[0] + 2 * PAD)
    # Boxes under one another are of one width.
    found |= {
        one.id: Box(found[one.id].x, found[one.id].y, width - 2 * PAD, found[one.id].height) for one in deep
    }
    return {thing.id: Box(0, 0, width, y), **found}


def _grid(groups: Sequence[Mapping[str, Box]], columns: int, gap: float, step: float = 1) -> dict[str, Box]:
    """Groups in rows, each in a cell as wide as the widest of its column, and as high as the highest of its row.

    Rows are as high as some steps.
    """
    found: dict[str, Box] = {}
    widths = [max(map(_width, groups[column::columns]), default=0.0) for column in range(columns)]
    y = 0.0
    for start in range(0, len(groups), columns):
        row = groups[start : start + columns]
        x = 0.0
        for group, width in zip(row, widths, strict=False):
            found |= {id: box.moved(x, y) for id, box in group.items()}
            x += width + gap
        y += ceil(max(map(_height, row)) / step) * step + gap
    return found


def _width(boxes: Mapping[str, Box]) -> float:
    return max((box.x + box.width for box in boxes.values()), default=0.0)


def _height(boxes: Mapping[str, Box]) -> float:
    return max((box.y + box.height for box in boxes.values()), default=0.0)
