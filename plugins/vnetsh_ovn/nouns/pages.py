"""What the page of a network or a tenant tells: all that has to do with it, and who may reach whom there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vnetsh.model import Fleet, Resource, Value, listed
from vnetsh.schema import ANY, Ranges, Told
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.shapes.rules import SOURCE, TARGET

REACHES = "who reaches whom"
_RULES = ("deny", "allow")
_OF_TENANTS = ("network", "router", "hop", "group", "loadbalancer")
_SPANS = Ranges()


def of_network(network: Resource, fleet: Fleet) -> Told:
    """All that has to do with a network."""
    here = _Place(fleet, network.place)
    return here.told([network], [one for one in here.of("router") if network.name in _joined(one)])


def of_tenant(tenant: Resource, fleet: Fleet) -> Told:
    """All that is a tenant's, and what leads there."""
    here = _Place(fleet, tenant.place)
    own = [one for kind in _OF_TENANTS for one in here.of(kind) if tenant_of(one.name) == tenant.name]
    networks = [one for one in own if one.kind == "network"]
    routers = [one for one in own if one.kind == "router"]
    told = here.told(networks, routers, [one for one in own if one.kind == "group"])
    return Told([*own, *told.resources], told.tables)


class _Place:
    def __init__(self, fleet: Fleet, place: str) -> None:
        here = (one for one in fleet.resources.values() if one.place == place)
        self._things = sorted(here, key=lambda one: one.name)  # the database has no order

    def of(self, *kinds: str) -> Iterator[Resource]:
        return (one for one in self._things if one.kind in kinds)

    def told(
        self, networks: Sequence[Resource], routers: Sequence[Resource], groups: Sequence[Resource] = ()
    ) -> Told:
        """What there is of networks and of the routers between: NICs, groups of their vms, rules, ways in."""
        names = {one.name for one in networks}
        nics = [one for one in self.of("attachment") if one.text("network") in names]
        vms = {one.text("vm") for one in nics}
        some = {one.key: one for one in groups}
        some |= {one.key: one for one in self.of("group") if vms & {*listed(one.get("members"))}}
        ends = {f"network:{one}" for one in names} | {f"vm:{one}" for one in vms}
        ends |= {f"group:{one.name}" for one in some.values()}
        rules = [one for kind in _RULES for one in self.of(kind) if ends & {*_ends(one)}]
        found = [*nics, *some.values(), *rules, *self._ways(names, routers, nics)]
        return Told(found, {REACHES: [*_reaching(rules, some.values(), networks)]})

    def _ways(
        self, networks: set[str], routers: Sequence[Resource], nics: Sequence[Resource]
    ) -> Iterator[Resource]:
        """Routers, what these are peers of, addresses outside and load balancers that lead to some networks."""
        known = {one.name for one in routers}
        outer = {one.name for one in routers if one.text("uplink") in networks}
        addresses = {address for one in nics for address in listed(one.get("address"))}
        yield from routers
        yield from (one for one in self.of("peer") if known & {one.text("left"), one.text("right")})
        yield from (one for one in self.of("hop") if one.text("router") in known)
        for one in self.of("eip", "forward"):
            inside = one.text("router") in known and one.text("inside") in addresses
            if inside or one.text("router") in outer:
                yield one
        for one in self.of("loadbalancer"):
            if networks & {*listed(one.get("networks"))}:
                yield one


def _joined(router: Resource) -> Sequence[str]:
    return (*listed(router.get("networks")), router.text("uplink"))


def _ends(rule: Resource) -> Iterator[str]:
    """The ends of a rule, each a kind and a name."""
    return (words[0] for side in (SOURCE, TARGET) if (words := listed(rule.get(side))))


def _reaching(
    rules: Sequence[Resource], groups: Iterable[Resource], networks: Sequence[Resource]
) -> Iterator[Mapping[str, Value]]:
    """Who may begin what with whom, and by which sentence; what comes first counts first."""
    for rule in rules:
        way = listed(rule.get("way"))
        if len(way) != 2:
            yield _row("", "", rule.kind == "allow", rule.text("match"), "", f"others ({rule.name})")
            continue
        ports = rule.get("ports")
        said = ", ".join(_SPANS.texts([int(one) for one in ports])) if isinstance(ports, tuple) else ""
        by = f"{rule.kind} {rule.name}"
        yield _row(way[0], way[1], rule.kind == "allow", rule.text("protocol"), said, by)
    grouped = False
    for group in groups:
        if group.get("members") is not None:
            grouped = True
            yield _row(ANY, group.name, False, "all", "", f"group {group.name}")
    besides = " (vms in no group)" if grouped else ""
    for network in networks:
        to, tenant = network.name + besides, tenant_of(network.name)
        if not tenant:
            yield _row(ANY, to, True, "all", "", "nothing closes it")
        elif network.get("subnet"):
            yield _row(f"networks of {tenant}", to, True, "all", "", f"tenant {tenant}")
            yield _row(ANY, to, False, "all", "", f"tenant {tenant}")


def _row(source: str, target: str, passes: bool, protocol: str, ports: str, by: str) -> Mapping[str, Value]:
    may = "yes" if passes else "no"
    return {"from": source, "to": target, "may": may, "protocol": protocol, "ports": ports, "by": by}
