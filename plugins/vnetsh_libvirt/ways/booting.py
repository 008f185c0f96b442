"""A way while a guest of it boots: nobody knows yet where it answers, or by whom to ask, so that is looked at anew.

In turns, for as long as an agent is expected that has not told an address: the next turn may know more.
"""

from __future__ import annotations

import time
from dataclasses import replace

from vnetsh.backend import Progress
from vnetsh.errors import CannotTell
from vnetsh.model import End, Trial, Tried
from vnetsh_libvirt.libvirt_host import HostNamed
from vnetsh_libvirt.outage import addresses
from vnetsh_libvirt.ways import tried

TURN = 1000  # milliseconds
_PAUSE = 0.2  # seconds between two turns
_CHANNEL = "devices/channel/target[@name='org.qemu.guest_agent.0']"


def try_way(trial: Trial, at: HostNamed, progress: Progress) -> Tried:
    """What comes of a trial. Raises `CannotTell`, `HostUnreachable`; `progress` breaks it off."""
    until = time.monotonic() + trial.within / 1000
    while True:
        left = max(0, round((until - time.monotonic()) * 1000))
        booting = any(_boots(end, at) for end in (trial.source, trial.target))
        turn = min(left, TURN) if booting and trial.reaches else left
        try:
            found = tried.try_way(replace(trial, within=turn), at, progress)
        except CannotTell:
            if not booting or time.monotonic() + _PAUSE > until:
                raise
        else:
            if turn == left or found.holds or time.monotonic() + _PAUSE > until:
                return found
        progress("a guest may still boot")
        time.sleep(_PAUSE)


def _boots(end: End, at: HostNamed) -> bool:
    """Whether it is a VM with a channel for an agent that is not there, or knows no address yet."""
    if end.kind != "vm" or not end.place:
        return False
    host = at(end.place)
    domain = host.domain(end.name)
    live = host.live(domain) if domain is not None else None
    channel = live.root.find(_CHANNEL) if live is not None else None
    if live is None or channel is None:
        return False
    return channel.get("state") != "connected" or not addresses.known(host, live)
