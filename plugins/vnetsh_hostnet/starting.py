"""What a host does at each start, so that what vnetsh gave it comes again. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from vnetsh.hosts.boot.files import Stanzas, waiting_for
from vnetsh.model import Resource
from vnetsh.model.reboot import SURVIVES
from vnetsh_hostnet.commands import addressing, forwarding, lending, letting_out, routing, switching_on

PART = "services"
"""Its files come after those of bridges, by name."""

AFTER = ("linux", "ovs")
"""The parts that bring about what these are on."""


def stanzas(found: Iterable[Resource]) -> Stanzas:
    """What brings about those of our things that are to survive; all of a device's in its own stanza."""
    kept = [one for one in found if one.get(SURVIVES)]
    ordered = sorted(kept, key=lambda one: (device_of(one), _ORDER.index(one.kind), one.name))
    wanted: dict[str, list[str]] = {}
    for one in ordered:
        device = device_of(one)
        # A bridge of Open vSwitch's comes by itself, and a little later.
        wanted.setdefault(device, [waiting_for(device, by_others=False)]).extend(commands(one))
    return wanted


def commands(one: Resource) -> list[str]:
    """What brings it about, as a shell's commands."""
    if one.kind == "address":
        steps = [switching_on(one.name), *addressing(one)]
    elif one.kind == "route":
        steps = [routing(one, "replace")]
    else:
        steps = [forwarding("1"), letting_out(one.name)] if one.kind == "nat" else [lending(one.name)]
    return [shlex.join(step.argv) for step in steps]


def survives(one: Resource, told: Stanzas) -> bool:
    """Whether a host's stanzas bring it about."""
    return {*commands(one)} <= {*told.get(device_of(one), ())}


def device_of(one: Resource) -> str:
    """The device that it is about."""
    return one.text("dev") or one.name


_ORDER: Sequence[str] = ("address", "route", "nat", "dhcp")
