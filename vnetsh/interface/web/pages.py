"""The pages that are served: the picture's own with what is live, and one to log in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

from vnetsh.pictures.page_html import Extras, as_data, bare, policy

_ASKS = "connect-src 'self'; form-action 'none'"


def page_extras(writes: bool, about: Mapping[str, object]) -> Extras:
    """What a live page has besides a picture's; `about` is what it knows from the beginning."""
    data = f'<script id="about" type="application/json">{as_data(about)}</script>\n'
    return Extras(
        header=_file("header.html"),
        tabs=_file("tabs.html").replace("<!--change-->", _file("change_tab.html") if writes else ""),
        panels=_file("panels.html") + (_file("change.html") if writes else "") + data,
        style=_file("live.css"),
        scripts=[_file("live.js"), *([_file("change.js")] if writes else [])],
        asks=_ASKS,
    )


def login_extras() -> Extras:
    """What the page of who has not logged in has besides."""
    return Extras(scripts=[_file("login.js")], asks=_ASKS)


def login_page() -> str:
    """The page of who has not logged in."""
    return bare("vnetsh: log in", _file("login.html"), login_extras())


@cache
def version() -> str:
    """What tells the programs of this server's page from those of another version's."""
    return sha256(policy(page_extras(True, {})).encode()).hexdigest()[:16]


@cache
def _file(name: str) -> str:
    return (files("vnetsh.interface.web") / "page" / name).read_text("utf-8")
