"""One multiplexed ssh connection to a host (ssh's control master): opened, found again, known when it is lost.

It outlives the command that opened it, in a session of its own: no Ctrl-C and no terminal that is closed reaches it or
its ProxyCommand. Its control socket stays in a folder of the user's alone, with the sockets that it forwards and a log
of its own words: these say why it ended.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts.local import run_here
from vnetsh.hosts.mux import answers, bound, listens
from vnetsh.hosts.ssh_words import by_proxy, last_line, not_opened, spoken
from vnetsh.hosts.stale import clear_stale

PERSIST = 60
"""Seconds that an unused connection stays open."""
_SLOW = 0.5
"""The part of the timeout after which a connection that could not be opened counts as one that hangs."""
_PASSING = 0.2  # seconds: only to spare the next one a wait
_ENDING = 0.1  # seconds in which a master whose host is gone has ended as well
_LAST_WORDS = re.compile(r"timeout, server|closed by|connection reset|broken pipe|disconnect|killed", re.I)


class Master:
    """The ssh connection to `target` by the options of `ssh` (which end with no `--`). Safe for several threads.

    `where` tells connections apart: two of the same are one, also over processes.
    """

    def __init__(self, host: str, target: str, where: str, ssh: Sequence[str], timeout: float) -> None:
        self._host = host
        self._target = target
        self._where = where
        self._ssh = ssh
        self._timeout = timeout
        self._thread_lock = threading.Lock()
        self._tries = 0
        self._failure: HostUnreachable | None = None
        self._used: Path | None = None

    @cached_property
    def _base(self) -> Path:
        """The first control socket. Its path is limited to about 100 characters: the name must be a short one."""
        return _folder() / hashlib.sha256(self._where.encode()).hexdigest()[:12]

    @property
    def _control(self) -> Path:
        """The control socket of today: another one than the first when that one's master hung."""
        try:
            return self._base.with_name(str(self._base.with_suffix(".at").readlink()))
        except OSError:
            return self._base

    def over(self, control: Path) -> list[str]:
        """The beginning of a command line of ssh that goes over the connection at a control socket."""
        return [*self._ssh, "-S", str(control)]

    def open(self) -> Path:
        """Have a connection that lives; its control socket. Raises `HostUnreachable` with ssh's own words.

        Who waits for another thread's attempt shares what came of it: a host that hangs is waited for once.
        """
        tries = self._tries
        with self._thread_lock:
            if self._tries != tries and self._failure:
                raise type(self._failure)(self._failure.message, help=self._failure.help)
            control = self._control
            if answers(control):
                self._used = control
                return control
            hung = control if listens(control) else None  # somebody stopped it: it is left to itself
            self._failure = None
            began = time.monotonic()
            try:
                with self._alone(self._timeout):
                    self._used = self._opened(hung, began)
            except HostUnreachable as error:
                if time.monotonic() - began > _SLOW * self._timeout:
                    error = HostHung(error.message, help=error.help)
                self._failure = error
                raise error from None
            finally:
                self._tries += 1  # whoever came meanwhile shares it
            return self._used

    def _opened(self, hung: Path | None, began: float) -> Path:
        """Open the connection, but not at the `hung` socket; another process may have done so meanwhile."""
        control = self._control
        if control == hung:
            control = self._elsewhere()
        elif answers(control):
            return control
        self._clear(control)
        clear_stale(self._base.parent, self._base.name)
        log = _log(control)
        log.unlink(missing_ok=True)
        persist = ("-o", "ControlMaster=auto", "-o", f"ControlPersist={PERSIST}", "-E", str(log))
        argv = [*self.over(control), *persist, "-o", "StreamLocalBindUnlink=yes", "--", self._target, "true"]
        # A moment more than ssh itself waits, which says more.
        patience = max(1.0, self._timeout - (time.monotonic() - began)) + 0.5
        try:
            done = run_here(argv, "", patience, self._host)
        except HostHung:
            raise not_opened(self._host, self._target, "", self._timeout) from None
        except FileNotFoundError:
            raise HostUnreachable(
                f"{self._host}: there is no `ssh` here", help="install openssh-client"
            ) from None
        if done.returncode == 255 or done.returncode < 0:
            said = f"{_read(log)}\n{done.stderr}"
            if by_proxy(said):
                said = f"{self._said_alone(patience)}\n{said}"
            raise not_opened(self._host, self._target, said, self._timeout)
        return control

    def _said_alone(self, patience: float) -> str:
        """What is said without a master: ssh lets its ProxyCommand's own words go nowhere when it makes one."""
        argv = [*self.over(Path("none")), "-v", "-o", "ControlMaster=no", "--", self._target, "true"]
        with suppress(HostUnreachable):
            return spoken(run_here(argv, "", patience, self._host).stderr)
        return ""

    def _clear(self, control: Path) -> None:
        """Remove the sockets of those that are gone, and what another master forwarded from beside this one's place."""
        for path in self._base.parent.glob(f"{self._base.name}*"):
            with suppress(FileNotFoundError):
                alive = bound if "-" in path.name else listens
                of_another = re.fullmatch(f"{re.escape(control.name)}-[0-9a-f]+", path.name)
                if stat.S_ISSOCK(path.lstat().st_mode) and (of_another or not alive(path)):
                    path.unlink()

    def _elsewhere(self) -> Path:
        """Another name for the control socket, known to all that go this way."""
        control = self._base.with_name(f"{self._base.name}.{secrets.token_hex(2)}")
        new = control.with_suffix(".new")
        new.symlink_to(control.name)
        new.rename(self._base.with_suffix(".at"))
        return control

    def retire(self) -> None:
        """Have the next one who opens it make a new connection; who uses this one keeps it. Never raises.

        For a host that gave no answer: the network may have forgotten the connection; ssh sees that only in 15 s.
        """
        used, self._used = self._used, None
        with suppress(HostUnreachable, OSError), self._thread_lock, self._alone(_PASSING):
            if used and used == self._control:
                self._elsewhere()

    def whole(self) -> bool:
        """Whether the connection that was used last lives, as far as this machine can tell at once."""
        return self._used is None or answers(self._used)

    def broken(self) -> str:
        """What has become of the connection that was used last; empty as long as it lives."""
        control = self._used
        if control is None:
            return ""
        if answers(control):
            time.sleep(_ENDING)
            if answers(control):
                return ""
        if listens(control):
            return "the ssh connection hangs: its process here gives no answer"
        words = _read(_log(control)).splitlines()
        last = next((line.strip() for line in reversed(words) if _LAST_WORDS.search(line)), "")
        return f"the ssh connection was lost{f': {last}' if last else ''}"

    def beside(self, path: str, process: int) -> Path:
        """Where a process may have a local socket of its own for a host's socket."""
        return self._base.with_name(f"{self._base.name}-{_short(path)}-{process}")

    def forward(self, path: str) -> str:
        """A local socket that leads to the host's socket, as long as the connection lives. Raises `HostUnreachable`."""
        control = self.open()
        local = control.with_name(f"{control.name}-{_short(path)}")
        with self._thread_lock, self._alone(self._timeout):
            if not bound(local):
                self._ask_master(control, "forward", f"{local}:{path}")
            if not bound(local):  # it takes the forward for there, but its socket is gone
                with suppress(HostUnreachable):
                    self._ask_master(control, "cancel", f"{local}:{path}")
                self._ask_master(control, "forward", f"{local}:{path}")
        return str(local)

    def _ask_master(self, control: Path, what: str, forward: str) -> None:
        argv = [*self.over(control), "-O", what, "-L", forward, "--", self._target]
        done = run_here(argv, "", self._timeout, self._host)
        if done.returncode:
            lost = self.broken()
            said = lost or f"cannot forward {forward.partition(':')[2]}: {last_line(done.stderr)}"
            raise HostUnreachable(
                f"{self._host}: {said}", help="try again: it is opened anew" if lost else ""
            )

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        """No other process opens this way meanwhile. Raises `HostHung` when one does for longer than `patience`."""
        with self._base.with_suffix(".lock").open("w") as file:
            if not _soon(lambda: _locked(file.fileno()), patience):
                raise HostHung(
                    f"{self._host}: another vnetsh has been opening the ssh connection for {patience:g} s",
                    help="is the host up, and the network to it?",
                )
            yield


def _short(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:8]


def _soon(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _log(control: Path) -> Path:
    return control.with_name(f"{control.name}.log")


def _read(log: Path) -> str:
    try:
        return log.read_text(errors="replace")
    except OSError:
        return ""


def socket_folder() -> Path:
    """Where the sockets of connections are; root's is where nobody else can make a folder of its name first."""
    runtime, me = os.environ.get("XDG_RUNTIME_DIR"), os.geteuid()
    if not (runtime or me or os.environ.get("TMPDIR")):
        return Path("/run/vnetsh-ssh")
    return Path(runtime, "vnetsh") if runtime else Path(tempfile.gettempdir(), f"vnetsh-{me}")


def _folder() -> Path:
    """The folder of the sockets: this user's alone, for who can write to it can go our way."""
    folder, me = socket_folder(), os.geteuid()
    about = None
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.lstat()
    if not about or not stat.S_ISDIR(about.st_mode) or about.st_uid != me or about.st_mode & 0o077:
        raise HostUnreachable(
            f"{folder} is not a folder of yours alone, so no connection is kept there",
            help=f"who made it? Remove it, or set XDG_RUNTIME_DIR; `ls -ld {folder}`",
        )
    return folder
