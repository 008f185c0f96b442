"""What is asked of a vm that a cluster keeps up, the cluster is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.backend import Assessment, HostCommand
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import KEEPER, ActionKind, Change, Fleet, Impact, Resource, is_off, listed
from vnetsh.model.power import MANAGED, REBOOT, RUNNING, STATE, STOPPED
from vnetsh_pacemaker.drafting import id_of
from vnetsh_pacemaker.facts import ONLINE, ClusterFacts, facts_of, state_of
from vnetsh_pacemaker.marks import DRAINED as DRAINED_MARK
from vnetsh_pacemaker.shapes.vms import file_of
from vnetsh_pacemaker.sort import APART, GOVERNED, HALTED, NAME, OTHERS, TOGETHER

_DRAINED = "drained"


def keeper_of(vm: Resource, fleet: Fleet) -> Resource | None:
    """The `ha` of a vm, or of what is a part of one; None where no cluster has it."""
    name = vm.name if vm.kind == "vm" else vm.parent[1] if vm.parent and vm.parent[0] == "vm" else ""
    kept = (one for one in fleet.named("ha", name) if vm.place in fleet.places[one.place].hosts)
    return next(kept, None) if name else None


def governed(change: Change, fleet: Fleet) -> Change | Diagnostic | None:
    """That it is moved, stopped or started is the cluster's; a reboot it does not see; all else is refused."""
    kept = keeper_of(change.before or change.resource, fleet) or keeper_of(change.resource, fleet)
    if kept is None or kept.name in facts_of(kept.place, fleet).leaving:
        return None
    vm = change.resource
    if vm.kind == "vm" and change.before and change.after and not change.renames:
        if change.wishes.get(REBOOT):
            return None
        differing = {name: values for name, values in change.differing().items() if name != _DRAINED}
        moved = change.action is ActionKind.MOVE and not differing
        switched = {*differing} == {STATE} and {*differing[STATE]} == {RUNNING, STOPPED}
        if moved or switched or not differing:
            after = replace(change.after, backend=NAME)
            return replace(change, after=after, wishes={**change.wishes, KEEPER: kept.place})
    says, help = _refusal(change, kept)
    return Diagnostic(GOVERNED, says, vm.span, help=help)


def assess(change: Change, fleet: Fleet) -> Assessment:
    """Live where the cluster may move it so; else it is stopped, and started there."""
    vm = change.resource
    kept = keeper_of(change.before or vm, fleet)
    if kept is None or change.before is None:
        return Assessment()
    says = "" if change.action is ActionKind.CHANGE else next(against(kept, vm.place, fleet), "")
    goes = change.action is ActionKind.MOVE or not is_off(vm)
    state = state_of(vm.place, kept.place, fleet)
    if vm.place not in fleet.places[kept.place].hosts:
        says = f"{vm.place} is not of cluster `{kept.place}`, which keeps up vm `{vm.name}`"
    elif not facts_of(kept.place, fleet).quorate:
        says = f"cluster `{kept.place}`, which keeps up vm `{vm.name}`, has no quorum"
    elif goes and state != ONLINE:
        says = f"{vm.place} takes nothing in cluster `{kept.place}`: it is {state}"
    if says:
        help = _elsewhere(change.before, vm.place, kept, fleet)
        return Assessment(problem=Diagnostic(GOVERNED, says, vm.span, help=help))
    if problem := next(_hindered(change, kept, facts_of(kept.place, fleet)), None):
        return Assessment(problem=problem)
    if STATE in change.differing():
        return _switched(change, kept, fleet)
    if change.action is not ActionKind.MOVE:
        return Assessment()
    if is_off(vm):
        return Assessment(how=f"by cluster {kept.place}")
    if kept.get("migrate"):
        how, vips = f"by cluster {kept.place}", _followed_by(vm.name, kept.place, fleet)
        return Assessment(
            Impact.BRIEF if vips else Impact.LIVE,
            (vm.name,),
            how + (f"; {', '.join(vips)} follows" if vips else ""),
        )
    along = needing(vm.name, kept.place, fleet)
    how = f"cluster {kept.place} stops it, and starts it there"
    return Assessment(Impact.RESTART, (vm.name, *along), how + with_it(along))


def _hindered(change: Change, kept: Resource, facts: ClusterFacts) -> Iterator[Diagnostic]:
    """What others told the cluster that would keep it from moving a vm, or from stopping or starting it."""
    vm, moves = change.resource, change.action is ActionKind.MOVE
    if not moves and STATE not in change.differing():
        return
    if facts.halted:
        why, ends = facts.halted
        says = f"cluster `{kept.place}`, which has vm `{vm.name}`, {why}"
        yield Diagnostic(HALTED, says, vm.span, help=f"{ends} first")
    elif kept.name in facts.unmanaged:
        says = f"cluster `{kept.place}` has vm `{vm.name}`, and others told it to leave that alone"
        yield Diagnostic(HALTED, says, vm.span, help=f"`pcs resource manage {id_of(kept)}` first")
    elif moves and (rule := facts.barred.get((kept.name, vm.place))):
        says = f"others' rule `{rule}` of cluster `{kept.place}` keeps vm `{vm.name}` off {vm.place}"
        yield Diagnostic(OTHERS, says, vm.span, help=f"`pcs constraint delete {rule}` first, or another host")
    elif moves and (rule := facts.bound.get(kept.name)):
        says = f"others moved vm `{vm.name}` by hand, and `{rule}` of cluster `{kept.place}` keeps it there"
        yield Diagnostic(OTHERS, says, vm.span, help=f"`pcs resource clear {id_of(kept)}` first")


def _followed_by(name: str, place: str, fleet: Fleet) -> list[str]:
    """The addresses that go where a vm goes."""
    return [vip.name for vip in fleet.of_kind("vip", place) if name in listed(vip.get(TOGETHER))]


def _elsewhere(before: Resource, place: str, kept: Resource, fleet: Fleet) -> str:
    """Where a vm could go instead."""
    others = [host for host in fleet.places[kept.place].hosts if host not in (before.place, place)]
    online = [host for host in others if state_of(host, kept.place, fleet) == ONLINE]
    able = [host for host in online if not any(against(kept, host, fleet))]
    return f"`migrate {kept.name} to {able[0]}`" if able else "`doctor` tells what is wrong with it"


def _switched(change: Change, kept: Resource, fleet: Fleet) -> Assessment:
    """What it costs to have the cluster stop a vm, with those that do not run without it, or start it."""
    if not is_off(change.resource):
        return Assessment(how=f"cluster {kept.place} starts it")
    along = needing(kept.name, kept.place, fleet)
    how = f"cluster {kept.place} stops it, and starts it nowhere"
    return Assessment(Impact.RESTART, (kept.name, *along), how + with_it(along))


def with_it(names: Sequence[str]) -> str:
    """What is stopped along with something, in words that go on."""
    return f"; with it {', '.join(names)}" if names else ""


def whom(kept: Resource) -> tuple[str, ...]:
    """What something is apart from or together with, as it says itself."""
    return (*listed(kept.get(APART)), *listed(kept.get(TOGETHER)))


def needing(name: str, place: str, fleet: Fleet) -> list[str]:
    """Those that do not run without something: what comes after it, and what is together with it, in turn."""
    orders, found = fleet.of_kind("order", place), [name]
    for one in found:
        follow = [order.text("then") for order in orders if order.text("first") == one]
        mates = [
            mate for ha in fleet.named("ha", one) if ha.place == place for mate in listed(ha.get(TOGETHER))
        ]
        mates += _followed_by(one, place, fleet)
        found += [other for other in dict.fromkeys((*follow, *mates)) if other not in found]
    return found[1:]


def commands(change: Change) -> Sequence[HostCommand]:
    """By `pcs`."""
    one = change.resource
    found = []
    if STATE in change.differing():
        if is_off(one):
            found.append(
                HostCommand(("virsh", "define", file_of(one.name)), host=one.place, note="so it is seen")
            )
        verb = "disable" if is_off(one) else "enable"
        found.append(HostCommand(("pcs", "resource", verb, one.name, "--wait")))
    if change.action is ActionKind.MOVE and is_off(one):
        found.append(HostCommand(("virsh", "define", file_of(one.name)), host=one.place))
        found.append(HostCommand(("virsh", "undefine", one.name), host=change.place))
    elif change.action is ActionKind.MOVE:
        told = ("pcs", "resource", "move", one.name, one.place)
        found.append(HostCommand(told, note="and takes back the rule that it makes"))
    if _DRAINED in change.differing():
        told = ("pcs", "resource", "meta", one.name, f"{DRAINED_MARK}={' '.join(listed(one.get(_DRAINED)))}")
        found.append(HostCommand(told))
    return found


def completed(vm: Resource, fleet: Fleet) -> Resource:
    """A vm, with the cluster that has it, and the hosts that this was told it was drained from."""
    kept = keeper_of(vm, fleet)
    if kept is None or kept.name in facts_of(kept.place, fleet).leaving:
        return vm
    said = {_DRAINED: drained} if (drained := kept.get(_DRAINED)) else {}
    return vm.with_attributes(**{MANAGED: kept.place}, **said)


def against(kept: Resource, host: str, fleet: Fleet) -> Iterator[str]:
    """The rules of the cluster that speak against a host for a vm, in words."""
    for word in (APART, TOGETHER):
        for mate in listed(kept.get(word)):
            there = any(vm.place == host for vm in fleet.named("vm", mate))
            if there == (word == APART):
                yield f"vm `{kept.name}` is to be {word} {'from' if there else 'with'} `{mate}`"


def _refusal(change: Change, kept: Resource) -> tuple[str, str]:
    """Why a change is not made beside the cluster, and what is to be done instead."""
    name, place, vm = kept.name, kept.place, change.resource
    says = f"cluster `{place}` keeps up vm `{name}`"
    help = f"`delete ha {name}` first: it goes on running; then `ha {name}` again"
    if vm.kind == "vm" and is_off(change.before or vm):  # a cluster takes over only what runs
        help = f"`delete ha {name}` first; then `start {name}` and `ha {name}` again"
    if vm.kind == "vm" and change.before is None:
        mend = f"`crm_resource --cleanup --resource {name}` on a host of {place}"
        return f"cluster `{place}` has vm `{name}` already, and it runs nowhere", mend
    if vm.kind == "vm" and change.before and change.action is ActionKind.MOVE:
        mend = f"`migrate {name} to HOST`"
        return f"{says}, and nothing but `migrate` moves it", mend
    return f"{says}, and would not know of this", help
