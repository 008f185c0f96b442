"""Addresses, routes and rules of one link onto another: lines for `ip -batch`, and those of the way back. Pure.

Each line begins with its IP version, `-4` or `-6`: `ip` takes that once for a whole batch (see `batch`).

Addresses come from `ip -json`, routes and rules from `ip -oneline` as text: what `ip` prints of a route it takes
back word for word, so that nothing that vnetsh has never heard of (a window, an MTU lock, a realm) is lost.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_PASSING = frozenset({"linkdown", "dead", "offload", "trap", "[detached]", "\\"})  # a state, not a setting
_PASSING_PAIRS = frozenset({"expires", "error"})  # the same, with a value
_VERSIONS = {"inet": 4, "inet6": 6}


@dataclass(frozen=True)
class Addresses:
    """What a host's `ip` said: `links` of `ip -json addr`; routes and rules by IP version, a line each."""

    links: Sequence[Mapping[str, Any]]
    routes: Mapping[int, Sequence[str]]
    rules: Mapping[int, Sequence[str]]

    def link(self, name: str) -> Mapping[str, Any]:
        """A link, empty when there is none of that name."""
        return next((link for link in self.links if link["ifname"] == name), {})

    def of(self, name: str) -> list[Mapping[str, Any]]:
        """The addresses of a link that reach beyond it, in their order; link-local ones are every NIC's own.

        Temporary IPv6 addresses (RFC 8981) are left out: the kernel makes new ones.
        """
        found = self.link(name).get("addr_info", ())
        return [a for a in found if a["scope"] in ("global", "site") and not a.get("temporary")]

    def names(self, name: str) -> list[str]:
        """Those addresses as `192.0.2.1/24`."""
        return [_name(address) for address in self.of(name)]


@dataclass(frozen=True)
class Move:
    """Lines for `ip`: those that `leave` one link may fail, those that `arrive` at the other must not.

    `back` takes it all back, from whatever part of it was made: each of its lines may fail.
    """

    leave: tuple[str, ...] = ()
    arrive: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


def batch(lines: Iterable[str], version: int) -> str:
    """What `ip -batch` reads: the lines of one IP version."""
    return "".join(line[3:] + "\n" for line in lines if line.startswith(f"-{version} "))


def move(found: Addresses, source: str, target: str, stay: Iterable[str] = ()) -> Move:
    """Move the addresses of `source`, but those that `stay`, to `target`, with routes and rules.

    Routes go first and come last, for the kernel drops those whose address goes. Rules come last: the kernel looks a
    gateway up by them, and their tables are not filled before.
    """
    moving = _moving(found, source, set(stay))
    if not moving.addresses:
        return Move()
    return Move(
        leave=(
            *moving.rules_lost(source),
            *reversed(moving.routes_lost(source)),
            *moving.addresses_lost(source),
        ),
        arrive=moving.all_on(target, source),
        back=(
            *moving.rules_lost(target, source),
            *moving.rules_lost(source),
            *moving.routes_lost(target, source),
            *moving.addresses_lost(target),
            *moving.all_on(source, lifetimes=True),
        ),
    )


@dataclass(frozen=True)
class _Moving:
    """What goes from one link to another: addresses in the order of adding; routes and rules by IP version.

    Its lines are those on a link; where it is another than that which the words of routes and rules name,
    `instead_of` says which one that is.
    """

    addresses: Sequence[Mapping[str, Any]]
    routes: Sequence[tuple[int, list[str]]]
    rules: Sequence[tuple[int, str]]

    def addresses_lost(self, link: str) -> tuple[str, ...]:
        """Lines that delete the addresses."""
        return tuple(f"{_version(a)} addr del {_name(a)} dev {link}" for a in reversed(self.addresses))

    def routes_lost(self, link: str, instead_of: str = "") -> tuple[str, ...]:
        """Lines that delete the routes."""
        return tuple(_route("del", version, words, instead_of, link) for version, words in self.routes)

    def rules_lost(self, link: str, instead_of: str = "") -> tuple[str, ...]:
        """Lines that delete the rules."""
        return tuple(_rule("del", *rule, instead_of, link) for rule in self.rules)

    def all_on(self, link: str, instead_of: str = "", *, lifetimes: bool = False) -> tuple[str, ...]:
        """Lines that add all of it."""
        return (
            *(_adding(address, link, lifetimes=lifetimes) for address in self.addresses),
            *(_route("append", *route, instead_of, link) for route in _reachable_first(self.routes)),
            *(_rule("add", *rule, instead_of, link) for rule in self.rules),
        )


def _moving(found: Addresses, link: str, stay: Collection[str]) -> _Moving:
    """What leaves a link with its addresses but those that stay; with some only, those routes that hang from them."""
    addresses = [address for address in found.of(link) if _name(address) not in stay]
    all_of_it = len(addresses) == len(found.of(link))
    routes = [route for route in _routes_of(found, link) if all_of_it or _belongs(route[1], addresses)]
    return _Moving(_in_order(addresses), routes, _rules_of(found, link) if all_of_it else [])


def _rules_of(found: Addresses, link: str) -> list[tuple[int, str]]:
    """The rules that speak of a link, with their IP version."""
    return [
        (version, line)
        for version, lines in found.rules.items()
        for line in lines
        if link in _devices(_words(line))
    ]


def all_of(found: Addresses, link: str, stay: Iterable[str] = ()) -> tuple[str, ...]:
    """Lines that give a link what it has, but the addresses that `stay` and their routes."""
    return _moving(found, link, set(stay)).all_on(link)


def staying(found: Addresses, link: str, going: Move) -> tuple[str, ...]:
    """Lines that give a link what it keeps, each of which may fail.

    vswitchd may take a bridge's device down to change its hardware address, and then its routes are gone.
    """
    kept = [a for a in found.of(link) if f"{_version(a)} addr del {_name(a)} dev {link}" not in going.leave]
    routes = [route for route in _routes_of(found, link) if _route("del", *route) not in going.leave]
    lines = [_adding(a, link, lifetimes=True) for a in _in_order(kept)]
    return (*lines, *(_route("append", *route) for route in _reachable_first(routes)))


def _routes_of(found: Addresses, link: str) -> list[tuple[int, list[str]]]:
    """The routes of a link that somebody made, not the kernel, with their IP version."""
    return [
        (version, words)
        for version, lines in found.routes.items()
        for words in map(_words, lines)
        if link in _devices(words) and not _made_by_kernel(words, found.of(link))
    ]


def _name(address: Mapping[str, Any]) -> str:
    """An address for `ip`; of a point-to-point link with the other end's."""
    peer = f"{address['local']} peer {address['address']}" if "address" in address else address["local"]
    return f"{peer}/{address['prefixlen']}"


def _version(address: Mapping[str, Any]) -> str:
    return f"-{_VERSIONS[address['family']]}"


def _in_order(addresses: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The order in which adding gives the same list: the kernel puts a new IPv6 address first, an IPv4 one last."""
    old = [a for a in addresses if a["family"] == "inet"]
    return [*old, *reversed([a for a in addresses if a["family"] == "inet6"])]


def _adding(address: Mapping[str, Any], link: str, *, lifetimes: bool = False) -> str:
    """The line that adds an address.

    One that was leased stays for good on another link, where nobody renews it: better than to lose the host
    when the lease ends. Going back it gets back what is left of its time.
    """
    words = [f"{_version(address)} addr add {_name(address)}"]
    if "broadcast" in address:
        words.append(f"brd {address['broadcast']}")
    if address["scope"] != "global":
        words.append(f"scope {address['scope']}")
    if "label" in address and address["family"] == "inet":
        _, colon, suffix = address["label"].partition(":")
        words.append(f"label {link}{colon}{suffix}")
    if "metric" in address:
        words.append(f"metric {address['metric']}")
    words.append(f"dev {link}")
    if lifetimes and address.get("dynamic"):
        for word, key in (("valid_lft", "valid_life_time"), ("preferred_lft", "preferred_life_time")):
            words.append(f"{word} {address[key]}")
    if address["family"] == "inet6":
        words.append("nodad")  # it is known to be ours: no second of waiting
    words += [flag for flag in ("home", "mngtmpaddr", "noprefixroute", "autojoin") if address.get(flag)]
    return " ".join(words)


def _words(line: str) -> list[str]:
    return line.split()


def _after(words: Sequence[str], key: str) -> str:
    return next((value for word, value in pairwise(words) if word == key), "")


def _devices(words: Sequence[str]) -> set[str]:
    pairs = pairwise(words)
    return {value for word, value in pairs if word in ("dev", "iif", "oif")}


def _made_by_kernel(words: Sequence[str], addresses: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a route comes and goes by itself, with an address or the link."""
    if _after(words, "table") == "local":
        return True
    if _after(words, "proto") != "kernel":
        return False
    return words[0].startswith("fe80:") or any(
        words[0] == _network(address) and not address.get("noprefixroute")
        for address in addresses
        if _after(words, "src") in ("", address["local"])
    )


def _network(address: Mapping[str, Any]) -> str:
    other = address.get("address", address["local"])
    network = ipaddress.ip_network(f"{other}/{address['prefixlen']}", strict=False)
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _belongs(words: Sequence[str], addresses: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a route hangs from one of these addresses: it starts there, or its gateway is their neighbour."""
    gateway = _after(words, "via")
    if _after(words, "src") in {a["local"] for a in addresses}:
        return True
    try:
        near = ipaddress.ip_address(gateway)
    except ValueError:
        return False
    return near.is_link_local or any(near in ipaddress.ip_network(_network(a)) for a in addresses)


def _reachable_first(routes: Sequence[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Routes without a gateway first: the gateways of the others are reached by them."""
    return sorted(routes, key=lambda route: "via" in route[1])


def _route(verb: str, version: int, words: Sequence[str], old: str = "", new: str = "") -> str:
    said = _renamed(words, frozenset({"dev"}), old, new)
    return f"-{version} route {verb} {said}"


def _rule(verb: str, version: int, line: str, old: str = "", new: str = "") -> str:
    preference, _, rest = line.partition(":")
    said = _renamed(_words(rest), frozenset({"iif", "oif"}), old, new)
    return f"-{version} rule {verb} pref {preference} {said}"


def _renamed(words: Sequence[str], keys: frozenset[str], old: str, new: str) -> str:
    """Words without what is only a state, and with another link where `keys` name the old one."""
    said: list[str] = []
    for before, word in pairwise(("", *words)):
        if word not in _PASSING | _PASSING_PAIRS and before not in _PASSING_PAIRS:
            said.append(new if old and before in keys and word == old else word)
    return " ".join(said)
