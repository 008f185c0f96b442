"""A `vnetsh web` of its own for a test: a process that can be killed and come back at the same address."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TOKEN = "a-token-of-a-test-0123456789"


class Served:
    """The server of a demo fleet, or of what `options` say."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        world: tuple[str, ...] = ("--demo",),
        program: tuple[str, ...] = ("-m", "vnetsh"),
    ) -> None:
        self.token_file = folder / "token"
        self.token_file.touch(mode=0o600)
        self.token_file.write_text(f"{TOKEN}\n")
        self._command = [sys.executable, *program, *world, "web", "--token-file", str(self.token_file)]
        self._options = options
        self.port = 0
        self.process: subprocess.Popen[str]
        self.start()

    def start(self) -> None:
        """Begin, where it was before."""
        listen = ["--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            [*self._command, *listen, *self._options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        if not found:
            raise RuntimeError(said + self.process.communicate(timeout=10)[1])
        self.port = int(found[1])

    def end(self, number: int) -> None:
        """End it by a signal, and wait."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)

    @property
    def origin(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"


class Client:
    """Asks as a page does, or almost."""

    def __init__(self, origin: str, token: str = TOKEN) -> None:
        self.origin = origin
        self.headers: dict[str, str] = {"Origin": origin, "Content-Type": "application/json"}
        if token:
            status, _, headers = self.ask("/login", {"token": token})
            assert status == 204
            self.headers["Cookie"] = headers["Set-Cookie"].partition(";")[0]
            hello = self.events("hello")["hello"]
            self.headers["X-Vnetsh-Token"] = hello["said"]

    def ask(
        self, path: str, body: object = None, headers: Mapping[str, str | None] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """The status, the answer (of JSON its value) and the headers; a header that is None is left out."""
        said = {
            name: value for name, value in {**self.headers, **(headers or {})}.items() if value is not None
        }
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.origin + path, data, said)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text, got = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            status, text, got = error.code, error.read(), error.headers
        known = dict(got.items())
        return (
            status,
            json.loads(text) if known.get("Content-Type") == "application/json" and text else text,
            known,
        )

    def events(self, *topics: str, has: str = "") -> dict[str, Any]:
        """What is told first of these topics."""
        request = urllib.request.Request(f"{self.origin}/events?has={has}", headers=self.headers)
        found: dict[str, Any] = {}
        name = ""
        with urllib.request.urlopen(request, timeout=60) as stream:
            for line in stream:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                name = value if key == "event" else name
                if key == "data" and name in topics:
                    found[name] = json.loads(value)
                if set(topics) <= found.keys():
                    break
        return found
