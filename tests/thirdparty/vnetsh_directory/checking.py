"""What can be seen of a script without asking any directory: two services at one door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, place_of
from vnetsh.explanations import Explanation
from vnetsh.model import Resource

if TYPE_CHECKING:
    from vnetsh.hookspecs import Script

EXPLANATIONS = (
    Explanation(
        "D101",
        "two services at one door",
        "Two services have the same address and a port in common: only one program can listen there.",
        wrong="""\
cluster dir1 type directory on kvm1
service web address 192.0.2.80 ports 80
service shop address 192.0.2.80 ports 80, 443
""",
        right="""\
cluster dir1 type directory on kvm1
service web address 192.0.2.80 ports 80
service shop address 192.0.2.80 ports 443
""",
    ),
)


def two_at_one_door(topology: Script) -> Iterator[Diagnostic]:
    """Services of one segment that have an address and a port in common."""
    for segment in topology.segments:
        doors: dict[tuple[str, str, object], Resource] = {}
        for service in segment.resources:
            ports = service.get("ports") if service.kind == "service" else None
            for port in ports if isinstance(ports, tuple) else ():
                address = service.text("address")
                other = doors.setdefault((service.place, address, port), service)
                if other is not service:
                    where = f"the other is in {place_of(other.span, service.span)}: " if other.span else ""
                    yield Diagnostic(
                        "D101",
                        f"services `{other.name}` and `{service.name}` are both at {address} port {port}",
                        service.span,
                        help=f"{where}give one of them another port",
                    )
