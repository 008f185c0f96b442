"""A picture as one page that needs nothing else: to zoom, to find, to fold, to follow. The library in it is d3."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from string import Template

from vnetsh.pictures.laying import Laid
from vnetsh.pictures.picture import Picture
from vnetsh.pictures.svg import drawn, text


def html(picture: Picture, laid: Laid) -> str:
    """The page. What others named is data in it, never a part of its program: only what is known by its hash runs.

    It fetches nothing and sends nothing.
    """
    folder = files("vnetsh.pictures") / "page"
    read = {
        name: (folder / name).read_text("utf-8")
        for name in ("page.html", "page.css", "picture.css", "page.js")
    }
    # In a script's text only `</` and `<!--` could end it.
    data = json.dumps(picture.as_json(), ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    scripts = [(folder / "d3.v7.min.js").read_text("utf-8"), read["page.js"]]
    hashes = " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts)
    return Template(read["page.html"]).substitute(
        title=text(picture.title),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src {hashes}",
        style=read["picture.css"] + read["page.css"],
        drawn=drawn(picture, laid),
        data=data,
        library=scripts[0],
        script=scripts[1],
    )
