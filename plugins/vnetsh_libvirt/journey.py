"""One move of a VM: who goes from where to where, and who is told how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vnetsh.backend import JobState, Progress
from vnetsh.model import Attributes
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.migration_way import Way

if TYPE_CHECKING:
    from vnetsh_libvirt.disks import Travelling
    from vnetsh_libvirt.files import Files

Tell = Callable[[JobState], None]
"""Told now and then how far work is. Raises `KeyboardInterrupt` when the user wants it no more."""


def in_words(tell: Tell) -> Progress:
    """For work that has nothing to count."""

    def progress(text: str, fraction: float | None = None) -> None:
        tell(JobState(text))

    return progress


@dataclass(frozen=True)
class Journey:
    """One move, with the files that must travel, and all that it makes.

    `far` is told again and again, while data goes, whether the end is far.

    `openvswitch` tells of each bridge at the target whether it is Open vSwitch's; `nvram` is the file of the firmware's
    variables, where it must travel. `proven`: of a disk that stays it was seen that both hosts have the same
    file, which libvirt does not know.
    """

    name: str
    domain: Any
    definition: Definition
    disks: tuple[Travelling, ...]
    nvram: str
    openvswitch: dict[str, bool]
    source: LibvirtHost
    target: LibvirtHost
    files: Files
    tell: Tell
    wishes: Attributes = field(default_factory=dict)
    way: Way = field(default_factory=Way)
    far: Callable[[bool], None] = lambda far: None
    proven: bool = False
