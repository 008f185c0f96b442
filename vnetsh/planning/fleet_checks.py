"""What a script's checks look for within it, against what the places hold: addresses, keys. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Change, Fleet, LinkFacts, Resource, given_addresses
from vnetsh.planning.losses import may_cut
from vnetsh.planning.meeting import called, macs_do_not_meet
from vnetsh.reach import is_cut_off
from vnetsh.reach.addresses import address_of, plain_address, seen
from vnetsh.reach.joints import same_tunnel

_NO_NICS = frozenset({"loopback", "tun", "bridge", "openvswitch"})
"""Kinds of links by which nothing leaves a host."""

_WAYS_OUT = frozenset({"uplink", "vlan", "trunk", "qinq", "vlan-filtering"})

Check = Callable[[Sequence[Change], Fleet, Fleet], Iterable[Diagnostic]]
"""Finds what is wrong with changes, from the fleet before and after them."""


def macs_are_single(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """No NIC gets the MAC address of another one, wherever that is: of a vm's, on a bridge or not, or of a host's."""
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
        owner = called(other) if other else after.macs.get(mac) or _coming(port, mac, after)
        if owner:
            yield Diagnostic(
                "E210",
                f"the MAC address {mac} is taken: {owner} has it",
                port.at("mac"),
                "taken",
                "each NIC needs one of its own: say another, or leave it out",
            )


def _coming(port: Resource, mac: str, fleet: Fleet) -> str:
    """The other vm, in words, whose next start brings a NIC with that address; its own it may have before."""
    place, vm = fleet.coming.get(mac, ("", ""))
    return f"vm `{vm}` on {place}, from its next start," if vm and port.parent != ("vm", vm) else ""


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
                tunnel.at("key", "name"),
                help="packets could not be told apart: give it another `key`",
            )


def one_switch_takes_vxlan(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """No host has tunnels of VXLAN by two switches: its packets all come to one port, which one of them has."""
    for tunnel in _changed(changes, "tunnel", "type"):
        listens = _listens(tunnel)
        there = after.of_kind("tunnel", tunnel.place) if listens else ()
        other = next(
            (one for one in there if _listens(one) == listens and one.backend != tunnel.backend), None
        )
        if other:
            yield Diagnostic(
                "E498",
                f"tunnel `{tunnel.name}` of backend `{tunnel.backend}` would take packets from `{other.name}` of "
                f"`{other.backend}` on {tunnel.place}, or lose them to it: both are vxlan",
                tunnel.at("type", "name"),
                help="let one of them have all tunnels of vxlan there, or give this one another type: `type geneve`",
            )


def _listens(tunnel: Resource) -> tuple[object, ...]:
    """Where the packets of a tunnel of VXLAN come in; empty of others."""
    return ("vxlan", tunnel.get("udp-port")) if tunnel.get("type") == "vxlan" else ()


def tunnels_end_at_their_hosts(
    changes: Sequence[Change], before: Fleet, after: Fleet
) -> Iterator[Diagnostic]:
    """The address of a tunnel's far end is not another host's, as far as the hosts' links tell."""
    said = {plain_address(host.tunnel_address): host for host in before.hosts.values() if host.addresses}
    told: set[str] = set()
    new = _changed(changes, "tunnel", "remote")
    where = seen(before) if new else {}
    for tunnel in new:
        address = plain_address(tunnel.text("remote"))
        there, having = said.get(address), where.get(address, ())
        if there and having and there.name not in {host for host, _ in having} | told:
            told.add(there.name)
            host, link = having[0]
            word = "tunnel-address" if there.text("tunnel-address") else "address"
            yield Diagnostic(
                "E225",
                f"tunnel `{tunnel.name}` would not end at host `{there.name}`: {address} is the address of "
                f"`{link}` on {host}",
                tunnel.at("name"),
                "another host's address",
                f"say its own in its sentence: `host {there.name} {word} …`",
            )


def tunnels_start_at_their_hosts(
    changes: Sequence[Change], before: Fleet, after: Fleet
) -> Iterator[Diagnostic]:
    """The address of a tunnel's near end is its host's, as far as the host's links tell."""
    told: set[str] = set()
    for tunnel in _changed([one for one in changes if not one.undo], "tunnel", "local"):
        host, local = tunnel.place, tunnel.text("local")
        links = before.addresses(host) if local and host not in told else {}
        has = [address_of(text) for texts in links.values() for text in texts]
        if has and plain_address(local) not in has:
            told.add(host)
            yield Diagnostic(
                "E492",
                f"host `{host}` has no address {local}, at which tunnel `{tunnel.name}` would end",
                tunnel.at("local", "name"),
                "not its address",
                f"give it that one, or say in the hosts file one that it has, `host {host} tunnel-address …`: "
                + ", ".join(has),
            )


def _way(tunnel: Resource) -> object:
    return tunnel.place, tunnel.text("remote"), same_tunnel(tunnel)


def uplinks_are_there(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """An uplink is a link that the host has, as far as anybody can see those; whether it is free is asked elsewhere."""
    for bridge in _changed(changes, "bridge", "uplink"):
        nic, host = bridge.text("uplink"), bridge.place
        facts = after.facts_of(host, bridge.backend, LinkFacts)
        links = facts.mtus if nic and facts.whole else {}
        if (
            links
            and nic not in links
            and after.link_kind(host, nic) is None
            and not any(after.get(kind, host, nic) for kind in ("bridge", "tunnel", "port"))
        ):
            free = [name for name in links if _is_free(after, host, name)]
            listed = ", ".join(f"`{name}`" for name in free[:8]) or "none"
            yield Diagnostic(
                "E222",
                f"host `{host}` has no NIC `{nic}`",
                bridge.at("uplink"),
                "not found",
                did_you_mean(nic, free, f"NICs that are free: {listed}"),
            )


def _is_free(fleet: Fleet, host: str, name: str) -> bool:
    """Whether a link is a NIC that nothing has yet."""
    made = any(fleet.get(kind, host, name) for kind in ("bridge", "tunnel", "port"))
    taken = fleet.bridge_of_uplink(host, name) or fleet.plug(host, name)
    return not made and not taken and fleet.link_kind(host, name) not in _NO_NICS


def hosts_keep_their_addresses(
    changes: Sequence[Change], before: Fleet, after: Fleet
) -> Iterator[Diagnostic]:
    """Nothing goes that carries addresses of its host, unless these move to another link with it, or go by the plan."""
    going = {
        (change.place, change.resource.name, text)
        for change in changes
        if change.resource.kind == "address" and change.before and not change.after
        for text in given_addresses(change.before)
    }
    for change in changes:
        there = change.before
        if there is None or change.after or there.kind not in ("bridge", "port"):
            continue
        host = there.place
        had = before.addresses(host).get(there.name, ())
        kept = {text for texts in after.addresses(host).values() for text in texts} if had else set()
        lost = [text for text in had if text not in kept and (host, there.name, text) not in going]
        if lost and (host, there.name) in after.gone:
            yield Diagnostic(
                "E223",
                f"{there.kind} `{there.name}` on {host} carries the host's address {', '.join(lost)}",
                change.resource.at("name"),
                "the host would lose it",
                f"if it may: `ip address delete {lost[0]} dev {there.name}` on {host}, then once more",
            )


def hosts_stay_on_the_network(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """No host's underlay address, by which it is reached, loses all that is outside of the host."""
    cutting = [change for change in changes if may_cut(change) and change.resource.kind != "vm"]
    for host in dict.fromkeys(change.place for change in cutting):
        if is_cut_off(host, before, after):
            here = [change for change in cutting if change.place == host]
            change = next((one for one in here if one.differing().keys() & _WAYS_OUT), here[0])
            yield Diagnostic(
                "E224",
                f"host `{host}` would be cut off: nothing that is outside would reach its address "
                f"{before.hosts[host].address} any more",
                change.resource.at(next(iter(change.differing().keys() & _WAYS_OUT), "name")),
                "its way out",
                "move the address to the NIC first, at the host's console",
            )


def _changed(changes: Sequence[Change], kind: str, *attributes: str) -> list[Resource]:
    """What comes to have one of these attributes anew."""
    return [
        change.after
        for change in changes
        if change.after
        and change.after.kind == kind
        and (change.before is None or not change.differing().keys().isdisjoint(attributes))
    ]


CHECKS: Sequence[Check] = (
    macs_are_single,
    macs_do_not_meet,
    tunnels_are_told_apart,
    one_switch_takes_vxlan,
    tunnels_end_at_their_hosts,
    tunnels_start_at_their_hosts,
    uplinks_are_there,
    hosts_keep_their_addresses,
    hosts_stay_on_the_network,
)
