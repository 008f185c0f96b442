"""Changes as the `ip` commands that come to the same: the very steps that are done, drafted on the fleet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from vnetsh.backend import HostCommand
from vnetsh.errors import BackendRefused
from vnetsh.model import Fleet, Resource
from vnetsh.plan import Change
from vnetsh_linuxbridge.draft import drafted
from vnetsh_linuxbridge.iproute import words
from vnetsh_linuxbridge.links import BRIDGE, TAP, Link, Links, mark_of
from vnetsh_linuxbridge.observing import NAME
from vnetsh_linuxbridge.steps import steps


def commands(change: Change, after: Fleet) -> Sequence[HostCommand]:
    """What to type on the host for a change of a bridge or a port; nothing for what will be refused.

    `after` has it and all that is made together with it: a port's bridge may be as new as the port.
    """
    links = links_of(after.after([change.inverse()]), change.host)
    try:
        wanted = drafted(links, [change])
    except BackendRefused:
        return ()
    return [HostCommand(("ip", *words(step))) for step in steps(links, wanted)]


def links_of(fleet: Fleet, host: str) -> Links:
    """A host's links, observed or predicted, as far as a fleet tells of them."""
    observed = _observed(fleet, host)
    found = {name: link for name, link in observed.items() if link.kind not in (BRIDGE, TAP)}
    members: dict[str, tuple[str, bool, Resource]] = {}
    for bridge in fleet.of_kind("bridge", host):
        if bridge.backend == NAME:
            found[bridge.name] = _bridge(bridge)
            if bridge.text("uplink"):
                members[bridge.text("uplink")] = (bridge.name, True, bridge)
    for port in fleet.of_kind("port", host):
        if port.backend == NAME:
            members[port.name] = (port.text("bridge"), False, port)
    for name, link in found.items():
        if link.kind == BRIDGE:
            continue
        master, uplink, resource = members.get(name, ("", False, None))
        if link.master != master:
            free = link.released() if link.master else link
            owner = resource.owner if resource else ""
            found[name] = free.taken_in(master, uplink=uplink, owner=owner) if master else free
        elif resource and resource.kind == "port":
            found[name] = replace(link, flags=_mapping(resource.record, "flags"))
    return {**found, **{n: link for n, link in observed.items() if link.kind == TAP and link.master in found}}


def _observed(fleet: Fleet, host: str) -> dict[str, Link]:
    facts = fleet.facts.get((host, NAME), {})
    masters, aliases = _mapping(facts, "masters"), _mapping(facts, "aliases")
    down = cast(Sequence[str], facts.get("down") or ())
    return {
        name: Link(name, kind, masters.get(name, ""), name not in down, aliases.get(name, ""))
        for name, kind in _mapping(facts, "kinds").items()
    }


def _bridge(bridge: Resource) -> Link:
    record: Mapping[str, Any] = bridge.record or {}
    return Link(
        bridge.name,
        BRIDGE,
        up=bool(record.get("up", True)),
        alias=str(record.get("alias", mark_of(bridge.owner))),
        options=_mapping(record, "options"),
    )


def _mapping(of: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = (of or {}).get(name)
    return found if isinstance(found, Mapping) else {}
