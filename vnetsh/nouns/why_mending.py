"""The sentence that mends what is wrong on a way, where one can. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vnetsh.language.writing import word_text
from vnetsh.model import Finding, Fleet, Resource, Value, is_nic_name
from vnetsh.model.power import PAUSED, RUNNING, SLEEPING
from vnetsh.nouns.meshes import Mesh
from vnetsh.nouns.names import name_of_many
from vnetsh.nouns.patch import PATCH
from vnetsh.nouns.port import PORT_KIND
from vnetsh.nouns.tunnel import TUNNEL_KIND
from vnetsh.reach import host_with
from vnetsh.schema import BRIDGE, PORT, VM

_KINDS = ("internal", PATCH)
"""Types of ports that a sentence says: others are devices of the host's own."""

_KEPT = (
    "type",
    *(one.name for one in PORT_KIND.attributes if one.settable and one.name not in ("bridge", "mac")),
)
"""What a port has that is made anew."""

_OF_TUNNELS = [one.name for one in TUNNEL_KIND.attributes if one.settable and one.name != "on"]


def sentence(finding: Finding, fleet: Fleet) -> str:
    """A sentence that mends it; empty where none is known to."""
    if finding.sentence:
        return finding.sentence
    kind = finding.at[0]
    return _OF_KIND[kind](finding, fleet) if kind in _OF_KIND else ""


def _vm(finding: Finding, fleet: Fleet) -> str:
    vm = fleet.resources.get(finding.at)
    if vm is None:
        return ""
    if vm.get("state") == RUNNING:
        return f"vm {word_text(vm.name, VM)} port BRIDGE"
    verb = "resume" if vm.get("state") in (PAUSED, SLEEPING) else "start"
    return f"{verb} {word_text(vm.name, VM)}"


def _port(finding: Finding, fleet: Fleet) -> str:
    _, place, name = finding.at
    port, fix = fleet.resources.get(finding.at), dict(finding.fix)
    bridge = str(fix.pop("bridge", None) or (port.text("bridge") if port else ""))
    if not bridge or not finding.fix:
        return ""
    if port and port.parent and port.parent[0] == "vm":
        attached = fleet.attached(port)
        bridge = attached.text("network") if attached and "bridge" not in finding.fix else bridge
        known = f"mac {port.text('mac')}" if is_nic_name(name) else f"name {word_text(name, PORT)}"
        nic = f"port {word_text(bridge, BRIDGE)} {known}{_words(fix)}"
        return f"vm {word_text(port.parent[1], VM)} {nic}"
    first = ""
    if port and bridge != port.text("bridge"):  # no port goes from bridge to bridge: it is made anew
        first = f"delete port {word_text(name, PORT)} on {place}; "
        fix = {**{key: port.get(key) for key in _KEPT if port.get(key) is not None}, **fix}
    elif port and port.get("type") in _KINDS:
        fix = {"type": port.get("type"), **fix}
    return f"{first}bridge {word_text(bridge, BRIDGE)} on {place} port {word_text(name, PORT)}{_words(fix)}"


def _bridge(finding: Finding, fleet: Fleet) -> str:
    _, place, name = finding.at
    bridge = word_text(name, BRIDGE)
    if finding.fix:
        return f"bridge {bridge} on {place}{_words(finding.fix)}"
    there = finding.other[1] if finding.other else ""
    if not there or not all(fleet.hosts[host].tunnel_address for host in (place, there)):
        return ""
    ends = [end for end in fleet.of_kind("tunnel") if end.place in (place, there)]
    keys = {key for end in ends if isinstance(key := end.get("key"), int)}
    tunnel = name_of_many(name, f"{name}_{there}_{place}")
    return f"tunnel {tunnel} {there}<->{place} on {bridge} key {max(keys, default=0) + 1}"


def _tunnel(finding: Finding, fleet: Fleet) -> str:
    """The whole tunnel, as its right end has it: said again it mends both."""
    own, other = fleet.resources.get(finding.at), fleet.resources.get(finding.other or finding.at)
    right = other or own
    if right is None or not finding.other:
        return ""
    if "link" in finding.fix:
        bridge = word_text(right.text("bridge"), BRIDGE)
        return f"link {finding.at[1]}<->{right.place} {finding.fix['link']} on {bridge}"
    if right.get("mesh"):
        return _mesh_of(right.text("mesh"), fleet, right, finding)
    if own and own.name != right.name:
        return ""  # two ends of two names are no tunnel that a sentence says
    hosts = right.place, finding.at[1] if finding.at[1] != right.place else _far(right, fleet)
    if not all(hosts):
        return ""
    said = {key: right.get(key) for key in _OF_TUNNELS if key in finding.fix or right.get(key) is not None}
    bridge = word_text(right.text("bridge"), BRIDGE)
    return f"tunnel {word_text(right.name, PORT)} {'<->'.join(hosts)} on {bridge}{_words(said)}"


def _flow(finding: Finding, fleet: Fleet) -> str:
    return f"delete flow {finding.at[2]} on {finding.at[1]}"


def _far(end: Resource, fleet: Fleet) -> str:
    return host_with(end.text("remote"), fleet)


def _mesh(finding: Finding, fleet: Fleet) -> str:
    return _mesh_of(finding.at[2], fleet, None, finding)


def _mesh_of(name: str, fleet: Fleet, like: Resource | None, finding: Finding) -> str:
    """A mesh with all of its hosts, and the one at which it lacks something."""
    ends = [end for end in fleet.of_kind("tunnel") if end.get("mesh") == name]
    like = like or next(iter(ends), None)
    if like is None:
        return ""
    mesh = Mesh(name, ends, fleet)
    hosts = [host for host in fleet.hosts if host in mesh.hosts or host == finding.at[1]]
    said = {key: like.get(key) for key in ("type", "key") if like.get(key) is not None}
    hub = f" hub {mesh.hub}" if mesh.hub else ""
    return f"mesh {name} {', '.join(hosts)} on {word_text(like.text('bridge'), BRIDGE)}{_words(said)}{hub}"


def _words(said: Mapping[str, Value]) -> str:
    """Attributes and their values, in the words of a sentence."""
    return "".join(f" {key} {_shown(key, value)}" for key, value in said.items())


def _shown(key: str, value: Value) -> str:
    attribute = PORT_KIND.attribute(key)
    if value is None:
        return "none"
    return attribute.type.show(value) if attribute else str(value)


_OF_KIND: Mapping[str, Callable[[Finding, Fleet], str]] = {
    "vm": _vm,
    "port": _port,
    "bridge": _bridge,
    "tunnel": _tunnel,
    "mesh": _mesh,
    "flow": _flow,
}
