"""The hosts' own addresses, and who has which. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address

from vnetsh.model import Fleet


@lru_cache(maxsize=4096)
def plain_address(address: str) -> str:
    """An address in its one form."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address


def address_of(text: str) -> str:
    """An address that is given with its prefix, in its one form and without that."""
    return plain_address(text.partition("/")[0])


def seen(fleet: Fleet) -> Mapping[str, list[tuple[str, str]]]:
    """Where each address is: the hosts and their links."""
    found: dict[str, list[tuple[str, str]]] = {}
    for host in dict.fromkeys(place for place, _ in fleet.facts):
        for link, texts in fleet.addresses(host).items():
            for text in texts:
                found.setdefault(address_of(text), []).append((host, link))
    return found


def owners(fleet: Fleet) -> Mapping[str, str]:
    """The host that has an address: as said, else as seen on one of its links."""
    said = {plain_address(one): name for name, host in fleet.hosts.items() for one in host.addresses}
    return {**{address: places[-1][0] for address, places in seen(fleet).items()}, **said}
