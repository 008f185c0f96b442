"""Random fleets whose vms are moved about, and a checker that knows nothing of how that was planned."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from soaking import Findings

from vnetsh.backend import Assessment, Backend
from vnetsh.diagnostics import Diagnostic, Source
from vnetsh.model import Change, Facts, Fleet, Host, Resource
from vnetsh.model.change import ActionKind
from vnetsh.planning.plan import Plan
from vnetsh.planning.planner import Planner
from vnetsh.registry import load_plugins
from vnetsh.session import Session

GIB = 2**30
BY = "demo"


class Picky(Backend):
    """Takes every vm on every host, but for some pairs."""

    name = BY
    kinds = frozenset({"bridge", "port", "tunnel", "vm"})
    preferred = True

    def __init__(self, never: frozenset[tuple[str, str]]) -> None:
        self._never = never

    def serves(self, place):
        return True

    def assess(self, change, fleet):
        if change.action is ActionKind.MOVE and (change.resource.name, change.resource.place) in self._never:
            return Assessment(problem=Diagnostic("E443", f"no image on {change.resource.place}"))
        return Assessment()

    def connect(self, place, context):
        raise NotImplementedError


@dataclass(frozen=True)
class World:
    """Hosts with their memory, and a fleet on them."""

    memory: Mapping[str, int]
    fleet: Fleet
    never: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @property
    def planner(self) -> Planner:
        return Planner(VOCABULARY, {BY: Picky(self.never)})

    def plan(self, text: str) -> tuple[Plan, list[Diagnostic]]:
        """What a script would do."""
        with Session(PLUGINS, dict(self.fleet.places)) as session:
            script = session.check(Source("fleet.vnet", text))
        return self.planner.plan(script, self.fleet)

    def after(self, plan: Plan) -> World:
        """The same when a plan is made."""
        fleet = self.fleet
        for stage in stages_of(plan):
            fleet = fleet.after(stage)
        facts = {
            (host, BY): _facts(size, list(fleet.of_kind("vm", host))) for host, size in self.memory.items()
        }
        return replace(self, fleet=replace(fleet, facts=facts))


PLUGINS = load_plugins()
VOCABULARY = PLUGINS.vocabulary


def stages_of(plan: Plan) -> Sequence[Sequence[Change]]:
    return [stage for segment in plan.segments for stage in segment.stages]


def _facts(memory: int, vms: Sequence[Resource]) -> Facts:
    running = {vm.name: int(vm.attributes["memory"]) for vm in vms if vm.get("state") == "running"}
    return Facts(memory=memory, free_memory=memory - sum(running.values()), running=running)


def random_world(
    rng: random.Random, hosts: int, vms: int, *, fill: float = 0.6, bonds: bool = True, skew: bool = False
) -> World:
    """Hosts of several sizes, filled to a part; most vms run, a few are picky, a few have bonds."""
    names = [f"kvm{n}" for n in range(1, hosts + 1)]
    sizes = {name: rng.choice((64, 96, 128)) * GIB for name in names}
    inventory = {name: Host(name, f"192.0.2.{n}", world="demo") for n, name in enumerate(names, 1)}
    mean = fill * sum(sizes.values()) / vms / GIB
    resources: list[Resource] = []
    used: Counter[str] = Counter()
    at: dict[str, str] = {}
    enemies: dict[str, set[str]] = {}
    for number in range(vms):
        name = f"vm{number}"
        memory = max(1, min(32, round(rng.expovariate(1 / mean)))) * GIB
        state = "running" if rng.random() < 0.9 else "stopped"
        takes = memory if state == "running" else 0
        others = rng.sample(list(at), 1) if bonds and at and rng.random() < 0.1 else []
        forbidden = {at[other] for other in others}
        free = [h for h in names if used[h] + takes <= sizes[h] and h not in forbidden]
        if not free:
            continue
        weights = [2.0 ** -names.index(h) if skew and names.index(h) < 5 else 0.05 for h in free]
        host = rng.choices(free, weights)[0] if skew else rng.choice(free)
        used[host] += takes
        at[name] = host
        attributes = {"memory": memory, "vcpus": 1, "state": state}
        if others:
            attributes["apart"] = tuple(others)
        elif bonds and rng.random() < 0.03:
            friends = [o for o, there in at.items() if there == host and o != name and not enemies.get(o)]
            if friends:
                attributes["together"] = (rng.choice(friends),)
        for other in others:
            enemies.setdefault(other, set()).add(name)
            enemies.setdefault(name, set()).add(other)
        resources.append(Resource("vm", name, host, attributes, backend=BY))
        nic = {"bridge": "vswitch01", "vm": name}
        resources.append(Resource("port", f"{name}_p", host, nic, ("vm", name), backend=BY))
    for name in names:
        resources.append(
            Resource("bridge", "vswitch01", name, {"backend": "ovs", "uplink": "eth0"}, backend=BY)
        )
    facts = {
        (host, BY): _facts(size, [r for r in resources if r.kind == "vm" and r.place == host])
        for host, size in sizes.items()
    }
    picky = [name for name in at if rng.random() < 0.05]
    never = frozenset(
        (name, host) for name in picky for host in rng.sample(names, hosts // 2) if host != at[name]
    )
    return World(sizes, Fleet(inventory, {r.key: r for r in resources}, facts), never)


def breaches(world: World, plan: Plan) -> list[str]:
    """What is wrong with a plan of moves, step by step: a vm under way takes its memory at both ends."""
    found = []
    where = {vm.name: vm.place for vm in world.fleet.of_kind("vm")}
    takes = {
        vm.name: int(vm.attributes["memory"]) if vm.get("state") == "running" else 0
        for vm in world.fleet.of_kind("vm")
    }
    for number, stage in enumerate(stages_of(plan)):
        moving = {c.resource.name: c.resource.place for c in stage if c.action is ActionKind.MOVE}
        load: Counter[str] = Counter()
        for name, host in [*where.items(), *moving.items()]:
            load[host] += takes[name]
        found += [
            f"stage {number}: {host} would have {size} of {world.memory[host]}"
            for host, size in load.items()
            if size > world.memory[host]
        ]
        for vm in world.fleet.of_kind("vm"):
            here = {where[vm.name], moving.get(vm.name, where[vm.name])}
            found += [
                f"stage {number}: {vm.name} meets {other}"
                for other in vm.get("apart") or ()
                if here & {where[other], moving.get(other, where[other])}
            ]
        for change in stage:
            if change.action is ActionKind.MOVE and where[change.resource.name] != change.place:
                found.append(f"stage {number}: {change.resource.name} is not on {change.place}")
        found += [
            f"{name} cannot be on {host}" for name, host in moving.items() if (name, host) in world.never
        ]
        where |= moving
    for vm in world.fleet.of_kind("vm"):
        found += [
            f"{vm.name} is not with {o}" for o in vm.get("together") or () if where[o] != where[vm.name]
        ]
    return found


def contents(fleet: Fleet) -> dict[object, object]:
    """All that a fleet holds, to be compared."""
    return {key: (dict(one.attributes), one.parent, one.marked) for key, one in fleet.resources.items()}


def drain_round(seed: int, hosts: int = 50, vms: int = 500) -> tuple[list[str], bool]:
    """A host or two are drained, and then undrained, in any order; what was wrong, and whether it was refused."""
    rng = random.Random(seed)
    world = random_world(rng, hosts, vms, fill=rng.choice((0.5, 0.7, 0.85, 0.95)))
    first = contents(world.fleet)
    drained = [f"kvm{n}" for n in rng.sample(range(1, hosts + 1), rng.choice((1, 1, 2, 3)))]
    one_by_one = rng.random() < 0.7
    wrong: list[str] = []
    for hosts_of_step in [[one] for one in drained] if one_by_one else [drained]:
        plan, problems = world.plan(f"drain {', '.join(hosts_of_step)}")
        if problems:
            return wrong, True
        wrong += breaches(world, plan)
        world = world.after(plan)
        wrong += [f"{vm.name} is left on {h}" for h in hosts_of_step for vm in world.fleet.of_kind("vm", h)]
        again, _ = world.plan(f"drain {', '.join(hosts_of_step)}")
        wrong += [f"said again: {change}" for change in again.changes]
    back = rng.sample(drained, len(drained)) if rng.random() < 0.5 else drained[::-1]
    for host in back:
        plan, problems = world.plan(f"undrain {host}")
        wrong += [f"undrain: {problem.message}" for problem in problems]
        wrong += breaches(world, plan)
        world = world.after(plan)
    if contents(world.fleet) != first:
        wrong.append(f"not as before: {drained} drained, {back} undrained")
    return wrong, False


def soak_drain(rounds: int, seed: int = 1) -> Findings:
    """Random fleets of 50 hosts and 500 vms, each drained in part and back."""
    found = Findings(rounds)
    refused = 0
    for number in range(seed, seed + rounds):
        wrong, no = drain_round(number)
        refused += no
        found.failures += [f"seed {number}: {one}" for one in wrong[:3]]
    found.notes.append(f"{refused} of {rounds} were refused: no host had room for somebody")
    return found


def fewest_moves(world: World, limit: float) -> float:
    """A solver's bound: so many vms at least are elsewhere when no host is over a limit; None where that cannot be.

    Of steps it knows nothing: only where everybody is in the end.
    """
    import numpy as np
    from scipy.optimize import LinearConstraint, milp
    from scipy.sparse import coo_matrix

    hosts = list(world.memory)
    vms = list(world.fleet.of_kind("vm"))
    size = np.array([int(vm.attributes["memory"]) / GIB * (vm.get("state") == "running") for vm in vms])
    count, width = len(vms), len(hosts)
    cost = np.array([float(vm.place != host) for vm in vms for host in hosts])
    upper = np.array([float((vm.name, host) not in world.never) for vm in vms for host in hosts])
    columns = np.arange(count * width)
    once = coo_matrix((np.ones(count * width), (columns // width, columns)), (count, count * width))
    load = coo_matrix((np.repeat(size, width), (columns % width, columns)), (width, count * width))
    most = np.array([limit * world.memory[host] / GIB for host in hosts])
    names = {vm.name: at for at, vm in enumerate(vms)}
    rows = [
        (names[vm.name], names[other], host)
        for vm in vms
        for other in vm.attributes.get("apart", ())
        if other in names
        for host in range(width)
    ]
    constraints = [LinearConstraint(once.tocsr(), 1, 1), LinearConstraint(load.tocsr(), -np.inf, most)]
    if rows:
        at = np.repeat(np.arange(len(rows)), 2)
        pairs = np.array([[one * width + host, other * width + host] for one, other, host in rows]).ravel()
        together = coo_matrix((np.ones(2 * len(rows)), (at, pairs)), (len(rows), count * width))
        constraints.append(LinearConstraint(together.tocsr(), -np.inf, 1))
    friends = [
        (names[vm.name], names[other], host)
        for vm in vms
        for other in vm.attributes.get("together", ())
        if other in names
        for host in range(width)
    ]
    if friends:
        at = np.repeat(np.arange(len(friends)), 2)
        pairs = np.array([[one * width + host, other * width + host] for one, other, host in friends]).ravel()
        signs = np.tile([1.0, -1.0], len(friends))
        equal = coo_matrix((signs, (at, pairs)), (len(friends), count * width))
        constraints.append(LinearConstraint(equal.tocsr(), 0, 0))
    found = milp(
        cost,
        integrality=np.ones(count * width),
        bounds=(0, upper),
        constraints=constraints,
        options={"time_limit": 20},
    )
    return np.inf if found.status == 2 else float(np.ceil(found.mip_dual_bound - 1e-6))


@dataclass
class Balanced:
    """How one fleet was balanced: its moves, the solver's bound, and the largest loads before and after."""

    moves: int
    bound: float
    before: float
    after: float
    wrong: list[str]
    refused: bool = False


def balance_round(seed: int, hosts: int = 10, vms: int = 60, limit: float = 0.8) -> Balanced:
    """A fleet of which some hosts are over the limit is balanced, and looked at again."""
    rng = random.Random(seed)
    world = random_world(rng, hosts, vms, fill=rng.choice((0.5, 0.6, 0.7)), skew=True)
    bound = fewest_moves(world, limit)
    plan, problems = world.plan(f"balance limit {round(limit * 100)}%")
    if problems:
        return Balanced(0, bound, 0, 0, [], refused=True)
    then = world.after(plan)
    wrong = breaches(world, plan)
    if _largest_load(then) > limit + 1e-9:
        wrong.append(f"a host has {_largest_load(then):.3f} of its memory in use")
    again, _ = then.plan(f"balance limit {round(limit * 100)}%")
    wrong += [f"said again: {change}" for change in again.changes]
    moves = sum(len(stage) for stage in stages_of(plan))
    return Balanced(moves, bound, _largest_load(world), _largest_load(then), wrong)


def _largest_load(world: World) -> float:
    used: Counter[str] = Counter()
    for vm in world.fleet.of_kind("vm"):
        used[vm.place] += int(vm.attributes["memory"]) if vm.get("state") == "running" else 0
    return max(used[host] / size for host, size in world.memory.items())


def soak_balance(rounds: int, seed: int = 1) -> Findings:
    """Random fleets of 10 hosts and 60 vms against a solver that only counts: how many moves it takes at least."""
    found = Findings(rounds)
    ratios, refused = [], 0
    for number in range(seed, seed + rounds):
        one = balance_round(number)
        found.failures += [f"seed {number}: {what}" for what in one.wrong]
        if one.refused:
            refused += 1
            if one.bound < float("inf"):
                found.failures.append(f"seed {number}: refused, and {one.bound:.0f} moves would do")
            continue
        ratios.append(one.moves / one.bound if one.bound else 1.0 + one.moves)
        if one.moves > 1.1 * one.bound:
            found.failures.append(f"seed {number}: {one.moves} moves, the solver's bound is {one.bound:.0f}")
    found.notes.append(
        f"{refused} were impossible; moves by the solver's bound: {max(ratios, default=1):.3f} at most"
    )
    return found
