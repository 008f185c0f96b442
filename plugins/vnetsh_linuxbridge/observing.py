"""Links into resources and facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vnetsh.backend import Observation
from vnetsh.model import LinkFacts, Resource, Value
from vnetsh_linuxbridge.links import BRIDGE, TAP, USUAL_MTU, Link, Links, uplink_of

NAME = "linux"


@dataclass(frozen=True)
class KernelFacts(LinkFacts):
    """Of a host's links their kinds and the bridges or bonds that they belong to; the bridges that filter VLANs."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    masters: Mapping[str, str] = field(default_factory=dict)
    filtering: tuple[str, ...] = ()


def observation(links: Links, host: str) -> Observation:
    """The bridges and ports of a host; a vm's taps are its own backend's to report.

    The kernel does not tell an MTU that was set from one that was not, so the usual one is shown as none.
    """
    ports: dict[str, list[Link]] = {link.name: [] for link in links.values() if link.kind == BRIDGE}
    for link in links.values():
        if link.master in ports and link.kind != TAP:
            ports[link.master].append(link)
    resources = []
    for name, members in ports.items():
        uplink = uplink_of(members)
        resources.append(_bridge(links[name], uplink, host))
        resources += [_port(link, host) for link in members if link is not uplink]
    facts = KernelFacts(
        kinds={link.name: link.kind for link in links.values()},
        masters={link.name: link.master for link in links.values() if link.master},
        addresses={link.name: link.addresses for link in links.values() if link.addresses},
        mtus={link.name: link.mtu for link in links.values()},
        unset_mtu=USUAL_MTU,
        filtering=tuple(name for name in ports if links[name].filters_vlans),
    )
    return Observation(resources, facts)


def _bridge(bridge: Link, uplink: Link | None, host: str) -> Resource:
    attributes: dict[str, Value] = {"backend": NAME}
    record: dict[str, object] = {
        **_port_record(bridge),
        "mtu": bridge.mtu,
        # Without ports it may have none, and none can be given to it.
        "mac": bridge.mac if set(bridge.mac) - set("0:") else "",
        "options": dict(bridge.options),
    }
    if bridge.mtu != USUAL_MTU:
        attributes["mtu"] = bridge.mtu
    if bridge.filters_vlans:
        record["filters_vlans"] = True
    if uplink:
        attributes["uplink"] = uplink.name
        record["uplink"] = {"name": uplink.name, **_port_record(uplink)}
    return Resource(
        "bridge",
        bridge.name,
        host,
        attributes,
        backend=NAME,
        marked=bridge.marked,
        record=record,
        owner=bridge.owner,
    )


def _port(link: Link, host: str) -> Resource:
    attributes: dict[str, Value] = {"bridge": link.master, "type": "system"}
    return Resource(
        "port",
        link.name,
        host,
        attributes,
        ("bridge", link.master),
        backend=NAME,
        marked=link.marked,
        owner=link.owner,
        record=_port_record(link),
    )


def _port_record(link: Link) -> dict[str, object]:
    return {"alias": link.alias, "up": link.up, "flags": dict(link.flags)}


def unsaid(resource: Resource) -> list[str]:
    """What no sentence says of an observed bridge or port, in words: for `vnetsh export`."""
    record = resource.record or {}
    found = []
    if record.get("filters_vlans"):
        found.append("it filters VLANs, by tables of its ports")
    options, flags = record.get("options"), record.get("flags")
    if isinstance(options, dict) and options.get("stp_state"):
        found.append("it takes part in a spanning tree")
    if isinstance(flags, dict) and flags:
        found.append(
            "port flags: " + ", ".join(f"{flag} {'on' if on else 'off'}" for flag, on in flags.items())
        )
    return found
