"""The way to a host: commands and unix sockets, locally or over one multiplexed OpenSSH connection."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vnetsh.errors import HostUnreachable
from vnetsh.model import Host


@dataclass(frozen=True)
class Completed:
    """What a command on a host left behind."""

    returncode: int
    stdout: str
    stderr: str


class Transport(Protocol):
    """Runs commands on a host and reaches its unix sockets."""

    @property
    def local(self) -> bool:
        """Whether the host is this very machine."""

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command (a vector, never a shell's text); a timeout in seconds.

        Raises `HostUnreachable` when the host does not answer in time.
        """

    def socket(self, path: str) -> str:
        """A local path that leads to the host's unix socket `path`. Raises `HostUnreachable`."""

    def close(self) -> None:
        """Let go of the connection; never raises."""


def _run(argv: Sequence[str], input: str, timeout: float, host: str) -> Completed:
    import subprocess

    try:
        done = subprocess.run(
            argv, input=input, capture_output=True, text=True, timeout=timeout, errors="replace", check=False
        )
    except subprocess.TimeoutExpired:
        raise HostUnreachable(
            f"{host}: `{argv[-1]}` gave no answer in {timeout:g} s", help=f"is {host} overloaded or hung?"
        ) from None
    return Completed(done.returncode, done.stdout, done.stderr)


class LocalTransport:
    """This machine itself."""

    local = True

    def __init__(self, host: Host) -> None:
        self._host = host

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command here."""
        try:
            return _run(argv, input, timeout, self._host.name)
        except FileNotFoundError as error:
            return Completed(127, "", f"{error.filename}: command not found")

    def socket(self, path: str) -> str:
        """The socket itself."""
        return path

    def close(self) -> None:
        """Nothing is held."""


class SshTransport:
    """A host behind OpenSSH: the user's own config, agent and known hosts, one master connection."""

    local = False

    def __init__(self, host: Host, *, connect_timeout: float = 10.0) -> None:
        import tempfile

        self._host = host
        self._target = host.text("ssh") or host.address or host.name
        self._timeout = connect_timeout
        # A control socket's path is limited to about 100 characters: the folder must be a short one.
        self._folder = tempfile.mkdtemp(prefix="vnetsh-")
        self._control = f"{self._folder}/c"
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._forwards: dict[str, str] = {}
        self._opened = False

    def _ssh(self, *options: str) -> list[str]:
        config = self._host.text("ssh-config")
        return [
            "ssh",
            *(["-F", config] if config else []),
            *("-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, round(self._timeout))}"),
            *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2"),
            *("-S", self._control),
            *options,
        ]

    def open(self) -> None:
        """Open the master connection. Raises `HostUnreachable` with ssh's own words."""
        import subprocess
        import tempfile

        with self._lock:
            if self._opened:
                return
            # -f returns once the connection stands; the master ends by `-O exit`, or with its socket's loss.
            # It keeps its standard error open, so that is a file: a pipe would not end.
            argv = self._ssh(
                "-M", "-N", "-f", "-o", "ControlPersist=no", "-o", "StreamLocalBindUnlink=yes", "--"
            )
            with tempfile.TemporaryFile("w+", errors="replace") as words:
                try:
                    returncode = subprocess.run(
                        [*argv, self._target],
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=words,
                        timeout=self._timeout + 5,
                        check=False,
                    ).returncode
                except subprocess.TimeoutExpired:
                    returncode = -1
                words.seek(0)
                said = _last_line(words.read())
            if returncode:
                raise HostUnreachable(
                    f"{self._host.name}: {said or 'ssh could not connect'}",
                    help=f"try `ssh {self._target}`: vnetsh goes the way that your ssh config says",
                )
            self._opened = True

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float = 10.0) -> Completed:
        """Run a command over the master connection."""
        import shlex

        self.open()
        done = _run([*self._ssh("--"), self._target, shlex.join(argv)], input, timeout, self._host.name)
        if done.returncode == 255:
            raise HostUnreachable(
                f"{self._host.name}: {_last_line(done.stderr) or 'the ssh connection was lost'}"
            )
        return done

    def socket(self, path: str) -> str:
        """Forward the host's socket to a local one of our own folder."""
        self.open()
        with self._lock:
            if path not in self._forwards:
                local = f"{self._folder}/{next(self._numbers)}"
                argv = self._ssh("-O", "forward", "-L", f"{local}:{path}", "--")
                done = _run([*argv, self._target], "", self._timeout, self._host.name)
                if done.returncode:
                    raise HostUnreachable(
                        f"{self._host.name}: cannot forward {path}: {_last_line(done.stderr)}",
                        help="its sshd must allow it: `AllowStreamLocalForwarding yes`",
                    )
                self._forwards[path] = local
            return self._forwards[path]

    def close(self) -> None:
        """End the master connection and remove the folder of its sockets."""
        import shutil
        import subprocess

        if self._opened:
            subprocess.run([*self._ssh("-O", "exit", "--"), self._target], capture_output=True, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def transport_to(host: Host, *, connect_timeout: float = 10.0) -> Transport:
    """The transport that a host's sentence asks for."""
    if host.flag("local"):
        return LocalTransport(host)
    return SshTransport(host, connect_timeout=connect_timeout)


def exists(transport: Transport, path: str) -> bool:
    """Whether a path exists on the host."""
    if transport.local:
        return Path(path).exists()
    return transport.run(["test", "-e", path]).returncode == 0
