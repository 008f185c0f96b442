"""The files that a change makes on hosts: written down before and after, with their identity.

A path says nothing of whose a file is: it may be a neighbour's disk. What the journal has of a run and of no other
file is its inode and the time of its birth. Others are never removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from vnetsh.errors import BackendRefused
from vnetsh.model import Thing
from vnetsh_libvirt import remote_files, storage
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.looking import Looking
from vnetsh_libvirt.own_files import SHARED_FILESYSTEMS
from vnetsh_libvirt.remote import is_remote
from vnetsh_libvirt.shared_marks import mark_at

FRESH = 5.0
"""Seconds after its birth in which a file is written that was only just made."""

CLOCK = 0.1
"""Seconds by which a file's time may be behind its host's clock: the kernel takes it at its last tick."""

OWN = ("file", "kept", "goes")
"""What a file is written down as: made; an old copy that stays; one that goes in the end."""

_STAT = 'stat --printf "%i %.9W\\n%.9W %.9Y\\n%i %s %.9Y\\n" -- "$1" && stat -f -c %T -- "$1"'


@dataclass(frozen=True)
class Stat:
    """A file as its host sees it: its identity, the kind of its filesystem, when it was born and last written.

    `state` is as `ImageFile.state`.
    """

    identity: str
    kind: str
    born: float
    written: float
    state: str = ""


@dataclass(frozen=True)
class Files:
    """The files of one change: `made` by it or, when it takes one back, by that one, and old copies that it `kept`.

    `keep` writes one down; `hosts` are all that are reached.
    """

    keep: Callable[[Thing], None]
    hosts: Callable[[], Sequence[LibvirtHost]]
    made: list[Thing] = field(default_factory=list)

    def make(self, host: LibvirtHost, path: str, work: Callable[[], object]) -> None:
        """Make a file by `work`, which refuses to when there is one."""
        self.intend(host, path)
        work()
        self.note_made(host, path)

    def intend(self, host: LibvirtHost, path: str) -> None:
        """Write down that a file is about to be made."""
        since = host.transport.ask(["date", "+%s.%N"], timeout=host.timeout).stdout.strip()
        self.note(host, f"{path} on {host.name}", file=path, since=since)

    def note_made(self, host: LibvirtHost, path: str) -> None:
        """Write down that a file was made, by which nothing else can be taken for it."""
        if found := stat(host, path):
            self.note(host, f"{path} on {host.name}", file=path, id=found.identity)

    def note_kept(self, host: LibvirtHost, path: str, *, goes: bool) -> None:
        """Write down that a file is an old copy when its VM is elsewhere; whether it `goes` then."""
        if found := stat(host, path):
            old = {"goes" if goes else "kept": path}
            self.note(host, f"{path} on {host.name}", id=found.identity, **old)

    def note_left(self, host: LibvirtHost) -> None:
        """Write down how the old copies are that stay there, when their VM is elsewhere: who writes to them then?"""
        for path in (*self.to_go(host), *self.old_on(host)):
            if found := stat(host, path):
                self.note(host, f"{path} on {host.name}", left=path, id=found.identity, state=found.state)

    def note(self, host: LibvirtHost, what: str, **thing: str) -> None:
        """Write something down."""
        told = {"what": what, "host": host.name, **thing}
        self.keep(told)
        self.made.append(told)

    def say_stays(self, sentences: Iterable[str]) -> None:
        """Have the report say what was to go and does not."""
        for sentence in sentences:
            self.say(sentence, {})

    def say(self, sentence: str, more: Thing) -> None:
        """Have the report say a sentence, with more that is kept."""
        self.keep({"stays": sentence, **more})

    def made_on(self, host: LibvirtHost) -> list[str]:
        """The paths of what was made on a host, or was to be."""
        return self._paths(host, "file")

    def made_elsewhere(self, path: str) -> bool:
        """Whether a file of that path was made on some host."""
        return any(thing.get("file") == path for thing in self.made)

    def to_go(self, host: LibvirtHost) -> list[str]:
        """The paths of old copies there that are removed when the VM is at its other host."""
        return [path for path in self._paths(host, "goes") if path.startswith("/") or is_remote(path)]

    def replaced_on(self, host: LibvirtHost) -> list[str]:
        """The paths of what was made there in the place of an old copy: when it is old itself, it stays as that did."""
        return self._paths(host, "replaced")

    def old_on(self, host: LibvirtHost) -> list[str]:
        """The paths of old copies there that stay."""
        return self._paths(host, "kept")

    def _paths(self, host: LibvirtHost, key: str) -> list[str]:
        paths = (thing[key] for thing in self.made if thing.get("host") == host.name and key in thing)
        return list(dict.fromkeys(paths))

    def of_own(self, host: LibvirtHost, path: str) -> bool:
        """Whether the file that is there now was made, or is an old copy that was left."""
        found = stat(host, path)
        return found is not None and self._is_any(found, host, path, OWN)

    def _is_any(self, found: Stat, host: LibvirtHost, path: str, keys: Sequence[str]) -> bool:
        """Whether a file is one of those written down. Once it is known which was made, no other is to be made."""
        noted = [thing for thing in self.made if thing.get("host") == host.name]
        told = [thing for thing in noted if path in (thing.get(key) for key in keys)]
        known = max((n for n, thing in enumerate(told) if "file" in thing and "id" in thing), default=-1)
        left = [thing for thing in noted if path == thing.get("left") and thing["id"] == found.identity]
        if left and all(thing["state"] != found.state for thing in left):
            return False  # somebody has written to it since
        return any(_is(found, thing) for n, thing in enumerate(told) if "id" in thing or n > known)

    def remove(self, host: LibvirtHost, path: str, keys: Sequence[str] = OWN) -> str:
        """Remove a file that was made, or is an old copy; one that is gone is fine. Else why it stays, in words."""
        found = stat(host, path)
        if found is None:
            return ""
        if not self._is_any(found, host, path, keys):
            return f"{path} on {host.name} is not the file that was made: it is left alone"
        try:
            return remove_unused(host, path, found, self.hosts())
        except BackendRefused as error:
            return f"{path} may be left on {host.name}: {error.message}"

    def remove_made(self, host: LibvirtHost, but: Sequence[str] = ()) -> list[str]:
        """Remove all that was made on a host `but` that; why what stays does, in sentences."""
        made = [path for path in self.made_on(host) if path not in but]
        return [why for path in made if (why := self.remove(host, path, ("file",)))]


def _is(found: Stat, thing: Thing) -> bool:
    """Whether a file is the one that was written down; of one that was only to be made: whether it is new."""
    if "id" in thing:
        return found.born > 0 and found.identity == thing["id"]
    since = float(thing["since"] or "inf") - CLOCK
    return since <= found.born and found.written <= found.born + FRESH


def stat(host: LibvirtHost, path: str) -> Stat | None:
    """A file on a host, or of an NFS server as a host sees it; None where there is none."""
    if is_remote(path):
        return _remote(host, path)
    done = host.transport.ask(["sh", "-c", _STAT, "sh", path], timeout=host.timeout)
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) < 4:
        return None
    born, written = lines[1].split()
    return Stat(lines[0], lines[3], float(born), float(written), lines[2])


def _remote(host: LibvirtHost, url: str) -> Stat | None:
    """A server tells no time of birth: only an empty file, with nothing to lose, is as young as its last change."""
    told = remote_files.ask_nfs(host, "stat", url) if url.startswith("nfs://") else None
    if told is None:
        return None
    identity, changed, written, size = told
    return Stat(
        identity, "nfs", 1.0 if int(size) else float(changed), float(written), f"{identity} {size} {written}"
    )


def remove_unused(host: LibvirtHost, path: str, found: Stat, hosts: Sequence[LibvirtHost]) -> str:
    """Remove a file that no domain names or builds on, on any host that sees it; else who does, in a sentence."""
    if is_remote(path):
        for other in hosts:
            if user := remote_files.user_of(other, path):
                return f"{path} is left alone: {user} on {other.name} needs it"
        remote_files.ask_nfs(host, "remove", path, found.identity)
        return ""
    shared = found.kind in SHARED_FILESYSTEMS or mark_at(host, str(PurePosixPath(path).parent))
    for other in {one.name: one for one in (host, *(hosts if shared else ()))}.values():
        if user := Looking(other).user_of(path):
            return f"{path} on {host.name} is left alone: {user} on {other.name} needs it"
    storage.delete(host, path)
    return ""
