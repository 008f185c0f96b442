"""As much of OVSDB's protocol as a small database needs (RFC 7047): JSON-RPC over a unix socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from vnetsh.errors import BackendRefused, HostHung, HostUnreachable

Row = dict[str, Any]
Operation = dict[str, object]


class Client:
    """A connection to one server; `who` names it in errors. A call may take `timeout` seconds."""

    def __init__(self, path: str, who: str, timeout: float) -> None:
        self._who = who
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._text = ""
        self._number = 0
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise HostUnreachable(f"{who}: {path}: {error.strerror or error}") from error

    def call(self, method: str, *params: object) -> Any:
        """The result of a request. Raises `HostUnreachable`, and `BackendRefused` with the server's words."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        for message in self._messages():
            if message.get("id") == self._number and "method" not in message:
                if message["error"]:
                    raise BackendRefused(f"{self._who}: {_words(message['error'])}")
                return message["result"]
        raise AssertionError  # the messages have no end

    def transact(self, database: str, operations: Sequence[Operation]) -> list[Any]:
        """The results of operations that are one transaction. Raises as `call` does."""
        results: list[Any] = self.call("transact", database, *operations)
        for result in results:
            if result and "error" in result:
                raise BackendRefused(f"{self._who}: {_words(result)}")
        return results

    def notifications(self, database: str, table: str) -> Iterator[None]:
        """One each time that the table has changed; without end. Raises `HostUnreachable` when it is closed."""
        self.call("monitor", database, None, {table: {"select": {"initial": False}}})
        self._socket.settimeout(None)
        for message in self._messages():
            if message.get("method") == "update":
                yield

    def close(self) -> None:
        """Close it; whoever waits for a message is told."""
        with suppress(OSError):  # it is closed already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _messages(self) -> Iterator[dict[str, Any]]:
        """Every message that comes; the server's probes are answered on the way."""
        decoder = json.JSONDecoder()
        while True:
            self._text = self._text.lstrip()
            try:
                message, end = decoder.raw_decode(self._text)
            except ValueError:  # not all of it is here
                self._text += self._received()
                continue
            self._text = self._text[end:]
            if message.get("method") == "echo":
                self._send({"id": message["id"], "result": message["params"], "error": None})
            else:
                yield message

    def _send(self, message: dict[str, object]) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode())
        except TimeoutError as error:
            raise HostHung(f"{self._who}: the directory does not answer") from error
        except OSError as error:
            raise HostUnreachable(f"{self._who}: the connection was lost: {error.strerror}") from error

    def _received(self) -> str:
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError as error:
            raise HostHung(f"{self._who}: the directory does not answer") from error
        except OSError as error:
            raise HostUnreachable(f"{self._who}: the connection was lost: {error.strerror}") from error
        if not data:
            raise HostUnreachable(f"{self._who}: the directory closed the connection")
        return data.decode()


def _words(error: Any) -> str:
    found = [error.get("error"), error.get("details")] if isinstance(error, dict) else [error]
    return ": ".join(str(words) for words in found if words)


def many(value: Any) -> list[Any]:
    """The values of a column that has any number of them; one alone is not written as a set."""
    return value[1] if isinstance(value, list) and value[0] == "set" else [value]


def as_set(values: Sequence[object]) -> list[object]:
    """Values as a column takes them."""
    return ["set", list(values)]


def as_map(values: dict[str, str]) -> list[object]:
    """Keys and values as a column takes them."""
    return ["map", [list(pair) for pair in values.items()]]
