"""A guest that writes faster than may be sent is moved: does it arrive, or is that refused beforehand?"""

from __future__ import annotations

import os
import statistics
import subprocess
import time

from migration import IMAGES, Mover, session_on

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

ROUNDS = int(os.environ.get("VNETSH_BENCH_ROUNDS", "20"))
WRITES = (
    "mkdir -p /dev/shm; (while :; do dd if=/dev/urandom of=/dev/shm/x bs=1M count=30; done) >/dev/null 2>&1 &"
)
LONG_ENOUGH = 120
"""Seconds that bare virsh gets."""

WISHES = ("", " post-copy")
"""In turn: nothing is allowed, so it must be refused; and what may bring it there."""


def converging(rounds: int = ROUNDS) -> None:
    """So many moves by vnetsh, half of them with a means allowed; and one by bare virsh."""
    with running(hosts=2) as lab, session_on(lab) as session:
        mover = Mover(lab, session)
        mover.vnetsh("-c", "vm mover on kvm1 memory 128M disk tiny.qcow2 port vswitch01")
        took: list[float] = []
        refused = arrived = 0
        for number in range(rounds):
            place = busy(mover)
            wish = WISHES[number % len(WISHES)]
            began = time.monotonic()
            done = said(mover, f"migrate mover to kvm{3 - place} bandwidth 17Mbit outage none{wish}")
            if wish and done.returncode == 0:
                arrived += 1
                took.append(time.monotonic() - began)
            elif not wish and done.returncode and "E462" in done.stderr:
                refused += 1
            else:
                print(
                    f"  {wish or 'plain'}: exit code {done.returncode}: {done.stdout}{done.stderr}",
                    flush=True,
                )
        print(f"\na guest that writes faster than may be sent ({rounds} rounds)")
        print(f"  vnetsh: refused before anything moved            {refused} of {(rounds + 1) // 2}")
        print(
            f"  vnetsh: arrived by `post-copy`                   {arrived} of {rounds // 2}, in "
            f"{statistics.median(took):.0f} s at the median"
        )
        print(f"  virsh migrate --bandwidth 2: {by_virsh(mover)}")


def busy(mover: Mover) -> int:
    """Boot the guest anew and have it write; the number of its host."""
    mover.boot_alone()
    with GuestConsole(mover.lab, "mover") as console:
        console.run(WRITES)
    time.sleep(2)
    return mover.place


def said(mover: Mover, text: str) -> subprocess.CompletedProcess[str]:
    """Have vnetsh do it; however it ends."""
    command = [mover.command, "--lab", "--yes", "--max-impact", "live", "-c", text]
    environment = {**os.environ, "VNETSH_LAB_DIR": str(mover.lab.folder)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def by_virsh(mover: Mover) -> str:
    """Whether bare virsh brings it there in the time that it gets; broken off then."""
    here = busy(mover)
    there = 3 - here
    disk = f"{IMAGES}/mover.qcow2"
    mover.on(
        there, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", f"{IMAGES}/tiny.qcow2", disk
    )
    words = "--live --p2p --persistent --undefinesource --copy-storage-inc --bandwidth 2"
    uri = f"qemu+tcp://10.77.0.{there}/system"
    asked = f"timeout {LONG_ENOUGH} virsh migrate {words} mover {uri}"
    ended = mover.lab.exec(f"kvm{here}", ["sh", "-c", asked], timeout=LONG_ENOUGH + 60).returncode == 0
    mover.lab.exec(f"kvm{here}", ["virsh", "domjobabort", "mover"])
    return "arrived" if ended else f"not there after {LONG_ENOUGH} s, and broken off"
