"""Static checks of a resolved script, before any host is asked. Each is a pure function."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.resolve import Script


def vm_ports_are_unique(script: Script) -> Iterator[Diagnostic]:
    """A vm's port has a name that nothing else of the script has, on any host."""
    for segment in script.segments:
        owners: dict[str, Resource] = {}
        for resource in segment.resources:
            if resource.kind not in ("port", "bridge", "tunnel"):
                continue
            other = owners.setdefault(resource.name, resource)
            if other.parent == resource.parent and other.kind == resource.kind:
                continue
            if "vm" in {(r.parent or ("",))[0] for r in (other, resource)} or other.host == resource.host:
                owner = " ".join(other.parent or (other.kind, other.name))
                yield Diagnostic(
                    "E203",
                    f"the name `{resource.name}` is given to two things: the other is of {owner}",
                    resource.span,
                    help="bridges, tunnels and ports are interfaces of one host: each needs a name of its own",
                )


CHECKS = (vm_ports_are_unique,)


def check(script: Script) -> list[Diagnostic]:
    """All that the core's checks find."""
    return [problem for function in CHECKS for problem in function(script)]
