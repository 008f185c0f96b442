"""Links into resources and facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from vnetsh.backend import Observation
from vnetsh.model import Host, Plug, Resource
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.fields import read
from vnetsh_linuxbridge.filtering import vlans_told
from vnetsh_linuxbridge.left_out import LEFT_OUT, vlans_left_out
from vnetsh_linuxbridge.links import BRIDGE, NAME, OVS, TAP, USUAL_MTU, Link, Links, uplink_of
from vnetsh_linuxbridge.records import bridge_record, port_record, record_of, tunnel_record
from vnetsh_linuxbridge.vlans import USUAL

_TELLS = ("vlan", "trunk")
"""What a bridge that filters VLANs tells of a vm's tap."""


def observation(
    links: Links, kinds: Mapping[str, str], pairs: Mapping[str, str], at: Host, networks: Mapping[str, str]
) -> Observation:
    """The bridges, ports and tunnels of a host; a vm's taps are its own backend's to report.

    `kinds` are those of all links by name, `pairs` the ends of veth links, `networks` whose some bridges are.
    """
    host = at.name
    ports: dict[str, list[Link]] = {link.name: [] for link in links.values() if link.kind == BRIDGE}
    for link in links.values():
        if link.master in ports and link.kind != TAP:
            ports[link.master].append(link)
    resources = []
    for name, members in ports.items():
        uplink = uplink_of(members)
        bridge = links[name]
        one = _seen("bridge", bridge, host, bridge_record(bridge, uplink), uplink=uplink)
        resources.append(one.with_attributes(network=networks[name]) if name in networks else one)
        for link in members:
            if link.tunnel:
                resources += [_seen("tunnel", end, host, tunnel_record(link)) for end in _ends(link)]
            elif link is not uplink:
                resources.append(_seen("port", link, host, port_record(link)))
    facts = KernelFacts(
        kinds={link.name: link.kind for link in links.values()},
        masters={link.name: link.master for link in links.values() if link.master},
        addresses={link.name: link.addresses for link in links.values() if link.addresses},
        mtus={link.name: link.mtu for link in links.values()},
        underlay_link=next((link.name for link in links.values() if _has(link, at.tunnel_address)), ""),
        meshes={link.name: link.mesh for link in links.values() if link.mesh},
        vnis={
            link.name: link.encap
            for link in links.values()
            if link.encap and not link.tunnel and not link.mesh
        },
        unset_mtu=USUAL_MTU,
        whole=True,
        filtering=tuple(name for name in ports if links[name].filters_vlans),
        following=tuple(name for name in ports if links[name].follows),
        links=kinds,
        pairs=pairs,
        odd={name: links[name].odd for name in ports if links[name].odd},
        vlans={link.name: link.vlans for link in links.values() if link.vlans != USUAL},
        plugs={
            link.name: Plug({link.master: vlans_told(link)}, _TELLS if link.filters_vlans else ())
            for link in links.values()
            if link.master and kinds.get(link.master) != OVS
        },
    )
    return Observation(resources, facts)


def _ends(device: Link) -> Iterator[Link]:
    """A tunnel's device or, of one that has those of a mesh, each of them as if it were one."""
    if not device.mesh or device.encap is None:
        yield device
        return
    for name, remote in device.ends.items():
        yield replace(device, name=name, encap=replace(device.encap, remote=remote))


def _has(link: Link, address: str) -> bool:
    return any(text.partition("/")[0] == address for text in link.addresses)


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
    record, network = record_of(resource), resource.text("network")
    told = [f"{network} makes it, with addresses, DHCP and NAT of its own"] if network else []
    told += [words for part, say in LEFT_OUT.items() if part in record and (words := say(record[part]))]
    return [*told, *vlans_left_out(resource)]
