"""This machine's lock, taken by this process itself: the same files in the same order as by `vnetsh.hosts.locking`."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vnetsh.errors import VnetshError
from vnetsh.hosts.keeping_here import ScribeHere
from vnetsh.hosts.transport import Busy, Held

SHARED = "/run/vnetsh"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")


def hold_here(host: str, who: str, *, overrule: bool = False) -> Held | Busy:
    """Take the lock, at once or not at all. Raises `VnetshError` when there can be none."""
    opened: list[int] = []
    try:
        busy = _as_root(opened, overrule) if os.geteuid() == 0 else _as_a_user(opened)
        busy = busy or _unconfirmed()
    except OSError as error:
        _close(opened)
        where = f"{error.filename}: " if error.filename else ""
        raise VnetshError(
            f"{host}: its lock cannot be taken: {where}{error.strerror}",
            help="nothing was done: without it two runs could get in each other's way",
        ) from error
    if busy:
        _close(opened)
        return busy if busy.who else Busy("another vnetsh")
    for descriptor in opened[1:]:  # the first is the folder
        _write(descriptor, f"{who}\n")

    def release() -> None:
        for descriptor in opened[1:]:
            _write(descriptor, "")
        _close(opened)

    return Held(release, scribe=ScribeHere())


def _unconfirmed() -> Busy | None:
    """Whose run waits here to be confirmed; its guard goes on, where it was killed."""
    for one in sorted(Path(SHARED, "unconfirmed").glob("*/says")):
        with suppress(OSError):
            said, lock = one.read_text(), os.open(one.with_name(".lock"), os.O_RDONLY | os.O_CLOEXEC)
            killed = _locked(lock)
            os.close(lock)
            if killed and os.geteuid() == 0:
                import subprocess

                subprocess.run(["sh", str(one.with_name("again"))], stdout=subprocess.DEVNULL, check=False)
            return Busy(said)
    return None


def _as_root(opened: list[int], overrule: bool) -> Busy | None:
    folder = _folder(SHARED, 0, 0o755)
    opened.append(folder)
    opened.append(root := _file(folder, "root", 0o600))
    if not _locked(root):
        return _told(root)
    opened.append(lock := _file(folder, "lock", 0o644))
    if _locked(lock):
        return None
    user, holder = _holder(lock)
    if user == 0 or not overrule:
        return Busy(holder, foreign=user != 0)
    with suppress(FileNotFoundError):
        os.unlink("new", dir_fd=folder)
    opened.append(new := _file(folder, "new", 0o600))  # nobody else may be the first to lock it
    _locked(new)
    os.fchmod(new, 0o644)
    os.rename("new", "lock", src_dir_fd=folder, dst_dir_fd=folder)
    return None


def _as_a_user(opened: list[int]) -> Busy | None:
    with suppress(OSError):
        folder = _folder(SHARED, 0)
        opened.append(folder)
        lock = os.open("lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        opened.append(lock)
        if not _locked(lock):
            told = _told(lock)
            return told if told.who else Busy(_holder(lock)[1])
        if not os.path.samestat(os.fstat(lock), os.stat("lock", dir_fd=folder)):
            return Busy("root")  # who has just put another one into its place
        return None
    _close(opened)
    me = os.geteuid()
    runtime = f"/run/user/{me}"
    try:
        os.close(_folder(runtime, me))
        own = f"{runtime}/vnetsh"
    except OSError:
        own = f"/tmp/vnetsh-{me}"
    folder = _folder(own, me, 0o700)
    opened.append(folder)
    lock = _file(folder, "lock", 0o600)
    opened.append(lock)
    return None if _locked(lock) else _told(lock)


def _folder(path: str, owner: int, mode: int = 0) -> int:
    """A folder that only its owner can write to; made where there is a mode."""
    if mode:
        with suppress(FileExistsError):
            Path(path).mkdir(mode)
            Path(path).chmod(mode)  # whatever the umask says
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    about = os.fstat(folder)
    if about.st_uid != owner or about.st_mode & 0o022:
        os.close(folder)
        whose = f"user {owner}" if owner else "root"
        raise OSError(0, f"it is not a folder that only {whose} can write to", path)
    return folder


def _file(folder: int, name: str, mode: int) -> int:
    """A plain file there: never a link, a device or a pipe."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.open(name, flags, mode, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "it is not a plain file: remove it", name)
    os.fchmod(file, mode)
    return file


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _told(file: int) -> Busy:
    """Who has it locked, as they wrote it there."""
    return Busy(os.pread(file, 200, 0).decode(errors="replace").strip())


def _write(file: int, text: str) -> None:
    with suppress(OSError):  # root's file, which another user can only lock
        os.ftruncate(file, 0)
        os.pwrite(file, text.encode(), 0)


def _holder(file: int) -> tuple[int | None, str]:
    """The user whose process has a file locked, and how to say it; None where that cannot be seen."""
    about = os.fstat(file)
    at = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    for pid in (*_pids(at, [Path("/proc/locks")]), *_pids(at, _opened())):
        with suppress(OSError):
            user = Path("/proc", pid).stat().st_uid
            return user, f"{name_of(user)}, process {pid}"
    return None, "another user"


def _opened() -> Iterator[Path]:
    """What the kernel says of each file that a process has open; a process may end while it is asked for."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield from sorted((process / "fdinfo").iterdir())


def _pids(at: str, files: Iterator[Path] | list[Path]) -> Iterator[str]:
    """The processes of the locks of a file that are listed there; who took a lock may have handed it on and be gone."""
    for path in files:
        with suppress(OSError):
            for match in re.finditer(rf"FLOCK .* (\d+) {at} ", path.read_text()):
                yield path.parts[2] if path.parts[2].isdecimal() else match[1]


def who_we_are() -> str:
    """This process, for those who wait for it."""
    import socket

    return f"{name_of(os.geteuid())}@{socket.gethostname()}, process {os.getpid()}"


def operator() -> str:
    """Who is at work, and where: `alice@desk`; by `sudo`, whoever has called it."""
    import socket

    user = os.environ.get("SUDO_USER", "") if os.geteuid() == 0 else ""
    return f"{user if _NAME.fullmatch(user) else name_of(os.geteuid())}@{socket.gethostname()}"


def name_of(user: int) -> str:
    """A user, as the machine calls them."""
    import pwd

    with suppress(KeyError):
        return pwd.getpwuid(user).pw_name
    return str(user)


def _close(opened: list[int]) -> None:
    while opened:
        os.close(opened.pop())
