"""Stands between a client and a database server, and cuts what goes through."""

from __future__ import annotations

import contextlib
import json
import socket
import threading

from vnetsh_ovsdb.framing import Framer


class Relay:
    """Stands between the client and a real ovsdb-server. `fault` is told of each transaction, once each.

    It gets a function that passes the request on and swallows the reply; afterwards the connection is cut. It is cut,
    too, by the first request that has the words of `cuts`, each once: passed on before or not.
    """

    def __init__(self, ovs):
        self._server = ovs.socket
        self.path = f"{ovs.folder}/relay.sock"
        self.faults = []
        self.cuts = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host_attributes(self):
        return {"ovsdb": f"unix:{self.path}"}

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.socket(socket.AF_UNIX)
                self._open += [near, far]
                try:
                    far.connect(self._server)
                except OSError:
                    near.close()
                    continue
                threading.Thread(target=self._requests, args=(near, far), daemon=True).start()
                threading.Thread(target=self._replies, args=(near, far), daemon=True).start()

    def _requests(self, near, far):
        framer = Framer()  # a request may come in pieces: its end is what matters
        with contextlib.suppress(OSError):
            while data := near.recv(1 << 20):
                requests = [json.dumps(request, separators=(",", ":")) for request in framer.feed(data)]
                if self.faults and any('_cfg","+="' in request for request in requests):
                    self._swallow = threading.Event()
                    self._swallowing = near
                    self.faults.pop(0)(lambda data=data: (far.sendall(data), self._swallow.wait(5)))
                    self._swallowing = None
                    break
                if self.cuts and any(self.cuts[0][0] in request for request in requests):
                    _, passed = self.cuts.pop(0)
                    if passed:
                        far.sendall(data)
                    break
                far.sendall(data)
        cut(near)
        cut(far)

    _swallowing = None  # of other connections nothing is lost

    def _replies(self, near, far):
        with contextlib.suppress(OSError):
            while data := far.recv(1 << 20):
                if self._swallowing is near:
                    self._swallow.set()
                else:
                    near.sendall(data)
        cut(near)

    def close(self):
        for one in (self._listener, *self._open):
            cut(one)
            one.close()


def cut(connection):
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
