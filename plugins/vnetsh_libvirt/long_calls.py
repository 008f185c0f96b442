"""Calls of libvirt, and of QEMU's tools, that take as long as a disk does, and that nobody can break off."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from vnetsh.hosts import workers
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.link import Link

LOOK = 0.25
"""Seconds between two words on one."""

T = TypeVar("T")


def to_its_end(host: LibvirtHost, begin: Callable[[Link], Future[T]], say: Callable[[], None]) -> T:
    """What came of a call that is begun on a connection of its own, beside which others are made.

    `say` is called again and again; the `KeyboardInterrupt` that it raises comes when the call has ended. Raises what
    `Link.result` does.
    """
    link = host.link.another()
    try:
        going = begin(link)
        interrupted = _ended(going, say)
        result = link.result(going, host.timeout)
    finally:
        link.close()
    if interrupted:
        raise interrupted
    return result


def beside(work: Callable[[], T], say: Callable[[], None]) -> T:
    """What came of work that is done on a thread of its own; as `to_its_end`. Raises what the work does."""
    going = workers.begin("long work", work)
    interrupted = _ended(going, say)
    result = going.result()
    if interrupted:
        raise interrupted
    return result


def _ended(going: Future[T], say: Callable[[], None]) -> KeyboardInterrupt | None:
    """Wait until a call has ended; the interruption that came meanwhile."""
    interrupted: KeyboardInterrupt | None = None
    while not wait([going], LOOK).done:
        try:
            say()
        except KeyboardInterrupt as error:
            interrupted = error
    return interrupted
