"""The noun `mesh`: a tunnel between each two of its hosts, or between a hub and each other one.

The ends of a full mesh are isolated: what comes by one of them goes to the bridge's own ports, and into no other
tunnel of the mesh (split horizon), so nothing goes round and nobody gets a packet twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.nouns.headers import OUTER
from vnetsh.nouns.names import name_of_many
from vnetsh.nouns.tunnel import TUNNEL_KIND, tunnel_ends
from vnetsh.schema import BRIDGE, HOST, HOSTS, Attribute, Kind, Name, Scope, Text
from vnetsh.schema.declared import Declared, Exported, Unsaid

if TYPE_CHECKING:
    from vnetsh.model import Fleet, Resource, Value
    from vnetsh.schema.lent import Resolving
    from vnetsh.schema.phrase import Phrase


def _expand(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    hosts, hub = declaration.names("hosts"), str(declaration.value("hub") or "")
    twice = next((host for host in hosts if hosts.count(host) > 1), "")
    if twice or len(hosts) < 2:
        message = (
            f"mesh `{declaration.name}` has `{twice}` twice" if twice else "a mesh needs two hosts at least"
        )
        place = declaration.word("hosts", twice or next(iter(hosts), ""))
        resolver.refuse(
            Diagnostic("E206", message, place, help="each host once: `mesh overlay kvm1, kvm2 on br0`")
        )
        return []
    if hub and hub not in hosts:
        resolver.refuse(
            Diagnostic(
                "E234",
                f"the hub `{hub}` is none of the hosts of mesh `{declaration.name}`",
                declaration.place("hub"),
                help=f"name it among them: `mesh {declaration.name} {hub}, {', '.join(hosts)} … hub {hub}`",
            )
        )
        return []
    from vnetsh.nouns.meshes import pairs_of

    further: dict[str, Value] = {"mesh": declaration.name}
    if "hub" in declaration.attributes:  # else as it is, if it is there
        further["isolated"] = None if hub else "yes"
    resources: list[Resource] = []
    for pair in pairs_of(hosts, hub):
        name = name_of_many(declaration.name, "_".join((declaration.name, *sorted(pair))))
        resources += tunnel_ends(declaration, name, pair, "hosts", resolver, further)
    return resources


def _export(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    """A sentence a mesh; of one that is not whole its tunnels have sentences, which do not say of what they are."""
    from vnetsh.nouns.meshes import seen_meshes, unsaid_of

    for mesh in seen_meshes(fleet):
        values = mesh.attributes()
        if reason := mesh.fault():
            yield from (Unsaid(end, f"it is of mesh {mesh.name}: {reason}") for end in mesh.ends)
        else:
            yield from unsaid_of(mesh.ends, fleet)
            yield from (Unsaid(end, "its link is down") for end in mesh.ends if end.get("link"))
            said = {name: value for name, value in values.items() if value is not None}
            yield Declared(mesh.name, {"hosts": mesh.hosts, **said}, tuple(mesh.ends))


def _gather(fleet: Fleet) -> Iterable[Resource]:
    from vnetsh.nouns.meshes import gather

    return gather(fleet)


def _members(mesh: Resource, fleet: Fleet) -> Sequence[Resource]:
    from vnetsh.nouns.meshes import members

    return members(mesh, fleet)


MESH_KIND = Kind(
    "mesh",
    plural="meshes",
    subject=Name(what="a mesh's name", ref="mesh"),
    help="A tunnel between each two of its hosts, on one bridge; or between its hub and each other one.",
    operands=(Attribute("hosts", HOSTS, "Its hosts: all of them.", required=True),),
    attributes=(
        replace(
            next(a for a in TUNNEL_KIND.attributes if a.name == "on"),
            type=BRIDGE,
            help="The bridge that its tunnels join on every host.",
            required=True,
        ),
        *(a for a in TUNNEL_KIND.attributes if a.name in ("type", "key", *OUTER)),
        replace(next(a for a in TUNNEL_KIND.attributes if a.name == "bfd"), otherwise="`yes`, with ovs"),
        Attribute(
            "hub",
            HOST,
            "The host to which all tunnels lead: the others reach one another through it.",
            otherwise="none: a tunnel between each two",
        ),
        Attribute("bridge", BRIDGE, "The bridge that they join.", settable=False),
        Attribute("error", Text(), "What it lacks, and what is wrong with its tunnels.", settable=False),
    ),
    requires=("tunnel",),
    scope=Scope.SCRIPT,
    expand=_expand,
    gather=_gather,
    members=_members,
    export=_export,
    example="mesh overlay kvm1, kvm2, kvm3 on vswitch02 type vxlan key 42",
)
