"""Links into resources and facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vnetsh.backend import Observation
from vnetsh.model import Plug, Resource
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.fields import LEFT_OUT, read
from vnetsh_linuxbridge.links import BRIDGE, NAME, OVS, TAP, USUAL_MTU, Link, Links, uplink_of
from vnetsh_linuxbridge.records import bridge_record, port_record, record_of


def observation(links: Links, kinds: Mapping[str, str], pairs: Mapping[str, str], host: str) -> Observation:
    """The bridges and ports of a host; a vm's taps are its own backend's to report.

    `kinds` are those of all links by name, `pairs` the ends of veth links.
    """
    ports: dict[str, list[Link]] = {link.name: [] for link in links.values() if link.kind == BRIDGE}
    for link in links.values():
        if link.master in ports and link.kind != TAP:
            ports[link.master].append(link)
    resources = []
    for name, members in ports.items():
        uplink = uplink_of(members)
        bridge = links[name]
        resources.append(_seen("bridge", bridge, host, bridge_record(bridge, uplink), uplink=uplink))
        resources += [_seen("port", link, host, port_record(link)) for link in members if link is not uplink]
    facts = KernelFacts(
        kinds={link.name: link.kind for link in links.values()},
        masters={link.name: link.master for link in links.values() if link.master},
        addresses={link.name: link.addresses for link in links.values() if link.addresses},
        mtus={link.name: link.mtu for link in links.values()},
        unset_mtu=USUAL_MTU,
        whole=True,
        filtering=tuple(name for name in ports if links[name].filters_vlans),
        links=kinds,
        pairs=pairs,
        plugs={
            link.name: Plug({link.master: {}})
            for link in links.values()
            if link.master and kinds.get(link.master) != OVS
        },
    )
    return Observation(resources, facts)


def _seen(
    kind: str, link: Link, host: str, record: dict[str, object], *, uplink: Link | None = None
) -> Resource:
    return Resource(
        kind,
        link.name,
        host,
        read(kind, link, uplink),
        ("bridge", link.master) if kind == "port" else None,
        backend=NAME,
        marked=link.marked,
        owner=link.owner,
        record=record,
    )


def unsaid(resource: Resource) -> list[str]:
    """What no sentence says of an observed bridge or port, in words: for `vnetsh export`."""
    record = record_of(resource)
    return [words for part, say in LEFT_OUT.items() if part in record and (words := say(record[part]))]
