"""Changes into the links that they ask for: what a host should look like, before anything is touched. Pure.

Making the same changes again on a host where they came about alters nothing: so it is also the check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from vnetsh.errors import BackendRefused
from vnetsh.model import NOTHING, Resource
from vnetsh.model.change import Change
from vnetsh_linuxbridge.links import BRIDGE, TAP, USUAL_MTU, Link, Links, mark_of, slaves

Record = Mapping[str, object]


class WantedLinks:
    """Links that changes are made to. Each method raises `BackendRefused` for what cannot be."""

    def __init__(self, links: Links) -> None:
        self.links = dict(links)

    def make(self, change: Change) -> None:
        """Take one change in."""
        resource = change.resource
        if resource.kind == "bridge":
            if change.after is None:
                self._remove_bridge(resource.name)
            elif change.before is None:
                self._add_bridge(change.after)
            else:
                self._change_uplink(change.before, change.after)
                if "mtu" in change.differing():
                    self._set_mtu(change.after)
                self._remark(change)
        elif resource.kind == "port":
            if change.after is None:
                self._release(resource.name, resource.text("bridge"))
            else:
                after = change.after
                self._take_in(after, after.name, after.text("bridge"), after.record, marked=after.marked)
                self._remark(change)
        else:
            raise BackendRefused(f"a Linux bridge carries no {resource.kind}s")

    def _remark(self, change: Change) -> None:
        """Take something for vnetsh's own, or no longer."""
        before, after = change.before, change.after
        if before and after and (before.marked, before.owner) != (after.marked, after.owner):
            link = self.links[after.name]
            self.links[after.name] = link.with_mark(marked=after.marked, owner=after.owner)

    def _add_bridge(self, wanted: Resource) -> None:
        record = wanted.record or NOTHING
        there = self.links.get(wanted.name)
        if there and (there.kind != BRIDGE or there.marked != wanted.marked):
            raise BackendRefused(f"{wanted.name}: a {there.kind or 'NIC'} of this name exists already")
        said = _number(wanted.get("mtu"))
        if there and said:
            there = replace(there, mtu=said)
        made = there or Link(
            wanted.name,
            BRIDGE,
            alias=mark_of(wanted.owner) if wanted.marked else "",
            mtu=said or _number(record.get("mtu")),
            mac=str(record.get("mac", "")),
            options={name: _number(value) for name, value in _mapping(record.get("options")).items()},
        )
        self.links[wanted.name] = _recorded(replace(made, up=True), record)
        if wanted.text("uplink"):
            self._take_in_uplink(wanted)

    def _set_mtu(self, bridge: Resource) -> None:
        link = self.links[bridge.name]
        self.links[bridge.name] = replace(link, mtu=_number(bridge.get("mtu")) or USUAL_MTU)

    def _remove_bridge(self, name: str) -> None:
        bridge = self.links.get(name)
        if bridge is None or bridge.kind != BRIDGE:
            return
        taps = [link.name for link in slaves(self.links, name) if link.kind == TAP]
        if taps:
            raise BackendRefused(f"{name}: vms are on it, by {', '.join(taps)}")
        if bridge.addresses:
            raise BackendRefused(f"{name}: carries {', '.join(bridge.addresses)}")
        for link in list(slaves(self.links, name)):
            self.links[link.name] = link.released()
        del self.links[name]

    def _change_uplink(self, before: Resource, after: Resource) -> None:
        if after.name not in self.links:
            raise BackendRefused(f"{after.name}: No such device")
        if before.text("uplink") not in ("", after.text("uplink")):
            self._release(before.text("uplink"), before.name)
        if after.text("uplink"):
            self._take_in_uplink(after)

    def _take_in_uplink(self, bridge: Resource) -> None:
        """The uplink as it was recorded, where that is the one; else a new one."""
        name = bridge.text("uplink")
        record = _mapping((bridge.record or NOTHING).get("uplink"))
        recorded = record if record.get("name") == name else None
        self._take_in(bridge, name, bridge.name, recorded, marked=recorded is None, uplink=True)

    def _take_in(
        self,
        wanted: Resource,
        name: str,
        bridge: str,
        record: Record | None,
        *,
        marked: bool,
        uplink: bool = False,
    ) -> None:
        link = self.links.get(name)
        if link is None:
            raise BackendRefused(f"{name}: No such device")
        if bridge not in self.links:
            raise BackendRefused(f"{bridge}: No such device")
        if link.master == bridge and record:
            self.links[name] = _recorded(link, record)
            return
        if link.master == bridge and (link.marked, link.marked_uplink) == (marked, uplink):
            self.links[name] = replace(link, up=True)
            return
        if link.master:
            raise BackendRefused(f"{name}: is a port of {link.master} already")
        if link.addresses:
            raise BackendRefused(f"{name}: carries {', '.join(link.addresses)}")
        if record:
            self.links[name] = _recorded(replace(link, master=bridge), record)
        else:
            self.links[name] = link.taken_in(bridge, uplink=uplink, owner=wanted.owner)

    def _release(self, name: str, bridge: str) -> None:
        link = self.links.get(name)
        if link and link.master == bridge:
            self.links[name] = link.released()


def links_with(links: Links, changes: Iterable[Change]) -> Links:
    """The links with these changes made. Raises `BackendRefused`."""
    wanted = WantedLinks(links)
    for change in changes:
        wanted.make(change)
    return wanted.links


def _recorded(link: Link, record: Record) -> Link:
    """A link as an observation recorded it."""
    if not record:
        return link
    flags = {name: bool(value) for name, value in _mapping(record.get("flags")).items()}
    return replace(link, alias=str(record["alias"]), up=bool(record["up"]), flags=flags)


def _mapping(value: object) -> Record:
    return value if isinstance(value, Mapping) else NOTHING


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
