"""The program on a host that takes back what is not confirmed in time, whatever became of whoever asked for it.

Sent to a host's Python (3.7 or newer) as its text. It is root's, and everything of it is in /run: gone after a reboot.

    /run/vnetsh/unconfirmed/TOKEN/   one guard; everybody may see that it is there
        .lock       held (flock) as long as the guard lives
        says        whose it is, in words
        until       when it goes back, in seconds since the host's start
        armed       renamed to `confirmed` or to `expired`, whichever comes first: one of them wins
        N.way       the N-th change: the program that takes it back, and what that is told
        trouble     why it has not ended yet, in words, where it tries again
    /run/vnetsh/ended/TOKEN          how it ended, as JSON: the last of them are kept

A way back is a program that is called in that folder with a word and its number, its data as input: `open` before its
change is made, `back` to take it back (nothing, where the change is not in effect; as often as it is called), `keep`
when that is confirmed. It ends with 0, or with 3 where it never can; with anything else it is called again. Where
`open` ends with 4 nobody knows whether it was done: its change is not made, and `back` is called all the same.

Where nothing at the place itself keeps a change from coming late, its commands are run by `GATED`
(vnetsh/hosts/going_back.py): they begin only while it is armed, leave `N.begun`, and hold the lock of `gate` until they
end. Who goes back waits for that lock, but not for ever.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path("/run/vnetsh")
WAITING, ENDED = ROOT / "unconfirmed", ROOT / "ended"
KEPT = 100  # how many ends are remembered
LOOK = 0.05  # seconds between two looks at the clock
ONE = 20.0  # seconds that one way back may take
TRIES = 600.0  # seconds in which it is tried again to go back, or to tidy up what stands
NEVER, UNCLEAR = 3, 4  # how a way back ends that there is no more, or of which nobody knows
ENDING = 20.0  # seconds in which a guard that has to end has said how
SOON = 1.0  # seconds in which one that goes back has mostly ended


def now() -> float:
    """Seconds since the host's start, also those in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file, all of it or nothing."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(str(new), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.rename(path)


def say(**what: object) -> None:
    """Answer whoever asks."""
    print(json.dumps(what), flush=True)


def place_of(token: str) -> Path:
    """The folder of a guard. Raises `ValueError` for what no guard is called: a record may say what leads elsewhere."""
    if not token.isalnum():
        raise ValueError(f"no guard is called {token!r}")
    return WAITING / token


def locked(folder: Path) -> int:
    """The guard's lock of a folder; negative where another guard has it."""
    lock = os.open(str(folder / ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return -1
    return lock


def arm(token: str, seconds: str, says: str) -> None:
    """Begin to guard; its input is this program, for one who has to go on with it."""
    os.umask(0o022)
    if os.geteuid():
        say(failed="it needs root there")
        return
    for folder in (WAITING, ENDED):
        folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(ENDED.iterdir(), key=lambda one: one.stat().st_mtime)[:-KEPT]:
        old.unlink()
    making, folder = ROOT / ("arming-" + token), place_of(token)
    making.mkdir()
    write(making / "program", sys.stdin.read())
    write(making / "says", says, 0o644)
    write(making / "armed", "")
    again = f"exec '{sys.executable}' -I -S '{folder}/program' revive '{token}'\n"
    write(making / "again", again, 0o644)
    write(making / "until", str(now() + float(seconds)))
    making.rename(folder)
    # Not as a child of this process: its arguments are all of this program.
    done = subprocess.run(["sh", str(folder / "again")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    say(**({"failed": "the guard did not begin"} if done.returncode else {"armed": True}))


def guard(folder: Path) -> None:
    """Wait, until it is confirmed or has to go back; with the lock."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: expire(folder))  # the host is told to shut down
    until = float((folder / "until").read_text())
    while (folder / "armed").exists() and now() < until:
        time.sleep(min(LOOK, max(0.001, until - now())))
    expire(folder)
    end(folder, *ending(folder))


def expire(folder: Path) -> None:
    """Have it go back, unless it is confirmed."""
    with contextlib.suppress(FileNotFoundError):
        (folder / "armed").rename(folder / "expired")


def call(way: Path, word: str) -> tuple[int, str]:
    """Call a way back; how it ended, and what it said."""
    try:
        told = json.loads(way.read_text())
    except FileNotFoundError:  # it could not be kept after all: nothing was made
        return 0, ""
    argv = [sys.executable, "-I", "-S", "-c", told["program"], word, way.stem]
    beside = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "cwd": str(way.parent)}
    try:
        done = subprocess.run(argv, input=told["data"].encode(), timeout=ONE, **beside)  # type: ignore[call-overload]
    except subprocess.TimeoutExpired:
        return 1, f"it did not end in {ONE:g} s"
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    return done.returncode, lines[-1] if lines else f"exit code {done.returncode}"


def ending(folder: Path) -> tuple[str, list[str]]:
    """Let all stand, or take it back, the last first; how it ended, and what cannot be done, in words."""
    ways = sorted(folder.glob("*.way"))  # in the order in which their changes were made
    if (folder / "confirmed").exists():
        return "confirmed", call_all(folder, ways, "keep")
    stuck = call_all(folder, ways[::-1], "back")
    return ("stuck" if stuck else "back"), stuck


def call_all(folder: Path, left: list[Path], word: str) -> list[str]:
    """Call these ways back one after the other, each until it is done; what is not done, in words."""
    stuck = []
    deadline = now() + TRIES
    for way in left:
        code, said = call(way, word)
        while code and code != NEVER and now() < deadline:
            trouble(folder, said)
            time.sleep(0.5)
            code, said = call(way, word)
        if code:
            stuck.append(said)
    return stuck


def trouble(folder: Path, said: str) -> None:
    """Have all who look, or wait, told why it does not end."""
    if not (folder / "trouble").exists():
        whose = (folder / "says").read_text()
        write(folder / "says", f"{whose}, and does not end: {said}", 0o644)
    write(folder / "trouble", said)


def end(folder: Path, outcome: str, said: list[str]) -> None:
    """Write down how it ended, and go."""
    late = now() - float((folder / "until").read_text())
    told = {"state": outcome, "said": said, "at": time.time(), "late": late}
    write(ENDED / folder.name, json.dumps(told))
    # Gone at once for all who look: whoever may act here again is told how it ended.
    over = ROOT / ("over-" + folder.name)
    folder.rename(over)
    shutil.rmtree(str(over), ignore_errors=True)


def revive(token: str) -> None:
    """Have somebody guard, in the background, whatever becomes of this process; nothing where somebody does."""
    folder = place_of(token)
    lock = locked(folder) if folder.is_dir() else -1
    if lock < 0:
        return
    if os.fork():
        os.close(lock)  # the other one has it
        return
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    while folder.is_dir():
        try:
            guard(folder)
        except Exception as error:  # a full disk: whatever it is, nobody else goes back here
            with contextlib.suppress(OSError):
                write(folder / "failure", repr(error))
            time.sleep(0.5)
    os._exit(0)


def state(token: str) -> dict[str, object]:
    """How it stands, or ended."""
    folder = place_of(token)
    with contextlib.suppress(FileNotFoundError):  # it ends just now
        if (folder / "armed").exists():
            return {"state": "armed", "left": float((folder / "until").read_text()) - now()}
    if folder.is_dir():
        said = []
        with contextlib.suppress(FileNotFoundError):
            said.append((folder / "trouble").read_text())
        if (folder / "confirmed").exists():
            return {"state": "confirmed", "said": said}
        if (folder / "expired").exists():
            return {"state": "going back", "said": said}
    found: dict[str, object] = {"state": "unknown"}
    with contextlib.suppress(FileNotFoundError):
        found = json.loads((ENDED / token).read_text())
    return found


def ended(token: str) -> dict[str, object]:
    """How it ended; waits for that, but not for ever."""
    until = now() + ENDING
    while True:
        over = not place_of(token).is_dir()
        found = state(token)
        if over or now() > until:
            return found
        revive(token)
        time.sleep(0.02)


def promise(token: str, number: str) -> None:
    """Keep a way back (the input), before its change is made."""
    folder = place_of(token)
    way = folder / f"{int(number):04}.way"
    try:
        write(way, sys.stdin.read())
        code, said = call(way, "open")
    except FileNotFoundError:
        say(over=True)
        return
    if code:
        with contextlib.suppress(FileNotFoundError):
            if code != UNCLEAR:
                way.unlink()
        say(failed=said)
    elif (folder / "armed").exists():
        say(promised=True)
    else:  # from here on nothing may be made any more
        say(over=True)


def look(*tokens: str) -> None:
    """How they stand."""
    for token in tokens:
        revive(token)
    until = now() + SOON
    while now() < until and any(state(token)["state"] == "going back" for token in tokens):
        time.sleep(0.02)
    say(states={token: state(token) for token in tokens})


def back(token: str) -> None:
    """Go back now."""
    expire(place_of(token))
    say(**ended(token))


def confirm(token: str, seconds: str) -> None:
    """Say how it stands, and confirm it when a line with that word comes: over this very connection."""
    say(**state(token))
    if not select.select([0], [], [], float(seconds))[0] or sys.stdin.readline().strip() != "confirm":
        return
    folder = place_of(token)
    with contextlib.suppress(FileNotFoundError):
        (folder / "armed").rename(folder / "confirmed")
    say(**ended(token))


WORDS: dict[str, Any] = {
    "arm": arm,
    "promise": promise,
    "look": look,
    "back": back,
    "confirm": confirm,
    "revive": revive,
}

if __name__ == "__main__":
    WORDS[sys.argv[1]](*sys.argv[2:])
