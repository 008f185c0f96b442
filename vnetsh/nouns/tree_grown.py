"""What `tree` draws: host by host, or from one thing on to all that it is joined to. Pure, but for the looking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import UsageError
from vnetsh.model import Fleet, Resource, Value
from vnetsh.model.nics import bond_nics
from vnetsh.reach.addresses import owners, plain_address
from vnetsh.reach.joints import Joint, Spot, joints, tunnel_pairs
from vnetsh.reach.segments import device_of
from vnetsh.schema import Answer, Ranges
from vnetsh.schema.answer import Branch
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase

_NUMBERS = Ranges()
_PORT_WORDS = ("vlan", "trunk", "qinq", "isolated", "link", "peer", "mirrors")
"""What is said of a port, where it has it."""


def answer(action: Phrase, asking: Asking) -> Answer:
    """The tree of hosts, or of the thing that is named. Raises `UsageError` where there is none."""
    fleet = asking.observe(partly=True)
    drawn = _Grower(fleet)
    hosts = action.names("on") or tuple(fleet.hosts)
    _, _, kind = action.schema.name.partition(" ")
    if kind:
        roots = [one for one in fleet.named(kind, action.name) if one.place in hosts]
        if not roots:
            raise _nothing(kind, action.name, fleet)
        tree = [*drawn.from_things(roots)]
    else:
        tree = [drawn.host(name) for name in hosts]
    return Answer(tree=tuple(tree))


def _nothing(kind: str, name: str, fleet: Fleet) -> UsageError:
    silent = "; ".join(error.message for error in fleet.unreachable.values())
    known = sorted({one.name for one in fleet.of_kind(kind)})
    help = did_you_mean(name, known, silent or f"`show {kind}s` lists what there is")
    return UsageError(f"there is no {kind} `{name}`", help=help)


class _Grower:
    """Makes branches of what a fleet has; from one thing on each bridge comes once."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._owners = owners(fleet)
        self._ends = {one.key: other for pair in tunnel_pairs(fleet) for one, other in (pair, pair[::-1])}
        self._ways: dict[Spot, list[tuple[Spot, Joint]]] = {}
        for joint in joints(fleet, down=True):
            self._ways.setdefault(joint.one, []).append((joint.other, joint))
            self._ways.setdefault(joint.other, []).append((joint.one, joint))
        self._seen: set[Spot] = set()

    # Host by host

    def host(self, name: str) -> Branch:
        """A host with its bridges, and its vms that are on none."""
        host = self._fleet.hosts[name]
        about: dict[str, Value] = {"kind": "host", "name": name, "address": host.address or None}
        if error := self._fleet.unreachable.get(name):
            what = error.message.removeprefix(f"{name}: ")
            return Branch(f"host {name}  ✗ {what}", about=about | {"error": what}, wrong=True)
        bridges = sorted(self._fleet.of_kind("bridge", name), key=lambda one: one.name)
        branches = [self._bridge(bridge, self._on_host(bridge)) for bridge in bridges]
        placed = {vm for bridge in bridges for vm in self._fleet.vms_on(name, bridge.name)}
        alone = [vm for vm in self._fleet.of_kind("vm", name) if vm.name not in placed]
        branches += [self._vm(vm, ()) for vm in sorted(alone, key=lambda one: one.name)]
        return Branch(f"host {name}  {host.address}".rstrip(), tuple(branches), about)

    def _bridge(self, bridge: Resource, branches: Iterable[Branch]) -> Branch:
        words = [_if(bridge, "backend"), _if(bridge, "uplink", "uplink {}"), *_vlan_of(bridge)]
        wrong = bridge.text("error")
        text = "  ".join(filter(None, (f"bridge {bridge.name}", *words, wrong)))
        return Branch(text, tuple(branches), _about(bridge), wrong=bool(wrong))

    def _on_host(self, bridge: Resource) -> Iterator[Branch]:
        yield from (self._tunnel(one) for one in self._tunnels(bridge))
        yield from self._ports(bridge)
        yield from self._vms(bridge)

    def _tunnels(self, bridge: Resource) -> Sequence[Resource]:
        ends = self._fleet.of_kind("tunnel", bridge.place)
        return sorted((one for one in ends if one.get("bridge") == bridge.name), key=lambda one: one.name)

    def _tunnel(self, end: Resource, branches: tuple[Branch, ...] = ()) -> Branch:
        remote = end.text("remote")
        other = self._ends.get(end.key)
        host = self._owners.get(plain_address(remote), "")
        there = f"{other.place}, bridge {other.text('bridge')}" if other else host or remote or "nowhere"
        words = [_if(end, "type"), _if(end, "key", "key {}"), _if(end, "mesh", "mesh {}")]
        words += ["link down"] * (end.get("link") == "down")
        wrong = end.text("error") or ("" if other or not host else f"{host} has no such tunnel")
        text = "  ".join(filter(None, (f"tunnel {end.name} → {there}", *words, wrong)))
        about = {**_about(end), "to": other.place if other else host or None}
        return Branch(text, branches, about, wrong=bool(wrong))

    def _ports(self, bridge: Resource) -> Iterator[Branch]:
        """Its ports that are no vm's, nor the uplink that stands with the bridge itself."""
        for port in sorted(self._fleet.of_kind("port", bridge.place), key=lambda one: one.name):
            of_vm = port.parent and port.parent[0] == "vm"
            if port.get("bridge") == bridge.name and not of_vm and port.name != bridge.get("uplink"):
                nics = ", ".join(bond_nics(port))
                wrong = port.text("error")
                words = (f"port {port.name}", _if(port, "type"), nics, *_port_words(port), wrong)
                yield Branch("  ".join(filter(None, words)), about=_about(port), wrong=bool(wrong))

    def _vms(self, bridge: Resource) -> Iterator[Branch]:
        for name in self._fleet.vms_on(bridge.place, bridge.name):
            vm = self._fleet.get("vm", bridge.place, name)
            nics = [one for one in self._nics(name, bridge.place) if one.get("bridge") == bridge.name]
            if vm:
                yield self._vm(vm, nics)

    def _nics(self, vm: str, place: str) -> Sequence[Resource]:
        nics = self._fleet.nics(Resource("vm", vm, place, {}))
        return sorted(nics, key=lambda one: one.name)

    def _vm(self, vm: Resource, nics: Sequence[Resource]) -> Branch:
        state = "" if vm.get("state") == "running" else vm.text("state")
        text = "  ".join(filter(None, (f"vm {vm.name}", state, *(_nic(nic) for nic in nics))))
        about = {**_about(vm), "state": vm.text("state") or None}
        wrong = any(nic.get("error") for nic in nics)
        return Branch(text, tuple(Branch("", about=_about(nic)) for nic in nics), about, wrong=wrong)

    # From one thing on

    def from_things(self, roots: Sequence[Resource]) -> Iterator[Branch]:
        """A branch for each, down to all that it is joined to."""
        for root in roots:
            self._seen.clear()
            if root.kind == "bridge":
                yield from self._joined([(self._spot(root.place, root.name), "")])
                continue
            nics = self._nics(root.name, root.place) if root.kind == "vm" else [root]
            branches = []
            for nic in nics:
                spot = self._spot(nic.place, nic.text("bridge"))
                below = [*self._joined([(spot, "")])] if nic.get("bridge") else []
                if root.kind == "vm":
                    elsewhere = f"  on bridge {nic.text('bridge')}" if nic.get("bridge") and not below else ""
                    wrong = bool(nic.get("error"))
                    branches.append(Branch(_nic(nic) + elsewhere, tuple(below), _about(nic), wrong=wrong))
                else:
                    branches += below
            state = root.text("state")
            words = (
                _nic(root) if root.kind == "port" else f"{root.kind} {root.name}",
                f"on {root.place}",
                state,
            )
            if root.kind == "tunnel":
                end = self._tunnel(root)
                yield Branch(f"{end.text}, from {root.place}", tuple(branches), end.about, wrong=end.wrong)
            else:
                yield Branch("  ".join(filter(None, words)), tuple(branches), _about(root))

    def _spot(self, host: str, bridge: str) -> Spot:
        return device_of(self._fleet, host, bridge)[0]

    def _joined(self, spots: Sequence[tuple[Spot, str]]) -> Iterator[Branch]:
        """Bridges, and what is behind uplinks, each with what else it is joined to, the nearest first."""
        new: dict[Spot, list[str]] = {}
        for spot, by in spots:
            if spot not in self._seen:
                new.setdefault(spot, []).append(by)
        self._seen |= new.keys()
        for spot, ways in new.items():
            by = ", ".join(sorted({*ways}))
            further = [(other, _by(joint)) for other, joint in self._ways.get(spot, ())]
            bridge = self._fleet.get("bridge", *spot)
            if bridge:
                own = [*self._ports(bridge), *self._vms(bridge)]
                below = (*own, *self._joined(further))
                made = self._bridge(bridge, below)
                text = f"{made.text}  on {bridge.place}" + f"  by {by}" * bool(by)
                yield Branch(text, below, {**made.about, "by": by or None}, wrong=made.wrong)
            else:
                text = spot[1].removeprefix("/")
                what = f"cable of {spot[0]}'s {text}" if spot[0] else f"network {text}"
                below = tuple(self._joined(further))
                yield Branch(what, below, {"kind": "network", "name": text, "host": spot[0] or None})


def _by(joint: Joint) -> str:
    return joint.by if joint.sure else f"{joint.by} (assumed)"


def _if(resource: Resource, name: str, form: str = "{}") -> str:
    value = resource.get(name)
    if value is None or value == () or value is False:
        return ""
    if not isinstance(value, tuple):
        return form.format(value)
    numbers = all(isinstance(one, int) for one in value)
    return form.format(_NUMBERS.show(value) if numbers else ", ".join(map(str, value)))


def _vlan_of(bridge: Resource) -> Sequence[str]:
    return [f"VLAN {bridge.get('vlan')} of {bridge.text('parent')}"] if bridge.get("parent") else []


def _port_words(port: Resource) -> Iterator[str]:
    yield from (_if(port, name, f"{name} {{}}") for name in _PORT_WORDS)


def _nic(port: Resource) -> str:
    words = [port.name, *filter(None, _port_words(port)), port.text("error")]
    return " ".join(filter(None, words))


def _about(resource: Resource) -> Mapping[str, Value]:
    """The same for a program."""
    told: dict[str, Value] = {"kind": resource.kind, "name": resource.name, "host": resource.place}
    names = ("uplink", "bridge", "type", "key", "remote", "mesh", *_PORT_WORDS, "mac", "error")
    return told | {name: resource.get(name) for name in names if resource.get(name) is not None}
