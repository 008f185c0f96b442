"""A host for a new vm that may be `on any`. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import ActionKind, Change, Resource
from vnetsh.nouns.draining import listed
from vnetsh.placement import Seating, choose
from vnetsh.placement.picture import ZONE, Picture, guest_of
from vnetsh.schema import Kind
from vnetsh.schema.lent import Settling


def host_for(vm: Resource, settler: Settling, kind: Kind) -> str:
    """The host that suits a new vm best, with all that this segment has settled; refuses where there is none."""
    unsaid = {a.name: a.default for a in kind.attributes if a.default is not None}
    vm = Resource(vm.kind, vm.name, "", {**unsaid, **vm.attributes}, span=vm.span, words=vm.words)
    new = [
        one
        for one in settler.settled
        if one.kind in (vm.kind, ZONE) and not settler.fleet.resources.get(one.key)
    ]
    others = [
        replace(one, attributes={**unsaid, **one.attributes}) if one.kind == vm.kind else one for one in new
    ]
    picture = Picture(settler.fleet.after(Change(ActionKind.ADD, None, one) for one in others))
    why = {host: closed for host in settler.hosts if (closed := _closed(vm, host, picture, settler))}
    known, guest = picture.seating(), guest_of(vm)
    seating = Seating(known.rooms.values(), [*known.guests, guest])
    found = choose(seating, [guest], [host for host in settler.hosts if host not in why], lambda *_: True)
    if found.moves:
        return found.moves[0].to
    listing = listed({**why, **found.why})
    settler.refuse(
        Diagnostic(
            "E306",
            f"no host can take vm `{vm.name}`: {listing or 'there is none'}",
            vm.at("on"),
            help=f"mend one of these, or say where: `vm {vm.name} on HOST …`",
        )
    )
    return ""


def _closed(vm: Resource, host: str, picture: Picture, settler: Settling) -> str:
    """Why a host cannot take it, whatever room there is, in words; empty when it can."""
    if why := picture.closed(host):
        return why
    if stray := picture.strays(vm, host):
        return f"it is not in {stray}"
    for part in settler.parts_said(vm):
        bridge = part.text("bridge")
        refusing = settler.off_bridges(replace(part, place=host)) if bridge else []
        if refusing is None and not settler.find("bridge", host, bridge):
            return f"it has no bridge `{bridge}`"
        if refusing:
            return refusing[0].message
        pool = part.text("pool")
        if pool and not settler.find("pool", host, pool):
            return f"it has no pool `{pool}`"
        if part.kind == "disk":
            problem = settler.against(Change(ActionKind.ADD, None, replace(part, place=host)))
            if problem:
                return problem.message
    new = Resource(vm.kind, vm.name, host, vm.attributes, span=vm.span, words=vm.words)
    problem = settler.against(Change(ActionKind.ADD, None, new))
    return problem.message if problem else ""
