"""Changes as the `ip` commands that come to the same: the very steps that are done, on the links of a fleet. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from vnetsh.backend import HostCommand
from vnetsh.errors import BackendRefused
from vnetsh.model import Fleet
from vnetsh.model.change import ActionKind, Change
from vnetsh_linuxbridge.encap import TYPES
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.links import BRIDGE, NAME, TAP, USUAL_MTU, Link, Links
from vnetsh_linuxbridge.making import links_with, make
from vnetsh_linuxbridge.steps import SetLink, Step, steps
from vnetsh_linuxbridge.wanted_links import WantedLinks
from vnetsh_linuxbridge.way_ip import line, program_of

_ALIAS = "an alias that it has already: before the mark"


def commands(change: Change, after: Fleet) -> Sequence[HostCommand]:
    """What to type on the host for a change of a bridge or a port; nothing for what `ip -batch` cannot say.

    `after` has it and all that is made together with it: a port's bridge may be as new as the port.
    """
    links = links_of(after.after([change.inverse()]), change.place)
    try:
        return [_command(step, links) for step in steps(links, links_with(links, [change]))]
    except BackendRefused:
        return ()


def _command(step: Step, links: Links) -> HostCommand:
    link = links.get(step.name)
    note = ""
    if isinstance(step, SetLink) and step.master and link and not link.master:
        # Of a link that is no port yet, the fleet does not tell whether it is up, nor its alias.
        step, note = replace(step, up=True), _ALIAS
    return HostCommand((program_of(step), *shlex.split(line(step))), note=note)


def links_of(fleet: Fleet, host: str) -> Links:
    """A host's links, observed or predicted, as far as a fleet tells of them; those that are free count as up.

    Without taps: who is on a bridge, the assessment has seen, and facts know nothing of what goes before.
    """
    kinds = fleet.facts_of(host, NAME, KernelFacts).kinds
    free = {
        name: Link(name, kind, up=True) for name, kind in kinds.items() if kind not in (BRIDGE, TAP, *TYPES)
    }
    links = WantedLinks(free)
    for resource in (one for kind in ("bridge", "port", "tunnel") for one in fleet.of_kind(kind, host)):
        if resource.backend == NAME:
            if resource.parent:  # a bridge that goes together with its port is gone already
                links.links.setdefault(resource.parent[1], Link(resource.parent[1], BRIDGE))
            with suppress(BackendRefused):  # what needs a link that is not there
                make(links, Change(ActionKind.ADD, None, resource))
    return {name: replace(link, mtu=link.mtu or USUAL_MTU) for name, link in links.links.items()}
