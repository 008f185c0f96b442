"""The probing of one move from one host, as seen from here: its ports, and what was heard of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vnetsh.errors import VnetshError
from vnetsh_libvirt.outage.prober_session import ProberSession

OFTEN = 0.005
"""Seconds between two probes."""

ARRIVING = 0.02
"""The same on the host that a VM comes to, whose CPUs are wanted for its arrival: the network, and QEMU, which reads
what it had.
"""

SELDOM = 0.05
"""Seconds between two probes as long as a move is far from its end."""

_PLUGGED = r"""
if test -d "/sys/class/net/$2/bridge"; then
    test -e "/sys/class/net/$1/master"
else
    ovs-vsctl --timeout=2 port-to-br "$1" >/dev/null && ovs-appctl --timeout=2 version >/dev/null
fi
"""


@dataclass(frozen=True)
class Target:
    """A NIC to be probed: the name of the port that is made for it, its bridge, access VLAN, MAC and address.

    Without an address the prober looks for one: among whom its host knows, and in what the VM says. `interface` is what
    the switch tells a network of many hosts of the port, which has to have the MAC `own` then; else it has any.
    """

    name: str
    bridge: str
    mac: str
    vlan: int | None = None
    address: str = ""
    interface: str = ""
    own: str = ""


class Probe:
    """What a host's prober does for one move. Nothing of it raises: where it cannot be, or was lost, `why` says so."""

    def __init__(self, session: ProberSession, targets: Sequence[Target], *, interval: float = OFTEN) -> None:
        self.host = session.host
        self._interval = interval
        self.targets = targets
        self._session = session
        self.answers: dict[str, str] = {}
        """The ports that have had an answer, with the address that gave it."""
        self.again: set[str] = set()
        """Those that have had one since `moved`."""
        self.refused: dict[str, str] = {}
        """Those that could not be made, with the reason."""
        self.made: dict[str, str] = {}
        """Those that were, with the address that is known by then; else it is empty."""
        self.found: dict[str, Mapping[str, Any]] = {}
        """Of each port, what was measured in all; when it was ended."""
        self._why = ""
        self._ended = False
        self._seldom = False
        for target in targets:
            session.listen(target.name, self._hear)
        session.say(
            do="plug",
            targets=[{**asdict(target), "interval": interval} for target in targets],
        )

    @property
    def why(self) -> str:
        """Why there is nothing to be heard of it any more, or never was; empty where all is told."""
        return "" if len(self.found) == len(self.targets) else self._why or self._session.why

    @property
    def told(self) -> bool:
        """Whether there is no more to be heard: all is told, or it was lost."""
        return bool(self.why) or len(self.found) == len(self.targets)

    def give_up(self, why: str) -> None:
        """Expect nothing more of it."""
        self._why = why

    @property
    def ahead(self) -> float:
        """Seconds that its host's clock is ahead of ours, as far as that is known."""
        return self._session.ahead

    def _hear(self, told: Mapping[str, Any]) -> None:
        name = str(told["name"])
        match told["event"]:
            case "port" if told["why"]:
                self.refused[name] = str(told["why"])
            case "port":
                self.made[name] = str(told["address"])
            case "answers":
                self.answers[name] = str(told["address"])
            case "again":
                self.again.add(name)
            case "end":
                self.found[name] = told["state"]

    def settled(self, *, seeking: bool) -> bool:
        """Whether there is nothing to wait for: each port answers, or cannot be made, or nothing is known to probe.

        `seeking`: an address may still be seen.
        """
        hopeless = () if seeking else [name for name, address in self.made.items() if not address]
        return bool(self.why) or len({*self.refused, *self.answers, *hopeless}) == len(self.targets)

    def plugged(self, target: Target) -> bool:
        """Whether a port of it is still in its bridge, and that is at work."""
        words = ["sh", "-c", _PLUGGED, "sh", target.name, target.bridge]
        try:
            return self._session.transport.ask(words).returncode == 0
        except VnetshError:
            return False

    def moves(self) -> None:
        """Have it count from now on: the move begins."""
        self._say("moves")
        self._session.compare_clocks()

    def pace(self, *, seldom: bool) -> None:
        """Probe seldom, as long as nothing is to be missed, or as often as can be."""
        if seldom != self._seldom:
            self._seldom = seldom
            self._say("pace", interval=SELDOM if seldom else self._interval)

    def moved(self) -> None:
        """Have it tell from now on what answers again: the VM is at its other host."""
        with self._session.changed:
            self.again.clear()
        self._say("moved")
        self._session.compare_clocks()

    def _say(self, do: str, **more: Any) -> None:
        self._session.say(do=do, names=[target.name for target in self.targets], **more)

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so, which is looked at when something was heard; whether it came to be."""
        with self._session.changed:
            return self._session.changed.wait_for(done, seconds)

    def end(self) -> None:
        """Have it tell what it measured, and remove its ports."""
        if not self._ended:
            self._ended = True
            self._say("unplug")
