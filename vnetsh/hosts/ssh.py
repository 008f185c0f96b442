"""Hosts behind OpenSSH: the user's own config, agent and known hosts, one multiplexed connection a host.

The connection (ssh's control master) stays for a minute after its last use, as Ansible keeps its own: the next
`vnetsh` finds it and saves the handshake. See docs/decisions/0006.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts.local import run_here
from vnetsh.hosts.locking import hold, lock_command
from vnetsh.hosts.remote_shell import RemoteShell
from vnetsh.hosts.transport import Busy, Completed, Held
from vnetsh.model import Host

PERSIST = 60
"""Seconds that an unused connection stays open."""


class SshTransport:
    """A host behind OpenSSH."""

    local = False

    def __init__(self, host: Host, *, connect_timeout: float = 10.0) -> None:
        self._host = host
        self._config = host.text("ssh-config")
        self._target = host.text("ssh") or host.address or host.name
        self._timeout = connect_timeout
        self._opened = False
        self._thread_lock = threading.Lock()

    @cached_property
    def _control(self) -> Path:
        """The control socket. Its path is limited to about 100 characters: the name must be a short one."""
        way = f"{Path(self._config).absolute() if self._config else ''}\0{self._target}"
        return _folder() / hashlib.sha256(way.encode()).hexdigest()[:12]

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Nobody else opens this way meanwhile: no other thread, no other `vnetsh`."""
        with self._thread_lock, self._control.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _ssh(self, *options: str) -> list[str]:
        return [*self._plain_ssh(self._timeout), "-S", str(self._control), *options]

    def _plain_ssh(self, timeout: float) -> list[str]:
        return [
            "ssh",
            *(["-F", self._config] if self._config else []),
            *("-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, round(timeout))}"),
            *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2"),
        ]

    def open(self) -> None:
        """Have a master connection. Raises `HostUnreachable` with ssh's own words."""
        if self._opened:
            return
        with self._lock():
            if _listens(self._control):
                self._opened = True
                return
            for stale in self._control.parent.glob(f"{self._control.name}-*"):
                stale.unlink()
            persist = ("-o", "ControlMaster=auto", "-o", f"ControlPersist={PERSIST}")
            argv = self._ssh(*persist, "-o", "StreamLocalBindUnlink=yes", "--")
            try_it = f"try `ssh {self._target}`: vnetsh goes the way that your ssh config says"
            try:
                done = subprocess.run(
                    [*argv, self._target, "true"],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=self._timeout
                    + 1,  # ssh itself says more, when it is the connecting that takes too long
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise HostHung(f"{self._host.name}: ssh could not connect in time", help=try_it) from None
            if done.returncode == 255:
                said = _last_line(done.stderr) or "ssh could not connect"
                raise HostUnreachable(f"{self._host.name}: {said}", help=try_it)
            self._opened = True

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command over the master connection."""
        self.open()
        done = run_here([*self._ssh("--"), self._target, shlex.join(argv)], input, timeout, self._host.name)
        if done.returncode == 255:
            self._opened = False
            raise HostUnreachable(
                f"{self._host.name}: {_last_line(done.stderr) or 'the ssh connection was lost'}"
            )
        return done

    def ask(self, argv: Sequence[str], *, timeout: float = 10.0) -> Completed:
        """Run a command that only looks, by a shell that stays for the next one."""
        self.open()
        try:
            return self._shell.run(argv, timeout)
        except HostUnreachable:
            self._opened = False
            raise

    @cached_property
    def _shell(self) -> RemoteShell:
        return RemoteShell([*self._ssh("--"), self._target, "sh"], self._host.name)

    def run_anew(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command over a connection of its own, past the master."""
        connecting = min(timeout, self._timeout)
        alone = ("-o", "ControlMaster=no", "-o", "ControlPath=none", "--", self._target, shlex.join(argv))
        done = run_here([*self._plain_ssh(connecting), *alone], input, timeout, self._host.name)
        if done.returncode == 255:
            raise HostUnreachable(f"{self._host.name}: {_last_line(done.stderr) or 'ssh could not connect'}")
        return done

    def socket(self, path: str) -> str:
        """Forward the host's socket to a local one; as long as the master lives, so does the forward."""
        self.open()
        name = hashlib.sha256(path.encode()).hexdigest()[:8]
        local = self._control.with_name(f"{self._control.name}-{name}")
        with self._lock():
            if not local.exists():
                argv = self._ssh("-O", "forward", "-L", f"{local}:{path}", "--")
                done = run_here([*argv, self._target], "", self._timeout, self._host.name)
                if done.returncode:
                    raise HostUnreachable(
                        f"{self._host.name}: cannot forward {path}: {_last_line(done.stderr)}",
                        help="its sshd must allow it: `AllowStreamLocalForwarding yes`",
                    )
        return str(local)

    def lock(self, who: str, *, overrule: bool = False) -> Held | Busy | None:
        """Take the host's lock, in a session that ends with this process."""
        self.open()
        argv = shlex.join(lock_command(who, overrule=overrule))
        return hold([*self._ssh("--"), self._target, argv], self._host.name, self._timeout)

    def close(self) -> None:
        """End the shell that looks; the master ends by itself."""
        self._shell.close()


def _folder() -> Path:
    """The folder of the sockets: this user's alone, for who can write to it can go our way."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime, "vnetsh") if runtime else Path(tempfile.gettempdir(), f"vnetsh-{os.geteuid()}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o077:
        raise HostUnreachable(
            f"{folder} is not a folder of yours alone, so no connection is kept there",
            help=f"who made it? Remove it, or set XDG_RUNTIME_DIR; `ls -ld {folder}`",
        )
    return folder


def _listens(path: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
