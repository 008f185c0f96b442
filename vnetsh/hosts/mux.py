"""What can be told of a unix socket on this machine without disturbing who listens there."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

_PATIENCE = 0.5  # seconds in which a process of this machine greets
_HELLO = 12  # bytes of the greeting: its length, MUX_MSG_HELLO, the protocol's version


def answers(control: Path) -> bool:
    """Whether an ssh master lives behind its control socket: it greets whoever comes (PROTOCOL.mux of OpenSSH)."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PATIENCE)
        try:
            probe.connect(str(control))
            return len(probe.recv(_HELLO, socket.MSG_WAITALL)) == _HELLO
        except OSError:
            return False


def listens(control: Path) -> bool:
    """Whether a master has the control socket, be it one that hangs."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        return probe.connect_ex(str(control)) in (0, errno.EAGAIN)


def bound(path: Path) -> bool:
    """Whether a process has bound a socket to that path; to connect would be to disturb whom it is forwarded to.

    A control socket is bound under another name (ssh gives it its own when it is ready).
    """
    try:
        known = Path("/proc/net/unix").read_bytes()
    except OSError:
        return path.exists()
    end = b" " + os.fsencode(path)
    return path.exists() and any(line.endswith(end) for line in known.splitlines())
