"""What a Linux bridge cannot be or carry, as its own backend refuses it. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change
from vnetsh_demo.fleet_index import FleetIndex
from vnetsh_demo.refusals import refused

_LEAST_DELAY, _MOST_DELAY = 2, 30


def bridge_refused(change: Change) -> Assessment | None:
    """What refuses a Linux bridge itself."""
    bridge, delay = change.resource, change.resource.get("forward-delay")
    if change.after is None or not bridge.get("stp") or not isinstance(delay, int):
        return None
    if _LEAST_DELAY <= delay <= _MOST_DELAY:
        return None
    message = f"bridge `{bridge.name}` on {bridge.place} takes part in no spanning tree: its forward delay is {delay} s"
    help = f"say one from {_LEAST_DELAY} to {_MOST_DELAY} s, too: `forward-delay 15`"
    return refused(bridge, "E499", message, "", help)


def member_refused(change: Change, index: FleetIndex) -> Assessment | None:
    """What refuses a tunnel or port of a Linux bridge."""
    wanted = change.after
    bridge = index.fleet.get("bridge", change.place, wanted.text("bridge")) if wanted else None
    if not wanted or not bridge or bridge.get("backend") != "linux":
        return None
    if wanted.kind == "tunnel":
        return _tunnel(wanted, index)
    if wanted.get("type") != "internal":
        return None
    message = f"a Linux bridge makes no internal ports: `{bridge.name}` on {wanted.place} is one"
    remedy = f"make the bridge with Open vSwitch: `bridge NAME on {wanted.place} backend ovs`"
    return refused(wanted, "E422", message, "", remedy)


def vlans_refused(change: Change, after: Fleet) -> Assessment | None:
    """What refuses a VLAN of a port: that its bridge filters none, or shall no longer, or that it is VLAN 1."""
    thing = change.after
    if thing is None or thing.kind not in ("bridge", "port"):
        return None
    for port in [thing] if thing.kind == "port" else after.of_kind("port", thing.place):
        bridge = after.get("bridge", port.place, port.text("bridge"))
        of_vm = bool(port.parent and port.parent[0] == "vm")
        vlan, trunk = port.get("vlan"), port.get("trunk")
        if not bridge or bridge.get("backend") != "linux" or of_vm or not (vlan or trunk):
            continue
        if thing.kind == "bridge" and bridge.name != thing.name:
            continue
        if not bridge.get("vlan-filtering"):
            message = (
                f"bridge `{bridge.name}` on {port.place} filters no VLANs: port `{port.name}` cannot have any"
            )
            remedy = f"say it of the bridge: `bridge {bridge.name} on {port.place} vlan-filtering yes`"
            return refused(thing, "E423", message, "", remedy)
        if (isinstance(trunk, tuple) and 1 in trunk) or (vlan == 1 and trunk is None):
            message = f"VLAN 1 of a Linux bridge is what is untagged: port `{port.name}` cannot have it so"
            return refused(port, "E533", message, "", "leave it out; beside a `trunk` it may be `vlan 1`")
    return None


def _tunnel(tunnel: Resource, index: FleetIndex) -> Assessment | None:
    bridge, key, mesh = tunnel.text("bridge"), tunnel.get("key"), tunnel.get("mesh")
    kind = tunnel.get("type") or "gre"
    if kind != "vxlan" and (kind != "gre" or mesh):
        what = f"mesh of {kind}" if mesh else f"{kind} tunnel"
        message = f"a Linux bridge carries no {what}: `{bridge}` of tunnel `{tunnel.name}` is one"
        remedy = "say `type vxlan key NUMBER`, or `on` another bridge, of Open vSwitch"
        return refused(tunnel, "E421", message, "", remedy)
    if kind == "gre":
        return None
    if mesh and not tunnel.get("isolated"):
        message = f"mesh `{mesh}` on the Linux bridge `{bridge}` has a hub, which sends nothing on"
        return refused(
            tunnel, "E500", message, "", "leave `hub` out: then there is a tunnel between each two"
        )
    if key is None:
        message = f"tunnel `{tunnel.name}` on the Linux bridge `{bridge}` has no key"
        return refused(
            tunnel, "E496", message, "", "say one, which no other VXLAN of its hosts has: `key 42`"
        )
    for other in index.fleet.of_kind("tunnel", tunnel.place):
        on = index.fleet.get("bridge", tunnel.place, other.text("bridge"))
        here = on is not None and on.get("backend") == "linux" and other.get("key") == key
        if here and other.name != tunnel.name and not (mesh and other.get("mesh") == mesh):
            message = f"key {key} of tunnel `{tunnel.name}` is that of `{other.name}` on {tunnel.place}"
            return refused(tunnel, "E497", message, "", "give the tunnel another `key`")
    return None
