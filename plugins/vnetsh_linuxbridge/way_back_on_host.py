"""The program on a host that takes back one step on its links, unless it is confirmed.

Sent to a host's Python (3.7 or newer) as its text; called in its guard's folder with a word and the step's number, and
its data as input. Each line is for a link of that number (ifindex), or for a name that no link has: so what others have
made meanwhile is not touched, and a step that was made in part is taken back in part. In the end all is to be seen as
it was before.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE = 5.0  # seconds in which a batch of `ip` ends, if ever
HANGS = 15  # seconds in which one command ends
NEVER = 3  # how it ends where the links cannot be had as they were
FLAGS = ("hairpin", "isolated", "learning", "flood", "priority", "cost", "mcast_flood", "guard")
PASSING = (
    "timer",
    "bridge_id",
    "root_",
    "topology_",
    "_querier",
)  # parts of options that the kernel changes by itself


def asked(*argv: str) -> Any:
    """What a program of iproute2 says. Raises `OSError` where it cannot tell: that is not as if there was nothing."""
    done = subprocess.run(argv, capture_output=True, timeout=HANGS)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        raise OSError(f"{' '.join(argv)}: {said}")
    return json.loads(done.stdout.decode() or "[]")


def indices() -> dict[str, int]:
    """The links' numbers, by name."""
    return {link["ifname"]: link["ifindex"] for link in asked("ip", "-json", "link", "show")}


def seen(names: list[str]) -> Any:
    """All of these links that a step may change."""
    found = {}
    for link in asked("ip", "-json", "-details", "link", "show"):
        if link["ifname"] in names:
            info = link.get("linkinfo", {})
            data = info.get("info_data", {})
            own = {k: v for k, v in data.items() if not any(part in k for part in PASSING)}
            port = {k: v for k, v in info.get("info_slave_data", {}).items() if k in FLAGS}
            told = [link.get(key) for key in ("ifalias", "mtu", "master", "altnames")]
            found[link["ifname"]] = [info.get("info_kind"), *told, "UP" in link["flags"], own, port]
    vlans = [vlan for vlan in asked("bridge", "-json", "vlan", "show") if vlan.get("ifname") in names]
    fixed = [
        [one.get(key) for key in ("mac", "ifname", "dst", "master", "flags")]
        for one in asked("bridge", "-json", "fdb", "show")
        if one.get("ifname") in names and (one.get("dst") or one.get("state") == "static")
    ]
    return json.loads(json.dumps([found, vlans, sorted(fixed, key=str)]))


def pass_gate() -> None:
    """Wait until what is under way of the step has ended; nothing of it begins any more."""
    until = time.monotonic() + PATIENCE
    with open("gate", "a") as gate:  # noqa: PTH123 - of the folder that it is called in
        while time.monotonic() < until:
            with contextlib.suppress(BlockingIOError):
                return fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            time.sleep(0.02)


def back(told: Any, number: str) -> int:
    """Take the step back, as far as it was made."""
    pass_gate()
    if not Path(number + ".begun").exists():
        return 0
    for name, index, program, line in told["lines"]:
        if indices().get(name) == index:
            argv = [program, "-batch", "-"]
            subprocess.run(argv, input=(line + "\n").encode(), stderr=subprocess.DEVNULL, timeout=HANGS)
    if told["files"]:
        subprocess.run(["sh", "-s"], input=told["files"].encode(), timeout=HANGS)
    was = json.loads(Path(number + ".seen").read_text())
    now = seen(told["names"])
    if was == now:
        return 0
    differing = [name for name in told["names"] if was[0].get(name) != now[0].get(name)]
    print(
        "not as they were: " + (", ".join(differing) or "VLANs or addresses of " + ", ".join(told["names"]))
    )
    return NEVER


def main(word: str, number: str) -> int:
    """Do what the word says."""
    told = json.load(sys.stdin)
    if word == "open":
        Path(number + ".seen").write_text(json.dumps(seen(told["names"])))
    return back(told, number) if word == "back" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
