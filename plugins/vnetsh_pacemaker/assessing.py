"""What changes of a cluster cost, and what speaks against them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet, Impact, Resource, listed
from vnetsh.model.power import RUNNING, STATE
from vnetsh_pacemaker.facts import ONLINE, ClusterFacts, facts_of, state_of
from vnetsh_pacemaker.governing import against, needing, whom, with_it
from vnetsh_pacemaker.reading import SECRET, XML
from vnetsh_pacemaker.shapes.vms import FOLDER
from vnetsh_pacemaker.sort import (
    APART,
    FENCING,
    HALTED,
    LAST_FENCE,
    MEMBER,
    NO_NETWORK,
    NO_NODE,
    NO_QUORUM,
    NOT_FIT,
    OTHERS,
    OUTDATED,
    STANDBY,
    TOGETHER,
    UNFENCED,
)

_KEPT_UP = ("ha", "vip")


def assess(change: Change, fleet: Fleet) -> Assessment:
    """What a change costs on a fleet as it is just before."""
    one, facts = change.resource, facts_of(change.place, fleet)
    if problem := next(_problems(change, facts, fleet), None):
        return Assessment(problem=problem)
    if one.kind == MEMBER:
        return _aside(change, fleet)
    if change.after is None:
        return _going(one)
    if one.kind == "ha":
        if change.before is None:
            return Assessment(
                Impact.LIVE,
                (one.name,),
                "it goes on running; its definition goes to every host of the cluster",
            )
        if "transport" in change.differing():  # a parameter of its agent
            return Assessment(Impact.RESTART, (one.name,), "the cluster stops it, and starts it anew")
        return Assessment(Impact.LIVE, (one.name,))
    if one.kind == "fence" and OUTDATED in change.differing():
        gone = bool(one.get(OUTDATED))
        return Assessment(
            Impact.NONE if gone else Impact.LIVE,
            how="what its hosts were given before is kept nowhere: they keep the new"
            if gone
            else "its hosts are given what the files here say",
        )
    if one.kind == "vip" and change.before and {"on", "prefix"} & {*change.differing()}:
        return Assessment(Impact.BRIEF, how="the address goes, and comes anew")
    if one.kind == "vip" and change.before and {APART, TOGETHER} & {*change.differing()}:
        return Assessment(Impact.BRIEF, how="it may go to another host")
    return Assessment(Impact.LIVE if change.before else Impact.NONE)


def _aside(change: Change, fleet: Fleet) -> Assessment:
    """What a standby costs: what the cluster has there goes elsewhere, or stops."""
    member = change.resource
    if not member.get(STANDBY):
        return Assessment(Impact.NONE, how="the cluster may put something there again")
    kept = [one for kind in _KEPT_UP for one in fleet.of_kind(kind, member.place)]
    vms = {vm.name for vm in fleet.of_kind("vm", member.name)}
    here = [one for one in kept if (one.name in vms if one.kind == "ha" else _is_at(one, member.name))]
    others = [one.name for one in fleet.of_kind("ha-resource", member.place) if _is_at(one, member.name)]
    going = [*(f"{one.kind} {one.name}" for one in here), *others]
    how = "the cluster puts nothing there"
    if not going:
        return Assessment(Impact.NONE, how=how)
    how += f"; {', '.join(going)} goes elsewhere, or stops"
    along = [name for one in here for name in needing(one.name, member.place, fleet)]
    hits = dict.fromkeys([*(one.name for one in here if one.kind == "ha"), *along])
    impact = (
        Impact.RESTART
        if along or any(not one.get("migrate") for one in here if one.kind == "ha")
        else Impact.BRIEF
    )
    return Assessment(impact, tuple(hits), how + with_it(along))


def _is_at(one: Resource, host: str) -> bool:
    return host in listed(one.get("at"))


def _going(one: Resource) -> Assessment:
    if one.kind == "ha":
        return Assessment(
            Impact.LIVE, (one.name,), "it goes on running where it is, and no cluster starts it anew"
        )
    return Assessment(Impact.BRIEF if one.kind == "vip" else Impact.LIVE)


def _problems(change: Change, facts: ClusterFacts, fleet: Fleet) -> Iterator[Diagnostic]:
    one, place = change.resource, fleet.places[change.place]
    if not facts.quorate:
        yield Diagnostic(
            NO_QUORUM, f"cluster `{place.name}` has no quorum: nothing of it is changed", one.span,
            help="`doctor` tells which of its hosts do not answer; once most of them do it goes on by itself",
        )  # fmt: skip
    strangers = [host for host in place.hosts if host not in facts.nodes]
    if strangers and facts.nodes and one.kind != "order":
        there = ", ".join(name for name in facts.nodes if name not in place.hosts) or ", ".join(facts.nodes)
        yield Diagnostic(
            NO_NODE, f"{', '.join(strangers)}: cluster `{place.name}` has no host of that name, but {there}", one.span,
            help="say in the hosts file what the cluster calls it (`host NAME address …`), up to its first dot",
        )  # fmt: skip
    if facts.halted and one.kind == "ha" and (change.before is None or change.after is None):
        says, ends = facts.halted
        yield Diagnostic(
            HALTED, f"cluster `{place.name}` {says}: no vm comes or goes", one.span, help=f"{ends} first"
        )
    if facts.halted and one.kind == "vip" and change.before is None:
        says, ends = facts.halted
        yield Diagnostic(HALTED, f"cluster `{place.name}` {says}", one.span, help=f"{ends} first")
    if change.before is not None:
        yield from _of_others(change, fleet)


def foresee(change: Change, after: Fleet) -> Assessment:
    """Whether what the cluster is to keep up has all that it needs, on the fleet as it is then."""
    found = next(_lacking(change, facts_of(change.place, after), after), None)
    return Assessment(problem=found) if found else FREE


def _lacking(change: Change, facts: ClusterFacts, fleet: Fleet) -> Iterator[Diagnostic]:
    one, place = change.resource, fleet.places[change.place]
    if change.after is not None and one.kind in _KEPT_UP:
        yield from _unfenced(one, facts, fleet)
    if change.before is None and one.kind == "vip":
        yield from _without_link(one, one.text("on"), place.hosts, fleet)
    if change.before is None and one.kind == "ha":
        yield from _unfit(one, place.hosts, fleet)


def _of_others(change: Change, fleet: Fleet) -> Iterator[Diagnostic]:
    """What others made that names what is to go, or would be lost with it."""
    one = change.resource
    if change.after is not None:
        return
    orders = [o for o in fleet.of_kind("order", one.place) if one.name in (o.text("first"), o.text("then"))]
    names = [f"`{name}`" for name in listed(one.get("named-by"))]
    names += [f"`order {order.name}`" for order in orders] if one.kind in _KEPT_UP else []
    beside = [vip for vip in fleet.of_kind("vip", one.place) if one.name in whom(vip)]
    names += [f"`vip {vip.name}`" for vip in beside] if one.kind in _KEPT_UP else []
    if names:
        yield Diagnostic(
            OTHERS, f"{one.kind} `{one.name}` is named by {', '.join(names)} in cluster `{one.place}`", one.span,
            help="take that away first: vnetsh's own by `delete order …`, or `vip … apart none together none`; what "
            "others made as they do, by `pcs`",
        )  # fmt: skip
    if (one.record or {}).get(SECRET):
        yield Diagnostic(
            OTHERS,
            f"fence `{one.name}` has a secret in the CIB itself, and vnetsh keeps none: nobody could take that back",
            one.span, help=f"`pcs stonith delete {one.name}`",
        )  # fmt: skip
    if one.kind == "ha" and one.record and f'"{FOLDER}/' not in str(one.record.get(XML)):
        yield Diagnostic(
            OTHERS, f"vm `{one.name}` was put under cluster `{one.place}` by others, in a way of theirs",
            one.span, help="`pcs resource unmanage` and `pcs resource delete` take it out",
        )  # fmt: skip


def _unfenced(one: Resource, facts: ClusterFacts, fleet: Fleet) -> Iterator[Diagnostic]:
    place, span = fleet.places[one.place], one.at("without", "name")
    devices = [*fleet.of_kind("fence", one.place)]
    if facts.fences and not devices:
        yield Diagnostic(
            UNFENCED, f"nothing fences the hosts of cluster `{place.name}`, and so it starts nothing", span,
            help=f"`fence {place.hosts[0]} by AGENT …` for each host; or, to do without, `pcs property set "
            f"stonith-enabled=false` and `without {FENCING}`",
        )  # fmt: skip
        return
    if one.get("without") == FENCING:
        return
    if not facts.fences:
        why = "is told not to fence (`stonith-enabled=false`)"
    elif bare := unfenced(place.hosts, devices):
        why = f"cannot fence {', '.join(bare)}"
    else:
        return
    yield Diagnostic(
        UNFENCED, f"cluster `{place.name}` {why}: after a split `{one.name}` may run on both sides", span,
        help=f"`fence {(unfenced(place.hosts, devices) or place.hosts)[0]} by AGENT …`; or say `without {FENCING}`",
    )  # fmt: skip


def unfenced(hosts: Iterable[str], devices: Iterable[Resource]) -> list[str]:
    """The hosts that none of these devices fences; one that says no hosts asks its agent for them."""
    covered: set[str] = set()
    for device in devices:
        said = device.get("hosts")
        if not isinstance(said, tuple):
            return []
        covered |= {*map(str, said)}
    return [host for host in hosts if host not in covered]


def _without_link(one: Resource, link: str, hosts: Iterable[str], fleet: Fleet) -> Iterator[Diagnostic]:
    lacking = ", ".join(host for host in hosts if not _has_link(link, host, fleet))
    if lacking:
        says = f"{one.kind} `{one.name}` needs `{link}` on each host of cluster `{one.place}`: not there on {lacking}"
        yield Diagnostic(NO_NETWORK, says, one.at("on", "name"), help=f"`bridge {link} on {lacking}`")


def _has_link(link: str, host: str, fleet: Fleet) -> bool:
    seen = any(place == host for place, _ in fleet.facts)
    return not seen or fleet.get("bridge", host, link) is not None or fleet.link_kind(host, link) is not None


def _unfit(one: Resource, hosts: Sequence[str], fleet: Fleet) -> Iterator[Diagnostic]:
    """Why a vm cannot come under the cluster."""
    vms = fleet.named("vm", one.name)
    span = one.at("name")
    if len(vms) != 1:
        says = f"there are {len(vms)} vms `{one.name}`" if vms else f"there is no vm `{one.name}`"
        yield Diagnostic(NOT_FIT, says, span, help=f"`vm {one.name} on {hosts[0]} …` makes one")
        return
    [vm] = vms
    if other := next((kept for kept in fleet.named("ha", one.name) if kept.place != one.place), None):
        says = f"vm `{one.name}` is under cluster `{other.place}` already"
        yield Diagnostic(NOT_FIT, says, span, help=f"`delete ha {one.name} on {other.place}` first")
    if vm.place not in hosts:
        yield Diagnostic(
            NOT_FIT, f"vm `{one.name}` is on {vm.place}, which is not of cluster `{one.place}`", span,
            help=f"`migrate {one.name} to {hosts[0]}` first",
        )  # fmt: skip
    if drained := listed(vm.get("drained")):
        yield Diagnostic(
            NOT_FIT, f"vm `{one.name}` is yet to go back to {drained[0]}, which was drained", span,
            help=f"`undrain {drained[0]}` first",
        )  # fmt: skip
    if vm.text(STATE) not in ("", RUNNING) and not one.get("stopped"):
        yield Diagnostic(
            NOT_FIT, f"vm `{one.name}` is {vm.text(STATE)}, and a cluster takes over what runs", span,
            help=f"`start {one.name}` first",
        )  # fmt: skip
    if vm.get("autostart"):
        yield Diagnostic(
            NOT_FIT, f"vm `{one.name}` starts with its host, be it elsewhere by then or not", span,
            help=f"`vm {one.name} autostart none` first: the cluster starts it",
        )  # fmt: skip
    if vm.place in hosts and (state := state_of(vm.place, one.place, fleet)) not in (ONLINE, "not there"):
        yield Diagnostic(
            NOT_FIT, f"vm `{vm.name}` is on {vm.place}, which is {state} in cluster `{one.place}`", span,
            help=f"`migrate {vm.name} to HOST` first, or have {vm.place} be online: `pcs node unstandby {vm.place}`",
        )  # fmt: skip
    for says in against(one, vm.place, fleet):
        yield Diagnostic(NOT_FIT, f"{says}, and is not", span, help=f"`migrate {one.name} to HOST` first")
    for bridge in sorted({nic.text("bridge") for nic in fleet.nics(vm)}):
        yield from _without_link(one, bridge, [h for h in hosts if h != vm.place], fleet)


def forbids(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """Fencing that goes while something still needs it."""
    for change in changes:
        place, one = after.places[change.place], change.resource
        if one.kind != "fence" or change.before is None:
            continue
        bare = unfenced(place.hosts, after.of_kind("fence", place.name))
        if not bare or unfenced(place.hosts, before.of_kind("fence", place.name)):
            continue
        kept = [
            r for kind in _KEPT_UP for r in after.of_kind(kind, place.name) if r.get("without") != FENCING
        ]
        if kept:
            names = ", ".join(f"{r.kind} `{r.name}`" for r in kept[:3])
            yield Diagnostic(
                LAST_FENCE, f"nothing would fence {', '.join(bare)} any more, and `{place.name}` keeps up {names}",
                one.span, help=f"say another `fence` beside it, or `{kept[0].kind} {kept[0].name} without {FENCING}`",
            )  # fmt: skip
