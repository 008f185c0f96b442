"""Random networks on a real Open vSwitch, by sentences: frames come where the model says, once, and nowhere else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flooding import End, Network, Stack, network
from in_lab import LabOperator
from soaking import Findings

from vnetsh_lab import running

FRAMES = Path(__file__).with_name("frames.py")

Frame = tuple[str, int | None]
"""The port that it is sent into, and its tag."""


def on_one_host(seed: int) -> Network:
    """The random network of a seed, with all of its bridges on one host, and no lists of customers' VLANs."""
    found = network(seed)
    links = [(_without_list(one), _without_list(other)) for one, other in found.links]
    return Network([1] * len(found.hosts), links, [_without_list(one) for one in found.guests])


def _without_list(end: End) -> End:
    return replace(end, customers=None)


def unwraps(found: Network) -> bool:
    """Whether a bridge has a trunk whose native VLAN is one into which others of its ports wrap."""
    ends = [*found.guests, *(end for link in found.links for end in link)]
    wraps = {(end.at, end.vlan) for end in ends if end.qinq}
    return any((end.at, end.vlan) in wraps for end in ends if end.trunk)


def _words(end: End) -> str:
    said = {
        "vlan": end.vlan or "",
        "trunk": ", ".join(map(str, end.trunk or ())),
        "qinq": "all" if end.qinq else "",
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
    """The tags of the frames that a guest sends; None is without."""
    if guest.qinq:
        return [None, 10, 20]
    return ([None] if guest.trunk is None or guest.vlan else []) + list(guest.trunk or ())


def _stack(vlan: int | list[int] | None) -> Stack:
    """What `frames.py` says of a frame's tags."""
    return tuple(vlan) if isinstance(vlan, list) else () if vlan is None else (vlan,)


class Host:
    """A real one, with one network after another on it."""

    def __init__(self, operator: LabOperator) -> None:
        self._operator = operator

    def faults(self, found: Network) -> list[str]:
        """What is otherwise on it than the model says."""
        text = script(found)
        done = self._operator("--yes", "-c", text)
        if unwraps(found) or found.doubles:
            refused = done.returncode == 1 and ("E313" if unwraps(found) else "E211") in done.stderr
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
        senders = [number for number, guest in enumerate(found.guests) for _ in _tagged(guest)]
        for sender, (_, tag), out in zip(senders, frames, came, strict=True):
            for listener, name in enumerate(names):
                tags = () if tag is None else (tag,)
                must = found.comes(sender, tags, listener, surely=True)
                found.deepest = 0
                may = found.comes(sender, tags, listener, surely=False)
                got = [_stack(vlan) for vlan in out.get(name, ())]
                known = {*got} <= may or found.deepest > 2  # of three tags one is lost in the switch
                if sender != listener and not (must <= {*got} and known and len({*got}) == len(got)):
                    faults.append(f"from {sender} to {listener} with {tags}: {got}, not {must} or {may}")
        return faults

    def _sent(
        self, names: Sequence[str], frames: Sequence[Frame]
    ) -> Sequence[Mapping[str, list[int | list[int] | None]]]:
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
