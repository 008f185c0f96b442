"""A host is drained."""

from __future__ import annotations

import shlex
import time

from contest import Contestant, compare, timed
from migration import IMAGES, session_on

from vnetsh.diagnostics import Source
from vnetsh.session import Session
from vnetsh_lab import running
from vnetsh_lab.lab import Lab

GUESTS = [f"g{n}" for n in range(1, 9)]
BOOT = 10.0
"""Seconds that eight guests get to boot, so that all are idle when they go."""

TARGETS = (2, 3)


class Drainer:
    """Eight guests on kvm1, made anew for each contestant: a guest under TCG may die by itself after a few moves."""

    def __init__(self, lab: Lab, session: Session) -> None:
        self.lab = lab
        self.session = session

    def say(self, text: str) -> None:
        """A line in a session that is open, as in the shell."""
        report = self.session.apply(self.session.prepare(Source("bench", text), lock=True))
        assert report.ok, report.failures

    def on(self, host: int, command: str) -> None:
        """A shell's command inside a host."""
        done = self.lab.exec(f"kvm{host}", ["sh", "-c", command], timeout=300)
        assert done.returncode == 0, done.stderr

    def by_vnetsh(self) -> float:
        """The plan, its lock, all that follows, and the verification."""
        return timed(lambda: self.say("drain kvm1"))

    def by_virsh(self, at_once: int) -> float:
        """So many at a time, to both hosts in turn; the disks are prepared by hand, and not timed."""
        words = "--live --p2p --persistent --undefinesource --abort-on-error --copy-storage-inc"
        lines = []
        for number, guest in enumerate(GUESTS):
            to = TARGETS[number % len(TARGETS)]
            template = f"-F qcow2 -b {IMAGES}/tiny.qcow2"
            self.on(to, f"qemu-img create -q -f qcow2 {template} {IMAGES}/{guest}.qcow2")
            lines.append(f"virsh migrate {words} {guest} qemu+tcp://10.77.0.{to}/system")
        each = f"printf '%s\\n' {' '.join(map(shlex.quote, lines))} | xargs -P {at_once} -I LINE sh -c LINE"
        return timed(lambda: self.on(1, each))

    def anew(self) -> None:
        """All guests on kvm1 again, as new, and idle."""
        for host in (1, *TARGETS):
            gone = "; ".join(
                f"virsh destroy {g}; virsh undefine {g}; rm -f {IMAGES}/{g}.qcow2" for g in GUESTS
            )
            self.on(host, f"({gone}) >/dev/null 2>&1; true")
        self.say(
            "\n".join(f"vm {guest} on kvm1 memory 96M disk tiny.qcow2 port vswitch02" for guest in GUESTS)
        )
        time.sleep(BOOT)

    def contestant(self, name: str) -> Contestant:
        """One drain; the guests are made before it, and not timed."""

        def run() -> float:
            self.anew()
            at_once = int(name.split()[-3]) if name.startswith("virsh") else 0
            return self.by_virsh(at_once) if at_once else self.by_vnetsh()

        return run


def draining(rounds: int = 5) -> None:
    """A host of eight guests is drained to two others, against loops of bare virsh."""
    with running(hosts=3) as lab, session_on(lab) as session:
        drainer = Drainer(lab, session)
        drainer.say("tunnel t12 kvm1<->kvm2 on vswitch02 key 1\ntunnel t23 kvm2<->kvm3 on vswitch02 key 2")
        names = [*(f"virsh migrate, {n} at once" for n in (1, 2, 4)), "vnetsh: `drain kvm1` in a session"]
        compare(
            "a host of 8 guests is drained to two; goal: not slower than the best of virsh",
            {name: drainer.contestant(name) for name in names},
            rounds=rounds,
        )
