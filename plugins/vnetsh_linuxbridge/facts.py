"""What observing tells of a host's links besides resources, for assessing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh.hosts.boot.keeping import AtStart
from vnetsh.model import LinkFacts
from vnetsh_linuxbridge.encap import Encap
from vnetsh_linuxbridge.vlans import Vlans


@dataclass(frozen=True)
class KernelFacts(LinkFacts):
    """Of a host's links their kinds and the bridges or bonds that they belong to.

    The bridges that are `filtering` VLANs, and those that are `following` the root of their spanning tree.

    `vnis` are what its VXLAN devices are that are no tunnels of bridges, `meshes` the meshes whose tunnels others have,
    by name.
    Of VLANs: what is `odd` about how a bridge has them, the links with `stacked` devices, each with one of those, and
    the `vlans` of bridges and their ports where these are not those of new ones. `abilities` are the kernel's.
    `at_start` is what the host does at each start.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    masters: Mapping[str, str] = field(default_factory=dict)
    filtering: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    odd: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stacked: Mapping[str, str] = field(default_factory=dict)
    vlans: Mapping[str, Vlans] = field(default_factory=dict)
    abilities: Sequence[str] = ()
    vnis: Mapping[str, Encap] = field(default_factory=dict)
    at_start: AtStart = field(default_factory=AtStart)
    meshes: Mapping[str, str] = field(default_factory=dict)
