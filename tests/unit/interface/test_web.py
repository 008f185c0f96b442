"""The page's server: requests below limits, who may ask, what is told, and what is made; without a browser."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pytest
from conftest import apply
from hostile import NAMES, acts
from web_calls import soak_web_calls

from vnetsh.by_hash import ByHash
from vnetsh.engine.connections import quiet
from vnetsh.errors import UsageError
from vnetsh.interface.web import command, http
from vnetsh.interface.web.guard import Guard
from vnetsh.interface.web.http import BadRequest, Request, Response, Server, read_request
from vnetsh.interface.web.hub import PICTURE, Drawn, Hub, differing
from vnetsh.interface.web.live import Live
from vnetsh.interface.web.pages import login_extras, login_page, page_extras
from vnetsh.interface.web.routes import Routes
from vnetsh.interface.web.whys import Whys
from vnetsh.interface.web.works import Works
from vnetsh.journal import books
from vnetsh.journal.merging import Part, bring_together
from vnetsh.model import Impact, Resource
from vnetsh.pictures.page_html import policy
from vnetsh.plain_text import plain
from vnetsh.session import Session

T = TypeVar("T")
TOKEN = "a-token-of-a-test-0123456789"


def run(coroutine: Coroutine[object, object, T]) -> T:
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def read(text: bytes) -> Request | int:
    """A request as it was sent, or the status of why it is none; 0 where it breaks off."""

    async def reading() -> Request | int:
        reader = asyncio.StreamReader(limit=http.HEAD)
        reader.feed_data(text)
        reader.feed_eof()
        try:
            return await read_request(reader)
        except BadRequest as bad:
            return bad.response.status
        except asyncio.IncompleteReadError:
            return 0

    return run(reading())


def test_a_request_is_read() -> None:
    body = b'{"a": 1}'
    found = read(
        b"POST /run?name=alice%40desk%3A12&x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n" + body
    )
    assert isinstance(found, Request)
    assert (found.method, found.path, found.body) == ("POST", "/run", body)
    assert found.query == {"name": "alice@desk:12", "x": ""}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"", 0),
        (b"GET / HTTP/1.1\r\nHost: a", 0),
        (b"GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}", 0),
        (b"\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://evil/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 262145\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5_000 + b"\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused(text: bytes, status: int) -> None:
    assert read(text) == status


async def _echo(request: Request) -> Response:
    if request.path != "/events":
        return Response(body=request.path.encode(), type="text/plain")

    async def stream() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100_000

    return Response(type="text/event-stream", stream=stream())


async def _serving(*asked: bytes, wait: float = 5.0) -> list[bytes]:
    """What a server answers to each of these connections, all at the same time."""
    server = Server(_echo, {})
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0, limit=http.HEAD, backlog=512)
    port = listening.sockets[0].getsockname()[1]

    async def ask(text: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(text)
        try:
            return await asyncio.wait_for(reader.read() if b"/events" not in text else reader.read(10), wait)
        except (TimeoutError, ConnectionError):
            return b""
        finally:
            writer.close()

    try:
        return await asyncio.gather(*map(ask, asked))
    finally:
        listening.close()
        await server.close()


def test_who_is_slow_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ASKS", 0.3)
    began = time.monotonic()
    answers = run(_serving(b"GET / HTTP/1.1\r\n", b"", b"GET /a HTTP/1.1\r\n\r\n"))
    assert answers[:2] == [b"", b""]
    assert answers[2].endswith(b"/a")
    assert time.monotonic() - began < 3


def test_who_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TAKES", 0.3)

    async def lagging() -> int:
        server = Server(_echo, {})
        listening = await asyncio.start_server(server.connected, "127.0.0.1", 0, limit=http.HEAD)
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(b"GET /events HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.2)
        most = server.open
        for _ in range(100):
            await asyncio.sleep(0.1)
            if not server.open:
                break
        left = server.open
        writer.close()
        listening.close()
        await server.close()
        return most - left

    assert run(lagging()) == 1


async def _statuses(streams: int) -> list[bytes]:
    """What so many streams are answered with, one after the other; all stay open."""
    server = Server(_echo, {})
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0, limit=http.HEAD)
    found, writers = [], []
    for _ in range(streams):
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        writer.write(b"GET /events HTTP/1.1\r\n\r\n")
        found.append((await reader.readline()).split()[1])
        writers.append(writer)
    for writer in writers:
        writer.close()
    listening.close()
    await server.close()
    return found


def test_there_are_so_many_connections_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST", 5)
    monkeypatch.setattr(http, "STREAMS", 2)
    assert run(_statuses(4)) == [b"200", b"200", b"503", b"503"]
    answers = run(_serving(*[b"GET / HTTP/1.1\r\n"] * 5, b"GET / HTTP/1.1\r\n\r\n", wait=1.0))
    assert answers[-1].startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize(
    ("address", "host", "known"),
    [
        ("127.0.0.1", "127.0.0.1:8420", True),
        ("127.0.0.1", "localhost:9000", True),  # by an ssh tunnel, say
        ("127.0.0.1", "[::1]:8420", True),
        ("127.0.0.1", "192.0.2.1:8420", False),
        ("127.0.0.1", "evil.example:8420", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "a b", False),
        ("192.0.2.1", "192.0.2.1:8420", True),
        ("192.0.2.1", "127.0.0.1:8420", False),
        ("0.0.0.0", "192.0.2.7:8420", True),
        ("0.0.0.0", "evil.example", False),
        ("0.0.0.0", "Fleet.Example", True),
        ("::", "[2001:db8::1]:8420", True),
    ],
)
def test_only_under_names_that_lead_here(address: str, host: str, known: bool) -> None:
    guard = Guard(address, 8420, ("fleet.example",))
    against = guard.against(Request("GET", "/", {}, {"host": host}))
    assert (against is None) is known


def test_a_cookie_outlives_the_server_and_is_of_its_token() -> None:
    one, again, other = (Guard("127.0.0.1", 1, (), token) for token in (TOKEN, TOKEN, TOKEN[::-1]))
    assert one.lets_in(TOKEN[:-1]) == ""
    assert "HttpOnly; SameSite=Strict" in one.lets_in(TOKEN)
    cookie = one.lets_in(TOKEN).partition(";")[0]
    asked = Request("GET", "/", {}, {"cookie": f"other=1; {cookie}"})
    assert [guard.knows(asked) for guard in (one, again, other)] == [True, True, False]
    until, _, proof = cookie.partition("=")[2].partition(".")
    late = Request("GET", "/", {}, {"cookie": f"vnetsh-1={int(until) + 9}.{proof}"})
    assert not one.knows(late)
    assert TOKEN not in cookie
    assert one.said != again.said


@pytest.fixture
def routes(demo: Session) -> Iterator[Routes]:
    hub = Hub({})
    live = Live(demo, hub)
    whys = Whys(demo.beside(quiet))
    yield Routes(Guard("127.0.0.1", 8420), hub, live, demo.vocabulary, whys)
    live.close()


def said_by_a_page(routes: Routes) -> dict[str, str]:
    return {
        "host": "localhost", "origin": "http://localhost", "content-type": "application/json",
        "x-vnetsh-token": routes.guard.said,
    }  # fmt: skip


def test_why_is_asked_of_two_things_by_who_may(routes: Routes, demo: Session) -> None:
    apply(
        demo,
        "bridge lan on kvm1; vm web on kvm1 port lan vlan 10; vm log on kvm1 port lan vlan 20; bridge b on kvm2",
    )
    demo.connections.try_again()
    routes.live.start()

    def why(one: str, other: str, **headers: str) -> tuple[int, str]:
        body = json.dumps({"from": one, "to": other}).encode()
        said = {**said_by_a_page(routes), **headers}
        answer = run(routes.answer(Request("POST", "/why", {}, said, body)))
        return answer.status, answer.body.decode()

    status, told = why("vm:kvm1/web", "vm:kvm1/log")
    assert status == 200
    assert "stops at" in json.loads(told)["text"]
    assert "it is in VLAN 20" in json.loads(told)["text"]
    assert why("vm:kvm1/web", "vm:kvm1/gone")[0] == 409
    assert "not there any more" in why("vm:kvm1/web", "vm:kvm1/gone")[1]
    assert "this is a bridge" in why("vm:kvm1/web", "bridge:kvm2/b")[1]
    assert "at both ends" in why("vm:kvm1/web", "vm:kvm1/web")[1]
    assert why("vm:kvm1/web", "vm:kvm1/log", **{"x-vnetsh-token": "guessed"})[0] == 403
    assert why("vm:kvm1/web", "vm:kvm1/log", origin="http://evil.test")[0] == 403
    for body in (b"[]", b'{"from": 1}', b"{"):
        with pytest.raises(BadRequest):
            run(routes.answer(Request("POST", "/why", {}, said_by_a_page(routes), body)))


def test_names_of_others_end_no_question(routes: Routes, demo: Session) -> None:
    host = demo.backends["demo"].host("kvm1")  # type: ignore[attr-defined]
    for name in ("web; delete vm db", "a -> b", "{", "x\ny"):
        host.resources["vm", name] = Resource("vm", name, "kvm1", {"state": "running"}, backend="demo")
    apply(demo, "vm db on kvm1")
    demo.connections.try_again()
    routes.live.start()
    for thing in routes.live.picture()[0].things:
        if thing.kind == "vm" and thing.name != "db":
            body = json.dumps({"from": plain(thing.id), "to": "vm:kvm1/db"}).encode()
            answer = run(routes.answer(Request("POST", "/why", {}, said_by_a_page(routes), body)))
            assert answer.status == 409, thing.name
    assert demo.observe().get("vm", "kvm1", "db")


def test_of_two_pages_that_apply_one_plan_one_does(demo: Session) -> None:
    hub = Hub({})
    offers = ByHash(demo, Impact.DESTROY, asks=True, name="<page>")
    works = Works(offers, demo.vocabulary, hub, lambda text: None)
    hash = str(works.plan("bridge once0 on kvm1")["hash"])
    at_once = threading.Barrier(8)

    def page() -> bool:
        at_once.wait()
        return "error" not in works.apply(hash, "", "127.0.0.1")

    with ThreadPoolExecutor(8) as pool:
        made = [one.result() for one in [pool.submit(page) for _ in range(8)]]
    assert made.count(True) == 1
    until(lambda: not works.under_way)
    assert demo.observe().get("bridge", "kvm1", "once0")
    # A page that was left open over a restart knows a hash that the new server does not.
    anew = Works(
        ByHash(demo, Impact.DESTROY, asks=True, name="<page>"), demo.vocabulary, hub, lambda text: None
    )
    assert "error" in anew.apply(hash, "", "127.0.0.1")


def test_runs_of_others_are_told_with_whose_they_are(routes: Routes, demo: Session) -> None:
    apply(demo, "bridge br0 on kvm1")
    others = demo.runs / books.OTHERS
    others.mkdir(exist_ok=True)
    books.book_of(demo.runs)
    for number, at in ((12, "kvm1"), (13, "elsewhere")):
        head = {
            "n": 0, "journal": 3, "time": "2026-11-24T10:43:50+00:00", "what": "a.vnet", "script": "", "back": False,
            "who": "alice@desk", "at": [at],
        }  # fmt: skip
        bring_together(others, books.whole(number, 77), [Part(True, False, [head, {"n": 1, "end": "done"}])])
    routes.live.start()
    with watched(routes.hub):
        runs = until(
            lambda: [one for one in routes.hub.get("runs")[1] or [] if one["name"] == "alice@desk:12"]
        )  # type: ignore[attr-defined]
    assert runs[0]["who"] == "alice@desk"
    assert {one["name"] for one in routes.hub.get("runs")[1]} == {"1", "alice@desk:12"}  # type: ignore[attr-defined]
    answer = run(routes.answer(Request("GET", "/run", {"name": "alice@desk:12"}, {"host": "localhost"})))
    assert "by alice@desk" not in answer.body.decode()
    assert "run alice@desk:12" in answer.body.decode()


@contextmanager
def watched(hub: Hub) -> Iterator[None]:
    hub.watched.set()
    yield
    hub.watched.clear()


def until(found: Callable[[], T]) -> T:
    """What is found in the end."""
    ends = time.monotonic() + 30
    while not (value := found()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return value


def test_without_write_nothing_is_changed(routes: Routes, demo: Session) -> None:
    said = said_by_a_page(routes)
    for path in ("/plan", "/undo", "/apply", "/end"):
        body = json.dumps({"text": "bridge b on kvm1", "hash": "0", "run": "1", "work": 1}).encode()
        assert run(routes.answer(Request("POST", path, {}, said, body))).status == 403
    assert not demo.observe().get("bridge", "kvm1", "b")


def test_a_page_runs_what_it_was_made_with_and_nothing_else(routes: Routes) -> None:
    page = run(routes.answer(Request("GET", "/", {}, {"host": "localhost"})))
    allowed = page.headers["Content-Security-Policy"]
    assert "unsafe" not in allowed
    assert "default-src 'none'" in allowed
    assert "frame-ancestors 'none'" in allowed
    assert policy(page_extras(writes=True, about={})) != policy(page_extras(writes=False, about={}))
    text = page.body.decode()
    assert " style=" not in text.partition("<main>")[2].partition("<script")[0]
    assert " onclick" not in text
    assert page_extras(writes=True, about={"x": "</script><script>"}).panels.count("<script") == 1
    assert "connect-src 'self'" in policy(login_extras())
    assert "token" in login_page()


def test_names_of_others_are_words(routes: Routes, demo: Session) -> None:
    hosts = demo.backends["demo"]
    names = (
        *NAMES,
        "<script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "]]>",
        "a" * 10_000,
        "שלום",
    )
    host = hosts.host("kvm1")  # type: ignore[attr-defined]
    for name in names:
        host.resources["bridge", name] = Resource("bridge", name, "kvm1", {"backend": "ovs"}, backend="demo")
    demo.connections.try_again()
    routes.live.start()
    page = run(routes.answer(Request("GET", "/", {}, {"host": "localhost"}))).body.decode()
    world = page.partition('<g id="world">')[2].partition("</svg>")[0]
    assert world.count('class="thing bridge"') >= len(names)
    assert "<script" not in world
    assert "<img" not in world
    assert acts(world) == []
    data = json.loads(
        page.partition('<script id="data" type="application/json">')[2].partition("</script>")[0]
    )
    assert acts(json.dumps(data, ensure_ascii=False)) == []
    assert {"<script>alert(1)</script>", "שלום"} <= {one["name"] for one in data["things"]}

    async def told() -> bytes:
        events = routes.hub.events("")
        found = b""
        async for event in events:
            found += event
            if b"event: picture" in event:
                break
        await events.aclose()  # type: ignore[attr-defined]
        return found

    lines = run(told()).decode().splitlines()
    assert all(line == "" or line.startswith(("id: ", "event: ", "data: ")) for line in lines)


def test_a_page_that_was_away_is_told_what_is_true_now() -> None:
    def drawn(*names: str) -> Drawn:
        return Drawn("The fleet", {name: ({"id": name}, f"<g>{name}</g>") for name in names})

    hub = Hub({"write": False})

    async def first(has: str, many: int) -> list[tuple[str, dict[str, object]]]:
        events, found = hub.events(has), []
        async for event in events:
            fields = dict(line.split(": ", 1) for line in event.decode().splitlines() if line)
            found.append((fields["event"], json.loads(fields["data"])))
            if len(found) == many:
                break
        await events.aclose()  # type: ignore[attr-defined]
        return found

    hub.set("runs", [1])
    hub.set(PICTURE, drawn("a", "b"))
    hub.set(PICTURE, drawn("a", "c"))
    id, _ = hub.get(PICTURE)
    topics = run(first("", 3))
    assert [topic for topic, _ in topics] == ["hello", "runs", PICTURE]
    assert topics[2][1]["order"] == ["a", "c"]
    assert topics[2][1]["whole"] is True
    assert [topic for topic, _ in run(first(id, 2))] == ["hello", "runs"]  # it has that picture
    assert run(first("of another server.7", 3))[2][1]["whole"] is True
    assert not hub.watched.is_set()

    less = json.loads(differing(drawn("a", "b"), drawn("a", "b", "c")))
    assert [*less["pieces"]] == ["c"]
    assert json.loads(differing(drawn("a", "b"), drawn("a", "b")))["order"] is None


def test_what_changes_meanwhile_is_told_once() -> None:
    hub = Hub({})

    async def both() -> list[str]:
        events, found = hub.events(""), list[str]()
        async for event in events:
            found.append(event.decode().partition("event: ")[2].partition("\n")[0])
            if len(found) == 1:
                hub.set("a", 1)
                hub.set("a", 2)
                hub.set("a", 2)
            if found[-1] == "a":
                hub.set("b", 1)
            if found[-1] == "b":
                break
        await events.aclose()  # type: ignore[attr-defined]
        return found

    assert run(both()) == ["hello", "a", "b"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("localhost:0", ("127.0.0.1", 0)),
        ("192.0.2.1", ("192.0.2.1", 8420)),
        ("[::1]:9", ("::1", 9)),
    ],
)
def test_an_address_to_listen_on(text: str, found: tuple[str, int]) -> None:
    assert command._listen(text) == found


@pytest.mark.parametrize(
    "text", ["", "example.org:80", "1.2.3:80", "127.0.0.1:x", "127.0.0.1:70000", "::1:9"]
)
def test_no_address_to_listen_on(text: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        command._listen(text)


def test_hostile_calls() -> None:
    soak_web_calls(25, 1000, print).check()
