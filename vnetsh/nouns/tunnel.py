"""The noun `tunnel`: two ends, each with the other host's address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import LINK_DOWN, LINK_UP, Fleet, Resource, Value
from vnetsh.nouns.headers import HEADERS, OUTER, REMOTE_NAME, no_fragments, proven
from vnetsh.nouns.makers import USUAL, maker_of
from vnetsh.nouns.nic import UsualChoice
from vnetsh.nouns.port import ERROR, ISOLATED
from vnetsh.schema import (
    BRIDGE,
    ENDS,
    PORT,
    Address,
    Attribute,
    Choice,
    Integer,
    Kind,
    Name,
    Text,
)
from vnetsh.schema.declared import Exported
from vnetsh.schema.phrase import Phrase
from vnetsh.schema.reboot import SURVIVES_REBOOT

if TYPE_CHECKING:
    from vnetsh.schema.lent import Resolving, Settling


_TYPES = ("gre", "vxlan", "geneve")
_MAKERS = {"linux": ("vxlan",), "ovs": _TYPES}
"""The backends whose bridges carry tunnels, and the types of those."""


SAID = ("type", "key", *OUTER, "isolated", "bfd")
"""What a sentence says of both ends of a tunnel, and of all tunnels of a mesh, alike."""


LINK = Attribute(
    "link",
    UsualChoice(what="the state of a link", choices=(LINK_UP, LINK_DOWN)),
    "With its link `down` nothing passes, either way; Open vSwitch's comes up with each start of ovs-vswitchd.",
    otherwise=f"`{LINK_UP}`",
    backends=("linux", "ovs"),
)


def _expand_tunnel(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    """One end on each of the two hosts; the remote address is the other host's."""
    hosts = declaration.names("ends")
    if hosts[0] == hosts[1]:
        resolver.refuse(
            Diagnostic(
                "E206",
                f"tunnel `{declaration.name}` leads from `{hosts[0]}` to itself",
                declaration.place("ends"),
                help="a tunnel joins two different hosts",
            )
        )
        return []
    return tunnel_ends(declaration, declaration.name, hosts, "ends", resolver)


def tunnel_ends(
    declaration: Phrase,
    name: str,
    hosts: Sequence[str],
    said: str,
    resolver: Resolving,
    further: Mapping[str, Value] | None = None,
) -> Sequence[Resource]:
    """A tunnel's two ends, with what its declaration says of it; `said` is its key for the hosts."""
    for host in hosts:
        if not resolver.hosts[host].tunnel_address:
            resolver.refuse(
                Diagnostic(
                    "E107",
                    f"host `{host}` has no address for tunnel `{name}` to end at",
                    declaration.word(said, host),
                    help=f"say it in the hosts file: `host {host} address 192.0.2.1`",
                )
            )
    attributes = {key: declaration.value(key) for key in (*SAID, LINK.name) if key in declaration.attributes}
    attributes |= further or {}
    bridge = declaration.value("on") or _declared_bridge(declaration, hosts, resolver)
    resources = []
    words = {**declaration.words, **dict.fromkeys(("remote", "local"), declaration.place(said))}
    if "on" in words:
        words["bridge"] = words["on"]
    for here, there in (hosts, hosts[::-1]):
        values = {**attributes, "remote": resolver.hosts[there].tunnel_address}
        if local := resolver.hosts[here].attributes.get("tunnel-address"):
            values["local"] = local
        if bridge:
            values["bridge"] = bridge
        resources.append(Resource("tunnel", name, here, values, span=declaration.span, words=words))
    return resources


def _declared_bridge(declaration: Phrase, hosts: Sequence[str], resolver: Resolving) -> str:
    """The one bridge that the script declares on any of these hosts; empty when it declares none.

    One with an uplink is not for tunnels: it carries the hosts' own traffic.
    """
    declared = [p for p in resolver.phrases if p.schema.name == "bridge" and set(p.names("on")) & set(hosts)]
    kind = declaration.value("type")
    unfit = {p.name for p in declared if p.value("uplink") or not _carries(p.value("backend"), kind)}
    candidates = list(dict.fromkeys(p.name for p in declared if p.name not in unfit))
    if len(candidates) > 1:
        resolver.refuse(_ambiguous(declaration.name, declaration.name_span, candidates))
    return candidates[0] if len(candidates) == 1 else ""


def _only_bridge(tunnel: Resource, settler: Settling) -> str:
    """The bridge that the hosts leave no doubt about; refuses and returns nothing when they do.

    One with an uplink is not for tunnels: it carries the hosts' own traffic.
    """
    hosts = {r.place for r in settler.said if (r.kind, r.name) == (tunnel.kind, tunnel.name)}
    there = [r for r in (*settler.fleet.resources.values(), *settler.said) if r.place in hosts]
    bridges = [r for r in there if r.kind == "bridge"]
    kind = tunnel.get("type")
    unfit = {r.name for r in bridges if r.get("uplink") or not _carries(r.get("backend"), kind)}
    # Where it is missing it would be made: something else must not have its name there.
    unfit |= {r.name for r in there if r.kind in ("port", "tunnel")}
    names = {r.name for r in bridges} - unfit
    if len(names) == 1:
        return names.pop()
    if names:
        settler.refuse(_ambiguous(tunnel.name, tunnel.at("name"), sorted(names)))
    else:
        settler.refuse(
            Diagnostic(
                "E205",
                f"there is no bridge for tunnel `{tunnel.name}` to join",
                tunnel.at("name"),
                help="say one, and it is made at both ends: `on vswitch02`",
            )
        )
    return ""


def _carries(maker: Value, kind: Value) -> bool:
    """Whether the bridges of a backend carry tunnels of a type; of what is not said the usual one counts."""
    return str(kind or _TYPES[0]) in _MAKERS.get(str(maker or USUAL), ())


def _ambiguous(tunnel: str, span: Span | None, candidates: Sequence[str]) -> Diagnostic:
    """The problem of a tunnel that could join several bridges."""
    return Diagnostic(
        "E204",
        f"tunnel `{tunnel}` could join " + " or ".join(f"`{name}`" for name in candidates),
        span,
        "which bridge?",
        f"say it: `on {candidates[0]}`",
    )


def _settle_tunnel(tunnel: Resource, settler: Settling) -> Sequence[Resource]:
    """Find the bridge that the script left open, and plan the one that is missing at this end."""
    if tunnel.get("mesh"):
        from vnetsh.nouns.meshes import settled

        end = settled(tunnel, settler, SAID)
        if end is None:
            return []
        tunnel = end
    there = settler.fleet.get("tunnel", tunnel.place, tunnel.name)
    if there and there.get("local") not in (None, settler.hosts[tunnel.place].tunnel_address):
        tunnel = tunnel.with_attributes(
            local=tunnel.get("local")
        )  # its host says nothing of that one any more
    if ":" in tunnel.text("remote") and tunnel.get("df", there.get("df") if there else None) == "no":
        settler.refuse(no_fragments(tunnel))
    tunnel = proven(tunnel, there, settler)
    bridge = tunnel.text("bridge")
    if not bridge:
        existing = settler.fleet.named("tunnel", tunnel.name)
        bridge = existing[0].text("bridge") if existing else _only_bridge(tunnel, settler)
        if not bridge:
            return []
        tunnel = tunnel.with_attributes(bridge=bridge)
    if settler.find("bridge", tunnel.place, bridge):
        return [tunnel]
    maker = maker_of(bridge, tunnel.place, settler)
    said: dict[str, Value] = {"backend": maker} if maker != USUAL else {}
    implied = Resource(
        "bridge", bridge, tunnel.place, said, because=f"implied by tunnel {tunnel.name}", span=tunnel.span
    )
    return [implied, tunnel]


def _export(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterable[Exported]:
    from vnetsh.nouns.tunnel_export import export_tunnels

    return export_tunnels(kind, resources, fleet)


TUNNEL_KIND = Kind(
    "tunnel",
    subject=PORT,
    help="A tunnel between two hosts: both ends, each with the other's address.",
    operands=(Attribute("ends", ENDS, "The two hosts: `kvm1<->kvm2`.", required=True),),
    attributes=(
        Attribute(
            "on",
            BRIDGE,
            "The bridge it joins at both ends; made where it is missing.",
            otherwise="the only one in question",
            column=False,
            clearable=False,
            backends=tuple(_MAKERS),
        ),
        Attribute(
            "type",
            Choice(what="a tunnel type", choices=_TYPES),
            "The encapsulation.",
            default="gre",
            clearable=False,
            backends=tuple(_MAKERS),
        ),
        Attribute(
            "key",
            Integer(what="a tunnel key"),
            "GRE key or VNI; of 24 bits (to 16777215) for vxlan and geneve.",
            otherwise="none",
            backends=tuple(_MAKERS),
        ),
        *HEADERS,
        ISOLATED,
        LINK,
        Attribute(
            "bfd",
            Choice(what="whether its ends look for one another", choices=("yes",)),
            "Each end looks for the other one, by a small packet a second (BFD): `state` says what it finds.",
            otherwise="no",
            column=False,
            backends=("ovs",),
        ),
        Attribute(
            "state", Text(), "With `bfd` whether the other end answers: `up`.", settable=False, passing=True
        ),
        Attribute("mesh", Name(what="a mesh's name"), "The mesh that it is a part of.", settable=False),
        Attribute("bridge", BRIDGE, "The bridge it joins.", settable=False),
        Attribute("remote", Address(), "The other end's address.", settable=False),
        REMOTE_NAME,
        Attribute("local", Address(), "Its own address, where that is given.", settable=False, column=False),
        Attribute(
            "udp-port", Integer(), "Where it sends to, if not as is usual.", settable=False, column=False
        ),
        SURVIVES_REBOOT,
        ERROR,
    ),
    requires=("bridge",),
    rides_on=("bridge",),
    realised_with="bridge",
    part_of="mesh",
    brings=("bridge",),
    expand=_expand_tunnel,
    settle=_settle_tunnel,
    export=_export,
    example="tunnel gre12 kvm1<->kvm2 on vswitch02 type gre",
)
