"""A lab: real KVM hosts in namespaces of one machine, brought up, entered and taken down."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from vnetsh.errors import BackendRefused, UsageError
from vnetsh.hosts.transport import Completed
from vnetsh.model import Host, Place
from vnetsh_lab.certificates import make_authority
from vnetsh_lab.daemons import Inside, start_daemons
from vnetsh_lab.images.catalogue import guest_named
from vnetsh_lab.images.store import GuestImage, ensure_image
from vnetsh_lab.images.tiny import TINY
from vnetsh_lab.layout import MOST_HOSTS, SWITCHES, WIRE, HostLayout, Layout, lab_folder, number_of
from vnetsh_lab.processes import Process, end, enter, init_of, lab_processes, log_tail, marked, spawn, until
from vnetsh_lab.provision import (
    host_attributes,
    make_client_key,
    provision,
    put_image,
    write_hosts_file,
    write_ssh_config,
)
from vnetsh_lab.requirements import require, require_root
from vnetsh_lab.services import Services, choose, places, start, wait
from vnetsh_lab.wire import Wire

Say = Callable[[str], None]
_SETTLING = 5.0  # seconds until all that a killed `up` has begun is over


class Lab:
    """The lab of one state folder. The processes are the truth: the object itself holds nothing."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.layout = Layout(lab_folder(folder))
        self.folder = self.layout.folder
        self._wire = Wire(self.folder)

    def running(self) -> list[tuple[HostLayout, int]]:
        """The hosts that are wholly up, each with its PID 1 as seen from outside."""
        inits = {p.host: p.pid for p in lab_processes(self.folder) if p.init}
        hosts = (self.layout.host(number) for number in range(1, MOST_HOSTS + 1))
        return [(h, inits[h.name]) for h in hosts if h.name in inits and h.ready_pid == inits[h.name]]

    def up(
        self,
        hosts: int = 2,
        say: Say = lambda text: None,
        *,
        guests: Sequence[str] = (),
        network: str = "",
        ovn: str = "",
        ha: bool = False,
        storage: bool = False,
    ) -> None:
        """Bring up what is missing of the hosts kvm1 to kvmN; what runs already stays.

        `guests` are the images that they are to have besides `tiny`, such as `full`; `network` is the system by which
        new ones get their network, as one of `host_network.NETWORKS`; without one the lab gives it to them. `ovn`,
        `ha` and `storage` are as of `Services`; what a lab has of these it keeps.
        Clears away what a killed `up` left. Raises `UsageError`, `BackendRefused`.
        """
        if not 1 <= hosts <= MOST_HOSTS:
            raise UsageError(f"a lab cannot have {hosts} hosts", help=f"1 to {MOST_HOSTS}")
        asked = [guest_named(name) for name in guests]
        services = Services(ovn, ha, storage)
        require(network, services.programs)
        with self._locked():
            self._claim()
            self._sweep()
            try:
                choose(self.layout, services, hosts)
                self._fill([self.layout.host(number) for number in range(1, hosts + 1)], asked, network, say)
            except BaseException:
                self._sweep()
                if not self.running():
                    self._remove()
                raise
        # Not while it is locked: the power switches `start` a member that is fenced just now.
        wait(self.layout, self.running())

    def _fill(
        self, wanted: Sequence[HostLayout], asked: Sequence[GuestImage], network: str, say: Say
    ) -> None:
        """Bring up, all at once, those of the wanted hosts that do not run, and give all of them the guests."""
        make_client_key(self.layout)
        make_authority(self.layout)
        self._wire.ensure()
        there = {host.name: pid for host, pid in self.running()}
        with ThreadPoolExecutor(len(wanted) + len(asked) + 1) as pool:
            tiny = pool.submit(ensure_image, TINY, say=say)
            images = [(guest, pool.submit(ensure_image, guest, say=say)) for guest in asked]
            jobs = [
                pool.submit(self._bring_up, h, there.get(h.name), tiny.result, say, network) for h in wanted
            ]
        for job in jobs:
            job.result()
        start(self.layout, self.running())
        self._write()
        for guest, image in images:
            for host in wanted:
                put_image(host, image.result(), guest.file_name)

    def kill(self, host: str) -> None:
        """Switch a host off as if its power failed; its files stay. Raises `UsageError` when it is off, or none."""
        require_root()
        layout = self.layout.host(number_of(host))
        with self._locked():
            if layout.off.exists() or not layout.folder.exists():
                self.pid(host)
            layout.off.touch()
            end(self.folder, lambda process: process.host == host)
            self._write()

    def start(self, host: str, say: Say = lambda text: None) -> None:
        """Start a host that was switched off, with all its files. Raises `UsageError`, `BackendRefused`."""
        require_root()
        layout = self.layout.host(number_of(host))
        with self._locked():
            if not layout.off.exists():
                raise UsageError(
                    f"the lab's host {host} was not switched off", help=f"`vnetsh lab kill {host}` does"
                )
            self._bring_up(layout, None, lambda: ensure_image(TINY), say)
            start(self.layout, self.running())
            self._write()

    def off(self) -> list[HostLayout]:
        """The hosts that are switched off."""
        hosts = (self.layout.host(number) for number in range(1, MOST_HOSTS + 1))
        return [host for host in hosts if host.off.exists()]

    def _write(self) -> None:
        """Write down how the hosts are reached, those too that are switched off."""
        running = self.running()
        write_ssh_config(self.layout, [*running, *((host, None) for host in self.off())])
        hosts = sorted([*(h for h, _ in running), *self.off()], key=lambda h: h.number)
        write_hosts_file(self.layout, hosts, places(self.layout))

    def down(self) -> bool:
        """Take the lab down: no process, namespace, mount or file stays. Gives whether there was anything."""
        require_root()
        if not self.folder.exists():
            left = bool(lab_processes(self.folder))
            end(self.folder, lambda process: True)
            return left
        with self._locked():
            if not self.layout.marker.exists() and any(self.folder.iterdir()):
                raise UsageError(f"{self.folder} holds something else than a lab: it stays as it is")
            self._remove()
        return True

    def _remove(self) -> None:
        self._clear(self.folder, lambda process: True)

    def hosts(self) -> dict[str, Host]:
        """The hosts as vnetsh sees them. Raises `UsageError` when the lab is down."""
        require_root()
        running = self.running()
        if not running:
            raise UsageError(f"the lab is down (in {self.folder})", help="`vnetsh lab up` brings it up")
        found = sorted([*(h for h, _ in running), *self.off()], key=lambda h: h.number)
        return {h.name: Host(h.name, h.address, attributes=host_attributes(self.layout, h)) for h in found}

    def places(self) -> dict[str, Place]:
        """The hosts, and the places that its services are. Raises `UsageError` when it is down."""
        return {**self.hosts(), **{place.name: place for place in places(self.layout)}}

    def pid(self, host: str) -> int:
        """The PID, as seen from here, of a host's PID 1. Raises `UsageError` when the host is not up."""
        wanted = self.layout.host(number_of(host))
        ready = wanted.ready_pid
        pid = init_of(self.folder, host, ready) if ready else None
        if pid is None:
            raise UsageError(
                f"the lab's host {host} is down", help=f"`vnetsh lab up --hosts {wanted.number}`"
            )
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
        return [*enter(self.pid(host), processes=processes), *argv], marked(self.folder, host)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the state folder; it is made if need be. One `up` or `down` at a time, also over processes."""
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            with ExitStack() as held:
                descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
                held.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                # Whoever held it before may have removed the folder, and another may have made it anew.
                if self.folder.exists() and self.folder.stat().st_ino == os.fstat(descriptor).st_ino:
                    yield
                    return

    def _claim(self) -> None:
        if not self.layout.marker.exists():
            if any(self.folder.iterdir()):
                raise UsageError(
                    f"{self.folder} holds something else than a lab",
                    help="name another folder by VNETSH_LAB_DIR",
                )
            self.folder.chmod(0o755)
            self.layout.marker.touch()

    def _sweep(self) -> None:
        """Clear away the hosts that are not wholly up, and all of them when the wire is cut."""
        whole = {host.name for host in (*(host for host, _ in self.running()), *self.off())}
        if self._wire.pid() is None:
            whole = set()

        def ill(process: Process) -> bool:
            return process.host not in whole | {WIRE, SWITCHES}

        end(self.folder, ill)
        for number in range(1, MOST_HOSTS + 1):
            host = self.layout.host(number)
            if host.name not in whole:
                self._clear(host.folder, ill)

    def _clear(self, folder: Path, which: Callable[[Process], bool]) -> None:
        """Remove a folder, and end these processes before. One that was just being forked may write there once more."""
        deadline = time.monotonic() + _SETTLING
        while folder.exists():
            end(self.folder, which)
            try:
                shutil.rmtree(folder)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _bring_up(
        self, host: HostLayout, pid: int | None, tiny: Callable[[], Path], say: Say, network: str = ""
    ) -> None:
        started = time.monotonic()
        if pid is not None:
            start_daemons(Inside(host, pid))
            say(f"{host.name}  {host.address}  is up")
            return
        if host.off.exists():
            for old in (host.folder / "mounted", host.ready):
                old.unlink(missing_ok=True)
        else:
            image = tiny()
            provision(self.layout, host, network)
            put_image(host, image, TINY.file_name)
        pid = self._start_host(host)
        self._wire.plug(host, pid)
        start_daemons(Inside(host, pid))
        new = host.ready.with_suffix(".new")
        new.write_text(str(pid))
        new.rename(host.ready)
        host.off.unlink(missing_ok=True)
        say(f"{host.name}  {host.address}  up in {time.monotonic() - started:.1f} s")

    def _start_host(self, host: HostLayout) -> int:
        """Make the host's namespaces and mounts; gives the PID of its PID 1 as seen from here."""
        spaces = ("--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc")
        log = host.folder / "start.log"
        with as_file(files("vnetsh_lab") / "data/host-init") as script:
            argv = ["unshare", *spaces, "sh", str(script), str(host.folder), host.name]
            spawn(self.folder, host.name, argv, log)
            mounted = host.folder / "mounted"
            alive = time.monotonic() + 1
            until(
                lambda: mounted.exists() or (time.monotonic() > alive and not init_of(self.folder, host.name))
            )
        # It is not seen for the moment that it becomes tini.
        pid = until(lambda: init_of(self.folder, host.name), timeout=1) if mounted.exists() else None
        if pid is None or not mounted.exists():
            raise BackendRefused(f"{host.name} did not come up: {log_tail(log)}")
        return pid
