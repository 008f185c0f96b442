"""What a resource's record holds: all that its link is restored from. It goes through JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vnetsh.model import NOTHING, Resource
from vnetsh_linuxbridge.encap import GRE, Encap, new_encap
from vnetsh_linuxbridge.links import BRIDGE, TUNNEL, USUAL_MTU, Link, mark_of
from vnetsh_linuxbridge.vlans import USUAL

Record = Mapping[str, Any]


def port_record(link: Link) -> dict[str, object]:
    """The record of a port; part of a bridge's."""
    record: dict[str, object] = {"alias": link.alias, "up": link.up, "flags": dict(link.flags)}
    if link.static:
        record["static"] = list(link.static)
    if link.vlans != USUAL:
        record["vlans"] = list(link.vlans)
    if link.filters_vlans:
        record["filters_vlans"] = True
    return record


def bridge_record(bridge: Link, uplink: Link | None) -> dict[str, object]:
    """The record of a bridge, with its uplink's."""
    record = {
        **port_record(bridge),
        "mtu": bridge.mtu,
        # Without ports it may have none, and none can be given to it.
        "mac": bridge.mac if set(bridge.mac) - set("0:") else "",
        "options": dict(bridge.options),
    }
    if bridge.odd:
        record["odd"] = list(bridge.odd)
    if uplink:
        record["uplink"] = {"name": uplink.name, **port_record(uplink)}
    return record


def tunnel_record(link: Link) -> dict[str, object]:
    """The record of a tunnel, or of the mesh of which it is one; `link` is the device at which it can be seen."""
    assert link.encap
    device = {"link": link.name, "mtu": link.mtu, "mac": link.mac, "encap": asdict(link.encap)}
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
        filters_vlans=record.get("filters_vlans", False),
    )
    return restored(link, record)


def tunnel_link(tunnel: Resource, name: str) -> Link:
    """The device of a tunnel, or of its mesh, that is not there: as it was recorded, or a new one.

    One of a mesh learns behind which of the others a MAC address is; one alone has nothing to choose.
    """
    record, mesh, key = record_of(tunnel), tunnel.text("mesh"), tunnel.get("key")
    kind, number = tunnel.text("type") or GRE, key if isinstance(key, int) else None
    if record.get("mesh", "") != mesh:
        record = NOTHING
    encap = recorded_encap(record) or new_encap(kind, number, tunnel.text("remote"), learning=bool(mesh))
    mark = mark_of(tunnel.owner) + TUNNEL + (f" of {mesh}" if mesh else "")
    link = Link(
        name,
        encap.kind,
        up=True,
        alias=mark if tunnel.marked or mesh else "",
        mtu=record.get("mtu", USUAL_MTU),
        mac=record.get("mac", ""),
        encap=encap,
    )
    return restored(link, record)


def recorded_encap(record: Record) -> Encap | None:
    """A tunnel's device as it was recorded; None of what was never observed."""
    found = record.get("encap") or record.get("vxlan")  # so an older version called it, which had no others
    # It was a list in between.
    return Encap(**{**found, "others": tuple(found["others"])}) if found else None


def restored(link: Link, record: Record) -> Link:
    """A link as it was recorded."""
    if not record:
        return link
    return replace(
        link,
        alias=record["alias"],
        up=record["up"],
        flags=dict(record["flags"]),
        static=tuple(record.get("static", ())),
        vlans=tuple(record.get("vlans", USUAL)),
    )
