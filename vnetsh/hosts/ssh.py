"""Hosts behind OpenSSH: the user's own config, agent and known hosts, one multiplexed connection a host.

The connection (ssh's control master) stays for a minute after its last use, as Ansible keeps its own: the next
`vnetsh` finds it and saves the handshake. See docs/decisions/0006.
"""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts.local import run_here, session_here
from vnetsh.hosts.locking import hold, lock_command
from vnetsh.hosts.master import Master
from vnetsh.hosts.relay import Relay, relaying
from vnetsh.hosts.remote_shell import RemoteShell
from vnetsh.hosts.ssh_words import last_line, not_opened
from vnetsh.hosts.sudo import ASKING, as_root, relay_of
from vnetsh.hosts.transport import Busy, Completed, Held
from vnetsh.model import Host

if TYPE_CHECKING:
    from subprocess import Popen

AGAIN = "try again: it is opened anew"


class SshTransport:
    """A host behind OpenSSH."""

    local = False

    def __init__(self, host: Host, *, connect_timeout: float = 10.0) -> None:
        self._host = host
        self._config = host.text("ssh-config")
        self._target = host.text("ssh") or host.address or host.name
        self._timeout = connect_timeout
        where = f"{Path(self._config).absolute() if self._config else ''}\0{self._target}"
        self._sudo = host.flag("sudo")
        self._relay = ""
        self._relays: dict[str, Relay] = {}
        self._master = Master(host.name, self._target, where, self._ssh(connect_timeout), connect_timeout)
        self._lock = threading.Lock()
        self._shell: RemoteShell | None = None
        self._shell_by: list[str] = []

    def _ssh(self, timeout: float) -> list[str]:
        return [
            "ssh",
            *(["-F", self._config] if self._config else []),
            *("-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, round(timeout))}"),
            *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2"),
        ]

    def open(self) -> None:
        """Have a master connection that lives, and root's rights where they are to be had by sudo.

        Raises `HostUnreachable` with ssh's own words, `NoRights`.
        """
        self._over()

    def _over(self) -> list[str]:
        """The beginning of a command line that goes over a living connection, with all rights; open it, if need be."""
        way = [*self._master.over(self._master.open()), "--", self._target]
        if self._sudo and not self._relay:
            self._relay = relay_of(self._host.name, self._called(way, ASKING, "", self._timeout))
        return way

    def _rights(self, argv: Sequence[str]) -> Sequence[str]:
        """A command, with root's rights where the sentence says sudo."""
        return as_root(argv) if self._sudo else argv

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """Run a command over the master connection."""
        way = self._over()
        return self._called(way, self._rights(argv), input, timeout or self._timeout)

    def _called(self, way: Sequence[str], argv: Sequence[str], input: str, timeout: float) -> Completed:
        try:
            done = run_here([*way, shlex.join(argv)], input, timeout, self._host.name)
        except HostHung:
            self._master.retire()
            raise
        if done.returncode == 255 or done.returncode < 0:  # ssh's own
            raise self._lost(last_line(done.stderr))
        return done

    def ask(self, argv: Sequence[str], *, timeout: float | None = None) -> Completed:
        """Run a command that only looks, by a shell that stays for the next one."""
        known = self._shell
        shell = self._living_shell()
        try:
            return shell.run(argv, timeout or self._timeout)
        except HostHung:
            self._master.retire()
            raise
        except HostUnreachable as error:
            if shell is not known:
                raise self._lost(error.message.partition(": ")[2]) from None
        return self._living_shell().run(argv, timeout or self._timeout)  # it was lost while nobody used it

    def _living_shell(self) -> RemoteShell:
        """The shell over the connection of now."""
        way = self._over()
        with self._lock:
            if self._shell is None or self._shell_by != way:
                self._end_shell()
                self._shell = RemoteShell([*way, shlex.join(self._rights(["sh"]))], self._host.name)
                self._shell_by = way
            return self._shell

    def _lost(self, said: str) -> HostUnreachable:
        return HostUnreachable(
            f"{self._host.name}: {self.broken() or said or 'the ssh connection was lost'}", help=AGAIN
        )

    def run_anew(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """Run a command over a connection of its own, past the master."""
        patience = timeout or self._timeout
        done = run_here(self._anew(argv, min(patience, self._timeout)), input, patience, self._host.name)
        if done.returncode == 255 or done.returncode < 0:
            raise not_opened(self._host.name, self._target, done.stderr, patience)
        return done

    def _anew(self, argv: Sequence[str], connecting: float) -> list[str]:
        """The command line of a command over a connection of its own."""
        alone = ("-o", "ControlMaster=no", "-o", "ControlPath=none", "--", self._target)
        return [*self._ssh(connecting), *alone, shlex.join(self._rights(argv))]

    def session_anew(self, argv: Sequence[str]) -> Popen[bytes]:
        """Begin a command over a connection of its own, past the master."""
        return session_here(self._anew(argv, self._timeout))

    def session(self, argv: Sequence[str]) -> Popen[bytes]:
        """Begin a command over the master connection."""
        return session_here([*self._over(), shlex.join(self._rights(argv))])

    def socket(self, path: str) -> str:
        """Forward the host's socket to a local one; what only root may open, by a relay for as long as we live."""
        if not self._sudo:
            return self._master.forward(path)
        self._over()

        def command() -> list[str]:
            return [*self._over(), shlex.join(self._rights(relaying(self._relay, path)))]

        with self._lock:
            if path not in self._relays:
                self._relays[path] = Relay(self._master.beside(path, os.getpid()), command)
            return str(self._relays[path].path)

    def lock(self, who: str, *, overrule: bool = False) -> Held | Busy | None:
        """Take the host's lock, in a session that ends with this process."""
        argv = [*self._over(), shlex.join(self._rights(lock_command(who, overrule=overrule)))]
        try:
            return hold(argv, self._host.name, self._timeout)
        except HostHung:
            self._master.retire()
            raise
        except HostUnreachable:
            if self.broken():
                raise self._lost("") from None
            raise

    def whole(self) -> bool:
        """Whether the connection that was used last lives."""
        return self._master.whole()

    def broken(self) -> str:
        """What has become of the connection that was used last; empty as long as it lives."""
        return self._master.broken()

    def renew(self) -> None:
        """Have a new connection made when it is needed next."""
        self._master.retire()

    def close(self) -> None:
        """End the shell that looks and the relays; the master ends by itself."""
        self._end_shell()
        for relay in self._relays.values():
            relay.close()
        self._relays.clear()

    def _end_shell(self) -> None:
        shell, self._shell = self._shell, None
        if shell:
            shell.close()
