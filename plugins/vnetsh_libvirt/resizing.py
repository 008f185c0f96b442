"""Give a VM that runs its new memory and vcpus now, where it can have them; and see whether its guest follows."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Any

import libvirt

from vnetsh.backend import Progress
from vnetsh.errors import BackendRefused
from vnetsh.model.change import Change
from vnetsh_libvirt import live_sizes, sizes
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.vm_fields import MEMORY, VCPUS

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE

FOLLOWS = 5.0
"""Seconds that a guest has to follow; its balloon goes on after that where it is only slow."""

_MIB = 2**20


def resize(host: LibvirtHost, domain: Any, change: Change, files: Files, progress: Progress) -> None:
    """Change what can be changed now. Who does not follow is no failure: it is said, and waits for the next start."""
    name = domain.name()
    running = host.live(domain)
    wanted = _number(change, MEMORY)
    if live_sizes.takes_memory(running, wanted):
        host.link.call(domain.setMemoryFlags, wanted // sizes.KIB, LIVE)
        progress(f"{name}: waiting for its balloon")
        if not host.wait(lambda: sizes.memory(host.live(domain)) == wanted, FOLLOWS):
            now = sizes.memory(host.live(domain)) // _MIB
            files.say_stays(
                [
                    f"the guest of {name} on {host.name} does not follow its balloon (has it a driver?): "
                    f"it has {now} MiB, and {wanted // _MIB} MiB from its next start"
                ]
            )
    if live_sizes.takes_vcpus(running, _number(change, VCPUS)):
        _plug(host, domain, running, _number(change, VCPUS), files, progress)


def _plug(
    host: LibvirtHost, domain: Any, running: Definition, wanted: int, files: Files, progress: Progress
) -> None:
    name, more = domain.name(), wanted > sizes.vcpus(running)
    progress(f"{name}: its vcpus are {'plugged in' if more else 'unplugged'}")

    # libvirt itself waits for a guest that is to let go, and says then that it does not.
    with nullcontext() if more else suppress(BackendRefused):
        host.link.call(domain.setVcpusFlags, wanted, LIVE)
    now = sizes.vcpus(host.live(domain))
    if now != wanted:
        files.say_stays(
            [f"the guest of {name} on {host.name} keeps {now} vcpus: it has {wanted} from its next start"]
        )


def _number(change: Change, name: str) -> int:
    """What it is to have of something that changes; 0, which none takes, of what does not."""
    value = change.resource.get(name) if name in change.differing() else 0
    return value if isinstance(value, int) else 0
