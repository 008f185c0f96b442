"""One move of a VM: who goes from where to where, and who is told how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vnetsh.backend import JobState
from vnetsh.errors import VnetshError
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disks import Travelling
from vnetsh_libvirt.libvirt_host import LibvirtHost

Tell = Callable[[JobState], None]
"""Told now and then how far work is. Raises `KeyboardInterrupt` when the user wants it no more."""


@dataclass(frozen=True)
class Journey:
    """One move, with the disks that must travel.

    `openvswitch` tells of each bridge at the target whether it is Open vSwitch's; `made` are the files that
    were made at the target so far.
    """

    name: str
    domain: Any
    definition: Definition
    disks: tuple[Travelling, ...]
    openvswitch: dict[str, bool]
    source: LibvirtHost
    target: LibvirtHost
    tell: Tell
    made: list[str] = field(default_factory=list)


def truth(host: LibvirtHost, name: str) -> str:
    """What a host says of a domain: a state, `gone`, or `unknown` when it does not answer."""
    try:
        domain = host.domain(name)
        return "gone" if domain is None else host.state(domain)
    except VnetshError:
        return "unknown"
