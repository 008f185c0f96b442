"""What a change costs, and whether anything speaks against it. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import BackendRefused
from vnetsh.model import Change, Fleet, Impact, Resource
from vnetsh.model.facts import SWITCHED_OFF
from vnetsh.model.nics import bond_nics
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs.attributes import confirm_of
from vnetsh_ovs.fields import IN_ROWS, OF_KIND, Field
from vnetsh_ovs.flow_judging import LOST, cost_of_flow, problem_of_flow
from vnetsh_ovs.flows import ACTIVE
from vnetsh_ovs.observing import facts_of
from vnetsh_ovs.occupants import occupants, on_host
from vnetsh_ovs.refusing import problem_of_bridge, problem_of_member
from vnetsh_ovs.rows import has_qos, record_of
from vnetsh_ovs.starting import nics_of, unlasting
from vnetsh_ovs.taking import addresses_on
from vnetsh_ovs.tunnels import Problem, said_of_tunnel
from vnetsh_ovs.wrapping import said_of_wrapping


def _bridge(change: Change, fleet: Fleet) -> Assessment:
    moving = _moving(change, fleet)
    if change.before is None:
        return Assessment(Impact.BRIEF, (), moving) if moving else FREE
    on_bridge = occupants(fleet, change.place, change.resource.name)
    awake = fleet.awake_on(change.place, change.resource.name)
    if change.after is None:
        carries = bool(change.before.text("uplink")) or on_bridge.ports > 0
        impact = Impact.BRIEF if carries else Impact.NONE
        return Assessment(impact, awake, _joined(_gone("bridge removed", change.before), moving))
    differing = change.differing()
    if differing.keys() == {SURVIVES}:
        return FREE
    fields = [field for field in IN_ROWS["bridge"] if field.attribute in differing]
    said = [_said(field, change.after) for field in fields]
    said += [field.riders for field in fields if on_bridge.vms]
    impact = max([Impact.LIVE, *(field.impact for field in fields)])
    old, new = change.before.text("uplink"), change.after.text("uplink")
    port = fleet.get("port", change.place, new)
    kept = ", with the QoS that it has as a port" if port and has_qos(record_of(port), new) else ""
    how = f"uplink {new} added{kept}" if new and not old else ""
    if old and old != new:
        impact = max(impact, Impact.BRIEF)
        shaped = ", with its QoS" if has_qos(record_of(change.before), old) else ""
        how = f"uplink {old} replaced by {new}{kept}" if new else f"uplink {old} taken out{shaped}"
        how = _joined(how, *_no_copies(change, old, fleet))
    hits = awake if impact > Impact.LIVE else ()
    return Assessment(max(impact, Impact.BRIEF) if moving else impact, hits, _joined(how, moving, *said))


def _gone(how: str, thing: Resource) -> str:
    """What is said of something that goes: also what others set on it, which goes with it."""
    from vnetsh_ovs.left_out import left_out  # most runs remove nothing

    theirs = left_out(thing) if thing.record else ()
    return f"{how}, with what is set on it: {', '.join(theirs)}" if theirs else how


def _no_copies(change: Change, gone: str, fleet: Fleet) -> list[str]:
    """What is said of the ports that are sent copies of what one carries that goes."""
    copies = on_host(fleet, change.place).copies.get(gone, ())
    return [f"no more copies of {gone} for port {name}" for name in copies]


def _said(field: Field, after: Resource) -> str:
    return field.how.format(new=after.get(field.attribute))


def _joined(*how: str) -> str:
    return "; ".join(filter(None, how))


def _moving(change: Change, fleet: Fleet) -> str:
    """What is said of the host's own addresses, when the uplink carries them; else nothing."""
    host, bridge = change.place, change.resource.name
    old = change.before.text("uplink") if change.before else ""
    new = change.after.text("uplink") if change.after else ""
    if new != old and addresses_on(fleet, host, new):
        return _comes(host, new, bridge, fleet)
    if old and old != new and addresses_on(fleet, host, bridge):
        moved = "" if new else f"the host's addresses move from {bridge} to {old}"
        return _joined(moved, _back(host, fleet))
    return ""


def _moving_by_bond(change: Change, fleet: Fleet) -> str:
    """The same of a bond: of all that changes with it the host may be reached no longer."""
    bond, had, has = change.resource, bond_nics(change.before), bond_nics(change.after)
    bridge, differing = bond.text("bridge"), change.differing().keys() - {SURVIVES}
    if not (had or has) or (change.before and change.after and not differing):
        return ""
    new = [nic for nic in has if nic not in had]
    coming = [nic for nic in new if addresses_on(fleet, change.place, nic)]
    if coming:
        return _comes(change.place, coming[0], bridge, fleet)
    instead = fleet.get("bridge", change.place, bridge)
    if instead and instead.text("uplink") in new and addresses_on(fleet, change.place, bridge):
        return f"in place of uplink {instead.text('uplink')}, its addresses with it; {_back(change.place, fleet)}"
    if not had or not addresses_on(fleet, change.place, bridge):
        return ""
    nic = facts_of(fleet, change.place).brought.get(bond.name) if not has else ""
    moved = f"the host's addresses move from {bridge} to {nic}" if nic else ""
    return _joined(moved, _back(change.place, fleet))


def _comes(host: str, nic: str, bridge: str, fleet: Fleet) -> str:
    lease = "; its lease is not renewed any more" if nic in facts_of(fleet, host).leased else ""
    moved = f"{', '.join(addresses_on(fleet, host, nic))} and routes move from {nic} to {bridge}"
    return f"{moved}; {_back(host, fleet)}{lease}"


def _back(host: str, fleet: Fleet) -> str:
    return f"taken back after {confirm_of(fleet.hosts[host])} s unless the host is reached anew"


def _switched_off(change: Change, fleet: Fleet) -> str:
    """Of NICs that become ports, or a bond's: that they are down, as vnetsh leaves them until the next start."""
    port, had = change.after, bond_nics(change.before)
    if port is None or change.undo:
        return ""
    new = [nic for nic in bond_nics(port) if nic not in had] or ([port.name] if change.before is None else [])
    off = [nic for nic in new if fleet.down(port.place, nic) == SWITCHED_OFF]
    return "; ".join(f"{nic} is down, nothing passes before `ip link set {nic} up`" for nic in off)


def _member(change: Change, fleet: Fleet) -> Assessment:
    moving = _moving_by_bond(change, fleet) if change.resource.kind == "port" else ""
    off = _switched_off(change, fleet) if change.resource.kind == "port" and not moving else ""
    note = _joined(said_of_tunnel(change, fleet), said_of_wrapping(change, fleet), moving, off)
    if change.before is None:
        return Assessment(Impact.BRIEF, (), moving) if moving else Assessment(how=note)
    bridge = change.before.text("bridge")
    vms = fleet.awake_on(change.place, bridge)
    if change.after is None:
        how = _gone("taken off the bridge", change.before)
        if change.before.kind == "tunnel":
            return Assessment(how=how)  # whom that cuts off is seen from all hosts: the planner says it
        copies = _no_copies(change, change.before.name, fleet)
        return Assessment(Impact.BRIEF, vms, _joined(how, moving, *copies))
    differing = change.differing()
    fields = [field for field in OF_KIND[change.after.kind] if field.attribute in differing]
    if not fields:
        return FREE  # of its mark nobody but vnetsh takes notice
    said = dict.fromkeys(_said(field, change.after) for field in fields)
    return Assessment(max(field.impact for field in fields), vms, _joined(*said, note))


_BY_KIND = {
    "bridge": (_bridge, problem_of_bridge),
    "port": (_member, problem_of_member),
    "tunnel": (_member, problem_of_member),
    "flow": (cost_of_flow, problem_of_flow),
}


_WORDS = {
    "E402": ("uplink", "nics"),
    "E403": ("uplink", "nics"),
    "E534": ("uplink", "nics"),
    "E404": ("key",),
    "E493": ("local",),
    "E494": ("csum",),
    "E495": ("encrypted",),
    "E508": ("outbound", "inbound", "loss", "delay"),
    "E523": ("bridge",),
    "E524": ("uplink",),
    "E525": ("link",),
    "E529": ("qinq",),
}
"""The word that a problem is about, the first that was said of these, by its code; the name of others."""


def refused(change: Change, problem: Problem) -> Assessment:
    """A change that is refused."""
    code, message, label, help = problem
    return Assessment(
        problem=Diagnostic(code, message, change.resource.at(*_WORDS.get(code, ("name",))), label, help)
    )


def assess(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of a bridge, tunnel or port on the fleet as it will be just before."""
    kind = change.resource.kind
    if kind not in _BY_KIND:
        raise BackendRefused(f"the backend `ovs` makes no {kind}", help=f"it makes {', '.join(_BY_KIND)}")
    cost, problem_of = _BY_KIND[kind]
    problem = problem_of(change, fleet)
    if problem:
        return refused(change, problem)
    return replace(cost(change, fleet), until_reboot=_until_reboot(change, fleet))


def _until_reboot(change: Change, fleet: Fleet) -> str:
    """Why the host's next start loses what a change makes: all that is not the kernel's is in the database."""
    after, differing = change.after, change.differing()
    if after and after.kind == "flow":
        return LOST if after.get("state") == ACTIVE else ""
    if after and after.kind == "tunnel" and after.get("link") and "link" in differing:
        return "each start of ovs-vswitchd brings its link up"
    if (
        after is None
        or after.get(SURVIVES)
        or not nics_of(after)
        or (change.before and differing.keys().isdisjoint({"uplink", "nics"}))
    ):
        return ""
    return unlasting(after, fleet) or "the bridge is not vnetsh's: `vnetsh adopt bridge` makes it that"
