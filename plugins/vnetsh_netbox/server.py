"""A NetBox server, by its maintained client. What it says wrong is an error of ours with a remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vnetsh.errors import UsageError, VnetshError

if TYPE_CHECKING:
    from requests import Session

Record = Mapping[str, Any]
"""An object as NetBox tells it."""

PAGE = 1000
"""Objects that are asked for at a time; a server may give fewer."""
_VALUES = 100
"""Values of one filter, which stand in the address of a request."""
_WRITTEN = 25
"""Objects of one request that writes: a slow server takes a second for each, and a proxy before it waits a minute."""
_OLDEST = (4, 2)
"""Since that version an interface's MAC address is an object."""
_SLOWEST = 120.0
"""Seconds in which a server has to begin its answer."""


class NetBoxFailed(VnetshError):
    """The server did not do it, or there is none."""


class Refused(NetBoxFailed):
    """The server does not take what it was sent; nothing of that request is done. `each` says it object by object."""

    def __init__(self, message: str, each: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.each = each


def session_to(address: str) -> Session:
    """A session that speaks with one server, takes no redirection, and does not wait for ever."""
    import requests
    from requests.adapters import HTTPAdapter

    class Alone(HTTPAdapter):
        """The way to that server."""

        def send(self, request: Any, *args: Any, **more: Any) -> Any:
            answer = super().send(request, *args, **{**more, "timeout": (10.0, _SLOWEST)})
            if answer.is_redirect:
                raise NetBoxFailed(
                    f"{address} says to ask elsewhere: {answer.headers['location']}",
                    help="say that address, as far as it goes before `/api`: `--to URL`",
                )
            return answer

    session = requests.Session()
    session.adapters.clear()
    session.mount(f"{address}/api/", Alone())  # the token goes nowhere else, whatever an answer says
    session.auth = lambda request: request  # not what a .netrc says instead of the token
    return session


class Server:
    """What is read from a server, and written to it. Each method raises `NetBoxFailed`."""

    def __init__(self, address: str, token: str, session: Session | None = None) -> None:
        try:
            import pynetbox
        except ImportError as error:
            raise UsageError(
                "to ask a NetBox server needs its client", help="`pip install 'vnetsh[netbox]'`"
            ) from error
        self.address = address.rstrip("/").removesuffix("/api")
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", self.address):
            raise UsageError(f"`{address}` is no address of a server", help="such as https://netbox.example")
        self._api = pynetbox.api(self.address, token=token)
        self._api.http_session = session or session_to(self.address)

    def see_version(self) -> None:
        """Raise `NetBoxFailed` where it is too old, or no NetBox."""
        with self._speaking("read", ""):
            version = str(self._api.version)
        found = re.match(r"(\d+)\.(\d+)", version)
        if not found:
            raise NetBoxFailed(f"{self.address} is no NetBox", help="its address ends before `/api`")
        if (int(found[1]), int(found[2])) < _OLDEST:
            oldest = ".".join(map(str, _OLDEST))
            raise NetBoxFailed(f"{self.address} is NetBox {version}; it takes {oldest} or newer")

    def read(self, path: str, name: str, values: Iterable[object]) -> Iterator[Record]:
        """All objects of which a filter has one of these values, each once."""
        seen: set[int] = set()
        for some in _chunks(sorted(values, key=str)):
            with self._speaking("read", path):
                # Sorted by what does not change: else a page may miss what another moved on.
                for record in self._endpoint(path).filter(**{name: some}, ordering="id", limit=PAGE):
                    if record.id not in seen:
                        seen.add(record.id)
                        yield dict(record)

    def create(self, path: str, objects: Sequence[Mapping[str, Any]]) -> list[int]:
        """Their numbers, in the order of the objects."""
        with self._speaking("add", path):
            return [int(one.id) for one in self._endpoint(path).create([*map(dict, objects)])]

    def update(self, path: str, objects: Sequence[Mapping[str, Any]]) -> list[int]:
        """Change objects that are told by their `id`."""
        with self._speaking("change", path):
            self._endpoint(path).update([*map(dict, objects)])
        return [one["id"] for one in objects]

    def delete(self, path: str, objects: Sequence[Mapping[str, Any]]) -> list[int]:
        """Remove objects by their `id`."""
        with self._speaking("remove", path):
            self._endpoint(path).delete([one["id"] for one in objects])
        return [one["id"] for one in objects]

    def _endpoint(self, path: str) -> Any:
        app, _, name = path.partition(".")
        return getattr(getattr(self._api, app), name)

    @contextmanager
    def _speaking(self, what: str, path: str) -> Iterator[None]:
        import pynetbox
        import requests

        where = path.replace(".", "/").replace("_", "-")
        try:
            yield
        except pynetbox.RequestError as error:
            raise _refused(self.address, error.req, what, where) from error
        except requests.exceptions.InvalidSchema as error:
            raise NetBoxFailed(
                f"{self.address} names another address than that for its next page, and the token is for no other",
                help="ask it by the address that it gives itself: `--to URL`",
            ) from error
        except (pynetbox.ContentError, pynetbox.AllocationError, ValueError) as error:
            raise NetBoxFailed(
                f"{self.address} answers what is no NetBox's: {error}"[:300],
                help="its address ends before `/api`",
            ) from error
        except requests.exceptions.SSLError as error:
            raise NetBoxFailed(
                f"{self.address}: the certificate is not trusted: {_cause(error)}",
                help="`REQUESTS_CA_BUNDLE=FILE` says whom to trust",
            ) from error
        except requests.exceptions.Timeout as error:
            raise NetBoxFailed(f"{self.address} does not answer in time") from error
        except requests.exceptions.RequestException as error:
            raise NetBoxFailed(f"{self.address} does not answer: {_cause(error)}") from error


def _refused(address: str, answer: Any, what: str, where: str) -> NetBoxFailed:
    try:
        told = answer.json()
    except ValueError:
        told = None
    code = answer.status_code
    words = told.get("detail", told) if isinstance(told, dict) else told
    if code in (401, 403):
        valid = "token" not in str(words).lower() and "credentials" not in str(words).lower()
        return NetBoxFailed(
            f"{address}: the token may not {what} {where}: {words}",
            help="its user needs that permission, and the token to be one that writes" if valid
            else "`--token-file FILE`, or `NETBOX_TOKEN` in the environment, says a token",
        )  # fmt: skip
    if code in (400, 409):
        return Refused(f"{address} does not take it: {words}", told if isinstance(told, list) else ())
    if code == 404:
        return Refused(f"{address} has no {where}")
    return NetBoxFailed(
        f"{address} could not {what} {where}: {code} {answer.reason}", help="its log says more"
    )


def _cause(error: BaseException) -> str:
    """The last words of an error in an error, which are the system's."""
    reason = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    return str(reason).rpartition(": ")[2][:200] or type(error).__name__


def _chunks(values: Sequence[object]) -> Iterator[Sequence[object]]:
    for start in range(0, len(values), _VALUES):
        yield values[start : start + _VALUES]


def in_chunks(objects: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Objects, as many at a time as one request has that writes."""
    for start in range(0, len(objects), _WRITTEN):
        yield objects[start : start + _WRITTEN]
