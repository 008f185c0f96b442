"""A NetBox server as it answered once: what a real one (4.4.10) said, request by request.

`VNETSH_NETBOX=URL,TOKEN,READERS-TOKEN` records anew: a server of which all is removed that the tests may make. The
second token is of a user who may only look.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from vnetsh_netbox.server import Server, session_to

FOLDER = Path(__file__).parents[1] / "unit" / "vnetsh_netbox" / "recorded"
_REAL = os.environ.get("VNETSH_NETBOX", "")
_NOWHERE = "http://netbox.test"
_CLEANED = (
    "virtualization/virtual-machines", "ipam/ip-addresses", "ipam/ip-ranges", "dcim/mac-addresses",
    "ipam/vlans", "ipam/vlan-groups",
    "ipam/vrfs", "dcim/devices", "virtualization/clusters", "virtualization/cluster-types", "dcim/device-types",
    "dcim/manufacturers", "dcim/device-roles", "dcim/sites", "extras/tags",
)  # fmt: skip


class Recorded(BaseAdapter):
    """Answers as was recorded, and only that which was asked then, in that order; `dies` after so many answers."""

    def __init__(self, file: Path, token: str) -> None:
        super().__init__()
        self._file, self._token, self._left = file, token, -1
        self._said: list[dict[str, Any]] = [] if _REAL else json.loads(file.read_text())
        self._real = HTTPAdapter()

    def dies(self, after: int) -> None:
        """From then on the connection breaks."""
        self._left = after

    def lives(self) -> None:
        """It is there again."""
        self._left = -1

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if not self._left:
            raise requests.ConnectionError("[Errno 104] Connection reset by peer")
        self._left -= 1
        assert request.headers["authorization"] == f"Token {self._token}"
        at = urlsplit(str(request.url))
        body = json.loads(request.body) if request.body else None
        asked = [request.method, f"{at.path}?{at.query}" if at.query else at.path, body]
        if _REAL:
            answer = self._real.send(request, timeout=60)
            said = answer.json() if answer.content else None
            version = answer.headers.get("API-Version", "")
            self._said.append({"asked": asked, "code": answer.status_code, "said": said, "version": version})
            return answer
        known = self._said.pop(0)
        assert asked == known["asked"]
        return _answer(request, known)

    def close(self) -> None:
        if _REAL:
            text = "[\n" + ",\n".join(json.dumps(one) for one in self._said) + "\n]\n"
            self._file.write_text(text.replace(_REAL.split(",")[0], _NOWHERE))
        else:
            assert not self._said


def _answer(request: requests.PreparedRequest, known: dict[str, Any]) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.url, answer.request = known["code"], str(request.url), request
    answer.headers["API-Version"] = known["version"]
    answer.raw = io.BytesIO(b"" if known["said"] is None else json.dumps(known["said"]).encode())
    return answer


@contextmanager
def recorded(name: str, *, reads_only: bool = False) -> Iterator[tuple[Server, Recorded]]:
    """A server, and what answers for it."""
    url, token, reader = (_REAL or f"{_NOWHERE},{'a' * 40},{'b' * 40}").split(",")
    if _REAL:
        _clean(url, token)
    chosen = reader if reads_only else token
    adapter = Recorded(FOLDER / f"{name}.json", chosen)
    session = requests.Session()
    session.mount(f"{url}/api/", adapter)
    yield Server(url, chosen, session), adapter
    adapter.close()


def _clean(url: str, token: str) -> None:
    session = session_to(url)
    session.headers["authorization"] = f"Token {token}"
    for path in _CLEANED:
        while some := session.get(f"{url}/api/{path}/?limit=100").json()["results"]:
            session.delete(f"{url}/api/{path}/", json=[{"id": one["id"]} for one in some]).raise_for_status()


def make(server: Server, path: str, **fields: Any) -> int:
    """What somebody else makes there; its number."""
    return server.create(path, [fields])[0]


def there(server: Server, path: str, **fields: Any) -> list[dict[str, Any]]:
    """What is there, by a filter."""
    name, value = next(iter(fields.items()))
    return [dict(one) for one in server.read(path, name, [value])]
