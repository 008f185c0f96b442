"""libvirt's Python module: where it is found, and what is said where it is not.

It is written in C against libvirt's own library and is on PyPI as source alone, so installing vnetsh does not ask for
it. Debian has it ready made, for the system's Python: that one is taken from within a virtual environment, too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from threading import Lock
from typing import TYPE_CHECKING

from vnetsh.errors import ServiceAbsent, VnetshError

if TYPE_CHECKING:
    from vnetsh.backend import Context
    from vnetsh.model import Host

SYSTEM = "/usr/lib/python3/dist-packages"
"""Where Debian has modules for its own Python."""

MODULES = frozenset({"libvirt", "libvirtmod", "libvirt_qemu", "libvirtmod_qemu"})

LIBVIRTD, VIRTQEMUD = "/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"
"""libvirt's sockets on a host: libvirtd's, or virtproxyd's; a host with virtqemud alone has only the other."""

_EITHER = (
    f"test -e {LIBVIRTD} || test -e {VIRTQEMUD} || {{ test -d /run/libvirt && ! test -x /run/libvirt; }}"
)
"""Succeeds where one of them is there, or their folder does not let us see whether it is."""


class _OfTheSystem:
    """Finds libvirt's modules, and nothing else, among the system's."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        return PathFinder.find_spec(name, [SYSTEM]) if name in MODULES else None


def trouble() -> str:
    """Why libvirt's modules cannot be imported; empty where they can."""
    with _LOCK:  # a thread that waits for another's import is given the module also when that import fails
        return _trouble()


_LOCK = Lock()


@cache
def _trouble() -> str:
    sys.meta_path.append(_OfTheSystem)  # the last: what is installed beside vnetsh goes first
    try:
        import libvirt  # noqa: F401
        import libvirt_qemu  # noqa: F401
    except ImportError as error:
        return str(error)
    return ""


def version() -> str:
    """Which libvirt is called, and by which module; or why none can be."""
    why = trouble()
    if why:
        return f"not there: {why}"
    import libvirt

    number = libvirt.getVersion()
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}, by {libvirt.__file__}"


def absent(host: str) -> ServiceAbsent:
    """What is said of a host without libvirt."""
    return ServiceAbsent(
        f"{host}: there is no libvirt",
        help="`apt-get install libvirt-daemon-system` there, or start libvirtd",
    )


def see_that_it_is_there(host: Host, context: Context) -> None:
    """Where our module is missing, raise `ServiceAbsent` on a host without libvirt, and `VnetshError` on another.

    Nothing may be planned on a host with vms that we cannot see; one that has no libvirt needs no module.
    """
    why = trouble()
    if not why:
        return
    if not host.text("libvirt") and context.transport(host).ask(["sh", "-c", _EITHER]).returncode:
        raise absent(host.name)
    raise VnetshError(
        f"{host.name} has libvirt, and this machine lacks the Python module for it: {why}",
        help="here: `apt install python3-libvirt`, which is enough for a virtual environment of the system's "
        "Python, too; or, beside libvirt's headers and a C compiler, `pip install libvirt-python`",
    )
