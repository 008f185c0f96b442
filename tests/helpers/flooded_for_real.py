"""Random networks on a real Open vSwitch, by sentences: frames come where the model says, once, and nowhere else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flooding import End, Network, network
from in_lab import LabOperator
from soaking import Findings

from vnetsh_lab import running

FRAMES = Path(__file__).with_name("frames.py")

Frame = tuple[str, int | None]
"""The port that it is sent into, and its tag."""


def on_one_host(seed: int) -> Network:
    """The random network of a seed, with all of its bridges on one host."""
    found = network(seed)
    return replace(found, hosts=[1] * len(found.hosts))


def _words(end: End) -> str:
    said = {
        "vlan": end.vlan or "",
        "trunk": ", ".join(map(str, end.trunk or ())),
        "isolated": "yes" if end.isolated else "",
    }
    return "".join(f" {word} {value}" for word, value in said.items() if value)


def script(found: Network) -> str:
    """The same as sentences: links are patch ports, guests internal ones."""
    lines = [f"bridge b{at} on kvm1" for at in range(len(found.hosts))]
    for number, ends in enumerate(found.links):
        for side, end in enumerate(ends):
            port = f"port p{number}x{side} type patch peer p{number}x{1 - side}{_words(end)}"
            lines.append(f"bridge b{end.at} on kvm1 {port}")
    for number, guest in enumerate(found.guests):
        lines.append(f"bridge b{guest.at} on kvm1 port g{number} type internal{_words(guest)}")
    return "\n".join(lines)


def _tagged(guest: End) -> Sequence[int | None]:
    """The tags of the frames that a guest sends and takes; None is without."""
    return ([None] if guest.trunk is None or guest.vlan else []) + list(guest.trunk or ())


class Host:
    """A real one, with one network after another on it."""

    def __init__(self, operator: LabOperator) -> None:
        self._operator = operator

    def faults(self, found: Network) -> list[str]:
        """What is otherwise on it than the model says."""
        text = script(found)
        done = self._operator("--yes", "-c", text)
        if found.doubles:
            refused = done.returncode == 1 and "E211" in done.stderr
            return [] if refused else [f"it is not refused: {done.stdout}{done.stderr}"]
        if done.returncode:
            return [f"it is not made: {done.stdout}{done.stderr}"]
        try:
            return [*self._unlike(found)]
        finally:
            bridges = "; ".join(f"delete bridge b{at} on kvm1" for at in range(len(found.hosts)))
            self._operator.good("--yes", "-c", bridges)

    def _unlike(self, found: Network) -> list[str]:
        names = [f"g{number}" for number in range(len(found.guests))]
        self._operator.on("kvm1", "; ".join(f"ip link set {name} up" for name in names))
        frames = [
            (name, tag) for name, guest in zip(names, found.guests, strict=True) for tag in _tagged(guest)
        ]
        came = self._sent(names, frames)
        faults = []
        for sender in range(len(names)):
            for listener in range(len(names)):
                if sender == listener:
                    continue
                times = [
                    sum(tag in _tagged(found.guests[listener]) for tag in out.get(names[listener], ()))
                    for (name, _), out in zip(frames, came, strict=True)
                    if name == names[sender]
                ]
                if any(times) is not found.hears(sender, listener) or max(times) > 1:
                    faults.append(f"from {sender} to {listener}: {times}")
        return faults

    def _sent(
        self, names: Sequence[str], frames: Sequence[Frame]
    ) -> Sequence[Mapping[str, list[int | None]]]:
        argv = ["python3", "-c", FRAMES.read_text(), ",".join(names)]
        done = self._operator.lab.exec("kvm1", argv, input=json.dumps(frames), timeout=120)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def soak_floods(rounds: int, seed: int = 1, say: Callable[[str], None] = lambda text: None) -> Findings:
    """So many networks from a seed on."""
    findings = Findings()
    with running(hosts=1) as lab, tempfile.TemporaryDirectory() as folder:
        host = Host(LabOperator.of(lab, Path(folder)))
        for one in range(seed, seed + rounds):
            findings.rounds += 1
            for fault in host.faults(on_one_host(one)):
                findings.failures.append(f"seed {one}: {fault}")
                say(findings.failures[-1])
    return findings
