"""JSON-RPC to an OVSDB server (RFC 7047, section 4): one request at a time, every wait bounded."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vnetsh import quick_json
from vnetsh.errors import BackendRefused, HostHung, HostUnreachable
from vnetsh.hosts.transport import Busy, Held
from vnetsh_ovsdb.framing import Framer
from vnetsh_ovsdb.streams import HUNG, ConnectionLost, Server, Stream, open_stream

_CHUNK = 1 << 16  # bytes that are read at a time; much more is new memory from the kernel each time
_ALIVE = "vnetsh-alive"
_CLOSED = "the server closed the connection"


class LostReply(ConnectionLost):
    """The connection broke between a request and its reply: nobody knows whether it was carried out."""


class NoAnswer(HostHung):
    """The server did not answer in time. It may still carry the request out when it goes on."""


class Client:
    """A connection that is opened when it is needed, and again when it was found dead before a request."""

    def __init__(
        self, server: Server, timeout: float, connect: Callable[[Server, float], Stream] = open_stream
    ) -> None:
        self._server = server
        self._connect = connect
        self._who = server.place.name
        self._timeout = timeout
        self._stream: Stream | None = None
        self._framer = Framer()
        self._inbox: list[dict[str, Any]] = []
        self._number = 0
        self._listener: Callable[[str, list[Any]], None] = lambda method, params: None
        self.connection = 0
        """How often it has been opened."""

    def listen(self, listener: Callable[[str, list[Any]], None]) -> None:
        """Tell somebody of the notifications that come, by method and parameters."""
        self._listener = listener

    def call(self, method: str, params: Sequence[object], *, timeout: float | None = None) -> Any:
        """The result of a request, in at most `timeout` seconds.

        Raises `LostReply`, `NoAnswer`, other `HostUnreachable` when nothing was sent, and `BackendRefused`
        with the server's words.
        """
        deadline = self._deadline(timeout)
        self._open(deadline)
        self._number += 1
        self._write(quick_json.dumps({"id": self._number, "method": method, "params": params}), deadline)
        return self._result(self._number, method, deadline)

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self._timeout if timeout is None else timeout)

    def wait(self, alive: float) -> None:
        """Wait, however long that takes, until the listener has been told something.

        After `alive` seconds of silence the server is asked for a sign of life (RFC 7047, 4.1.11). Raises `NoAnswer`
        where it gives none for as long again, other `HostUnreachable` when the connection is lost; `end` on another
        thread has the same effect.
        """
        heard, asked = time.monotonic(), False
        while not self._inbox:
            quiet = time.monotonic() - heard
            if self._receive():  # first of all: we may have slept ourselves
                heard, asked = time.monotonic(), False
            elif quiet < alive:
                self._opened.wait(alive - quiet, sending=False)
            elif asked:
                raise self._silent()
            else:
                self._write(
                    quick_json.dumps({"id": _ALIVE, "method": "echo", "params": []}), self._deadline(None)
                )
                heard, asked = time.monotonic(), True
            self._answer_probes(self._deadline(None))
            self._inbox = [message for message in self._inbox if message.get("id") != _ALIVE]
        while self._inbox:
            self._tell(self._inbox.pop(0))

    def end(self) -> None:
        """End the connection that another thread waits on. Never raises."""
        if stream := self._stream:
            stream.end()

    def _result(self, number: int, method: str, deadline: float) -> Any:
        while (message := self._next_message(deadline)).get("id") != number or "method" in message:
            self._tell(message)
        if message.get("error") is not None:
            raise BackendRefused(f"{self._who}: {method}: {_words(message['error'])}")
        return message.get("result")

    def _tell(self, message: Mapping[str, Any]) -> None:
        """Tell the listener, if it is a notification; an answer that comes too late is nobody's."""
        if "method" in message:
            self._listener(message["method"], message["params"])

    def ask(self, method: str, params: Sequence[object]) -> Any:
        """As `call`, for what may be asked twice: when the reply was lost, once more on a new connection."""
        try:
            return self.call(method, params)
        except LostReply:
            return self.call(method, params)

    def lock(self, name: str) -> Held | Busy:
        """Take one of the server's locks (RFC 7047, 4.1.8), at once or not at all.

        It ends with the connection, also when that breaks: `operations.assert_lock` in a transaction makes sure of
        it. OVSDB does not say who has it. Raises `HostUnreachable`.
        """
        if self.call("lock", [name])["locked"]:
            since = self.connection
            return Held(lambda: self._unlock(name, since))
        self._unlock(name, self.connection)  # else it would be ours as soon as the other lets go of it
        return Busy("somebody else")

    def _unlock(self, name: str, connection: int) -> None:
        if self._stream is not None and self.connection == connection:
            with contextlib.suppress(HostUnreachable, BackendRefused):
                self.call("unlock", [name])

    def close(self) -> None:
        """Close the stream; the next call opens another."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None
        self._framer = Framer()
        self._inbox = []

    def _open(self, deadline: float) -> None:
        """Have a stream that lives, as far as can be told."""
        if self._stream is not None:
            try:
                while self._receive():  # probes, or the end
                    pass
                self._answer_probes(deadline)
            except LostReply:
                pass  # it has closed itself; nothing was under way
        if self._stream is None:
            self._stream = self._connect(self._server, max(0.1, deadline - time.monotonic()))
            self.connection += 1

    def _write(self, text: bytes, deadline: float) -> None:
        data = memoryview(text)
        while data:
            sent = self._opened.send(data)
            if sent >= 0:
                data = data[sent:]
            elif sent == -errno.EAGAIN:
                self._wait(deadline, sending=True)
            else:
                raise self._lost(_CLOSED if sent == -errno.EPIPE else os.strerror(-sent))

    def _next_message(self, deadline: float) -> dict[str, Any]:
        while True:
            self._answer_probes(deadline)
            if self._inbox:
                return self._inbox.pop(0)
            if not self._receive():
                self._wait(deadline)

    def _receive(self) -> bool:
        """Take in what has arrived; whether anything had."""
        problem, data = self._opened.recv(_CHUNK)
        if problem == errno.EAGAIN:
            return False
        if problem or not data:
            raise self._lost(os.strerror(problem) if problem else _CLOSED)
        try:
            self._inbox += self._framer.feed(data)
        except ValueError as error:
            raise self._lost(f"what came is no JSON: {error}") from error
        return True

    def _answer_probes(self, deadline: float) -> None:
        """Answer the server's `echo` requests, or it takes the connection for dead (RFC 7047, 4.1.11)."""
        probes = [message for message in self._inbox if message.get("method") == "echo"]
        self._inbox = [message for message in self._inbox if message.get("method") != "echo"]
        for probe in probes:
            reply = {"id": probe.get("id"), "result": probe.get("params"), "error": None}
            self._write(quick_json.dumps(reply), deadline)

    def _wait(self, deadline: float, *, sending: bool = False) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise self._silent()
        self._opened.wait(remaining, sending=sending)

    def _silent(self) -> NoAnswer:
        self.close()
        broken = self._broken()
        return NoAnswer(
            f"{self._who}: {broken or 'ovsdb-server does not answer'}", help="" if broken else HUNG
        )

    @property
    def _opened(self) -> Stream:
        if self._stream is None:
            raise self._lost("it is closed")
        return self._stream

    def _broken(self) -> str:
        return self._server.transport.broken() if self._server.transport else ""

    def _lost(self, words: str) -> LostReply:
        self.close()
        broken = self._broken()
        if broken:
            return LostReply(f"{self._who}: {broken}", help="try again: it is opened anew")
        return LostReply(
            f"{self._who}: the connection to ovsdb-server was lost: {words}",
            help=f"did it stop, or restart? `systemctl status {self._server.unit}`",
        )


def _words(error: object) -> str:
    """The server's words of an error object: `error`, and `details` when it has them."""
    if isinstance(error, dict):
        return ": ".join(str(error[key]) for key in ("error", "details") if error.get(key))
    return str(error)
