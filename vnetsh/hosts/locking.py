"""A host's lock: one operator at a time, whoever they are, and no user without rights can keep root from it.

Root's is `/run/vnetsh/root`, which nobody else can open. All others and root share `/run/vnetsh/lock`, which root
makes in a folder that only root can write to: others can hold it, but not for ever, for root may replace it.
Nobody gets it while a run waits there to be confirmed (vnetsh/hosts/guard_on_host.py).
Where there is no such folder, an ordinary user has a lock of their own.
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Sequence

from vnetsh.errors import HostHung, HostUnreachable, VnetshError
from vnetsh.hosts.keeping_there import KEEPING, Scribe
from vnetsh.hosts.transport import Busy, Held

# Its standard output tells what came of it; then the lock is held as long as somebody has its standard input, by which
# records are written.
_SCRIPT = (
    KEEPING
    + r"""
end() { printf '%s\n' "$*"; exit; }
umask 022
command -v flock >/dev/null || end 'broken flock is not installed there: util-linux has it'
folder_of() { # whether $1 is a folder that only the user $2 can write to
    set -- "$2" $(LC_ALL=C ls -ldn "$1" 2>/dev/null)
    case $2 in d????-??-*) test "$4" = "$1" ;; *) false ;; esac
}
made() { # a plain file: never a link, a device or a pipe
    test ! -L "$1" && { test -f "$1" || test ! -e "$1"; } || end "broken $1 is not a plain file: remove it"
    (umask "$2"; true >>"$1") 2>/dev/null || end "broken $1 cannot be written"
}
find_holder() { # who has the file $1 locked
    set -- $(stat -c '%d %i' "$1")
    at=$(printf '%02x:%02x:%d' $(($1 >> 8 & 4095)) $(($1 & 255 | $1 >> 12 & 1048320)) "$2")
    pid=$(sed -n "s/^[0-9]*: FLOCK .* \([0-9]*\) $at .*/\1/p" /proc/locks 2>/dev/null | head -n 1)
    if test ! -d "/proc/$pid" || test -z "$pid"; then # who took it has handed it on
        pid=$(find /proc/[0-9]*/fdinfo -type f -exec grep -ls "FLOCK .* $at " {} + 2>/dev/null | head -n 1)
        pid=${pid#/proc/} pid=${pid%%/*}
    fi
    set -- $(test -z "$pid" || LC_ALL=C ls -ld "/proc/$pid" 2>/dev/null)
    user=$3 holder="${3:-another user}${3:+, process $pid}"
}
unconfirmed() { # who has the lock waits while a guard does: what it guards may be gone in a moment
    for one in "$shared"/unconfirmed/*/; do
        test -r "${one}says" || continue
        flock -n "${one}.lock" true && test "$me" = 0 && sh "${one}again" >/dev/null 2>&1 # it was killed
        end "busy $(head -c 200 "${one}says")"
    done
}
hold() { # $1: whom to tell of; $2: where that is written
    unconfirmed
    test -z "$2" || printf '%s\n' "$1" >"$2"
    printf held
    names
    echo
    write_down
    test -z "$2" || : >"$2"
    exit
}
shared=/run/vnetsh me=$(id -u)
if test "$me" = 0; then
    mkdir "$shared" 2>/dev/null
    folder_of "$shared" 0 || end "broken $shared is not a folder that only root can write to"
    made "$shared/root" 077
    made "$shared/lock" 022
    exec 8<>"$shared/root" 9<>"$shared/lock"
    flock -n 8 || end "busy $(head -c 200 "$shared/root")"
    printf '%s\n' "$1" >"$shared/root"
    if ! flock -n 9; then
        find_holder "$shared/lock"
        test "$user" != root || end "busy $holder"
        test "$2" = overrule || end "other $holder"
        rm -f "$shared/new" && made "$shared/new" 077 && exec 9<>"$shared/new" && flock -n 9 &&
            chmod 644 "$shared/new" && mv -f "$shared/new" "$shared/lock" || end "broken $shared cannot be written"
    fi
    hold "$1" "$shared/lock"
fi
if folder_of "$shared" 0 && test -f "$shared/lock" && test -r "$shared/lock"; then
    exec 9<"$shared/lock"
    flock -n 9 || { find_holder "$shared/lock"; line=$(head -c 200 "$shared/lock"); end "busy ${line:-$holder}"; }
    test "$shared/lock" -ef /dev/fd/9 || end 'busy root'
    hold "$1"
fi
own=/run/user/$me/vnetsh
folder_of "/run/user/$me" "$me" || own=/tmp/vnetsh-$me
mkdir -m 700 "$own" 2>/dev/null
folder_of "$own" "$me" || end "broken $own is not a folder that only user $me can write to"
made "$own/lock" 077
exec 9<>"$own/lock"
flock -n 9 || end "busy $(head -c 200 "$own/lock")"
hold "$1" "$own/lock"
"""
)


def lock_command(who: str, *, overrule: bool = False) -> list[str]:
    """What takes a host's lock there, and holds it as long as its standard input is open."""
    return ["sh", "-c", _SCRIPT, "vnetsh-lock", who, "overrule" if overrule else ""]


_LEAVE = 1.0  # seconds that a host may take to end a session in which it has nothing to do any more


def hold(argv: Sequence[str], host: str, timeout: float = 10.0) -> Held | Busy:
    """Run what `lock_command` says, and keep the lock.

    Raises `VnetshError` when there can be no lock, `HostUnreachable` when nothing is said in time.
    """
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # Ctrl-C is for us: what is under way ends in order, locked
    )
    assert process.stdin
    assert process.stdout

    def release() -> None:
        process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(_LEAVE)
        except subprocess.TimeoutExpired:  # a host that hangs: its lock ends there with the session
            process.kill()
            process.wait()
        process.stdout.close()  # type: ignore[union-attr]

    line = _first_line(process.stdout.fileno(), timeout)
    ready = line is not None
    word, _, said = (line or "").strip().partition(" ")
    if word == "held":
        scribe = Scribe(process.stdout.fileno(), process.stdin.fileno(), said.split())
        return Held(release, lambda: process.poll() is not None, scribe)
    if not ready:
        process.kill()
    release()
    if word in ("busy", "other"):
        return Busy(said or "another vnetsh", foreign=word == "other")
    if not ready:
        raise HostHung(f"{host}: gave no answer in {timeout:g} s", help=f"is {host} overloaded or hung?")
    if process.returncode == 255 and not word:  # ssh's own
        raise HostUnreachable(f"{host}: its lock cannot be taken")
    raise VnetshError(
        f"{host}: its lock cannot be taken: {said or f'`sh` ended with {process.returncode}'}",
        help="nothing was done: without it two runs could get in each other's way",
    )


def _first_line(file: int, timeout: float) -> str | None:
    """What is said first, up to the end of its line; None where nothing comes in time."""
    until = time.monotonic() + timeout
    said = b""
    while not said.endswith(b"\n"):
        if not select.select([file], [], [], max(0.0, until - time.monotonic()))[0]:
            return None
        more = os.read(file, 1 << 12)
        if not more:
            break
        said += more
    return said.decode(errors="replace")
