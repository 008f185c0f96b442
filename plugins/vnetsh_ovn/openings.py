"""What a change opens or closes, in words, and what must not go while a rule stands on it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Impact, Resource, listed
from vnetsh.schema import Ranges
from vnetsh_ovn import ways_in
from vnetsh_ovn.altering import is_altered
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.shapes.rules import SOURCE, TARGET, end

KINDS = frozenset({"group", "allow", "deny"})
STILL_NAMED = "E574"
"""Code: something that is to go is what others stand on."""
_RIGHT = "puts right what others have changed"
_SPANS = Ranges()
_RULES = ("allow", "deny")
_WAYS = {"eip": ways_in.door, "forward": ways_in.door, "peer": ways_in.peered}


def assess(change: Change, fleet: Fleet) -> Assessment:
    """What a change of a group or a rule costs, and what it opens or closes."""
    if change.resource.kind == "group":
        return _of_group(change)
    return _of_rule(change, fleet)


def closed_to(network: Resource) -> str:
    """To whom a new network is closed, in words."""
    tenant = tenant_of(network.name)
    return f"closed to all outside of tenant {tenant}" if tenant and network.get("subnet") else ""


def _of_group(change: Change) -> Assessment:
    """Whoever comes into a group loses what is not allowed; whoever leaves it loses nothing."""
    before, after = _members(change.before), _members(change.after)
    closed, opened = [*sorted(after - before)], [*sorted(before - after)]
    if change.before and change.after and _ports(change.before) == _ports(change.after) != set():
        closed = opened = []  # they are called otherwise
    words = []
    if closed:
        words.append(f"{', '.join(closed)} {_takes(closed)} only what is allowed")
    if opened:
        words.append(
            f"{', '.join(opened)} {_takes(opened)} everything again, as far as no other group is theirs"
        )
    if (
        change.before
        and change.after
        and (more := _ports(change.after) - _ports(change.before))
        and not closed
    ):
        words.append(f"closes {len(more)} of their ports again")
        closed = [*sorted(after)]
    if is_altered(change.before):
        words.append(_RIGHT)
        closed = [*sorted(after)]
    plugged = bool(closed and change.after and change.after.get("ports"))
    impact = Impact.BRIEF if plugged else Impact.LIVE if opened else Impact.NONE
    return Assessment(impact, tuple(closed) if plugged else (), "; ".join(words))


def _takes(vms: list[str]) -> str:
    return "take" if len(vms) > 1 else "takes"


def _of_rule(change: Change, fleet: Fleet) -> Assessment:
    rule = change.resource
    allows = rule.kind == "allow"
    more, less = _ports(change.after) - _ports(change.before), _ports(change.before) - _ports(change.after)
    if change.before is None or change.after is None:
        opens = (change.after is not None) == allows
        words = f"{'opens' if opens else 'closes'} {_about(rule, fleet)}"
        if change.after is not None:
            return Assessment(Impact.NONE if allows or _is_new(rule, fleet) else Impact.BRIEF, how=words)
        return Assessment(Impact.LIVE if opens else Impact.BRIEF, how=words)
    said = []
    for ports, gained in ((more, True), (less, False)):
        if ports:
            word = "opens" if gained == allows else "closes"
            said.append(f"{word} {rule.text('protocol')} {_SPANS.show(tuple(sorted(map(int, ports))))}")
    if is_altered(change.before):
        said.append(_RIGHT)
    closes = bool(less if allows else more) or is_altered(change.before)
    return Assessment(Impact.BRIEF if closes else Impact.LIVE, how=", ".join(said))


def _is_new(rule: Resource, fleet: Fleet) -> bool:
    """Whether the target of a rule comes with it, so that nobody can be cut off."""
    kind, name, _ = end(rule, TARGET)
    if kind == "vm":
        return all(one.text("vm") != name for one in fleet.of_kind("attachment", rule.place))
    return fleet.get(kind, rule.place, name) is None


def _about(rule: Resource, fleet: Fleet) -> str:
    """What a rule is about: `tcp 80 of group acme/webs (web01, web02) to everybody`."""
    ports = rule.get("ports")
    what = " ".join(filter(None, (rule.text("protocol"), _SPANS.show(ports) if ports else "")))
    what = "everything" if what == "all" else what
    source, target = (end(rule, side)[:2] for side in (SOURCE, TARGET))
    group = fleet.get("group", rule.place, target[1]) if target[0] == "group" else None
    whom = f" ({', '.join(sorted(_members(group)))})" if group and _members(group) else ""
    return f"{what} of {' '.join(target)}{whom} to {' '.join(source) if source[1] else 'everybody'}"


def _members(group: Resource | None) -> set[str]:
    return {*listed(group.get("members"))} if group else set()


def _ports(one: Resource | None) -> set[str]:
    return {*listed(one.get("ports"))} if one else set()


def balancer(change: Change, fleet: Fleet) -> Assessment:
    """What a change of a load balancer costs, and who behind it is asked though nobody answers there.

    OVN takes nobody out of whom it knows nothing yet: a port that was not up since it is looked after has no status.
    """
    if change.after is None:
        return Assessment(Impact.BRIEF)
    asked = {*listed(change.after.get("backends"))}
    down = [
        one.text("vm") or one.name
        for one in fleet.of_kind("attachment", change.place)
        if one.get("up") == "no" and asked & {*listed(one.get("address"))}
    ]
    words = f"{', '.join(sorted(down))} not up, and asked all the same until it was" if down else ""
    return Assessment(Impact.LIVE if change.before else Impact.NONE, how=words)


def foresee(change: Change, after: Fleet) -> Assessment:
    """What speaks against the removal of something: what stands on it and would stay; whom a way in really opens."""
    gone = change.before
    if change.after and (way := _WAYS.get(change.resource.kind)):
        return Assessment(how=way(change, after))
    if gone is None or change.after is not None or change.undo:
        return FREE
    left = next(_standing_on(gone, after), None)
    if left is None:
        return FREE
    return Assessment(
        problem=Diagnostic(
            STILL_NAMED,
            f"{left.kind} `{left.name}` stands on {gone.kind} `{gone.name}`",
            change.resource.span,
            help=f"first, or in the same script: `delete {left.kind} {left.name}`"
            if left.get("way") or left.kind not in _RULES
            else "others made it, and with that it would go: `ovn-nbctl acl-del` takes it away",
        )
    )


def _standing_on(gone: Resource, after: Fleet) -> Iterator[Resource]:
    if gone.kind in ("group", "network", "tenant"):
        for kind in _RULES:
            for rule in after.of_kind(kind, gone.place):
                if (gone.kind, gone.name) in (end(rule, side)[:2] for side in (SOURCE, TARGET)):
                    yield rule
