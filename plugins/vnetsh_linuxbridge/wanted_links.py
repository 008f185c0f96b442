"""The links that a host should have, before anything is touched. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.change import Change
from vnetsh_linuxbridge.links import BRIDGE, TAP, Link, Links, slaves
from vnetsh_linuxbridge.records import Record, bridge_link, record_of, restored, uplink_record


class WantedLinks:
    """Links that changes are made to. Each method raises `BackendRefused` for what cannot be."""

    def __init__(self, links: Links) -> None:
        self.links = dict(links)

    def link(self, name: str) -> Link:
        """A link that has to be there."""
        if name not in self.links:
            raise BackendRefused(f"{name}: No such device")
        return self.links[name]

    def set_mtu(self, name: str, mtu: int) -> None:
        """Give a link this MTU."""
        self.links[name] = replace(self.link(name), mtu=mtu)

    def remark(self, change: Change) -> None:
        """Take something for vnetsh's own, or no longer."""
        before, after = change.before, change.after
        if before and after and (before.marked, before.owner) != (after.marked, after.owner):
            link = self.link(after.name)
            self.links[after.name] = link.with_mark(marked=after.marked, owner=after.owner)

    def add_bridge(self, bridge: Resource) -> None:
        """Have a bridge, as it was recorded or new; one that is there just so is no matter."""
        there = self.links.get(bridge.name)
        if there and (there.kind != BRIDGE or there.marked != bridge.marked):
            raise BackendRefused(f"{bridge.name}: a {there.kind or 'NIC'} of this name exists already")
        link = restored(replace(there, up=True), record_of(bridge)) if there else bridge_link(bridge)
        self.links[bridge.name] = link

    def remove_bridge(self, bridge: Resource) -> None:
        """Remove a bridge and let its ports go; what is gone is no matter."""
        name = bridge.name
        there = self.links.get(name)
        if there is None or there.kind != BRIDGE:
            return
        taps = [link.name for link in slaves(self.links, name) if link.kind == TAP]
        if taps:
            raise BackendRefused(f"{name}: vms are on it, by {', '.join(taps)}")
        if there.addresses:
            raise BackendRefused(f"{name}: carries {', '.join(there.addresses)}")
        for link in list(slaves(self.links, name)):
            self.links[link.name] = link.released()
        del self.links[name]

    def take_in_uplink(self, bridge: Resource, name: str) -> None:
        """Have a bridge's uplink in it: as it was recorded, where that is the one; else as a new one."""
        record = uplink_record(bridge, name)
        self._take_in(bridge, name, bridge.name, record, marked=not record, uplink=True)

    def take_in_port(self, port: Resource, bridge: str) -> None:
        """Have a port in its bridge, as it was recorded or as a new one."""
        self._take_in(port, port.name, bridge, record_of(port), marked=port.marked, uplink=False)

    def _take_in(
        self, wanted: Resource, name: str, bridge: str, record: Record, *, marked: bool, uplink: bool
    ) -> None:
        link = self.link(name)
        self.link(bridge)
        if link.master == bridge and record:
            self.links[name] = restored(link, record)
            return
        if link.master == bridge and (link.marked, link.marked_uplink) == (marked, uplink):
            self.links[name] = replace(link, up=True)
            return
        if link.master:
            raise BackendRefused(f"{name}: is a port of {link.master} already")
        if link.addresses:
            raise BackendRefused(f"{name}: carries {', '.join(link.addresses)}")
        if record:
            self.links[name] = restored(replace(link, master=bridge), record)
        else:
            self.links[name] = link.taken_in(bridge, uplink=uplink, owner=wanted.owner)

    def release(self, name: str, bridge: str) -> None:
        """Let a link go, where it is in this bridge."""
        link = self.links.get(name)
        if link and link.master == bridge:
            self.links[name] = link.released()
