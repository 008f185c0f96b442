"""The libvirt backend: VMs and their NICs, on hosts with libvirtd or virtqemud.

Importing this registers only; libvirt itself is loaded when the first host is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl
from vnetsh.schema import Attribute, Choice, Text
from vnetsh_libvirt.backend import LibvirtBackend

if TYPE_CHECKING:
    from vnetsh.diagnostics import Diagnostic
    from vnetsh.hookspecs import Script

HOST_ATTRIBUTES = (
    Attribute(
        "libvirt",
        Text(what="a libvirt URI"),
        "How libvirt is reached, where that is not its socket on the host.",
        otherwise="its socket on the host, by the host's own connection",
        column=False,
        backends=("libvirt",),
    ),
    Attribute(
        "libvirt-peer",
        Text(what="a libvirt URI"),
        "How other hosts' libvirt reaches this one, for migrations.",
        otherwise="`qemu+ssh://ADDRESS/system`",
        column=False,
        backends=("libvirt",),
    ),
    Attribute(
        "images",
        Text(what="a folder"),
        "The folder of disk images.",
        otherwise="`/var/lib/libvirt/images`",
        column=False,
        backends=("libvirt",),
    ),
    Attribute(
        "domain-type",
        Choice(what="a domain type", choices=("kvm", "qemu")),
        "`kvm`, or `qemu`: emulated.",
        otherwise="`kvm` where the host can",
        column=False,
        backends=("libvirt",),
    ),
    Attribute("libvirt-version", Text(), "The version of its libvirt.", settable=False),
    Attribute("qemu-version", Text(), "The version of its QEMU.", settable=False),
)


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """What a `host` sentence may say about its libvirt, and what the backend's codes mean."""
    kinds.extend("host", *HOST_ATTRIBUTES)
    kinds.explain(
        "vnetsh_libvirt.explanations:EXPLANATIONS",
        "vnetsh_libvirt.nic_explanations:NIC_EXPLANATIONS",
        "vnetsh_libvirt.storage_explanations:STORAGE_EXPLANATIONS",
    )


@hookimpl
def vnetsh_check(topology: Script) -> Iterable[Diagnostic]:
    """What libvirt cannot do of its vms, wherever they are."""
    if not any(resource.kind == "vm" for resource in topology.resources):
        return ()
    from vnetsh_libvirt.checking import check

    return check(topology, LibvirtBackend().serves)


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend."""
    backends.add(LibvirtBackend())
