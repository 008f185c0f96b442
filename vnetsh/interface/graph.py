"""The command `graph`: the fleet, a script or a plan as a picture, on standard output or into a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vnetsh.diagnostics import Source
from vnetsh.errors import UsageError
from vnetsh.interface.face import Face
from vnetsh.interface.options import DRAWN, Options
from vnetsh.model import Fleet
from vnetsh.pictures.drawing import picture_of
from vnetsh.pictures.drawio import drawio
from vnetsh.pictures.laying import lay
from vnetsh.pictures.page_html import html
from vnetsh.pictures.picture import Picture, only
from vnetsh.pictures.svg import svg
from vnetsh.pictures.texts import d2, dot, mermaid

_SUFFIXES = {"mmd": "mermaid", "gv": "dot"}

_FORMATS: Mapping[str, Callable[[Picture], str]] = {
    "svg": lambda picture: svg(picture, lay(picture)),
    "html": lambda picture: html(picture, lay(picture)),
    "drawio": lambda picture: drawio(picture, lay(picture)),
    "dot": dot,
    "mermaid": mermaid,
    "d2": d2,
    "json": lambda picture: json.dumps(picture.as_json(), indent=2) + "\n",
}


def graph(face: Face, options: Options, sources: Sequence[Source]) -> int:
    """Draw it; the exit code. Raises `UsageError`, and as `Session.prepare` does."""
    to = options.arguments.to
    make = _FORMATS[_format(options, to)]
    picture, silent = _picture(face, options, sources)
    if to:
        try:
            Path(to).write_text(make(picture), "utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {to}: {error.strerror}") from error
        print(f"{to}: {len(picture.things)} things, {len(picture.lines)} lines")
    else:
        print(make(picture), end="")
    for who in silent:
        print(f"warning: {who}; it is drawn without what it has", file=sys.stderr)
    return 1 if silent else 0


def _format(options: Options, to: str) -> str:
    said = str(options.arguments.output)
    if said in _FORMATS:
        return said
    suffix = Path(to).suffix.removeprefix(".")
    if suffix in DRAWN or suffix in _SUFFIXES:
        return _SUFFIXES.get(suffix, suffix)
    if to:
        known = ", ".join(f".{one}" for one in DRAWN)
        raise UsageError(f"what kind of picture is {to}?", help=f"one of {known}, or say it: `-o svg`")
    if sys.stdout.isatty():
        raise UsageError(
            "a picture is no text for a terminal",
            help="`vnetsh graph --to net.html` writes a file; `-o mermaid`, `-o dot` … print it all the same",
        )
    return "svg"


def _picture(face: Face, options: Options, sources: Sequence[Source]) -> tuple[Picture, Sequence[str]]:
    """The picture, and who did not answer."""
    session = face.session
    if not sources:
        fleet = session.observe()
        return picture_of(fleet, session.vocabulary, "The fleet"), _silent(fleet)
    prepared = session.prepare(*sources, prune=options.arguments.prune)
    after = prepared.after
    what = ", ".join(prepared.script.names)
    if options.arguments.plan:
        picture = picture_of(prepared.fleet, session.vocabulary, f"The plan of {what}", after)
        return picture, _silent(prepared.fleet)
    said = {(one.kind, one.name) for one in prepared.script.resources}
    keys = [key for key in after.resources if (key[0], key[2]) in said]
    return only(picture_of(after, session.vocabulary, what), keys), _silent(prepared.fleet)


def _silent(fleet: Fleet) -> Sequence[str]:
    return [error.message for error in fleet.unreachable.values()]
