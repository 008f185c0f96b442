"""What a page may ask for, by its path; whatever is not here is not there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vnetsh.diagnostics import ProblemsFound
from vnetsh.engine.finding_runs import named
from vnetsh.errors import VnetshError
from vnetsh.hosts.workers import Workers
from vnetsh.interface import render
from vnetsh.interface.history import run_lines
from vnetsh.interface.output import spelled
from vnetsh.interface.web.guard import Guard
from vnetsh.interface.web.http import BadRequest, Request, Response, refusal
from vnetsh.interface.web.hub import Hub
from vnetsh.interface.web.live import Live
from vnetsh.interface.web.pages import login_extras, login_page, page_extras
from vnetsh.interface.web.whys import Whys
from vnetsh.interface.web.works import Told, Works, refused
from vnetsh.pictures.page_html import Extras, html, policy
from vnetsh.schema import Vocabulary

WAITING = 32
"""Requests that may wait for a thread; what comes then is refused."""


@dataclass
class Routes:
    """Answers requests. Without `works` nothing is planned or made."""

    guard: Guard
    hub: Hub
    live: Live
    vocabulary: Vocabulary
    whys: Whys
    works: Works | None = None
    _pool: Workers = field(default_factory=lambda: Workers("web", 8))
    _waiting: int = 0

    async def answer(self, request: Request) -> Response:
        """The answer to a request. Raises `BadRequest`."""
        against = self.guard.against(request)
        if against:
            return against
        if request.method not in ("GET", "POST"):
            return refusal(405, "nothing is done so here")
        if request.method == "POST" and request.path == "/login":
            return await self._login(request)
        if not self.guard.knows(request):
            if request.path == "/" and request.method == "GET":
                return _page(login_extras(), login_page())
            return refusal(401, "log in first")
        if request.method == "POST":
            return await self._post(request)
        if request.path == "/":
            return await self._in_thread(self._whole)
        if request.path == "/events":
            has = request.query.get("has", "") or request.headers.get("last-event-id", "")
            return Response(type="text/event-stream", stream=self.hub.events(has))
        if request.path == "/run":
            return await self._in_thread(lambda: self._run(request.query.get("name", "")))
        return refusal(404, "there is nothing here")

    async def _login(self, request: Request) -> Response:
        cookie = self.guard.lets_in(_text(_body(request), "token"))
        if not cookie:
            await asyncio.sleep(0.5)
            return refusal(401, "that is not the token")
        return Response(204, headers={"Set-Cookie": cookie})

    async def _post(self, request: Request) -> Response:
        if not self.guard.is_ours(request):
            return refusal(403, "only a page of this server may ask that: load it anew")
        said = _body(request)
        if request.path == "/look":
            self.live.look_again()
            return Response(204)
        if request.path == "/why":
            one, other = _text(said, "from"), _text(said, "to")
            return await self._in_thread(lambda: _as_json(self.whys.why(self.live.picture()[0], one, other)))
        works = self.works
        if works is None:
            return refusal(403, "nothing is changed from here: `vnetsh web --write` allows it")
        does: Mapping[str, Callable[[], Told]] = {
            "/plan": lambda: works.plan(_text(said, "text")),
            "/undo": lambda: works.plan_undo(_text(said, "run")),
            "/apply": lambda: works.apply(_text(said, "hash"), _text(said, "answer"), request.peer),
            "/confirm": lambda: works.confirm(_number(said, "work")),
            "/end": lambda: works.end(_number(said, "work")),
        }
        if request.path not in does:
            return refusal(404, "there is nothing here")
        do = does[request.path]
        return await self._in_thread(lambda: _as_json(do()))

    async def _in_thread(self, make: Callable[[], Response]) -> Response:
        """What may wait for hosts."""
        if self._waiting >= WAITING:
            return refusal(503, "too much is asked for at once")
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._pool.submit(make))
        except (VnetshError, ProblemsFound) as error:
            return _as_json(refused(error))
        finally:
            self._waiting -= 1

    def _whole(self) -> Response:
        picture, laid, id = self.live.picture()
        about = {"has": id}
        extras = page_extras(self.works is not None, about)
        return _page(extras, html(picture, laid, extras))

    def _run(self, name: str) -> Response:
        run = named(self.live.runs, name)
        lines = run_lines(run, self.vocabulary, render.Style.plain())
        return _as_json({"name": name, "text": spelled("\n".join(lines))})


def _page(extras: Extras, text: str) -> Response:
    headers = {"Content-Security-Policy": f"{policy(extras)}; frame-ancestors 'none'"}
    return Response(body=text.encode(errors="replace"), type="text/html; charset=utf-8", headers=headers)


def _as_json(told: Told) -> Response:
    return Response(409 if "error" in told else 200, json.dumps(told).encode())


def _body(request: Request) -> Mapping[str, Any]:
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadRequest(400, "that is no JSON") from None
    if not isinstance(said, dict):
        raise BadRequest(400, "say an object")
    return said


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise BadRequest(400, f"`{name}` is a text")
    return value


def _number(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequest(400, f"`{name}` is a number")
    return value
