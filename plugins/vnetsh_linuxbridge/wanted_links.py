"""The links that a host should have, before anything is touched. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.change import Change
from vnetsh_linuxbridge.encap import device_of, new_encap
from vnetsh_linuxbridge.links import BRIDGE, FLAGS, TAP, USUAL_MTU, Link, Links, slaves, uplink_of
from vnetsh_linuxbridge.records import (
    Record,
    bridge_link,
    record_of,
    recorded_encap,
    restored,
    tunnel_link,
    uplink_record,
)
from vnetsh_linuxbridge.vlans import EVERY, USUAL, Vlans


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
        """Give a bridge this MTU, and the tunnels on it that vnetsh made: they drop what is larger than theirs."""
        self.links[name] = replace(self.link(name), mtu=mtu)
        for link in list(slaves(self.links, name)):
            if link.tunnel and link.marked:
                self.links[link.name] = replace(link, mtu=max(mtu, USUAL_MTU))

    def set_option(self, bridge: str, option: str, value: int) -> None:
        """Give a bridge's option this value."""
        link = self.link(bridge)
        self.links[bridge] = replace(link, options={**link.options, option: value})

    def device(self, tunnel: str) -> Link:
        """The device that has a tunnel: its own one, or that of its mesh; of others the link of that name."""
        return next((link for link in self.links.values() if tunnel in link.ends), None) or self.link(tunnel)

    def set_flag(self, port: str, flag: str, *, on: bool) -> None:
        """Switch a port's or tunnel's flag."""
        link = self.device(port)
        flags = {name: value for name, value in link.flags.items() if name != flag}
        self.links[link.name] = replace(link, flags={**flags, flag: on} if on != FLAGS[flag] else flags)

    def keep(self, name: str, *, kept: bool) -> None:
        """Have the host bring about a link at each start, or no longer: a bridge with its uplink."""
        link = self.device(name)
        uplinks = [port for port in slaves(self.links, link.name) if port.marked_uplink]
        for one in (link, *uplinks):
            self.links[one.name] = replace(one, kept=kept)

    def set_static(self, port: str, macs: tuple[str, ...]) -> None:
        """Have a port's bridge know these MAC addresses to be behind it."""
        self.links[port] = replace(self.link(port), static=macs)

    def set_filtering(self, bridge: str, *, on: bool) -> None:
        """Have a bridge filter VLANs, or no longer: its tunnels and its uplink go on to carry all that there are."""
        self.links[bridge] = replace(self.link(bridge), filters_vlans=on)
        ports = list(slaves(self.links, bridge))
        uplink = uplink_of(ports)
        for port in ports:
            if (port.tunnel or port is uplink) and port.vlans == (USUAL if on else EVERY):
                self.links[port.name] = replace(port, vlans=EVERY if on else USUAL)

    def set_vlans(self, port: str, vlans: Vlans) -> None:
        """Have a port carry these VLANs."""
        self.links[port] = replace(self.link(port), vlans=vlans)

    def _joining(self, link: Link, bridge: str) -> Link:
        """A tunnel or an uplink as it is new at a bridge: it carries all that there is."""
        there = self.link(bridge)
        own = EVERY if there.filters_vlans and not there.odd else USUAL
        return replace(link, master=bridge, vlans=own)

    def set_type(self, tunnel: Resource, type: str) -> None:
        """Have a tunnel of another type, as it was recorded or as a new one."""
        link = self.device(tunnel.name)
        known = recorded_encap(record_of(tunnel))
        if link.encap and link.encap.type != type:
            new = known if known and known.type == type else new_encap(type, link.encap.id, link.encap.remote)
            new = replace(new, local=link.encap.local).leading_to(link.encap.remote)
            self.links[link.name] = replace(link, kind=new.kind, encap=new)

    def set_key(self, tunnel: str, key: int | None) -> None:
        """Have a tunnel of this network."""
        link = self.device(tunnel)
        assert link.encap
        self.links[link.name] = replace(link, encap=replace(link.encap, id=key))

    def set_local(self, tunnel: str, local: str) -> None:
        """Have a tunnel begin at this address of the host's, or where the kernel chooses."""
        link = self.device(tunnel)
        assert link.encap
        self.links[link.name] = replace(link, encap=replace(link.encap, local=local))

    def set_remote(self, tunnel: str, remote: str) -> None:
        """Have a tunnel lead to this address."""
        link = self.device(tunnel)
        assert link.encap
        if tunnel in link.ends:
            self.links[link.name] = replace(link, ends={**link.ends, tunnel: remote})
        else:
            encap = link.encap.leading_to(remote)
            self.links[link.name] = replace(link, kind=encap.kind, encap=encap)

    def remark(self, change: Change) -> None:
        """Take something for vnetsh's own, or no longer."""
        before, after = change.before, change.after
        if before and after and (before.marked, before.owner) != (after.marked, after.owner):
            link = self.device(after.name)
            self.links[link.name] = link.with_mark(marked=after.marked, owner=after.owner)

    def add_bridge(self, bridge: Resource) -> None:
        """Have a bridge, as it was recorded or new; one that is there just so is no matter."""
        there = self.links.get(bridge.name)
        if there and (there.kind != BRIDGE or there.marked != bridge.marked):
            raise BackendRefused(f"{bridge.name}: a {there.kind or 'NIC'} of this name exists already")
        link = restored(replace(there, up=True), record_of(bridge)) if there else bridge_link(bridge)
        self.links[bridge.name] = link

    def add_tunnel(self, tunnel: Resource) -> None:
        """Have a tunnel, as it was recorded or new; one that is there just so is no matter.

        It is a device of its own or, of a mesh, one more end of the device that has all that the host has of it: that
        is vnetsh's own, though it may have tunnels that others made.
        """
        mesh = tunnel.text("mesh")
        name = device_of(mesh) if mesh else tunnel.name
        there = self.links.get(name)
        if there and not _is_of(there, tunnel):
            raise BackendRefused(f"{name}: a {there.kind or 'NIC'} of this name exists already")
        link = replace(there, up=there.up or not there.ends) if there and mesh else tunnel_link(tunnel, name)
        bridge = self.links.get(tunnel.text("bridge"))
        if not tunnel.record and bridge:
            link = replace(link, mtu=max(bridge.mtu, USUAL_MTU))
        if mesh:
            link = replace(link, ends={**link.ends, tunnel.name: tunnel.text("remote")})
        self.links[name] = replace(link, mac=there.mac if there else link.mac)

    def remove_tunnel(self, tunnel: Resource) -> None:
        """Remove a tunnel; what is gone, or somebody else's by now, is no matter."""
        mesh = tunnel.text("mesh")
        there = self.links.get(device_of(mesh) if mesh else tunnel.name)
        if there is None or not _is_of(there, tunnel):
            return
        ends = {name: remote for name, remote in there.ends.items() if name != tunnel.name}
        if ends:
            self.links[there.name] = replace(there, ends=ends)
        else:
            del self.links[there.name]

    def join(self, tunnel: str, bridge: str) -> None:
        """Have a tunnel on a bridge."""
        link = self.device(tunnel)
        if link.master != bridge:
            self.links[link.name] = self._joining(link, bridge)

    def set_up(self, tunnel: str, *, up: bool) -> None:
        """Have a tunnel's device up, or down: then nothing passes."""
        link = self.device(tunnel)
        self.links[link.name] = replace(link, up=up)

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
            return
        new = link.taken_in(bridge, uplink=uplink, owner=wanted.owner)
        self.links[name] = self._joining(new, bridge) if uplink else new

    def release(self, name: str, bridge: str) -> None:
        """Let a link go, where it is in this bridge."""
        link = self.links.get(name)
        if link and link.master == bridge:
            self.links[name] = link.released()


def _is_of(device: Link, tunnel: Resource) -> bool:
    """Whether a device is a tunnel's, or its mesh's."""
    mesh = tunnel.text("mesh")
    return device.encap is not None and device.mesh == mesh and bool(mesh or device.marked == tunnel.marked)
