"""A host's commands while what they make has to be confirmed: none is begun once the host goes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.crashpoints import reached

if TYPE_CHECKING:
    from vnetsh.hosts.transport import Completed, Transport


class Gated:
    """The commands of a transport, each with words before it (`Guard.promise`)."""

    def __init__(self, transport: Transport, gate: Sequence[str]) -> None:
        self._transport = transport
        self._gate = gate

    def run(self, argv: Sequence[str], *, input: str = "", timeout: float | None = None) -> Completed:
        """As of the transport itself; it is refused with exit code 75 when the time is over."""
        done = self._transport.run([*self._gate, *argv], input=input, timeout=timeout)
        reached("a part of a step is made")
        return done
