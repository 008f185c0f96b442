"""The records of runs on a host, written by the session that holds its lock: no login and no round trip of their own.

A folder that only root can open, a file a run: `NUMBER.open` until it has ended, then `NUMBER.run`, and an empty
`NUMBER.told` where somebody else than its maker has added to it. The newest are kept.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Sequence

from vnetsh.hosts.transport import Ask

FOLDER = "/var/lib/misc/vnetsh/runs"
ELSEWHERE = "VNETSH_RECORDS"
"""Names another folder, of this machine only: what tests do here leaves nothing."""
NOT_ROOT = "only root can keep it there"
"""Why an ordinary user's run is not kept."""
KEPT = 500
"""Runs whose records a host keeps."""
ROOM = 100
"""MiB that all of them may have; looked at when a long one has ended."""
LONG = 200 << 10
"""Bytes of a record that is long."""
_SHORT = 2000  # bytes that a shell reads one by one as fast as it makes a process

# What comes by standard input: a line with a word and a run, with `add` and `tell` as many bytes. Each is answered.
KEEPING = rf"""
runs=${{{ELSEWHERE}:-{FOLDER}}} kept=
names() {{ # what is open, and what others have told
    test "$me" = 0 || return 0
    for name in "$runs"/*.open "$runs"/*.told; do test ! -e "$name" || printf ' %s' "${{name##*/}}"; done
}}
folder_kept() {{ # whether there is a folder for them
    test -z "$kept" || return 0
    kept=yes
    test "$me" = 0 || {{ kept='{NOT_ROOT}'; return; }}
    mkdir -p "$runs" 2>/dev/null || {{ kept="$runs cannot be made"; return; }}
    folder_of "$runs" 0 || kept="$runs is not a folder that only root can write to"
}}
file_of() {{ # $1: a run
    wait
    folder_kept
    file="$runs/$1.run"
    test -e "$file" || file="$runs/$1.open"
    test "$kept" != yes || {{ true >>"$file"; }} 2>/dev/null || kept="$file cannot be written"
}}
keep() {{ # $1: the run, $2: how many bytes come, $3: `fsync` where they must be on the disk
    file_of "$1"
    if test "$kept" = yes; then
        why=$(dd bs="$2" count=1 iflag=fullblock oflag=append conv="notrunc$3" status=none of="$file" 2>&1) ||
            kept="${{why##*: }}"
    else
        dd bs="$2" count=1 iflag=fullblock status=none of=/dev/null
    fi
    why=$kept
}}
tell() {{ # $1: the run, $2: how many bytes come, $3: `told` where its maker is to find them
    wait
    if test "$me" = 0 && {{ test -e "$runs/$1.run" || test -e "$runs/$1.open"; }}; then
        keep "$1" "$2" ,fsync
        test -z "$3" || {{ true >>"$runs/$1.told"; }} 2>/dev/null || why="$runs cannot be written"
    else
        dd bs="$2" count=1 iflag=fullblock status=none of=/dev/null
        why=yes
    fi
}}
line() {{ # $1: the run, of which a line comes that need not be on the disk
    file_of "$1"
    IFS= read -r text
    test "$kept" != yes || printf '%s\n' "$text" >>"$file" || kept="$file cannot be written"
    why=$kept
}}
ended() {{ # $1: the run, $2: `long` where its record is
    why=yes
    mv -f "$runs/$1.open" "$runs/$1.run" 8>&- 9>&- >/dev/null 2>&1 & # nobody waits: its record says that it has ended
    set -- "$2" "$runs"/*.*
    test "$1" = long || test $# -gt {KEPT + 1} || return
    wait
    cd "$runs" && rm -f $(LC_ALL=C ls -t | tail -n +{KEPT + 1}) &&
        rm -f $(LC_ALL=C ls -st --block-size=1M | awk 'NF > 1 {{ all += $1; if (all > {ROOM}) print $2 }}')
    cd /
}}
write_down() {{
    umask 077
    while read -r word run more; do
        why='unknown word'
        case $word in
            add) keep "$run" $more ;;
            line) line "$run" ;;
            end) ended "$run" "$more" ;;
            tell) tell "$run" $more ;;
        esac
        test "$why" = yes && echo ok || printf 'no %s\n' "$why"
    done
}}
"""

_LISTING = f"""
cd "${{{ELSEWHERE}:-{FOLDER}}}" 2>/dev/null || exit 0
for name in *.open *.run *.told; do test ! -f "$name" || test -L "$name" || set -- "$@" "$name"; done
test $# = 0 || stat -c '%n %s' -- "$@"
"""
_READING = f"""
cd "${{{ELSEWHERE}:-{FOLDER}}}" || exit
for name; do
    printf '\\n=%s\\n' "$name"
    test ! -f "$name" || test -L "$name" || cat -- "$name" 2>/dev/null
done
"""
_FORGETTING = f"""
cd "${{{ELSEWHERE}:-{FOLDER}}}" && rm -f -- "$@"
"""


def forget(ask: Ask, names: Sequence[str]) -> None:
    """Remove some of them. Raises `HostUnreachable`."""
    ask(["sh", "-c", _FORGETTING, "sh", *names])


def listed(ask: Ask) -> dict[str, int]:
    """The files that a host keeps, with their bytes; not what is longer than all may be. Raises `HostUnreachable`."""
    lines = [line.rpartition(" ") for line in ask(["sh", "-c", _LISTING, "sh"]).stdout.splitlines()]
    return {name: int(size) for name, _, size in lines if size.isdecimal() and int(size) <= ROOM << 20}


def read_there(ask: Ask, names: Sequence[str]) -> dict[str, str]:
    """What is in some of them. Raises `HostUnreachable`."""
    found: dict[str, str] = {}
    for first in range(0, len(names), 50):
        said = ask(["sh", "-c", _READING, "sh", *names[first : first + 50]]).stdout
        parts = (part.partition("\n") for part in said.split("\n=")[1:])
        found |= {name: text for name, _, text in parts}
    return found


class Scribe:
    """Writes records by a session that runs `write_down`. Safe for several threads; never raises."""

    def __init__(self, reads: int, writes: int, names: Sequence[str]) -> None:
        self.names = names
        """What was open there, or told, when the lock was taken."""
        self._reads, self._writes = reads, writes
        self._lock = threading.Lock()
        self._waiting = 0
        self._said = b""
        self._broken = ""
        os.set_blocking(writes, False)

    def add(self, run: int, data: bytes, *, sync: bool, timeout: float) -> None:
        """Begin to add to the record of a run; `sync`: it is to be on the disk."""
        lines = data.splitlines()
        if sync or len(data) > _SHORT or not lines:
            self._send(f"add {run} {len(data)} {',fsync' * sync}\n".encode() + data, timeout)
        else:  # there the shell writes it itself: no process is made for it
            self._send(
                b"".join(f"line {run}\n".encode() + line + b"\n" for line in lines), timeout, len(lines)
            )

    def end(self, run: int, *, long: bool, timeout: float) -> None:
        """A run has ended."""
        self._send(f"end {run} {'long' * long}\n".encode(), timeout)

    def tell(self, run: int, line: bytes, *, ends: bool, others: bool, timeout: float) -> None:
        """Add to a run's record where there is one. `ends`: it is over by that; `others`: its maker is to find it."""
        data = b"\n" + line  # whatever its writer left in its end
        self._send(f"tell {run} {len(data)} {'told' * others}\n".encode() + data, timeout)
        if ends:
            self.end(run, long=False, timeout=timeout)

    def wait(self, timeout: float) -> str:
        """Wait for what was begun; why it was not done, empty where it was."""
        until = time.monotonic() + timeout
        with self._lock:
            while self._waiting and not self._broken:
                line, end, rest = self._said.partition(b"\n")
                if end:
                    self._said, self._waiting = rest, self._waiting - 1
                    if line != b"ok":
                        self._broken = line.decode(errors="replace").removeprefix("no ")
                elif select.select([self._reads], [], [], max(0.0, until - time.monotonic()))[0]:
                    said = os.read(self._reads, 1 << 12)
                    self._said += said
                    self._broken = "" if said else "the session that writes it has ended"
                else:
                    self._broken = f"it gave no answer in {timeout:g} s"
            return self._broken

    def _send(self, data: bytes, timeout: float, answers: int = 1) -> None:
        until = time.monotonic() + timeout
        with self._lock:
            self._waiting += answers
            try:
                while data and not self._broken:
                    if select.select([], [self._writes], [], max(0.0, until - time.monotonic()))[1]:
                        data = data[os.write(self._writes, data) :]
                    else:
                        self._broken = f"it takes nothing in {timeout:g} s"
            except (OSError, ValueError):
                self._broken = "the session that writes it has ended"
