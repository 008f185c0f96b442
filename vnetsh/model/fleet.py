"""The fleet: what the places hold, observed or predicted from that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from vnetsh.model.facts import Facts, ImageSeen, LinkFacts, Plug
from vnetsh.model.gathering import gathered
from vnetsh.model.moved import addresses_moved
from vnetsh.model.nics import bond_nics
from vnetsh.model.power import is_off
from vnetsh.model.resource import Host, Inventory, Key, Resource, hosts_in

if TYPE_CHECKING:
    from vnetsh.errors import VnetshError
    from vnetsh.model.change import Change


Told = TypeVar("Told", bound=Facts)


@dataclass(frozen=True)
class Fleet:
    """What the places hold: observed, or predicted from that.

    `facts` are a backend's findings at a place beyond resources (free memory, images); `absent` says why a
    backend has nothing to say of a place that does answer; `unreachable` why a place does not answer. Of what is
    predicted, `unplugged` are the links that are no longer where the facts say, by place and name, and `gone` those
    of them that are no more.
    """

    places: Inventory
    resources: Mapping[Key, Resource] = field(default_factory=dict)
    facts: Mapping[tuple[str, str], Facts] = field(default_factory=dict)
    absent: Mapping[tuple[str, str], VnetshError] = field(default_factory=dict)
    unreachable: Mapping[str, VnetshError] = field(default_factory=dict)
    unplugged: frozenset[tuple[str, str]] = frozenset()
    gone: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts among its places."""
        return hosts_in(self.places)

    def get(self, kind: str, host: str, name: str) -> Resource | None:
        """The resource of that kind, host and name."""
        return self.resources.get((kind, host, name))

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], list[Resource]]:
        return gathered(self.resources.values(), lambda one: (one.kind, one.name))

    @cached_property
    def _by_parent(self) -> Mapping[tuple[str, str, str], list[Resource]]:
        parts = (one for one in self.resources.values() if one.parent)
        return gathered(parts, lambda one: (*(one.parent or ("", "")), one.place))

    @cached_property
    def _riders(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], set[str]] = {}
        for port in self.of_kind("port"):
            if port.parent and port.parent[0] == "vm":
                found.setdefault((port.place, port.text("bridge")), set()).add(port.parent[1])
        return {bridge: tuple(sorted(vms)) for bridge, vms in found.items()}

    def vms_on(self, host: str, bridge: str) -> tuple[str, ...]:
        """The vms that have a NIC on a bridge, by name."""
        return self._riders.get((host, bridge), ())

    @cached_property
    def _awake(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        off = {(vm.place, vm.name) for vm in self.of_kind("vm") if is_off(vm)}
        riders = self._riders.items()
        return {at: tuple(vm for vm in vms if (at[0], vm) not in off) for at, vms in riders}

    def awake_on(self, host: str, bridge: str) -> tuple[str, ...]:
        """Those of the vms on a bridge that are not off: whom it disturbs when something happens to it."""
        return self._awake.get((host, bridge), ())

    def interface(self, host: str, name: str) -> Resource | None:
        """The bridge, tunnel or port of that name on a host: each is a network interface there."""
        found = (self.get(kind, host, name) for kind in ("bridge", "tunnel", "port"))
        return next((resource for resource in found if resource), None)

    @cached_property
    def _uplinks(self) -> Mapping[tuple[str, str], Resource]:
        found = {(b.place, b.text("uplink")): b for b in self.of_kind("bridge") if b.get("uplink")}
        for port, nics in [(port, nics) for port in self.of_kind("port") if (nics := bond_nics(port))]:
            if bridge := self.get("bridge", port.place, port.text("bridge")):
                found = {**{(port.place, nic): bridge for nic in nics}, **found}
        return found

    def bridge_of_uplink(self, host: str, link: str) -> Resource | None:
        """The bridge whose uplink a link is, or a NIC of a bond there."""
        return self._uplinks.get((host, link))

    @cached_property
    def _link_facts(self) -> Mapping[str, list[LinkFacts]]:
        found: dict[str, list[LinkFacts]] = {}
        for (place, _), facts in self.facts.items():
            if isinstance(facts, LinkFacts):
                found.setdefault(place, []).append(facts)
        return found

    def plug(self, host: str, link: str) -> Plug | None:
        """Where a link is plugged in, as its switch says; None where it is not, or nobody knows."""
        told = self._link_facts.get(host, ()) if (host, link) not in self.unplugged else ()
        return next((facts.plugs[link] for facts in told if link in facts.plugs), None)

    def tells_of_plugs(self, host: str, backend: str) -> bool:
        """Whether a backend saw a host's links, so that what is not among its plugs is on none of its bridges."""
        found = self.facts.get((host, backend))
        return isinstance(found, LinkFacts) and bool(found.plugs)

    def link_kind(self, host: str, name: str) -> str | None:
        """The kind of a link of a host, empty of a NIC; None where there is none, or nobody knows."""
        told = self._link_facts.get(host, ()) if (host, name) not in self.gone else ()
        return next((facts.links[name] for facts in told if name in facts.links), None)

    def down(self, host: str, link: str) -> str:
        """Why nothing passes a link, in words; empty where nothing is known to be wrong with it."""
        told = self._link_facts.get(host, ()) if (host, link) not in self.gone else ()
        return next((facts.down[link] for facts in told if link in facts.down), "")

    def mac(self, host: str, link: str) -> str:
        """The MAC address of a host's link; empty where nobody sees it."""
        return next((f.hardware[link] for f in self._link_facts.get(host, ()) if link in f.hardware), "")

    def link_mtu(self, host: str, link: str) -> int | None:
        """The MTU of a host's link; None where nobody sees it."""
        return next((f.mtus[link] for f in self._link_facts.get(host, ()) if link in f.mtus), None)

    def underlay_links(self, host: str) -> list[str]:
        """The links by which packets from a host's underlay address leave, as anybody sees it."""
        told = self._link_facts.get(host, ())
        return list(dict.fromkeys(facts.underlay_link for facts in told if facts.underlay_link))

    def addresses(self, host: str) -> Mapping[str, Sequence[str]]:
        """The addresses of a host's own links, each with its prefix, by link; of those that anybody sees."""
        return self._addresses.get(host, {})

    @cached_property
    def _addresses(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        found = {
            host: {link: texts for facts in told for link, texts in facts.addresses.items()}
            for host, told in self._link_facts.items()
        }
        return {
            host: {link: texts for link, texts in links.items() if texts and (host, link) not in self.gone}
            for host, links in found.items()
        }

    @cached_property
    def pairs(self) -> Mapping[str, Mapping[str, str]]:
        """By host, the other end of each of its veth links that the host has, too."""
        return {
            host: {one: other for facts in told for one, other in facts.pairs.items()}
            for host, told in self._link_facts.items()
        }

    def images(self, host: str) -> list[ImageSeen]:
        """The images in a host's folders for them, disks of vms among them."""
        return [
            one for (place, _), facts in self.facts.items() if place == host for one in facts.image_files()
        ]

    def reserved(self, host: str, name: str) -> str:
        """What will make a link of that name on a host when it starts, in words; empty where nothing is known to."""
        told = (facts.reserved for (place, _), facts in self.facts.items() if place == host)
        return next((names[name] for names in told if name in names), "")

    @cached_property
    def macs(self) -> Mapping[str, str]:
        """The MAC addresses that something has which is no resource, in small letters, each with what and where."""
        return {
            mac.lower(): f"{what} on {place}"
            for (place, _), facts in self.facts.items()
            for mac, what in facts.macs.items()
        }

    @cached_property
    def coming(self) -> Mapping[str, tuple[str, str]]:
        """The MAC addresses, in small letters, of NICs that vms get with their next start; each with place and vm."""
        told = (
            (place, mac, vm) for (place, _), facts in self.facts.items() for mac, vm in facts.coming.items()
        )
        return {mac.lower(): (place, vm) for place, mac, vm in told}

    def named(self, kind: str, name: str) -> list[Resource]:
        """The resources of that kind and name, over all hosts."""
        return self._by_name.get((kind, name), [])

    def parts(self, resource: Resource) -> list[Resource]:
        """The resources whose parent is `resource` (a vm's ports), but for those that it says itself."""
        found = self._by_parent.get((resource.kind, resource.name, resource.place), [])
        return [part for part in found if not part.inherent]

    def nics(self, vm: Resource) -> list[Resource]:
        """The ports of a vm."""
        return [part for part in self.parts(vm) if part.kind == "port"]

    @cached_property
    def _attached(self) -> Mapping[str, Resource]:
        there = (one for one in self.resources.values() if one.get("network"))
        return {one.text("interface"): one for one in there if one.get("interface")}

    def attached(self, nic: Resource) -> Resource | None:
        """What a network of many hosts has of a vm's NIC that is on it; None of one that is on a bridge alone."""
        return self._attached.get(nic.text("interface-id"))

    def disks(self, vm: Resource) -> list[Resource]:
        """All disks of a vm, also the one that its own attributes say."""
        found = self._by_parent.get((vm.kind, vm.name, vm.place), [])
        return [part for part in found if part.kind == "disk"]

    def of_kind(self, kind: str, host: str | None = None) -> Iterator[Resource]:
        """All resources of a kind, of one host if it is given."""
        return (r for r in self._by_kind.get(kind, ()) if host in (None, r.place))

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Resource]]:
        return gathered(self.resources.values(), lambda one: one.kind)

    def facts_of(self, place: str, backend: str, kind: type[Told]) -> Told:
        """What a backend found at a place, as its class of facts; that class's defaults where it found nothing."""
        found = self.facts.get((place, backend))
        return found if isinstance(found, kind) else kind()

    def after(self, changes: Iterable[Change]) -> Fleet:
        """The fleet as it will be when these changes are made."""
        changes = tuple(changes)
        facts = {at: found.after(at[0], changes) for at, found in self.facts.items()}
        for place, source, target in addresses_moved(changes, self.facts):
            for at, found in facts.items():
                if at[0] == place and isinstance(found, LinkFacts):
                    facts[at] = found.moved(source, target)
        resources = dict(self.resources)
        unplugged, gone = set(self.unplugged), set(self.gone)
        left: dict[Key, Resource] = {}
        for change in changes:
            before, after = change.before, change.after
            if before:
                resources.pop(before.key, None)
                leaving = [before, *self.parts(before)] if before.kind in self._parents else [before]
                off = after and is_off(after) and not is_off(before)
                if not after or off or after.place != before.place:
                    left |= {one.key: one for one in leaving}
                if before.get("uplink") and (not after or after.get("uplink") != before.get("uplink")):
                    unplugged.add((before.place, before.text("uplink")))
            if after:
                resources[after.key] = after
            if before and after and is_off(after) != is_off(before):
                _switch(after, resources, facts)
            if before and before.kind in self._parents:
                self._follow(change, resources, {one.before.key for one in changes if one.before})
        # What a device has besides, an address or a server, is called as it is: that goes, and the device stays.
        stay = {(one.place, one.name) for key, one in self.resources.items() if left and key not in left}
        for one in left.values():
            if (link := (one.place, one.name)) not in stay:
                unplugged.add(link)
                if one.get("type") != "system":  # a NIC stays when it is no port any more
                    gone.add(link)
        links = frozenset(unplugged), frozenset(gone)
        return replace(self, resources=resources, facts=facts, unplugged=links[0], gone=links[1])

    @cached_property
    def _parents(self) -> frozenset[str]:
        return frozenset(r.parent[0] for r in self.resources.values() if r.parent)

    @staticmethod
    def _follow(change: Change, resources: dict[Key, Resource], told: Collection[Key]) -> None:
        """Parts go where their parent goes, with it, and after its name; `told` ones have changes of their own."""
        before, after = change.before, change.after
        if before is None or (after and after.place == before.place and after.name == before.name):
            return
        for part in [r for r in resources.values() if r.parent == (before.kind, before.name)]:
            if part.place == before.place and not (after and after.name != before.name and part.key in told):
                del resources[part.key]
                if after:
                    moved = replace(part, place=after.place, parent=(after.kind, after.name))
                    if part.name.startswith(f"{before.name}/"):
                        moved = replace(moved, name=after.name + part.name.removeprefix(before.name))
                    resources[moved.key] = moved


def _switch(whole: Resource, resources: dict[Key, Resource], facts: Mapping[tuple[str, str], Facts]) -> None:
    """What has gone off, or was started, is as it is defined, whatever it ran with before."""
    told = facts.get((whole.place, whole.backend))
    if told is None:
        return
    mine = (whole.kind, whole.name), whole.place
    parts = [one for one in resources.values() if (one.parent, one.place) == mine]
    for one in parts:
        del resources[one.key]
    resources.update((one.key, one) for one in told.switched(whole, parts))
