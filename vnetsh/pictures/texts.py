"""A picture in the languages of other tools, which lay it out themselves: Graphviz's dot, Mermaid and D2."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from vnetsh.pictures.picture import STROKES, WRONG, Line, Picture, Thing
from vnetsh.plain_text import plain


def dot(picture: Picture) -> str:
    """For `dot -Tsvg` and its relatives: boxes are clusters."""

    def things(within: str, indent: str) -> Iterator[str]:
        for one in picture.inside.get(within, ()):
            look = f"color={_quoted(_colour(one))}" if _colour(one) else ""
            if one.id in picture.inside:
                yield f"{indent}subgraph {_quoted('cluster ' + one.id)} {{"
                yield f"{indent}  label={_quoted(_label(one, ' '))}; {look}"
                # Graphviz has no lines to clusters: this is the end of those.
                yield f"{indent}  {_quoted(one.id)} [shape=point, style=invis];"
                yield from things(one.id, indent + "  ")
                yield indent + "}"
            else:
                words = ", ".join(filter(None, (f"label={_quoted(_label(one, chr(10)))}", look)))
                yield f"{indent}{_quoted(one.id)} [{words}];"

    lines = []
    for line in picture.lines:
        heads = [
            f"{end}={_quoted('cluster ' + id)}"
            for end, id in (("ltail", line.one), ("lhead", line.other))
            if id in picture.inside
        ]
        look = [f"color={_quoted(_colour(line))}"] if _colour(line) else []
        look += ["style=dashed"] if not line.sure else []
        words = ", ".join([f"label={_quoted(plain(line.label))}", *heads, *look])
        lines.append(f"  {_quoted(line.one)} -- {_quoted(line.other)} [{words}];")
    head = [f"graph {_quoted(picture.title)} {{", "  compound=true; node [shape=box, style=rounded];"]
    return "\n".join([*head, *things("", "  "), *lines, "}"]) + "\n"


def mermaid(picture: Picture) -> str:
    """For GitHub, GitLab and others that draw Mermaid in their pages."""
    names = {one.id: f"t{number}" for number, one in enumerate(picture.things)}

    def things(within: str, indent: str) -> Iterator[str]:
        for one in picture.inside.get(within, ()):
            if one.id in picture.inside:
                yield f"{indent}subgraph {names[one.id]}[{_mermaid(_label(one, ' '))}]"
                yield from things(one.id, indent + "  ")
                yield indent + "end"
            else:
                yield f"{indent}{names[one.id]}[{_mermaid(_label(one, '<br>'))}]"

    lines = []
    for line in picture.lines:
        arrow = "---" if line.sure else "-.-"
        label = f"|{_mermaid(plain(line.label))}|" if line.label else ""
        lines.append(f"  {names[line.one]} {arrow}{label} {names[line.other]}")
    looks = [
        f"  style {names[one.id]} stroke:{_colour(one)},stroke-width:2px"
        for one in picture.things
        if _colour(one)
    ]
    return "\n".join(["flowchart TB", *things("", "  "), *lines, *looks]) + "\n"


def d2(picture: Picture) -> str:
    """For D2: boxes are containers."""
    way: dict[str, str] = {}

    def things(within: str, indent: str) -> Iterator[str]:
        for number, one in enumerate(picture.inside.get(within, ())):
            name = f"{one.kind}{number}"
            way[one.id] = f"{way[within]}.{name}" if within else name
            look = f"{indent}  style.stroke: {json.dumps(_colour(one))}" if _colour(one) else ""
            inner = [*things(one.id, indent + "  ")]
            yield f"{indent}{name}: {_d2(_label(one, ' '))}" + (" {" if inner or look else "")
            yield from filter(None, [look, *inner])
            if inner or look:
                yield indent + "}"

    body = [*things("", "")]
    return (
        "\n".join([*body, *(_d2_line(line, way[line.one], way[line.other]) for line in picture.lines)]) + "\n"
    )


def _d2_line(line: Line, one: str, other: str) -> str:
    label = f": {_d2(plain(line.label))}" if line.label else ""
    looks = [f"style.stroke: {json.dumps(_colour(line))}"] if _colour(line) else []
    looks += ["style.stroke-dash: 4"] if not line.sure else []
    return f"{one} -- {other}{label}" + (f" {{ {'; '.join(looks)} }}" if looks else "")


def _label(thing: Thing, between: str) -> str:
    state = "" if thing.state == "running" else thing.state
    return plain(f"{thing.kind} {thing.name}") + "".join(
        between + plain(word) for word in (state, *thing.tags, thing.wrong) if word
    )


def _colour(one: Thing | Line) -> str:
    return WRONG if one.wrong else STROKES.get(one.change, "")


def _quoted(words: str) -> str:
    """A string; its line ends are vnetsh's own. What else cannot be printed is spelled out."""
    lines = (plain(line).replace("\\", "\\\\").replace('"', '\\"') for line in words.split("\n"))
    return '"' + "\\n".join(lines) + '"'


def _mermaid(words: str) -> str:
    """Quoted; what could be taken for markup is written by its number."""
    kept = ("<br>",)
    parts: Sequence[str] = words.split(kept[0])
    return (
        '"'
        + kept[0].join(
            "".join(f"#{ord(c)};" if c in '"#;<>&`|[]{}()$%' else c for c in part) for part in parts
        )
        + '"'
    )


def _d2(words: str) -> str:
    """A string of JSON is one of D2 but for what it substitutes."""
    return json.dumps(words, ensure_ascii=False).replace("${", "\\${")
