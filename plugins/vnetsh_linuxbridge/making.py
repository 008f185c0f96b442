"""Changes into the links that they ask for. Pure.

Making the same changes again on a host where they came about alters nothing: so it is also the check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.change import Change
from vnetsh_linuxbridge.fields import write
from vnetsh_linuxbridge.links import Links
from vnetsh_linuxbridge.wanted_links import WantedLinks

Make = Callable[[WantedLinks, Resource], None]


def _add_port(links: WantedLinks, port: Resource) -> None:
    """Its interface is there; writing its attributes takes it in."""


def _remove_port(links: WantedLinks, port: Resource) -> None:
    links.release(port.name, port.text("bridge"))


_MAKERS: Mapping[str, tuple[Make, Make]] = {
    "bridge": (WantedLinks.add_bridge, WantedLinks.remove_bridge),
    "port": (_add_port, _remove_port),
    "tunnel": (WantedLinks.add_tunnel, WantedLinks.remove_tunnel),
}
"""How a resource of a kind is made, before its attributes are written, and how it is removed."""


def make(links: WantedLinks, change: Change) -> None:
    """Have the links as a change asks. Raises `BackendRefused` for what cannot be."""
    before, after, kind = change.before, change.after, change.resource.kind
    if kind not in _MAKERS:
        raise BackendRefused(f"a Linux bridge carries no {kind}s")
    add, remove = _MAKERS[kind]
    if after is None:
        remove(links, change.resource)
        return
    if before and before.get("mesh") != after.get("mesh"):  # that is another device
        remove(links, before)
        before = None
    if before is None:
        add(links, after)
    links.device(after.name)
    write(links, before, after)
    links.remark(change)


def links_with(links: Links, changes: Iterable[Change]) -> Links:
    """The links with these changes made. Raises `BackendRefused`."""
    wanted = WantedLinks(links)
    for change in changes:
        make(wanted, change)
    return wanted.links
