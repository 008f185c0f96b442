"""A machine's /run of its own, where root and a user without rights meet: nobody else sees what they do there."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

USER = 2**20 + os.getpid()
"""A user whom nobody is; each process has another one, for /tmp/vnetsh-USER is seen by all."""

_TAKING = """
import os, sys
from vnetsh.errors import VnetshError
from vnetsh.hosts.locking import hold, lock_command
from vnetsh.hosts.locking_here import hold_here
way, user, who, overrule = sys.argv[1:]
if int(user):
    os.setgroups([]), os.setresgid(*[int(user)] * 3), os.setresuid(*[int(user)] * 3)
try:
    if way == "here":
        found = hold_here("this", who, overrule=bool(overrule))
    else:
        found = hold(lock_command(who, overrule=bool(overrule)), "this")
    print(type(found).__name__, getattr(found, "who", ""), getattr(found, "foreign", ""), flush=True)
except VnetshError as error:
    print(error.message, flush=True)
    sys.exit(sys.stdin.read())
sys.stdin.read()
if hasattr(found, "release"):
    found.release()
"""


class OwnRun:
    """Processes in a mount namespace with an empty /run, writable for root, and /run/lock, writable for all."""

    def __init__(self, pid: int) -> None:
        self._enter = ["nsenter", "-t", str(pid), "-m", "--"]

    def argv(self, *argv: str, user: int = 0) -> list[str]:
        """What runs a command there."""
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return [*self._enter, *become, *argv]

    def sh(self, script: str, *, user: int = 0) -> subprocess.CompletedProcess[str]:
        """A script's end, by a user there."""
        argv = self.argv("sh", "-c", script, user=user)
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    @contextlib.contextmanager
    def running(self, *argv: str, user: int = 0) -> Iterator[str]:
        """A command that goes on until its standard input ends; the first line that it prints."""
        process = subprocess.Popen(
            self.argv(*argv, user=user), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.communicate(timeout=20)

    @contextlib.contextmanager
    def taking(self, way: str, who: str, *, user: int = 0, overrule: bool = False) -> Iterator[str]:
        """What comes of asking for the lock, held as long as the context: `Held`, `Busy`, or an error."""
        argv = [sys.executable, "-c", _TAKING, way, str(user), who, "yes" if overrule else ""]
        with self.running(*argv) as said:
            yield said


@contextlib.contextmanager
def own_run() -> Iterator[OwnRun]:
    """Such a machine; what the user left in /tmp is removed in the end."""
    script = "mount -t tmpfs -o mode=755 none /run && mkdir -m 1777 /run/lock && echo ready && exec cat"
    argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield OwnRun(process.pid)
    finally:
        process.communicate(timeout=20)
        subprocess.run(["rm", "-rf", f"/tmp/vnetsh-{USER}"], check=True)
