"""Faults in a network of four lab hosts, one at a time: `why` must name the thing, and what it says must mend it."""

from __future__ import annotations

import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from in_lab import LabOperator, on
from soaking import Findings
from waiting import eventually
from why_faults import HOSTS, KINDS, SCRIPT, VMS, Fault, address, healthy, host_of

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole

LIMIT = 5.0
"""Seconds that an answer may take."""

Told = Mapping[str, Any]
"""What stops packets, or is noted, as `-o json` says it."""


class Network:
    """The network on a lab, whole before each fault."""

    def __init__(self, operator: LabOperator, *, vms: bool = True) -> None:
        self.operator = operator
        self.longest = 0.0
        self._script = SCRIPT + (VMS if vms else "")
        for host in HOSTS:
            on(
                operator.lab,
                host,
                "sh",
                "-c",
                "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore; ip netns add nz4",
            )
            for cable in (f"x{host[3:]}", f"y{host[3:]}"):
                inside = f"ip netns exec n{cable} ip"
                operator.on(
                    host,
                    f"ip netns add n{cable}; ip link add {cable} type veth peer name e{cable} netns n{cable}; "
                    f"ip link set {cable} up; {inside} link set e{cable} up; "
                    f"{inside} addr add {address(cable)}/24 dev e{cable}",
                )
        self.make()
        for vm in ("v1", "v2") if vms else ():
            self.dress(vm)

    def make(self) -> None:
        """Say the whole network, and give its ends their addresses."""
        self.operator.good("--yes", "--max-impact", "destroy", "-c", self._script)
        for host in HOSTS:
            for end in [f"{sort}{host[3:]}" for sort in "upqw"] + ["z4"] * (host == "kvm4"):
                self.dress(end)

    def dress(self, end: str) -> None:
        """Give an end its address, and have it up."""
        if end.startswith("v"):
            with GuestConsole(self.operator.lab, end) as guest:
                for nic, name in (("eth0", end), ("eth1", f"k{end[1:]}")):
                    guest.run(
                        f"ip link set {nic} up; ip addr flush dev {nic}; ip addr add {address(name)}/24 dev {nic}"
                    )
        elif end[0] not in "xyk":
            inside = _inside(end)
            into = f"ip link set {end} netns n{end} 2>/dev/null; " if inside else ""
            addressed = f"{inside}ip addr replace {address(end)}/24 dev {end}; {inside}ip link set {end} up"
            self.operator.on(host_of(end), into + addressed)

    def _mac(self, name: str) -> str:
        host, nic = host_of(name), {"v": f"{name}n", "k": name}.get(name[0])
        if nic:
            lists = f"virsh domiflist v{name[1:]}"
            return self.operator.on(host, f"{lists} | grep '^ *{nic} ' | grep -o '52:54:[0-9a-f:]*'")
        return self.operator.on(host, f"cat /sys/class/net/{name}/address")

    def do(self, host: str, command: str) -> str:
        """Do it there; what stands for MACs is put in."""
        command = re.sub("@([a-z][0-9])@", lambda found: self._mac(found[1]), command)
        return self.operator.on(host, f"({command}) 2>&1")

    def answers(self, way: tuple[str, str], *, large: bool = False) -> bool:
        """Whether a ping comes back."""
        source, target = way[::-1] if way[0].startswith("v") else way
        ping = f"ping -c 1 -W 1 {'-s 1400' if large else ''} {address(target)}"
        if source.startswith("v"):
            if self.operator.on(host_of(source), f"virsh domstate {source}") != "running":
                return False
            with GuestConsole(self.operator.lab, source) as guest:
                return "1 packets received" in guest.run(ping, check=False)
        inside = _inside(source)
        anew = f"{inside}ip neigh flush all"  # of an end that was made anew it knows another MAC
        return "1 packets received" in self.operator.on(host_of(source), f"{anew}; {inside}busybox {ping}")

    def why(self, way: tuple[str, str]) -> Told:
        """The answer, with its exit code as `code`."""
        began = time.monotonic()
        done = self.operator("-o", "json", "-c", f"why {way[0]} -> {way[1]}")
        self.longest = max(self.longest, time.monotonic() - began)
        assert done.returncode in (0, 1), done.stderr
        return {"code": done.returncode, **json.JSONDecoder().raw_decode(done.stdout)[0]}


def _inside(end: str) -> str:
    """What goes before a command that is to run where an end is: some are in namespaces of their own."""
    return f"ip netns exec n{end} " if end[0] in "xyz" else ""


@dataclass
class Counts:
    """What came of the faults and of the ways that are whole."""

    planted: int = 0
    named: int = 0
    mended: int = 0
    whole: int = 0
    alarms: int = 0

    def __str__(self) -> str:
        faults = f"{self.planted} planted, {self.named} named, {self.mended} mended"
        return f"{faults}; {self.whole} whole, {self.alarms} false alarms"


def try_fault(network: Network, kind: str, chance: random.Random, counts: Counts) -> str:
    """Plant a fault, ask why, do what is said, and take it back; what was wrong with it."""
    fault = KINDS[kind](chance)
    hosts = [fault.host, *filter(None, [fault.also])]
    said = [network.do(host, fault.plant) for host in hosts]
    try:
        if not eventually(lambda: not network.answers(fault.way, large=fault.large), 3):
            return f"{kind}: it stops nothing: {fault}: {said}"
        counts.planted += 1
        found = network.why(fault.way)
        told = _named(found, fault)
        if told is None:
            return f"{kind}: not named: {fault}: {found['stops'] or found}"
        counts.named += 1
        out = _mend(network, fault, told)
        if not eventually(lambda: network.answers(fault.way, large=fault.large), 6):
            return f"{kind}: not mended: {fault}: {told}: {out}"
        counts.mended += 1
        return ""
    finally:
        for host in hosts if fault.repair else ():
            network.do(host, fault.repair)
        _make_whole(network, fault)


def _named(found: Told, fault: Fault) -> Told | None:
    """What names the thing, if anything does."""
    told = found["notes"] if fault.large else filter(None, [found["stops"]])
    return next((one for one in told if (one["kind"], one["name"]) in fault.objects), None)


def _mend(network: Network, fault: Fault, told: Told) -> str:
    """Do what is said to mend it; ends that are made anew get their addresses."""
    if told["by"] == "command":
        return network.do(told["host"], told["mend"])
    done = network.operator("--yes", "--max-impact", "destroy", "-c", told["mend"])
    for end in fault.way:
        if told["name"] in (end, f"{end}n") and told["mend"].partition(" ")[0] != "resume":
            network.dress(end)
    return done.stdout + done.stderr


def _make_whole(network: Network, fault: Fault) -> None:
    """Have the network as it was, whatever was mended and by which sentence."""
    for host in HOSTS:
        network.do(
            host, "for p in $(ovs-vsctl list-ports two | grep two_kvm); do ovs-vsctl del-port $p; done"
        )
    network.make()
    for end in fault.way:
        if end.startswith("v") and not network.answers(("p3", end)):
            network.do(host_of(end), f"virsh resume {end} || virsh start {end}")
            network.dress(end)
    assert eventually(lambda: network.answers(fault.way), 20), f"it is not whole again after {fault}"


def soak_why(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """So many faults from a seed on, each with a way that is whole."""
    findings, counts = Findings(), Counts()

    def wrong(text: str) -> None:
        findings.failures.append(text)
        say(text)

    with running(hosts=4) as lab, tempfile.TemporaryDirectory() as folder:
        network = Network(LabOperator.of(lab, Path(folder)))
        for one in range(seed, seed + rounds):
            findings.rounds += 1
            chance = random.Random(one)
            way = healthy(chance)
            counts.whole += 1
            found = network.why(way)
            if not found["arrives"]:
                counts.alarms += 1
                wrong(f"seed {one}: a false alarm: {way}: {found['stops']}")
            if fault := try_fault(network, [*KINDS][one % len(KINDS)], chance, counts):
                wrong(f"seed {one}: {fault}")
        if network.longest > LIMIT:
            wrong(f"an answer took {network.longest:.1f} s")
        findings.notes.append(f"{counts}; the longest answer took {network.longest:.1f} s")
    return findings


def planted(network: Network, kinds: Sequence[str], seed: int) -> list[str]:
    """A fault of each of these kinds; what was wrong with any."""
    tried = (try_fault(network, kind, random.Random(seed), Counts()) for kind in kinds)
    return [fault for fault in tried if fault]
