"""A lab: real KVM hosts in namespaces of one machine, brought up, entered and taken down."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from importlib.resources import as_file, files
from pathlib import Path
from typing import TypeVar

from vnetsh.errors import BackendRefused, UsageError
from vnetsh.model import Host
from vnetsh.transport import Completed
from vnetsh_lab.daemons import Inside, log_tail, start_daemons
from vnetsh_lab.image import ensure_image
from vnetsh_lab.layout import MOST_HOSTS, UNDERLAY_MTU, WIRE, HostLayout, Layout, number_of, state_folder
from vnetsh_lab.processes import end, enter, init_of, lab_processes, marked
from vnetsh_lab.provision import host_attributes, make_client_key, provision, write_hosts_file, write_ssh_config
from vnetsh_lab.requirements import require, require_root

T = TypeVar("T")
Say = Callable[[str], None]


class Lab:
    """The lab of one state folder. The processes are the truth: the object itself holds nothing."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.layout = Layout(state_folder(folder))
        self.state = self.layout.state

    def running(self) -> list[tuple[HostLayout, int]]:
        """The hosts that are wholly up, each with its PID 1 as seen from outside."""
        inits = {p.host: p.pid for p in lab_processes(self.state) if p.init}
        hosts = (self.layout.host(number) for number in range(1, MOST_HOSTS + 1))
        return [(h, inits[h.name]) for h in hosts if h.name in inits and _ready_pid(h) == inits[h.name]]

    def up(self, hosts: int = 2, say: Say = lambda text: None) -> None:
        """Bring up what is missing of the hosts kvm1 to kvmN; what runs already stays.

        Clears away what a killed `up` left. Raises `UsageError`, `BackendRefused`.
        """
        if not 1 <= hosts <= MOST_HOSTS:
            raise UsageError(f"a lab cannot have {hosts} hosts", help=f"1 to {MOST_HOSTS}")
        require()
        with self._locked():
            self._claim()
            self._sweep()
            make_client_key(self.layout)
            wire = self._wire()
            there = {host.name: pid for host, pid in self.running()}
            wanted = [self.layout.host(number) for number in range(1, hosts + 1)]
            with ThreadPoolExecutor(MOST_HOSTS) as pool:
                image = pool.submit(ensure_image, say=say)
                jobs = [pool.submit(self._bring_up, h, there.get(h.name), wire, image.result, say) for h in wanted]
            for job in jobs:
                job.result()
            running = self.running()
            write_ssh_config(self.layout, running)
            write_hosts_file(self.layout, [host for host, _ in running])

    def down(self) -> bool:
        """Take the lab down: no process, namespace, mount or file stays. Gives whether there was anything."""
        require_root()
        there = self.state.exists()
        if there:
            with self._locked():
                if not self.layout.marker.exists() and any(self.state.iterdir()):
                    raise UsageError(f"{self.state} is not a lab's folder: it stays")
                end(self.state, lambda process: True)
                shutil.rmtree(self.state)
        else:
            there = bool(lab_processes(self.state))
            end(self.state, lambda process: True)
        return there

    def hosts(self) -> dict[str, Host]:
        """The hosts as vnetsh sees them. Raises `UsageError` when the lab is down."""
        running = self.running()
        if not running:
            raise UsageError(f"the lab is down (in {self.state})", help="`vnetsh lab up` brings it up")
        result = {}
        for host, _ in running:
            attributes = host_attributes(self.layout, host)
            result[host.name] = Host(host.name, host.address, dict(attributes))
        return result

    def pid(self, host: str) -> int:
        """The PID, as seen from here, of a host's PID 1. Raises `UsageError` when the host is not up."""
        wanted = self.layout.host(number_of(host))
        pid = init_of(self.state, host)
        if pid is None or _ready_pid(wanted) != pid:
            raise UsageError(f"the lab's host {host} is down", help=f"`vnetsh lab up --hosts {wanted.number}`")
        return pid

    def inside(self, host: str) -> Inside:
        """Runs commands in a host. Raises `UsageError` when the host is not up."""
        return Inside(self.layout.host(number_of(host)), self.pid(host))

    def exec(self, host: str, argv: Sequence[str], *, input: str = "", timeout: float = 30.0) -> Completed:
        """Run a command in a host and wait for it, `timeout` seconds at most. Raises `UsageError`, `BackendRefused`."""
        done = self.inside(host).call(*argv, input=input, timeout=timeout)
        return Completed(done.returncode, done.stdout, done.stderr)

    def command(
        self, host: str, argv: Sequence[str], *, processes: bool = True
    ) -> tuple[list[str], dict[str, str]]:
        """The command line and the environment that run `argv` in a host, for a process of the caller's own.

        Without `processes` it stays outside the host's PID namespace: then it is one process, which its PID ends.
        """
        return [*enter(self.pid(host), processes=processes), *argv], marked(self.state, host)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the state folder; it is made if need be. One `up` or `down` at a time, also over processes."""
        while True:
            self.state.mkdir(parents=True, exist_ok=True)
            with ExitStack() as held:
                descriptor = os.open(self.state, os.O_RDONLY | os.O_DIRECTORY)
                held.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                with suppress(FileNotFoundError):  # whoever held it before may have removed the folder
                    if self.state.stat().st_ino == os.fstat(descriptor).st_ino:
                        yield
                        return

    def _claim(self) -> None:
        if not self.layout.marker.exists():
            if any(self.state.iterdir()):
                raise UsageError(
                    f"{self.state} holds something else than a lab", help="name another folder by VNETSH_LAB_DIR"
                )
            self.state.chmod(0o755)
            self.layout.marker.touch()

    def _sweep(self) -> None:
        """Clear away the hosts that are not wholly up, and all of them when the wire is cut."""
        whole = {host.name for host, _ in self.running()}
        if not any(p.host == WIRE for p in lab_processes(self.state)):
            whole = set()
        end(self.state, lambda process: process.host not in whole | {WIRE})
        for number in range(1, MOST_HOSTS + 1):
            host = self.layout.host(number)
            if host.name not in whole and host.folder.exists():
                shutil.rmtree(host.folder)

    def _wire(self) -> int:
        """The network between the hosts: a namespace with a bridge. Gives the PID that holds it."""
        pid = next((p.pid for p in lab_processes(self.state) if p.host == WIRE and p.command == "sleep"), None)
        if pid is None:
            self._spawn(WIRE, ["unshare", "--net", "sleep", "infinity"], self.state / "wire.log")
            pid = _until(
                lambda: next((p.pid for p in lab_processes(self.state) if p.host == WIRE and p.command == "sleep"), None)
            )
            if pid is None:
                raise BackendRefused(f"the lab's wire did not come up: {log_tail(self.state / 'wire.log')}")
        if self._on_wire(pid, "link", "show", "wire", check=False).returncode:
            self._on_wire(pid, "link", "add", "wire", "type", "bridge")
            self._on_wire(pid, "link", "set", "wire", "up")
        return pid

    def _on_wire(self, wire: int, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*("nsenter", "--target", str(wire), "--net", "--"), "ip", *argv],
            env=marked(self.state, WIRE),
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
        if check and done.returncode:
            raise BackendRefused(f"the lab's wire: ip {' '.join(argv)}: {done.stderr.strip()}")
        return done

    def _spawn(self, host: str, argv: Sequence[str], log: Path) -> None:
        """Start a process that outlives this one."""
        with log.open("wb") as out:
            subprocess.run(
                ["setsid", "--fork", *argv],
                env=marked(self.state, host),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=True,
                timeout=10,
            )

    def _bring_up(self, host: HostLayout, pid: int | None, wire: int, image: Callable[[], Path], say: Say) -> None:
        started = time.monotonic()
        if pid is not None:
            start_daemons(Inside(host, pid))
            say(f"{host.name}  {host.address}  is up")
            return
        provision(self.layout, host, image())
        pid = self._start_host(host)
        plug = f"to-{host.name}"
        # A host that has just died leaves its end of the wire for a moment.
        self._on_wire(wire, "link", "delete", plug, check=False)
        peer = ("peer", "name", "eth0", "address", host.nic_mac, "mtu", UNDERLAY_MTU, "netns", str(pid))
        self._on_wire(wire, "link", "add", plug, "mtu", UNDERLAY_MTU, "type", "veth", *peer)
        self._on_wire(wire, "link", "set", plug, "master", "wire", "up")
        inside = Inside(host, pid)
        # eth0 is the switch's: the kernel's own stack is not to answer on it for vswitch01's addresses.
        inside.check("sysctl", "-q", "net.ipv4.conf.eth0.arp_ignore=1", "net.ipv6.conf.eth0.disable_ipv6=1")
        inside.check("ip", "link", "set", "eth0", "up")
        start_daemons(inside)
        new = host.ready.with_suffix(".new")
        new.write_text(str(pid))
        new.rename(host.ready)
        say(f"{host.name}  {host.address}  up in {time.monotonic() - started:.1f} s")

    def _start_host(self, host: HostLayout) -> int:
        """Make the host's namespaces and mounts; gives the PID of its PID 1 as seen from here."""
        spaces = ("--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc")
        log = host.folder / "start.log"
        with as_file(files("vnetsh_lab") / "data/host-init") as script:
            argv = ["unshare", *spaces, "sh", str(script), str(host.folder), host.name]
            self._spawn(host.name, argv, log)
            mounted = host.folder / "mounted"
            alive = time.monotonic() + 1
            _until(lambda: mounted.exists() or (time.monotonic() > alive and not init_of(self.state, host.name)))
        pid = init_of(self.state, host.name)
        if pid is None or not mounted.exists():
            raise BackendRefused(f"{host.name} did not come up: {log_tail(log)}")
        return pid


def _ready_pid(host: HostLayout) -> int | None:
    try:
        return int(host.ready.read_text())
    except (OSError, ValueError):
        return None


def _until(found: Callable[[], T | None], timeout: float = 10.0) -> T | None:
    deadline = time.monotonic() + timeout
    while True:
        value = found()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.01)
