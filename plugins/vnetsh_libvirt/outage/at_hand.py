"""The probers of moves, begun before anything else is done: that takes about as long as the looking at files."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from vnetsh.model import Change
from vnetsh.model.change import ActionKind
from vnetsh_libvirt.definition import recorded
from vnetsh_libvirt.libvirt_host import HostNamed, LibvirtHost
from vnetsh_libvirt.outage.prober_session import ProberSession
from vnetsh_libvirt.outage.wishes import Wish
from vnetsh_libvirt.states import is_off

_taking = threading.Lock()


@contextmanager
def prober_on(host: LibvirtHost) -> Iterator[ProberSession]:
    """The prober on a host, which is begun where none runs; it ends when nobody uses it any more."""
    with _taking:
        host.probers[:] = [one for one in host.probers if not one.over]
        found = next((one for one in host.probers if one.users), None)
        if found is None:
            host.probers.append(found := ProberSession(host.name, host.transport))
        found.users += 1
    try:
        yield found
    finally:
        with _taking:
            found.users -= 1
            if not found.users:
                found.end()


@contextmanager
def probers_at_hand(changes: Sequence[Change], at: HostNamed) -> Iterator[None]:
    """Have a prober run, as long as this lasts, on each host that these changes move a VM from or to that is probed."""
    hosts = {place for change in changes if _probed(change) for place in change.places}
    with ExitStack() as stack:
        for host in sorted(hosts):
            stack.enter_context(prober_on(at(host)))
        yield


def _probed(change: Change) -> bool:
    if change.action is not ActionKind.MOVE or change.before is None or is_off(change.before):
        return False
    defined = recorded(change.before)
    return Wish.of(change).measured and defined is not None and bool(defined.nics)
