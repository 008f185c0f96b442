"""Fetches of images that are broken off: no half image ever has the name, and a second run ends it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from in_lab import LabOperator, on
from ready_vnetsh import COMMAND
from soaking import Findings

from vnetsh_lab import running

HOSTS, STORE = ("kvm1", "kvm2"), "kvm3"
FOLDER = "/root/images"
URL = "http://10.77.0.3:8000/big.raw"
SERVE = "cd /root/www; setsid python3 -m http.server 8000 </dev/null >/dev/null 2>&1 & echo $! >/run/www.pid"
MAKE = "mkdir -p /root/www; head -c 150M /dev/urandom >/root/www/big.raw; " + SERVE
ROOM = f"mkdir -p {FOLDER}; mount -t tmpfs -o size=200M none {FOLDER}"
FETCHERS = (
    "for p in /proc/[0-9]*; do if grep -qs python3 $p/cmdline && ls -l $p/fd 2>/dev/null | grep -q '/images/#'; "
    "then kill -9 ${p#/proc/}; fi; done"
)
"""Kills what fetches, known by its file without a name."""

BREAKS = ("vnetsh", "fetcher", "server", "interrupt", "checksum", "room")


def soak_image_breaks(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Rounds with the seeds from that one on: a fetch by two hosts is broken off, then said again."""
    found, counts = Findings(), Counter[str]()
    with running(hosts=3) as lab, tempfile.TemporaryDirectory() as folder:
        on(lab, STORE, "sh", "-c", MAKE)
        digest = on(lab, STORE, "sha256sum", "/root/www/big.raw").split()[0]
        operator = LabOperator.of(lab, Path(folder), "--yes")
        for host in HOSTS:
            on(lab, host, "sh", "-c", ROOM)
        operator.good("-c", f"pool lib on {', '.join(HOSTS)} path {FOLDER}")
        sentence = f"image big.raw on {', '.join(HOSTS)} from {URL} sha256 {digest} pool lib"

        def whole(when: str) -> None:
            for host in HOSTS:
                names = on(lab, host, "ls", "-A", FOLDER).split()
                found.expect(
                    {*names} <= {"big.raw", ".big.raw.vnetsh", "filler"}, f"{when}: {host} has {names}"
                )
                if "big.raw" in names:
                    said = on(lab, host, "sha256sum", f"{FOLDER}/big.raw").split()[0]
                    found.expect(said == digest, f"{when}: {host} has half an image under the name")

        def one(number: int) -> None:
            dice = random.Random(number)
            what, after = dice.choice(BREAKS), dice.uniform(0.3, 3.0)
            counts[what] += 1
            wrong = digest[:-1] + ("0" if digest[-1] != "0" else "1")
            if what == "room":
                on(lab, "kvm1", "dd", "if=/dev/zero", f"of={FOLDER}/filler", "bs=1M", "count=90")
            said = sentence.replace(digest, wrong) if what == "checksum" else sentence
            process = subprocess.Popen(
                [str(COMMAND), *operator.world, "-c", said],
                env={**os.environ, **operator.environment},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                if what == "vnetsh":
                    process.kill()
                elif what == "interrupt":
                    process.send_signal(signal.SIGINT)
                elif what == "fetcher":
                    on(lab, "kvm1", "sh", "-c", FETCHERS)
                elif what == "server":
                    on(lab, STORE, "sh", "-c", "kill -9 $(cat /run/www.pid)")
            counts[f"ended with {process.wait(120)}"] += 1
            whole(f"after {what}")
            if what == "server":
                on(lab, STORE, "sh", "-c", f"kill -0 $(cat /run/www.pid) 2>/dev/null || {{ {SERVE}; }}")
            if what == "room":
                on(lab, "kvm1", "rm", f"{FOLDER}/filler")
            operator.good("-c", sentence)
            whole("said again")
            for host in HOSTS:
                found.expect("big.raw" in on(lab, host, "ls", FOLDER), f"{host} has it not in the end")
            operator.good("-c", f"delete image big.raw on {', '.join(HOSTS)}")
            for host in HOSTS:
                found.expect(not on(lab, host, "ls", "-A", FOLDER), f"{host} keeps something")

        found.each(seed, rounds, say, one)
    found.counted(counts, say)
    return found
