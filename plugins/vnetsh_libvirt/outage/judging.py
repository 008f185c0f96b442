"""Whether a VM that has moved is reached where it is now, by what its probes heard."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from vnetsh.errors import BackendRefused
from vnetsh_libvirt.outage.probe import Probe, Target

BACK = 2.0
"""Seconds after the end of a move in which a VM has to answer again."""


class CutOff(BackendRefused):
    """A VM has moved, and nobody reaches it there: it is to go back. `silent` is as `silent` gives it."""

    def __init__(self, vm: str, source: str, target: str, silent: dict[str, str]) -> None:
        where = ", ".join(f"{address} from {hosts}" for address, hosts in silent.items())
        super().__init__(
            f"{vm} answered before it moved, and not within {BACK:g} s on {target} ({where}): back to {source}",
            help=f"is its bridge on {target} joined to the one on {source}? or did its guest die (its console tells)? "
            f"Where it shall go all the same: `migrate {vm} to {target} outage none`",
        )


def answered(probes: Sequence[Probe]) -> dict[str, str]:
    """The addresses that answered before, by MAC."""
    return {target.mac.lower(): probe.answers[target.name] for probe, target in _asking(probes)}


def silent(probes: Sequence[Probe], there: str, but: Collection[str] = ()) -> dict[str, str]:
    """Of each NIC that answered before and now answers nobody: from where it did, by its address.

    Those who are beside it where it is now (`there`) do not count, unless there is nobody else: one port of a switch
    that is joined to nothing reaches the other. Nor do those that were lost, and the ports `but`.
    """
    found = {}
    for mac, address in answered(probes).items():
        asking = [
            (probe, target.name)
            for probe, target in _asking(probes)
            if target.mac.lower() == mac and not probe.why and target.name not in but
        ]
        judges = [one for one in asking if one[0].host != there] or asking
        if judges and not any(name in probe.again for probe, name in judges):
            found[address] = " and ".join(probe.host for probe, _ in judges)
    return found


def unplugged(probes: Sequence[Probe]) -> Iterator[str]:
    """Of the ports that have no answer any more, those that were removed by somebody, or whose switch does not run."""
    for probe, target in _asking(probes):
        if target.name not in probe.again and not probe.why and not probe.plugged(target):
            yield target.name


def _asking(probes: Sequence[Probe]) -> Iterator[tuple[Probe, Target]]:
    """The ports that had an answer."""
    for probe in probes:
        yield from ((probe, target) for target in probe.targets if target.name in probe.answers)
