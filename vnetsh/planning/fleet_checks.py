"""What a script's checks look for within it, against what the places hold: addresses, keys, loops. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Change, Fleet, LinkFacts, Resource
from vnetsh.planning.loops import loops
from vnetsh.reach.joints import same_tunnel

Check = Callable[[Sequence[Change], Fleet, Fleet], Iterable[Diagnostic]]
"""Finds what is wrong with changes, from the fleet before and after them."""


def macs_are_single(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """No NIC gets the MAC address of another one, wherever that is."""
    new = [port for port in _changed(changes, "port", "mac") if port.get("mac")]
    if not new:
        return
    owners: dict[str, list[Resource]] = {}
    for port in after.of_kind("port"):
        if port.get("mac"):
            owners.setdefault(port.text("mac").lower(), []).append(port)
    for port in new:
        mac = port.text("mac").lower()
        other = next((one for one in owners[mac] if one.key != port.key), None)
        if other:
            yield Diagnostic(
                "E210",
                f"the MAC address {mac} is taken: port `{other.name}` of {_owner(other)} has it",
                port.at("mac"),
                "taken",
                "each NIC needs one of its own: say another, or leave it out",
            )


def _owner(port: Resource) -> str:
    kind, name = port.parent or ("bridge", port.text("bridge"))
    return f"{kind} `{name}` on {port.place}"


def tunnels_are_told_apart(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """No tunnel is like another one of its host, of whatever bridge: packets would go into either."""
    new = _changed(changes, "tunnel", "remote", "type", "key")
    known: dict[object, Resource] = {}
    fresh = {tunnel.key for tunnel in new}
    for tunnel in after.of_kind("tunnel") if new else ():
        if tunnel.key not in fresh:
            known[_way(tunnel)] = tunnel
    told = set()
    for tunnel in new:
        other = known.setdefault(_way(tunnel), tunnel)
        if other.key != tunnel.key and tunnel.name not in told:
            told.add(tunnel.name)
            kind, key = tunnel.text("type") or "gre", tunnel.get("key")
            yield Diagnostic(
                "E209",
                f"tunnel `{tunnel.name}` is like `{other.name}` of bridge `{other.text('bridge')}` on {tunnel.place}: "
                f"both are {kind} to {tunnel.text('remote')} with {'no key' if key is None else f'key {key}'}",
                tunnel.at("key"),
                help="packets could not be told apart: give it another `key`",
            )


def _way(tunnel: Resource) -> object:
    return tunnel.place, tunnel.text("remote"), same_tunnel(tunnel)


def uplinks_are_there(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """An uplink is a link of the host, and nothing that is made here."""
    for bridge in _changed(changes, "bridge", "uplink"):
        nic, host = bridge.text("uplink"), bridge.place
        links = _links(after, host) if nic else []
        made = next(_made(after, host, nic), "") if nic else ""
        if made:
            yield Diagnostic(
                "E222",
                f"`{nic}` on {host} is {made}, and no NIC that can be an uplink",
                bridge.at("uplink"),
                "no NIC",
                f"NICs that are free: {_listed(after, host)}",
            )
        elif links and not any(nic in one for one in links):
            yield Diagnostic(
                "E222",
                f"host `{host}` has no NIC `{nic}`",
                bridge.at("uplink"),
                "not found",
                did_you_mean(nic, _free(after, host), f"NICs that are free: {_listed(after, host)}"),
            )


def _made(fleet: Fleet, host: str, name: str) -> Iterator[str]:
    """What of that name is made on a host, in words; a bridge's port may be the host's NIC all the same."""
    for kind in ("bridge", "tunnel"):
        if fleet.get(kind, host, name):
            yield f"a {kind}"
    port = fleet.get("port", host, name)
    if port and port.parent and port.parent[0] == "vm":
        yield f"a port of vm `{port.parent[1]}`"
    elif port and port.get("type") == "internal":
        yield f"an internal port of bridge `{port.text('bridge')}`"


def _links(fleet: Fleet, host: str) -> list[Collection[str]]:
    """The links that a host has, as each backend tells that can see them."""
    return [
        facts.mtus
        for (place, _), facts in fleet.facts.items()
        if place == host and isinstance(facts, LinkFacts) and facts.mtus
    ]


def _free(fleet: Fleet, host: str) -> list[str]:
    """The links that every backend tells of, and that no bridge has, nor vnetsh made."""
    seen = _links(fleet, host)
    taken = {bridge.text("uplink") for bridge in fleet.of_kind("bridge", host)} | {"lo"}
    return [
        name
        for name in (seen[0] if seen else ())
        if all(name in links for links in seen) and name not in taken and not any(_made(fleet, host, name))
    ]


def _listed(fleet: Fleet, host: str) -> str:
    return ", ".join(f"`{name}`" for name in _free(fleet, host)[:8]) or "none"


def _changed(changes: Sequence[Change], kind: str, *attributes: str) -> list[Resource]:
    """What comes to have one of these attributes anew."""
    return [
        change.after
        for change in changes
        if change.after
        and change.after.kind == kind
        and (change.before is None or not change.differing().keys().isdisjoint(attributes))
    ]


CHECKS: Sequence[Check] = (macs_are_single, tunnels_are_told_apart, uplinks_are_there, loops)
