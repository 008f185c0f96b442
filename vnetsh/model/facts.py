"""What a backend found at a place besides resources. Of links there is one vocabulary for all backends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vnetsh.model.resource import Attributes

if TYPE_CHECKING:
    from vnetsh.model.change import Change
    from vnetsh.model.resource import Resource


ALTNAME = "another name of"
"""Begins the kind of a name that is a link's second one (`altname`)."""


_LIKE_NICS = ("", "veth", "bond", "vlan", "macvlan", "dummy")

SWITCHED_OFF = "is down"
"""Why nothing passes a link that somebody has switched off, or nobody on."""


@dataclass(frozen=True)
class ImageSeen:
    """A file of which disks can be made: `size` is that of the disk in it, in bytes, 0 where it is not known.

    `backend` is the one that has seen it, and would remove it.
    """

    path: str
    format: str
    size: int = 0
    occupied: int = 0
    backend: str = ""


@dataclass(frozen=True)
class Facts:
    """What a backend found at a place besides resources. Each backend has a class of its own, all with defaults.

    `macs` are the MAC addresses that something there has which is no resource, `reserved` the names of links that
    something there will make when it starts; each with what that is, in words. `coming` are the MAC addresses of NICs
    that a vm there gets with its next start, each with the vm's name. `memory` is all of the place's in bytes,
    `free_memory` what is free, caches included; None where that is not known. `running` are the vms that run, each with
    its memory.
    """

    macs: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    reserved: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    coming: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    memory: int | None = field(default=None, kw_only=True)
    free_memory: int | None = field(default=None, kw_only=True)
    running: Mapping[str, int] = field(default_factory=dict, kw_only=True)

    def after(self, place: str, changes: Sequence[Change]) -> Facts:
        """What it will find there when changes are made, anywhere: where they make or remove what it tells of."""
        return self

    def offered(self) -> Mapping[str, Iterable[str]]:
        """Names at the place that are no resources', by what a type of values `offers`: for completion."""
        return {}

    def image_files(self) -> Sequence[ImageSeen]:
        """The images in the place's folders for them, disks of vms among them."""
        return ()

    def switched(self, whole: Resource, parts: Sequence[Resource]) -> Sequence[Resource]:
        """What has gone off, or was started, and its parts, as they are from there on: it may have run otherwise."""
        return (whole, *parts)


@dataclass(frozen=True)
class Plug:
    """Where a link is plugged in, as the switch itself says: of a vm's tap that is the truth about its port.

    `bridges`: the bridge that it is on, with what it has there (`vlan`, `trunk`, `qinq`); further ones are other
    names of the same place, for a bridge that is a VLAN of another one. `tells` are the attributes of which the
    switch tells, be it that there is none; `error` is what it says is wrong with the link, `settings` what that has
    there which no attribute says, in a few words, by what the switch calls it.
    """

    bridges: Mapping[str, Attributes]
    tells: tuple[str, ...] = ()
    error: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def bridge(self) -> str:
        """The bridge that it is on."""
        return next(iter(self.bridges))


@dataclass(frozen=True)
class LinkFacts(Facts):
    """What a backend that sees a host's links tells of them: for names that are taken, and of what fits through.

    `links` are all of them, and names that no link can have, each with its kind (empty: a NIC); `plugs` are those that
    are plugged in at this backend's bridges. `mtus` of all links in bytes; `addresses` of those that have some, each
    with its prefix; `underlay_link`: the one by which its tunnels' packets leave; `unset_mtu`: the
    MTU that is shown as none, where the backend cannot tell one that was set from one that was not.
    `whole`: a link that is not among them is not there. `moves_addresses`: the host's own addresses go from a NIC to
    the bridge whose uplink it becomes, and back. `pairs` are the two ends of each veth pair that the host has both of.
    `brought` are ports by which addresses came to a bridge, each with the NIC to which they go back.
    `hardware` are the links' MAC addresses; `down` those by which nothing passes, each with why: it is switched off, or
    nothing is at its other end.
    """

    mtus: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    underlay_link: str = ""
    unset_mtu: int | None = None
    whole: bool = False
    moves_addresses: bool = False
    pairs: Mapping[str, str] = field(default_factory=dict)
    brought: Mapping[str, str] = field(default_factory=dict)
    hardware: Mapping[str, str] = field(default_factory=dict)
    down: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    plugs: Mapping[str, Plug] = field(default_factory=dict)

    def after(self, place: str, changes: Sequence[Change]) -> Facts:
        """The same with the addresses that changes give to links of the place, or take from them."""
        addresses = {**self.addresses}
        for change in changes:
            if change.resource.kind != "address" or change.place != place:
                continue
            device = change.resource.name
            had, gets = (given_addresses(one) for one in (change.before, change.after))
            stays = [one for one in addresses.get(device, ()) if one not in had and one not in gets]
            addresses[device] = [*stays, *gets]
        return replace(self, addresses=addresses) if addresses != self.addresses else self

    def offered(self) -> Mapping[str, Iterable[str]]:
        """What can be a NIC of a bridge."""
        return {"nic": [link for link, kind in self.links.items() if kind in _LIKE_NICS]}

    def moved(self, source: str, target: str) -> LinkFacts:
        """The same, when the addresses of one link have gone to another one."""
        addresses = {**self.addresses}
        going = addresses.pop(source, ())
        addresses[target] = [*addresses.get(target, ()), *going]
        return replace(self, addresses=addresses) if going else self


def given_addresses(address: Resource | None) -> Sequence[str]:
    """The addresses, each with its prefix, that a resource of the kind `address` gives its host."""
    found = address.get("addresses") if address else None
    return [str(one) for one in found] if isinstance(found, tuple) else []
