"""The wire between a lab's hosts: a network namespace with a bridge, and a cable from it to each host's eth0."""

from __future__ import annotations

import subprocess
from pathlib import Path

from vnetsh.errors import BackendRefused
from vnetsh_lab.layout import UNDERLAY_MTU, WIRE, HostLayout
from vnetsh_lab.processes import lab_processes, log_tail, marked, spawn, until

_HOLDER = "sleep"  # the process that keeps the namespace


class Wire:
    """The wire of a lab that is coming up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pid(self) -> int | None:
        """The PID of the process that keeps the wire's namespace, if there is one."""
        found = (p.pid for p in lab_processes(self._folder) if p.host == WIRE and p.command == _HOLDER)
        return next(found, None)

    def ensure(self) -> None:
        """Make the namespace and its bridge where they are missing. Raises `BackendRefused`."""
        log = self._folder / "wire.log"
        if self.pid() is None:
            spawn(self._folder, WIRE, ["unshare", "--net", _HOLDER, "infinity"], log)
            if until(self.pid) is None:
                raise BackendRefused(f"the lab's wire did not come up: {log_tail(log)}")
        if self._ip("link", "show", "wire").returncode:
            self._check("link", "add", "wire", "type", "bridge")
        self._check("link", "set", "wire", "up")

    def plug(self, host: HostLayout, pid: int) -> None:
        """Lay the cable to a host whose PID 1 is `pid`: its eth0. Raises `BackendRefused`."""
        end = f"to-{host.name}"
        # A host that has just died leaves its end of the cable for a moment.
        self._ip("link", "delete", end)
        peer = ("peer", "name", "eth0", "address", host.nic_mac, "mtu", UNDERLAY_MTU, "netns", str(pid))
        self._check("link", "add", end, "mtu", UNDERLAY_MTU, "type", "veth", *peer)
        self._check("link", "set", end, "master", "wire", "up")

    def _ip(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nsenter", "--target", str(self.pid()), "--net", "--", "ip", *argv],
            env=marked(self._folder, WIRE),
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )

    def _check(self, *argv: str) -> None:
        done = self._ip(*argv)
        if done.returncode:
            raise BackendRefused(f"the lab's wire: ip {' '.join(argv)}: {done.stderr.strip()}")
