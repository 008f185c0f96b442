"""Rounds of measured moves with a fault amidst each: whatever happens, one VM, and nothing is left of the probes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from in_lab import LabOperator
from soaking import Findings
from waiting import eventually

from vnetsh.errors import BackendRefused
from vnetsh_lab.guest import GuestConsole
from vnetsh_lab.lab import Lab

HOSTS = ("kvm1", "kvm2")
ADDRESS = "10.0.0.1"
NETWORK = "bridge joined on kvm1, kvm2; tunnel gre9 kvm1<->kvm2 on joined; bridge island on kvm1, kvm2"
PROBER = "pgrep -f ^python3.*exec.compile"
FADES = 45.0
"""Seconds in which a prober has ended of whom nobody hears any more."""


class Mover(LabOperator):
    """An operator who moves a VM; the guest is made anew for each round, for one under TCG dies after some moves."""

    def make(self, bridge: str) -> None:
        """A VM with an address, on a bridge that is joined to that of the other host, or on an island."""
        self.good("-c", f"{NETWORK}; vm mover on kvm1 memory 80M disk tiny.qcow2 port {bridge} name mv1")
        self.address()

    def address(self) -> None:
        """Give the guest its address, also after a boot."""
        with GuestConsole(self.lab, "mover") as guest:
            guest.run(f"ip address add {ADDRESS}/24 dev eth0; ip link set eth0 up")

    def alive(self) -> bool:
        """Whether the guest lives. One under TCG dies now and then as it moves, the more often the more it is sent.

        So it does when bare virsh moves it and as many frames are sent.
        """
        try:
            with GuestConsole(self.lab, "mover", boot_timeout=10) as guest:
                guest.run("true")
        except BackendRefused:
            return False
        return True

    def states(self) -> tuple[str, ...]:
        """The VM's state on each host, empty where it is not."""
        return tuple(self.on(host, "virsh domstate mover 2>/dev/null") for host in HOSTS)

    def ports(self) -> str:
        """All that probes have left, as Open vSwitch and the kernel know it."""
        ask = "ovs-vsctl --bare --columns=name find port external_ids:vnetsh-probe=1; ls /sys/class/net"
        return "\n".join(name for host in HOSTS for name in self.on(host, ask).split() if "vnetsh-" in name)

    def clear(self) -> None:
        """Remove the VM and its bridges."""
        for host in HOSTS:
            self.on(host, "virsh destroy mover; virsh undefine mover")
            self.on(host, "rm -f /var/lib/libvirt/images/mover.qcow2")
            self.on(host, "for b in joined island; do ovs-vsctl --if-exists del-br $b; done")


Fault = Callable[[Mover, "subprocess.Popen[str]"], object]
FAULTS: dict[str, Fault] = {
    "nothing": lambda operator, process: None,
    "vnetsh is killed": lambda operator, process: process.kill(),
    "Ctrl-C": lambda operator, process: process.send_signal(signal.SIGINT),
    "the source's prober is killed": lambda operator, _: operator.on("kvm1", f"kill -KILL $({PROBER})"),
    "the target's prober is killed": lambda operator, _: operator.on("kvm2", f"kill -KILL $({PROBER})"),
    "both probers are told to end": lambda operator, _: [
        operator.on(host, f"kill -TERM $({PROBER})") for host in HOSTS
    ],
    "the source's prober hangs": lambda operator, _: operator.on("kvm1", f"kill -STOP $({PROBER})"),
    "somebody removes its ports": lambda operator, _: [
        operator.on(host, "for p in $(ls /sys/class/net | grep ^vnetsh-); do ovs-vsctl del-port $p; done")
        for host in HOSTS
    ],
    "another vnetsh cancels it": lambda operator, _: [
        operator("-c", f"cancel {job['name']}")
        for job in json.loads(operator("-o", "json", "show", "jobs").stdout or "[]")
        if job["name"] != "-"
    ],
    "the target's switch is started anew": lambda operator, _: operator.on(
        "kvm2", "ovs-appctl exit --cleanup; sleep 0.2"
    ),
}


def soak_outage(lab: Lab, rounds: int, folder: Path) -> Findings:
    """Random moves, each with a fault at a random time; then the hosts, and what the next runs make of it."""
    found, chance = Findings(), random.Random(rounds)
    for number in range(rounds):
        found.rounds += 1
        operator = Mover.of(lab, folder / f"{number}", "--max-impact", "destroy")
        (folder / f"{number}").mkdir()
        fault = list(FAULTS)[number % len(FAULTS)]
        bridge = chance.choice(("joined", "joined", "island"))
        wish = chance.choice(("", "", " outage 30s", " outage 1ms"))
        try:
            _round(operator, found, fault, bridge, wish, chance)
        except Exception as error:  # what the lab itself does not do is no finding of this one alone
            found.failures.append(f"round {found.rounds}: {fault}, {bridge}{wish}: {error!r}")
        lab.up(2)
        operator.clear()
    return found


def _round(
    operator: Mover, found: Findings, fault: str, bridge: str, wish: str, chance: random.Random
) -> None:
    what = f"{fault}, {bridge}{wish}"
    operator.make(bridge)
    operator.on("kvm1", "virsh migrate-setspeed mover 20")
    with operator.start("-c", f"migrate mover to kvm2{wish} address {ADDRESS}") as process:
        eventually(lambda: operator.ports().count("vnetsh-") == 4 or process.poll() is not None, 30)
        time.sleep(chance.uniform(0, 4))
        FAULTS[fault](operator, process)
        said = "".join(process.communicate(timeout=180))
    operator.lab.up(2)
    operator.on("kvm1", f"kill -CONT $({PROBER})")
    found.expect("Traceback" not in said, f"{what}: {said[-2000:]}")
    found.expect(
        process.returncode in (0, 1, 130, -signal.SIGKILL), f"{what}: exit code {process.returncode}"
    )
    found.expect("defect" not in said and "backend libvirt failed" not in said, f"{what}: {said[-2000:]}")
    links = "ls /sys/class/net | grep ^vnetsh-"
    gone = eventually(lambda: not any(operator.on(host, links) for host in HOSTS), FADES)
    found.expect(gone, f"{what}: devices of probes are left: {operator.ports()}")
    recovered = operator("recover")
    # What finishes a move that was cut off is held to its limit, too.
    held = "was to be 1ms at most" in recovered.stdout + recovered.stderr
    found.expect(recovered.returncode == 0 or held, f"{what}: recover: {recovered.stdout}{recovered.stderr}")
    states, alive = operator.states(), operator.alive()
    # Nobody is moved back for want of a prober: only where the guest died, or nobody reaches it there.
    back = "not within 2 s" in said and bridge == "joined" and "switch" not in fault
    found.expect(not (back and alive), f"{what}: moved back: {said}")
    found.expect(sum(bool(state) for state in states) == 1, f"{what}: {states}: {said}")
    exported = operator.good("export")
    found.expect("vnetsh-" not in exported, f"{what}: {exported}")
    there = HOSTS[1 - [bool(state) for state in states].index(True)]
    operator.good("-c", f"migrate mover to {there} outage none")
    found.expect(not operator.ports(), f"{what}: after the next run: {operator.ports()}")
    came = ("moved" if states[1] else "stayed, or is back") + ("" if alive else ", its guest has died")
    why = "; ".join(line for line in said.splitlines() if line.startswith(("error", "measured")))
    found.notes.append(f"{what}: exit code {process.returncode}, {came}: {why}")
