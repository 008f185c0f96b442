"""What libvirt cannot do of a script whatever the hosts hold. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Place, Resource
from vnetsh_libvirt.assessing import not_kept
from vnetsh_libvirt.images import misnamed
from vnetsh_libvirt.mark import DISK

if TYPE_CHECKING:
    from vnetsh.hookspecs import Script


def check(script: Script, serves: Callable[[Place], bool]) -> Iterator[Diagnostic]:
    """Disks that no file can be, and names of NICs that libvirt gives out itself.

    `serves`: at which places a vm would be libvirt's; one that may be anywhere is where it is so of all hosts.
    """
    for resource in script.resources:
        places = [script.inventory[resource.place]] if resource.place else script.hosts.values()
        found = _problem(resource) if all(map(serves, places)) else None
        if found:
            yield found


def _problem(resource: Resource) -> Diagnostic | None:
    if resource.kind == "vm" and resource.text(DISK):
        found = misnamed(resource, resource.text(DISK))
    elif resource.kind == "port" and resource.parent and resource.parent[0] == "vm":
        found = not_kept(resource)
    else:
        return None
    return found.problem if found else None
