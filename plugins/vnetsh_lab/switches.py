"""The process outside a lab that ends and starts its hosts when a fencing agent within asks.

What is asked is a line, `off kvm2`, and so is the answer. With a file `power.password` in the lab's folder, what it
says has to come after that.
"""

from __future__ import annotations

import socketserver
import sys
from contextlib import suppress
from pathlib import Path

from vnetsh.errors import VnetshError
from vnetsh_lab.lab import Lab
from vnetsh_lab.layout import MOST_HOSTS, SWITCHES

PASSWORD = "power.password"


class _Switch(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        action, _, rest = self.rfile.readline().decode(errors="replace").strip().partition(" ")
        host, _, password = rest.partition(" ")
        wanted = self.server.folder / PASSWORD  # type: ignore[attr-defined]
        try:
            if wanted.exists() and wanted.read_text().strip() != password:
                answer = "error: the lab's power switches want another password"
            else:
                answer = self._do(action, host)
        except VnetshError as error:
            answer = f"error: {error.message}"
        with suppress(OSError):  # who asked may be the one that was ended
            self.wfile.write(f"{answer}\n".encode())

    def _do(self, action: str, host: str) -> str:
        lab = Lab(self.server.folder)  # type: ignore[attr-defined]
        hosts = (lab.layout.host(number) for number in range(1, MOST_HOSTS + 1))
        names = {one.name: "off" if one.off.exists() else "on" for one in hosts if one.folder.exists()}
        if action in ("list", "list-status", "monitor"):
            return " ".join(sorted(names))
        if host not in names:
            return f"error: the lab has no host `{host}`"
        if action == "status":
            return names[host]
        if action in ("off", "reboot") and names[host] == "on":
            lab.kill(host)
        if action in ("on", "reboot") and (action == "reboot" or names[host] == "off"):
            lab.start(host)
        return "ok"


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(str(folder / SWITCHES), _Switch)


if __name__ == "__main__":
    with _Server(Path(sys.argv[1])) as server:
        server.serve_forever()
