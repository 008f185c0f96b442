"""A picture as one page that needs nothing else: to zoom, to find, to fold, to follow. The library in it is d3."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from string import Template

from vnetsh.pictures.laying import Laid
from vnetsh.pictures.picture import Picture
from vnetsh.pictures.svg import drawn, text
from vnetsh.plain_text import plain

_ASKS_NOTHING = "form-action 'none'"


@dataclass(frozen=True)
class Extras:
    """What a page has besides: in its header, beside its details, its style, its programs; and what it may ask for."""

    header: str = ""
    tabs: str = ""
    panels: str = ""
    style: str = ""
    scripts: Sequence[str] = ()
    asks: str = ""
    """What its policy allows besides: of a page that is served, `connect-src 'self'`."""


def html(picture: Picture, laid: Laid, extras: Extras | None = None) -> str:
    """The page. What others named is data in it, never a part of its program: only what is known by its hash runs.

    Without `extras` it fetches nothing and sends nothing.
    """
    extras = extras or Extras()
    return Template(_file("page.html")).substitute(
        title=text(picture.title),
        policy=text(policy(extras)),
        style=_style(extras),
        header=extras.header,
        tabs=extras.tabs,
        panels=extras.panels,
        drawn=drawn(picture, laid),
        data=as_data(shown(picture.as_json())),
        scripts="\n".join(f"<script>{one}</script>" for one in _scripts(extras)),
    )


def bare(title: str, body: str, extras: Extras) -> str:
    """A page of the same look without a picture; its `body` is markup."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{text(title)}</title>'
    scripts = "".join(f"<script>{one}</script>" for one in extras.scripts)
    style = f"<style>{_style(extras)}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}{style}</head><body>{body}{scripts}</body></html>\n'


def policy(extras: Extras) -> str:
    """What a browser lets a page do, as a Content-Security-Policy: what is known by its hash, and nothing else."""
    scripts = " ".join(map(_hash, _scripts(extras)))
    known = f"default-src 'none'; style-src {_hash(_style(extras))}; script-src {scripts}; base-uri 'none'"
    return f"{known}; {extras.asks or _ASKS_NOTHING}"


def as_data(value: object) -> str:
    """A value as the text of a script element that is no program."""
    # In a script's text only `</` and `<!--` could end it.
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def shown(value: object) -> object:
    """A value of JSON for people: of its texts what cannot be printed, or turns others round, is spelled out."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {plain(str(name)): shown(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [*map(shown, value)]
    return value


def _scripts(extras: Extras) -> Sequence[str]:
    return [_file("d3.v7.min.js"), _file("page.js"), *extras.scripts]


def _style(extras: Extras) -> str:
    return _file("picture.css") + _file("page.css") + extras.style


@cache
def _file(name: str) -> str:
    return (files("vnetsh.pictures") / "page" / name).read_text("utf-8")


@cache
def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
