"""The command `web`: a server for pages of the fleet, until Ctrl-C."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from vnetsh.by_hash import ByHash
from vnetsh.engine.connections import quiet
from vnetsh.errors import UsageError
from vnetsh.hosts.workers import begin
from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.interface.token_file import token_in
from vnetsh.interface.web.guard import ALWAYS, NOTHING, Guard
from vnetsh.interface.web.http import HEAD, Server
from vnetsh.interface.web.hub import Hub
from vnetsh.interface.web.live import Live
from vnetsh.interface.web.pages import version
from vnetsh.interface.web.routes import Routes
from vnetsh.interface.web.whys import Whys
from vnetsh.interface.web.works import Works
from vnetsh.model.change import Impact

USUAL = "127.0.0.1:8420"
_ADDRESS = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]+)):([0-9]{1,5})")


def web(face: Face, options: Options) -> int:
    """Serve until Ctrl-C; the exit code. Raises `UsageError`."""
    said = options.arguments
    address, port = _listen(said.listen or USUAL)
    token = token_in(said.token_file) if said.token_file else ""
    if not token and not ipaddress.ip_address(address).is_loopback:
        raise UsageError(
            f"{address} is reached by others, and anybody could look",
            help="say by which token browsers log in: `--token-file FILE`; or listen on 127.0.0.1 alone",
        )
    made = said.write and not token
    if made:  # others on this machine reach it as well
        token = secrets.token_urlsafe(24)
    served = _Served(face, options, address, token)
    try:
        url = served.start(port)
        print(f"the fleet is at {url}{f'#token={token}' if made else ''}  (Ctrl-C ends)", flush=True)
        served.wait()
    finally:
        served.close()
    return 0


def _listen(text: str) -> tuple[str, int]:
    """The address and the port. Raises `UsageError`."""
    found = _ADDRESS.fullmatch(text if ":" in text else f"{text}:8420")
    address = (found[1] or found[2]) if found else ""
    try:
        known = ipaddress.ip_address("127.0.0.1" if address == "localhost" else address)
    except ValueError:
        known = None
    if not found or known is None or int(found[3]) > 65535:
        raise UsageError(
            f"`{text}` is no address to listen on",
            help="for example 127.0.0.1:8420, [::1]:8420, 0.0.0.0:8420",
        )
    return str(known), int(found[3])


class _Served:
    """What serves: a loop on a thread of its own, and what it tells of."""

    def __init__(self, face: Face, options: Options, address: str, token: str) -> None:
        self._address, self._token, self._options = address, token, options
        self._session = face.session
        self._face = face
        self._loop = asyncio.new_event_loop()
        self._ended = threading.Event()
        self._stop: Callable[[], None] = lambda: None
        self._live: Live | None = None
        self._works: Works | None = None
        self._whys: Whys | None = None

    def start(self, port: int) -> str:
        """Begin; where browsers find it. Raises `UsageError` where that is taken."""
        started: list[int | OSError] = []
        begun = threading.Event()
        begin("web", lambda: self._serve(port, started, begun))
        begun.wait()
        if isinstance(started[0], OSError):
            why = os.strerror(started[0].errno) if started[0].errno else str(started[0])
            raise UsageError(
                f"cannot listen on {self._address}:{port}: {why}", help="`--listen ADDRESS:PORT`"
            )
        shown = f"[{self._address}]" if ":" in self._address else self._address
        return f"http://{shown}:{started[0]}/"

    def _serve(self, port: int, started: list[int | OSError], begun: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._served(port, started, begun))
        finally:
            self._ended.set()
            if not started:
                started.append(OSError("it failed"))
            begun.set()
            self._loop.close()

    async def _served(self, port: int, started: list[int | OSError], begun: threading.Event) -> None:
        stopped = asyncio.Event()

        def stop() -> None:
            self._loop.call_soon_threadsafe(stopped.set)

        self._stop = stop
        routes: list[Routes] = []
        server = Server(
            lambda request: routes[0].answer(request), {**ALWAYS, "Content-Security-Policy": NOTHING}
        )
        try:
            listening = await asyncio.start_server(
                server.connected,
                self._address,
                port,
                limit=HEAD,
                backlog=128,
                reuse_address=True,
                start_serving=False,
            )
        except OSError as error:
            started.append(error)
            return
        port = listening.sockets[0].getsockname()[1]
        routes.append(await asyncio.to_thread(self._routes, port))
        await listening.start_serving()
        started.append(port)
        begun.set()
        await stopped.wait()
        listening.close()
        await server.close()

    def _routes(self, port: int) -> Routes:
        said = self._options.arguments
        guard = Guard(self._address, port, said.name, self._token)
        hub = Hub({"page": version(), "said": guard.said, "write": bool(said.write)})
        self._live = live = Live(self._session, hub)
        if said.write:
            most = self._options.max_impact
            offers = ByHash(self._session, Impact.DESTROY if most is None else most, asks=True, name="<page>")
            self._works = Works(offers, self._session.vocabulary, hub, lambda text: print(text, flush=True))
        live.start()
        self._whys = Whys(self._session.beside(quiet))
        return Routes(guard, hub, live, self._session.vocabulary, self._whys, self._works)

    def wait(self) -> None:
        """Wait for Ctrl-C, or a signal to end; what is under way is taken back then, as in the shell."""
        pressed = threading.Semaphore(0)
        with _heeding(pressed.release):
            while not pressed.acquire(timeout=0.5):
                if self._ended.is_set():
                    return
            if not (self._works and self._works.end_all()):
                return
            print("taking back what is under way (Ctrl-C: without what hangs)", file=sys.stderr)
            says = ["leaving what hangs as it is (Ctrl-C: without waiting for anything)", ""]
            while self._works.under_way:
                if pressed.acquire(timeout=0.2):
                    said = says.pop(0)
                    if not said:
                        print(
                            "left amidst it: `vnetsh recover` finishes it, or takes it back", file=sys.stderr
                        )
                        return
                    print(said, file=sys.stderr)
                    self._works.end_all()

    def close(self) -> None:
        """End; pages are cut off."""
        with suppress(RuntimeError):  # it has ended by itself
            self._stop()
        self._ended.wait(5.0)
        if self._live:
            self._live.close()
        if self._whys:
            self._whys.close()


@contextmanager
def _heeding(pressed: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C, and what ends services, call something instead."""
    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, lambda *_: pressed()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(ValueError):
                signal.signal(number, handler)
