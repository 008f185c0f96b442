"""A fleet as a picture; with the changes of a plan, what comes, goes and moves. Pure.

Of hosts bridges, vms, ports and tunnels are drawn; of other places (a cluster of OVN) all that has a name, with a line
to each thing that it names. So what a third party's kind refers to is drawn without a word of it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from vnetsh.model import Fleet, Host, Key, Resource, Value
from vnetsh.model.nics import bond_nics
from vnetsh.pictures.host_networks import host_networks, services
from vnetsh.pictures.picture import Line, Picture, Thing, id_of, natural
from vnetsh.reach.joints import Spot, is_outside, joints, tunnel_pairs
from vnetsh.reach.segments import device_of
from vnetsh.schema import Ranges, Vocabulary
from vnetsh.views.page import names_of, values_of

_NUMBERS = Ranges()
_OF_HOSTS = ("bridge", "vm", "port", "tunnel")


def picture_of(fleet: Fleet, vocabulary: Vocabulary, title: str, after: Fleet | None = None) -> Picture:
    """All that the fleet has; with the fleet as it will be `after` a plan, coloured by what becomes of it."""
    drawn = _Drawer(fleet, vocabulary, after)
    things = sorted(drawn.things.values(), key=lambda one: (one.within, one.kind, natural(one.name), one.id))
    filled = {one.within for one in things}
    things = [one for one in things if one.kind != "cluster" or one.id in filled or one.wrong]
    there = {one.id for one in things}
    lines = {line.id: line for line in drawn.lines if {line.one, line.other} <= there}
    return Picture(title, things, [lines[id] for id in sorted(lines, key=natural)])


def _own(resource: Resource) -> str:
    return id_of(*resource.key)


class _Drawer:
    """Makes things and lines of a fleet as it will be, and of what will have gone."""

    def __init__(self, fleet: Fleet, vocabulary: Vocabulary, after: Fleet | None) -> None:
        self._vocabulary = vocabulary
        self._change: Mapping[Key, str] = {}
        self._moves: Sequence[tuple[Resource, Resource]] = ()
        self._fleet = fleet
        if after:
            self._compare(fleet, after)
        self.things: dict[str, Thing] = {}
        self.lines: list[Line] = []
        self._places()
        self._bridges()
        self._ports()
        self._vms()
        self._elsewhere()
        found = host_networks(self._fleet, self.things)
        self.things.update(found.things)
        self.lines += found.lines
        for id, told in services(self._fleet).items():
            if thing := self.things.get(id):
                self.things[id] = replace(thing, about={**thing.about, **told})
        self._joined()
        self._cables()

    def _compare(self, before: Fleet, after: Fleet) -> None:
        """What becomes of each thing. What goes is drawn where it was, and what moves at both places."""
        gone = {key: one for key, one in before.resources.items() if key not in after.resources}
        new = {key: one for key, one in after.resources.items() if key not in before.resources}
        left = {(one.kind, one.name): one for one in gone.values() if one.kind == "vm"}
        self._moves = [
            (left[one.kind, one.name], one) for one in new.values() if (one.kind, one.name) in left
        ]
        same = (key for key in after.resources if key in before.resources)
        self._change = {
            **dict.fromkeys(gone, "remove"),
            **dict.fromkeys(new, "add"),
            **{key: "change" for key in same if after.resources[key] != before.resources[key]},
            **{one.key: "leave" for one, _ in self._moves},
            **{other.key: "move" for _, other in self._moves},
        }
        self._fleet = replace(after, resources={**after.resources, **gone})

    def _add(self, resource: Resource, within: str, *, state: str = "", tags: Iterable[str] = ()) -> str:
        id = _own(resource)
        kind = self._vocabulary.kinds.get(resource.kind)
        about = (
            {k: v for k, v in values_of(kind, resource).items() if v not in (None, "", [])} if kind else {}
        )
        self.things[id] = Thing(
            id,
            resource.kind,
            resource.name,
            resource.place,
            within,
            state or resource.text("state"),
            resource.text("error"),
            self._change.get(resource.key, ""),
            tuple(tags),
            _plain(about),
        )
        return id

    def _places(self) -> None:
        for name, place in self._fleet.places.items():
            kind = "host" if place.sort == "host" else "cluster"
            error = self._fleet.unreachable.get(name)
            wrong = error.message.removeprefix(f"{name}: ") if error else ""
            about: Mapping[str, Value] = (
                {"address": place.address} if isinstance(place, Host) else {"sort": place.sort}
            )
            self.things[f"{kind}:{name}"] = Thing(
                f"{kind}:{name}", kind, name, name, wrong=wrong, about=about
            )

    def _bridges(self) -> None:
        for bridge in self._fleet.of_kind("bridge"):
            vlan = bridge.get("vlan") if bridge.get("parent") else None
            self._add(bridge, f"host:{bridge.place}", tags=[f"vlan {vlan}"] if vlan is not None else ())

    def _ports(self) -> None:
        """Those that are no vm's, nor an uplink, which is a line."""
        uplinks = {(one.place, one.text("uplink")) for one in self._fleet.of_kind("bridge")}
        for port in self._fleet.of_kind("port"):
            of_vm = port.parent and port.parent[0] == "vm"
            if not of_vm and not port.get("peer") and (port.place, port.name) not in uplinks:
                words = [*_tags(port), *([f"nics {', '.join(bond_nics(port))}"] if bond_nics(port) else [])]
                self._add(port, self._box(port), state=port.text("type"), tags=words)

    def _box(self, member: Resource) -> str:
        """The box of a bridge's member: the bridge, or the host, where that is not known."""
        bridge = id_of("bridge", member.place, member.text("bridge"))
        return bridge if bridge in self.things else f"host:{member.place}"

    def _vms(self) -> None:
        for vm in self._fleet.of_kind("vm"):
            nics = sorted(self._fleet.nics(vm), key=lambda one: one.name)
            homes = dict.fromkeys(self._box(nic) for nic in nics if not self._fleet.attached(nic))
            tags = [tag for nic in nics for tag in _tags(nic)]
            id = self._add(vm, next(iter(homes), f"host:{vm.place}"), tags=dict.fromkeys(tags))
            wrong = next((nic.text("error") for nic in nics if nic.get("error")), "")
            changed = any(nic.key in self._change for nic in nics)
            thing = self.things[id]
            self.things[id] = replace(
                thing, wrong=thing.wrong or wrong, change=thing.change or ("change" if changed else "")
            )
            for nic in nics:
                self._nic(id, nic, self.things[id].within)

    def _nic(self, vm: str, nic: Resource, home: str) -> None:
        """A line to what a NIC is on; none to the bridge whose box the vm is in."""
        there = self._fleet.attached(nic)
        other = id_of("network", there.place, there.text("network")) if there else self._box(nic)
        if there or (other != home and not other.startswith("host:")):
            label = "  ".join([nic.text("address") if there else "", *_tags(nic)]).strip()
            self.lines.append(self._line(vm, other, "nic", label, [nic]))

    def _elsewhere(self) -> None:
        """What other places than hosts have, with lines to all that it names."""
        kinds = self._vocabulary.kinds
        found = [
            one
            for one in self._fleet.resources.values()
            if one.place not in self._fleet.hosts
            and one.kind in kinds
            and not one.parent
            and not one.inherent
        ]
        found = [one for one in found if not kinds[one.kind].identity and not one.get("interface")]
        owners = {(one.place, one.name): _own(one) for one in found if kinds[one.kind].qualifies}
        for one in found:
            owner, inside, _ = one.name.partition("/")
            box = owners.get((one.place, owner), "") if inside else ""
            self._add(
                one,
                box or f"cluster:{one.place}",
                tags=_words(one, "subnet", "address"),
            )
        for one in found:
            for kind, name in names_of(kinds[one.kind], one):
                for place in (one.place, *(self._fleet.hosts if kind in _OF_HOSTS else ())):
                    other = id_of(kind, place, name)
                    if other in self.things and other != _own(one) and other != self.things[_own(one)].within:
                        self.lines.append(self._line(_own(one), other, "refers", "", [one]))

    def _joined(self) -> None:
        """Tunnels, patch ports and uplinks; a mesh is a thing of its own, with one line to each of its bridges."""
        paired: set[Key] = set()
        for one, other in tunnel_pairs(self._fleet):
            paired |= {one.key, other.key}
            if not (one.get("mesh") and one.get("mesh") == other.get("mesh")):
                name = one.name if one.name == other.name else f"{one.name}, {other.name}"
                label = "  ".join(filter(None, (name, one.text("type"), _key(one))))
                self.lines.append(self._line(self._box(one), self._box(other), "tunnel", label, [one, other]))
        for end in self._fleet.of_kind("tunnel"):
            if mesh := end.text("mesh"):
                words = filter(None, (end.text("type"), _key(end)))
                change = self._change.get(end.key, "")
                self.things.setdefault(
                    f"mesh:{mesh}", Thing(f"mesh:{mesh}", "mesh", mesh, tags=tuple(words), change=change)
                )
                self.lines.append(self._line(self._box(end), f"mesh:{mesh}", "tunnel", "", [end]))
            elif end.key not in paired:
                remote = end.text("remote") or "nowhere"
                there = f"outside:{remote}"
                self.things.setdefault(there, Thing(there, "outside", remote))
                self.lines.append(
                    self._line(self._box(end), there, "tunnel", f"{end.name}  {end.text('type')}", [end])
                )
        for joint in joints(self._fleet):
            if not (joint.made_of and joint.made_of[0][0] == "tunnel") and not is_outside(joint.other):
                made = [self._fleet.resources[key] for key in joint.made_of]
                ends = self._spot(joint.one), self._spot(joint.other)
                self.lines.append(self._line(*ends, "patch", " ".join(joint.links), made))
        self.lines += [Line(_own(one), _own(other), "move", change="move") for one, other in self._moves]

    def _cables(self) -> None:
        """Uplinks: each bridge with the network that its cable leads to; with the cable, where that is not known."""
        found = [joint for joint in joints(self._fleet) if is_outside(joint.one) or is_outside(joint.other)]
        leads = {joint.one: joint.other for joint in found if joint.one[0] and is_outside(joint.one)}
        for joint in found:
            there = leads.get(joint.other, joint.other)
            if joint.one in leads or joint.one == there:
                continue
            made = [self._fleet.resources[key] for key in joint.made_of]
            port = next((_own(one) for one in made if one.kind == "port" and _own(one) in self.things), "")
            if (
                port and there[0]
            ):  # a NIC of which nobody knows where it leads: it is drawn as the port that it is
                continue
            line = self._line(
                port or self._spot(joint.one), self._spot(there), "uplink", joint.links[0], made
            )
            sure = all(one.sure for one in found if one is joint or one.one == joint.other)
            self.lines.append(replace(line, sure=sure))

    def _spot(self, spot: Spot) -> str:
        if not is_outside(spot):
            return id_of("bridge", *device_of(self._fleet, *spot)[0])
        host, name = spot[0], spot[1].removeprefix("/")
        id = f"outside:{host}/{name}"
        inside = f"host:{host}" if host else ""
        self.things.setdefault(
            id, Thing(id, "outside", name, host, inside, "NIC" if host else "network outside")
        )
        return id

    def _line(self, one: str, other: str, kind: str, label: str, made: Iterable[Resource]) -> Line:
        made = tuple(made)
        wrong = next((it.text("error") for it in made if it.get("error")), "")
        if kind == "tunnel" and not wrong and any(it.get("link") == "down" for it in made):
            wrong = "its link is down"
        change = next(
            (self._change[it.key] for it in made if it.key in self._change and it.kind != "bridge"), ""
        )
        return Line(min(one, other), max(one, other), kind, label, wrong, change)


def _tags(port: Resource) -> Iterator[str]:
    """The VLANs of a port, as its colours."""
    if port.get("vlan") is not None:
        yield f"vlan {port.get('vlan')}"
    trunk = port.get("trunk")
    if isinstance(trunk, tuple) and trunk:
        numbers = all(isinstance(one, int) for one in trunk)
        yield f"trunk {_NUMBERS.show(trunk) if numbers else ', '.join(map(str, trunk))}"


def _key(tunnel: Resource) -> str:
    return f"key {tunnel.get('key')}" if tunnel.get("key") is not None else ""


def _plain(about: Mapping[str, object]) -> Mapping[str, Value]:
    return {
        k: tuple(v) if isinstance(v, list) else v for k, v in about.items() if isinstance(v, (str, int, list))
    }


def _words(resource: Resource, *names: str) -> Iterator[str]:
    for name in names:
        value = resource.get(name)
        yield from map(str, value if isinstance(value, tuple) else () if value is None else (value,))
