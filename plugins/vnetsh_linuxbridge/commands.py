"""Changes as the `ip` commands that come to the same: the very steps that are done, on the links of a fleet. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vnetsh.backend import HostCommand
from vnetsh.errors import BackendRefused
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change
from vnetsh_linuxbridge.links import BRIDGE, TAP, USUAL_MTU, Link, Links, mark_of
from vnetsh_linuxbridge.observing import NAME, KernelFacts
from vnetsh_linuxbridge.steps import SetLink, Step, steps
from vnetsh_linuxbridge.wanted_links import links_with
from vnetsh_linuxbridge.way_ip import line

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
    return HostCommand(("ip", *shlex.split(line(step))), note=note)


def links_of(fleet: Fleet, host: str) -> Links:
    """A host's links, observed or predicted, as far as a fleet tells of them; those that are free count as up.

    Without taps: who is on a bridge, the assessment has seen, and facts know nothing of what goes before.
    """
    kinds = fleet.facts_of(host, NAME, KernelFacts).kinds
    found = {name: Link(name, kind, up=True) for name, kind in kinds.items() if kind not in (BRIDGE, TAP)}
    for bridge in fleet.of_kind("bridge", host):
        if bridge.backend == NAME:
            found[bridge.name] = _bridge(bridge)
    for bridge in fleet.of_kind("bridge", host):
        uplink = found.get(bridge.text("uplink")) if bridge.backend == NAME else None
        if uplink:
            record = _mapping(_mapping(bridge.record).get("uplink"))
            recorded = record if record.get("name") == uplink.name else {}
            found[uplink.name] = _member(uplink, bridge.name, recorded, bridge.owner, uplink=True)
    for port in fleet.of_kind("port", host):
        if port.backend == NAME and port.name in found:
            link, bridge_name = found[port.name], port.text("bridge")
            found[port.name] = _member(link, bridge_name, _mapping(port.record), port.owner, uplink=False)
    return found


def _member(link: Link, bridge: str, record: Mapping[str, Any], owner: str, *, uplink: bool) -> Link:
    if not record:
        return link.taken_in(bridge, uplink=uplink, owner=owner)
    flags, alias = _mapping(record.get("flags")), str(record.get("alias", ""))
    return replace(link, master=bridge, up=bool(record.get("up", True)), alias=alias, flags=flags)


def _bridge(bridge: Resource) -> Link:
    record = _mapping(bridge.record)
    mtu = bridge.get("mtu")
    return Link(
        bridge.name,
        BRIDGE,
        mtu=mtu if isinstance(mtu, int) else USUAL_MTU,
        up=bool(record.get("up", True)),
        alias=str(record.get("alias", mark_of(bridge.owner))),
        options=_mapping(record.get("options")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
