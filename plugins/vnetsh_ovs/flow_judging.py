"""What a change of a flow costs, and what speaks against it, as far as it can be told without asking the host. Pure."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Change, Fleet, Impact, Resource, link_of
from vnetsh_ovs.attributes import is_asked
from vnetsh_ovs.fields import OF_KIND
from vnetsh_ovs.flows import ACTIVE, cookie_of, ports_in, version_of
from vnetsh_ovs.observing import BACKEND, facts_of
from vnetsh_ovs.rows import bridge_row
from vnetsh_ovs.taking import addresses_on
from vnetsh_ovs.tunnels import Problem

LOST = "each start of ovs-vswitchd loses it"
_NO_WAY_BACK = "a flow that keeps vnetsh out is not taken back by the host itself"
_UNKNOWN = "whom it joins or parts is not known"


def cost_of_flow(change: Change, fleet: Fleet) -> Assessment:
    """What a change of a flow costs: packets go otherwise at once, and nobody knows whose."""
    flow = change.resource
    stays = change.after is not None and change.after.get("state") == ACTIVE
    said: list[str] = []
    if change.before and change.after:
        differing = change.differing()
        said += [field.how for field in OF_KIND["flow"] if field.how and field.attribute in differing]
    said = said if stays else []
    if addresses := addresses_on(fleet, flow.place, flow.text("bridge")):
        said.append(f"the host's address {', '.join(addresses)} is there, and {_NO_WAY_BACK}")
    how = "; ".join([*said, _UNKNOWN])
    bridge = fleet.get("bridge", flow.place, flow.text("bridge"))
    if bridge is None:  # nobody is on one that is yet to be made
        return Assessment(how=how)
    return Assessment(Impact.BRIEF, fleet.awake_on(flow.place, flow.text("bridge")), how)


def problem_of_flow(change: Change, fleet: Fleet) -> Problem | None:
    """What speaks against a flow."""
    flow = change.after
    if flow is None or change.undo:
        return None
    host, name = fleet.hosts[flow.place], flow.text("bridge")
    if not is_asked(host):
        return (
            "E523",
            f"{host.name} cannot be told flow `{flow.name}`: its database is reached, and no vswitchd beside it",
            "no flows",
            "flows are written by ovs-ofctl on the host itself: say the host without `ovsdb` and `vswitchd`",
        )
    bridge = fleet.get("bridge", host.name, name)
    if bridge and bridge.backend not in ("", BACKEND):
        return (
            "E523",
            f"bridge `{name}` on {host.name} has no flows: it is no Open vSwitch bridge",
            "no flows",
            "say it of a bridge with `backend ovs`",
        )
    if bridge and bridge.get("parent"):
        return (
            "E523",
            f"bridge `{name}` on {host.name} is a VLAN of `{bridge.text('parent')}`: it has no flows of its own",
            "a VLAN of another one",
            f"say it of that: `bridge {bridge.text('parent')}`, with `dl_vlan={bridge.text('vlan')}` in its match",
        )
    row = bridge_row(bridge, name)
    if row and not version_of(row):
        return (
            "E523",
            f"bridge `{name}` on {host.name} speaks no version of OpenFlow that has bundles",
            "too old",
            f"flows are written all or none, which takes OpenFlow 1.3: `ovs-vsctl clear bridge {name} protocols` there",
        )
    for other in fleet.of_kind("flow", host.name):
        if other.name != flow.name and cookie_of(other.name) == cookie_of(flow.name):
            message = f"the switch could not tell flow `{flow.name}` from `{other.name}`"
            return "E522", message, "", "choose another name"
    return None


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether the ports that a flow names will be there."""
    flow = change.after
    if flow is None or change.undo:
        return FREE
    known = _ports(flow, after)
    missing = next((name for name in ports_in(flow) if name not in known), "")
    if not missing:
        return FREE
    word = "match" if missing in flow.text("match") else "actions"
    bridge = flow.text("bridge")
    return Assessment(
        problem=Diagnostic(
            "E524",
            f"bridge `{bridge}` on {flow.place} has no port `{missing}`, which flow `{flow.name}` names",
            flow.at(word, "name"),
            help=did_you_mean(missing, sorted(known), f"its ports: {', '.join(sorted(known))}"),
        )
    )


def still_named(change: Change, after: Fleet) -> Problem | None:
    """What speaks against taking a port from a bridge: a flow that names it, which would be about its number only."""
    before = change.before
    if before is None or change.undo:
        return None
    if before.kind == "bridge":
        bridge, gone = before.name, before.text("uplink")
    else:
        bridge, gone = before.text("bridge"), link_of(before)
    if not gone or gone in _said_on(bridge, change.place, after):
        return None
    for flow in after.of_kind("flow", change.place):
        if flow.text("bridge") == bridge and gone in ports_in(flow):
            return (
                "E524",
                f"flow `{flow.name}` names `{gone}`, which would be on bridge `{bridge}` of {change.place} no longer",
                "",
                f"first `delete flow {flow.name} on {change.place}`, or say the flow without it",
            )
    return None


def _ports(flow: Resource, fleet: Fleet) -> set[str]:
    bridge = flow.text("bridge")
    plugs = facts_of(fleet, flow.place).plugs
    return _said_on(bridge, flow.place, fleet) | {
        link for link, plug in plugs.items() if bridge in plug.bridges
    }


def _said_on(bridge: str, place: str, fleet: Fleet) -> set[str]:
    """The ports of a bridge that sentences say; a plug may be one of what goes."""
    there = (one for kind in ("port", "tunnel") for one in fleet.of_kind(kind, place))
    names = {link_of(one) for one in there if one.text("bridge") == bridge}
    of_bridge = fleet.get("bridge", place, bridge)
    return {*names, bridge, of_bridge.text("uplink") if of_bridge else ""} - {""}
