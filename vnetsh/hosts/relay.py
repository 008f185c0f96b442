"""A socket here, each of whose connections is a command's standard input and output: a way to another one's socket.

So an ordinary user comes to a socket that only root may open, by a relay that is run under sudo at its other end.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from vnetsh.errors import HostUnreachable

_PYTHON = """\
import os, socket, sys, threading
far = socket.socket(socket.AF_UNIX)
far.connect(sys.argv[1])
def there():
    for data in iter(lambda: os.read(0, 65536), b""):
        far.sendall(data)
    far.shutdown(socket.SHUT_WR)
threading.Thread(target=there, daemon=True).start()
for data in iter(lambda: far.recv(65536), b""):
    while data:
        data = data[os.write(1, data):]
"""
_PERL = """\
use Socket;
socket(FAR, AF_UNIX, SOCK_STREAM, 0) && connect(FAR, sockaddr_un($ARGV[0])) or exit 1;
sub pass {
    my ($from, $to) = @_;
    while (sysread($from, my $data, 65536)) {
        for (my $at = 0; $at < length $data;) { $at += syswrite($to, $data, length($data) - $at, $at) // exit 1 }
    }
}
my $there = fork() // exit 1;
if (!$there) { pass(*STDIN, *FAR); shutdown(FAR, 1); exit }
pass(*FAR, *STDOUT);
kill 'TERM', $there;
"""
PROGRAMS = ("socat", "python3", "perl")
"""What can relay, the quickest to start first."""


def relaying(program: str, path: str) -> list[str]:
    """The command that passes its standard input and output to the unix socket `path`, by one of `PROGRAMS`."""
    if program == "socat":
        quoted = re.sub(r"([\\:,!'\"(\[{])", r"\\\1", path)
        return ["socat", "-b", "65536", "-t", "1", "-", f"UNIX-CONNECT:{quoted}"]
    if program == "python3":
        return ["python3", "-Ic", _PYTHON, path]
    return ["perl", "-e", _PERL, path]


class Relay:
    """Listens at a path in a folder of the user's alone, as long as this process lives.

    `command` gives the command line of each connection; when it raises `HostUnreachable`, the connection is closed.
    """

    def __init__(self, at: Path, command: Callable[[], Sequence[str]]) -> None:
        self.path = at
        self._command = command
        self._running: list[subprocess.Popen[bytes]] = []
        self._listener = socket.socket(socket.AF_UNIX)
        at.unlink(missing_ok=True)
        self._listener.bind(str(at))
        self._listener.listen(64)
        threading.Thread(target=self._serve, name="relay", daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                near, _ = self._listener.accept()
                with near, suppress(HostUnreachable, OSError):
                    self._running = [one for one in self._running if one.poll() is None]
                    self._running.append(
                        subprocess.Popen(
                            self._command(),
                            stdin=near.fileno(),
                            stdout=near.fileno(),
                            stderr=subprocess.DEVNULL,
                            start_new_session=True,  # Ctrl-C is for us
                        )
                    )

    def close(self) -> None:
        """Take no more connections; those that are there end when their user closes them. Never raises."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.path.unlink(missing_ok=True)
