"""What a resource's record holds: all that its link is restored from. It goes through JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vnetsh.model import NOTHING, Resource
from vnetsh_linuxbridge.links import BRIDGE, TUNNEL, USUAL_MTU, Link, mark_of
from vnetsh_linuxbridge.vxlan import VXLAN, Vxlan

Record = Mapping[str, Any]


def port_record(link: Link) -> dict[str, object]:
    """The record of a port; part of a bridge's."""
    record = {"alias": link.alias, "up": link.up, "flags": dict(link.flags)}
    return {**record, "static": list(link.static)} if link.static else record


def bridge_record(bridge: Link, uplink: Link | None) -> dict[str, object]:
    """The record of a bridge, with its uplink's."""
    record = {
        **port_record(bridge),
        "mtu": bridge.mtu,
        # Without ports it may have none, and none can be given to it.
        "mac": bridge.mac if set(bridge.mac) - set("0:") else "",
        "options": dict(bridge.options),
    }
    if bridge.filters_vlans:
        record["filters_vlans"] = True
    if uplink:
        record["uplink"] = {"name": uplink.name, **port_record(uplink)}
    return record


def tunnel_record(link: Link) -> dict[str, object]:
    """The record of a tunnel, or of the mesh of which it is one; `link` is the device at which it can be seen."""
    assert link.vxlan
    device = {"link": link.name, "mtu": link.mtu, "mac": link.mac, "vxlan": asdict(link.vxlan)}
    record = {**port_record(link), **device}
    return {**record, "mesh": link.mesh} if link.mesh else record


def record_of(resource: Resource) -> Record:
    """A resource's record; empty of what was never observed."""
    return resource.record or NOTHING


def uplink_record(bridge: Resource, name: str) -> Record:
    """What a bridge's record holds of an uplink; empty where its uplink was another one."""
    found: Record = record_of(bridge).get("uplink", NOTHING)
    return found if found.get("name") == name else NOTHING


def bridge_link(bridge: Resource) -> Link:
    """The link of a bridge that is not there: as it was recorded, or a new one."""
    record = record_of(bridge)
    link = Link(
        bridge.name,
        BRIDGE,
        up=True,
        alias=mark_of(bridge.owner) if bridge.marked else "",
        mtu=record.get("mtu", 0),
        mac=record.get("mac", ""),
        options=record.get("options", NOTHING),
    )
    return restored(link, record)


def tunnel_link(tunnel: Resource, name: str) -> Link:
    """The device of a tunnel, or of its mesh, that is not there: as it was recorded, or a new one.

    One of a mesh learns behind which of the others a MAC address is; one alone has nothing to choose.
    """
    record, mesh, key = record_of(tunnel), tunnel.text("mesh"), tunnel.get("key")
    if record.get("mesh", "") != mesh:
        record = NOTHING
    new = Vxlan(key if isinstance(key, int) else 0, learning=bool(mesh))
    mark = mark_of(tunnel.owner) + TUNNEL + (f" of {mesh}" if mesh else "")
    link = Link(
        name,
        VXLAN,
        up=True,
        alias=mark if tunnel.marked or mesh else "",
        mtu=record.get("mtu", USUAL_MTU),
        mac=record.get("mac", ""),
        vxlan=_vxlan(record) if record else new,
    )
    return restored(link, record)


def _vxlan(record: Record) -> Vxlan:
    found = record["vxlan"]
    return Vxlan(**{**found, "others": tuple(found["others"])})  # it was a list in between


def restored(link: Link, record: Record) -> Link:
    """A link as it was recorded."""
    if not record:
        return link
    static = tuple(record.get("static", ()))
    return replace(link, alias=record["alias"], up=record["up"], flags=dict(record["flags"]), static=static)
