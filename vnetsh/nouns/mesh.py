"""The noun `mesh`: a tunnel between each two of its hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.nouns.names import short_name
from vnetsh.nouns.tunnel import TUNNEL_KIND, tunnel_ends
from vnetsh.schema import BRIDGE, HOSTS, Attribute, Kind, Name, Scope

if TYPE_CHECKING:
    from vnetsh.model import Resource
    from vnetsh.schema.lent import Resolving
    from vnetsh.schema.phrase import Phrase


def _expand(declaration: Phrase, resolver: Resolving) -> Sequence[Resource]:
    hosts = declaration.names("hosts")
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
    if len(hosts) > 2:
        resolver.refuse(
            Diagnostic(
                "E212",
                f"mesh `{declaration.name}` would loop: {len(hosts)} hosts on one bridge",
                declaration.place("hosts"),
                "more than two hosts",
                "bridges learn, and would send a broadcast round for ever; the flows that stop it come in a later "
                "version. Until then: a chain or a star of tunnels",
            )
        )
        return []
    resources: list[Resource] = []
    for here, there in combinations(hosts, 2):
        name = short_name(f"{declaration.name}_{here}_{there}")
        resources += tunnel_ends(declaration, name, (here, there), "hosts", resolver)
    because = f"part of mesh {declaration.name}"
    return [replace(resource, because=because) for resource in resources]


MESH_KIND = Kind(
    "mesh",
    plural="meshes",
    subject=Name(what="a mesh's name"),
    help="A tunnel between each two of its hosts, on one bridge. Shown as its tunnels.",
    operands=(Attribute("hosts", HOSTS, "Its hosts.", required=True),),
    attributes=(
        replace(
            next(a for a in TUNNEL_KIND.attributes if a.name == "on"),
            type=BRIDGE,
            help="The bridge that its tunnels join on every host.",
            required=True,
        ),
        *(a for a in TUNNEL_KIND.attributes if a.name in ("type", "key")),
    ),
    requires=("tunnel",),
    scope=Scope.SCRIPT,
    expand=_expand,
    example="mesh overlay kvm1, kvm2 on vswitch02 type vxlan key 42",
)
