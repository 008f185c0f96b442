"""HTTP for a page: strict requests below limits, answers, and streams of events. Whoever is slow is let go."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

MOST = 256
"""Connections at a time."""
STREAMS = 200
"""Those of them that may be streams."""
HEAD, BODY = 16_384, 262_144
"""Bytes of a request's head, and of its body, at most."""
ASKS, TAKES = 10.0, 60.0
"""Seconds in which a request has to be there, and in which a part of an answer has to be taken."""

_LINE = re.compile(r"([A-Z]{1,16}) (/[!-~]*) HTTP/1\.[01]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_ONCE = ("host", "content-length", "content-type", "origin", "cookie")


@dataclass(frozen=True)
class Request:
    """What was asked: `headers` by their names in small letters; of several `query` values the last."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    peer: str = ""


@dataclass(frozen=True)
class Response:
    """An answer; with `stream` its parts come as they are, for as long as somebody takes them."""

    status: int = 200
    body: bytes = b""
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None


class BadRequest(Exception):
    """What was asked is no request, or too much of one."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.response = refusal(status, says)


def refusal(status: int, says: str) -> Response:
    """An answer that says no, in plain words."""
    return Response(status, f"{says}\n".encode(), "text/plain; charset=utf-8")


Answer = Callable[[Request], Awaitable[Response]]


class Server:
    """Serves one address. A connection carries one request; what belongs to a page is few and small."""

    def __init__(self, answer: Answer, always: Mapping[str, str]) -> None:
        self._answer, self._always = answer, always
        self.open = self._streams = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection; never raises."""
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.open += 1
        writer.transport.set_write_buffer_limits(0)  # what is taken is out of our hands
        try:
            if self.open > MOST:
                await self._send(writer, refusal(503, "too many connections"), head_only=False)
                return
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._served(reader, writer)
        finally:
            self.open -= 1
            writer.close()
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)
            if writer.transport and not writer.transport.is_closing():
                writer.transport.abort()

    async def close(self) -> None:
        """End what is being served."""
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        request: Request | None = None
        try:
            request = await asyncio.wait_for(read_request(reader, str(peer[0]) if peer else ""), ASKS)
            response = await self._answer(request)
        except BadRequest as bad:
            response = bad.response
        if response.stream is None:
            await self._send(writer, response, head_only=bool(request and request.method == "HEAD"))
        elif self._streams >= STREAMS:
            await self._send(writer, refusal(503, "too many pages are open"), head_only=False)
        else:
            self._streams += 1
            try:
                await self._stream(reader, writer, response)
            finally:
                self._streams -= 1

    def _head(self, response: Response, length: int | None) -> bytes:
        headers = {**self._always, "Content-Type": response.type, **response.headers, "Connection": "close"}
        if length is not None:
            headers["Content-Length"] = str(length)
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")

    async def _send(self, writer: asyncio.StreamWriter, response: Response, *, head_only: bool) -> None:
        writer.write(self._head(response, len(response.body)) + (b"" if head_only else response.body))
        await asyncio.wait_for(writer.drain(), TAKES)

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, response: Response
    ) -> None:
        """Send what comes until the other side goes, or takes nothing any more."""
        assert response.stream is not None
        gone = asyncio.ensure_future(reader.read(1))  # whoever has asked has nothing more to say
        part: asyncio.Future[bytes] | None = None
        parts = response.stream.__aiter__()
        try:
            writer.write(self._head(response, None))
            while True:
                part = asyncio.ensure_future(anext(parts, b""))
                await asyncio.wait({part, gone}, return_when=asyncio.FIRST_COMPLETED)
                if gone.done() or not part.result():
                    return
                writer.write(part.result())
                await asyncio.wait_for(writer.drain(), TAKES)
        finally:
            left = [one for one in (gone, part) if one is not None]
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            if close := getattr(parts, "aclose", None):
                await close()


async def read_request(reader: asyncio.StreamReader, peer: str = "") -> Request:
    """A request. Raises `BadRequest`; `asyncio.IncompleteReadError` where it breaks off."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise BadRequest(431, "the request's head is too long") from None
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    said = _LINE.fullmatch(first)
    if not said:
        raise BadRequest(400, "this is no request")
    headers: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if not header:
            raise BadRequest(400, "this is no header")
        name = header[1].lower()
        if name in headers and name in _ONCE:
            raise BadRequest(400, f"`{name}` is said twice")
        headers[name] = header[2]
    if "transfer-encoding" in headers:
        raise BadRequest(501, "say how long the body is")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise BadRequest(400, "that is no length")
    if len(length) > 9 or int(length) > BODY:
        raise BadRequest(413, f"at most {BODY} bytes")
    body = await reader.readexactly(int(length))
    path, _, query = said[2].partition("?")
    fields = (
        dict(parse_qsl(query, keep_blank_values=True, max_num_fields=20)) if query.count("&") < 20 else {}
    )
    return Request(said[1], unquote(path), fields, headers, body, peer)
