"""The storage pools of a host, as its libvirt has them defined. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PoolSeen:
    """A pool that is a plain folder, as libvirt has it defined."""

    path: str
    uuid: str
    xml: str
    active: bool
    autostart: bool


@dataclass(frozen=True)
class RemotePool:
    """A pool of network storage, as libvirt has it defined: `url` is what its disks' URLs begin with.

    `secret` is the file that its user's secret came from, empty where that is not what the file here has, or others'.
    """

    url: str
    uuid: str
    xml: str
    secret: str = ""
    active: bool = False
