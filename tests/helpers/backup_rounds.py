"""Random lives of a VM with incremental backups, killed on the way: each backup that has the name has what was then."""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from in_lab import LabOperator
from soaking import Findings

from vnetsh_lab import running

BLOCK, BLOCKS = 65536, 256
SAFE, IMAGES = "/var/lib/libvirt/safe", "/var/lib/libvirt/images"
POINTS = (
    "backup is begun",
    "backup runs",
    "disks are copied",
    "backup is whole",
    "backup is named",
    "earlier checkpoints are forgotten",
)
BEHIND = (
    *[""] * 6,
    "snapshot shop as s; revert shop to s; delete snapshot shop/s",
    "stop shop force; start shop",
    "migrate shop to kvm2; migrate shop to kvm1",
    "move disk shop/data to other / move disk shop/data to home",
    "stop shop force; rename shop to market; rename market to shop; start shop",
)
"""What happens to the VM between two backups; nothing of it changes what is on its disk."""

READ = f"""import json, sys
raw = open("/root/twin.raw", "rb")
blocks = [raw.read({BLOCK}) for _ in range({BLOCKS})]
print(json.dumps([block[0] if block == block[:1] * {BLOCK} else -1 for block in blocks]))"""

State = list[int]
"""What each block of the disk is filled with."""


def soak_backups(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """Rounds with the seeds from that one on, each a life of some ten backups of a new VM."""
    found, counts = Findings(), Counter[str]()
    with running(hosts=2) as lab, tempfile.TemporaryDirectory() as folder:
        operator = LabOperator.of(lab, Path(folder), "--yes", "--max-impact", "destroy")
        pools = f"pool safe on kvm1 path {SAFE}; pool other on kvm1, kvm2 path /root/other; "
        operator.good("-c", pools + f"pool home on kvm1, kvm2 path {IMAGES}")
        found.each(seed, rounds, say, lambda number: _Life(operator, found, counts, number).live())
    found.counted(counts, say)
    return found


class _Life:
    """One VM, what is on its disk, and what was when each of its backups was made."""

    def __init__(self, operator: LabOperator, found: Findings, counts: Counter[str], number: int) -> None:
        self._operator, self._found, self._counts = operator, found, counts
        self._dice = random.Random(number)
        self._disk: State = [0] * BLOCKS
        self._backups: dict[str, State] = {}

    def live(self) -> None:
        """From its making until nothing is left of it."""
        self._on(
            f"virsh destroy shop; virsh undefine shop --checkpoints-metadata; rm -rf {IMAGES}/shop-* {SAFE}/shop@*"
        )
        self._operator.good(
            "-c", "vm shop on kvm1 memory 64M disk system from tiny.qcow2 disk data size 16M pool home"
        )
        for number in range(10):
            self._write()
            if behind := self._dice.choice(BEHIND):
                self._counts[behind.split()[0]] += 1
                for script in behind.split(" / "):
                    self._operator.good("-c", script)
            if self._dice.random() < 0.1:
                self._counts["QEMU killed"] += 1
                self._on("kill -9 $(cat /run/libvirt/qemu/shop.pid); sleep 1")
                self._operator.good("-c", "start shop")
            self._write()
            self._back_up(f"b{number}")
            self._look()
        for name in self._dice.sample(sorted(self._backups), min(3, len(self._backups))):
            self._compare(name)
        self._end()

    def _on(self, command: str) -> str:
        return self._operator.on("kvm1", command)

    def _write(self) -> None:
        for _ in range(self._dice.randrange(1, 5)):
            at, length = self._dice.randrange(BLOCKS), self._dice.randrange(1, 9)
            length, value = min(length, BLOCKS - at), self._dice.randrange(0, 255)
            what = f"write -P {value}" if value else "discard"
            self._monitor(f"{what} {at * BLOCK} {length * BLOCK}")
            self._disk[at : at + length] = [value] * length
        self._monitor("flush")

    def _monitor(self, command: str) -> None:
        device = "/machine/peripheral/ua-vnetsh-disk-data/virtio-backend"
        self._on(f"virsh qemu-monitor-command shop --hmp 'qemu-io -d {device} \"{command}\"'")

    def _back_up(self, name: str) -> None:
        """Make a backup, killed at some point or not, and have what was cut off settled in one of three ways."""
        sentence = f"backup shop to safe as {name}" + self._dice.choice(("", *[" incremental"] * 3))
        point, way = self._dice.choice(POINTS), self._dice.choice(("recover", "undo", "again", "", ""))
        self._counts[f"killed, {way}" if way else "whole"] += 1
        if not way:
            self._operator.good("-c", sentence)
        else:
            self._operator("-c", sentence, VNETSH_CRASH_AT=point)
            said = {"recover": ("recover",), "undo": ("recover", "--undo"), "again": ("-c", sentence)}[way]
            self._operator.good(*said)
        marks = self._on("virsh checkpoint-list shop --name").split()
        if not way and "incremental" in sentence:  # what a killed run left goes with the next one that is not
            self._found.expect(len(marks) == 1, f"checkpoints are left: {marks}")
        if way != "undo":
            self._backups[name] = [*self._disk]
            self._counts["incremental" if "incremental" in self._how(name) else "full"] += 1

    def _how(self, name: str) -> str:
        rows = json.loads(self._operator.good("-o", "json", "show", "backups"))
        return next((str(row["how"]) for row in rows if row["name"] == f"shop/{name}"), "none")

    def _look(self) -> None:
        there = {*self._on(f"ls {SAFE}").split()}
        due = {f"shop@{name}.backup" for name in self._backups}
        self._found.expect(there == due, f"there are {there}, and should be {due}")

    def _compare(self, name: str) -> None:
        self._operator.good("-c", f"restore shop from {name} as twin")
        path = self._on("virsh domblklist twin | awk '/data/ {print $2}'")
        self._on(f"qemu-img convert -O raw {path} /root/twin.raw")
        script = self._operator.lab.exec("kvm1", ["python3", "-c", READ]).stdout
        differing = [
            n
            for n, (is_, was) in enumerate(zip(json.loads(script), self._backups[name], strict=True))
            if is_ != was
        ]
        self._found.expect(not differing, f"backup {name} differs in blocks {differing[:9]}")
        self._operator.good("-c", "delete vm twin")
        self._on(f"rm -f /root/twin.raw {IMAGES}/twin-*")

    def _end(self) -> None:
        self._operator.good("-c", "stop shop force; delete vm shop")
        for name in reversed(self._backups):
            self._operator.good("-c", f"delete backup shop/{name}")
        self._found.expect(not self._on(f"ls {SAFE}"), "something is left of backups")
        self._on(f"rm -f {IMAGES}/shop-* {IMAGES}/market-* /root/other/shop-*")
