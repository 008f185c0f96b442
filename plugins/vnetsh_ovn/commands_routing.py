"""What routers, and what leads in and out by them, are made of by hand. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from vnetsh.model import Resource, listed
from vnetsh_ovn.shapes.peers import ends_of as ends_of_peer
from vnetsh_ovn.shapes.routers import ALL, GUARD, MOST, advertising, ends_of, inside

Words = Sequence[Sequence[str]]
Parts = Mapping[str, tuple[Words, Words]]
"""By a name for each: what makes it, and what removes it."""


def router(one: Resource) -> Parts:
    """A router with its ports, gateways, default routes and translations."""
    name = one.name
    found: dict[str, tuple[Words, Words]] = {"router": ([["lr-add", name]], [["lr-del", name]])}
    advertised = dict(map(str.split, listed(one.get("advertises"))))
    for end in ends_of(one):
        more = ["nat-addresses=router"] if end.outside else []
        made = [
            ["lrp-add", name, end.port, end.mac, *end.addresses],
            ["lsp-add", end.network, end.end],
            ["lsp-set-type", end.end, "router"],
            ["lsp-set-addresses", end.end, "router"],
            ["lsp-set-options", end.end, f"router-port={end.port}", *more],
        ]
        if (mtu := advertised.get(end.network)) and not end.outside:
            told = (f"ipv6_ra_configs:{key}={value}" for key, value in advertising(mtu).items())
            made.append(["set", "logical_router_port", end.port, *told])
        found[f"port {end.network}"] = made, [["lsp-del", end.end], ["lrp-del", end.port]]
        if end.outside:
            found |= _way_outside(one, end.port)
    outer = {ipaddress.ip_address(at).version: at for at in listed(one.get("address"))}
    for subnet in inside(one) if one.get("snat") else ():
        if at := outer.get(subnet.version):
            add = ["lr-nat-add", name, "snat", at, str(subnet)]
            found[f"snat {subnet}"] = [add], [["lr-nat-del", name, "snat", str(subnet)]]
    if guard := one.text(GUARD):
        priority, action, match = guard.split(" ", 2)
        add = ["lr-policy-add", name, priority, match, action]
        found[GUARD] = [add], [["lr-policy-del", name, priority, match]]
    return found


def _way_outside(one: Resource, port: str) -> Parts:
    found: dict[str, tuple[Words, Words]] = {}
    for position, each in enumerate(listed(one.get("chassis"))):
        words = ["lrp-set-gateway-chassis", port, each, str(MOST - position)]
        found[f"gateway {each}"] = [words], [["lrp-del-gateway-chassis", port, each]]
    for via in listed(one.get("nexthops")):
        everything = ALL[ipaddress.ip_address(via).version]
        add = ["lr-route-add", one.name, everything, via, port]
        found[f"route {everything}"] = [add], [["lr-route-del", one.name, everything]]
    return found


def hop(one: Resource) -> Parts:
    """A static route by each of its next hops."""
    name, subnet = one.text("router"), one.text("subnet")
    return {
        via: (
            [["--ecmp", "lr-route-add", name, subnet, via]],
            [["lr-route-del", name, subnet, via]],
        )
        for via in listed(one.get("via"))
    }


def peer(one: Resource) -> Parts:
    """Both ends, and the routes by them."""
    found: dict[str, tuple[Words, Words]] = {}
    for end in ends_of_peer(one):
        made = [["lrp-add", end.router, end.port, end.mac, end.address, f'peer="{end.beyond}"']]
        found[end.port] = made, [["lrp-del", end.port]]
    for end in ends_of_peer(one):
        for subnet, via in end.reached:
            add = ["lr-route-add", end.router, subnet, via, end.port]
            found[f"{end.port} {subnet}"] = [add], [["lr-route-del", end.router, subnet, via, end.port]]
    return found


def eip(one: Resource) -> Parts:
    """A translation in both directions."""
    name, at = one.text("router"), one.name
    spread = [one.text("interface"), one.text("mac")] if one.get("interface") else []
    add = ["lr-nat-add", name, "dnat_and_snat", at, one.text("inside"), *spread]
    return {at: ([add], [["lr-nat-del", name, "dnat_and_snat", at]])}


def forward(one: Resource) -> Parts:
    """A load balancer of the router, with one backend."""
    outer, inner = (
        f"[{at}]:{port}" if ":" in at else f"{at}:{port}"
        for at, port in (
            (one.text("address"), one.text("number")),
            (one.text("inside"), one.text("port")),
        )
    )
    called = f"forward {one.name}"
    made = [["lb-add", called, outer, inner, one.text("protocol")], ["lr-lb-add", one.text("router"), called]]
    return {called: (made, [["lb-del", called]])}
