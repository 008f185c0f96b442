"""A packet's way through OVN's networks and routers in words: its steps, what let it pass, what stopped it. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vnetsh.model import Finding, Hop, Key
from vnetsh_ovn.rows import ROUTER, ROUTER_PORT, SWITCH, Ref
from vnetsh_ovn.shapes.eips import BOTH_WAYS
from vnetsh_ovn.shapes.networks import LOCALNET
from vnetsh_ovn.shapes.routers import legs_of
from vnetsh_ovn.tracing.beginning import Beginning, has_strangers
from vnetsh_ovn.tracing.behind import Behind
from vnetsh_ovn.tracing.trace_text import Entry, Event, NewAddress, Output, Redirected, Stage
from vnetsh_ovsdb.operations import Row

_ACL = ("ls_in_acl", "ls_out_acl", "ls_in_acl_after_lb")
_POLICY = "lr_in_policy"
_ROUTING = ("lr_in_ip_routing", "lr_in_ip_routing_ecmp")
_RESIDENT = re.compile(r'is_chassis_resident\("([^"]+)"\)')
_VM = ""  # the type of a port of a switch


@dataclass
class Story:
    """What became of a packet: its hops, what stopped it, and where it came out.

    `at` is the network or router that it was at last. `port` is the vm's logical port that it comes to, `door` the port
    to which its last pipeline leads: on that one's chassis it is run. `outside` is the network by which it leaves,
    `router` the one that answers by itself; `gateways` are the ports (`cr-…`, or a vm's own) whose chassis it passes.
    `translated` are the addresses that it got anew: its `src`, its `dst` by a router, its `balanced` one by a switch.
    `inward` is the gateway (`cr-…`) of a router that balanced it, though it did not come from outside.
    """

    hops: list[Hop] = field(default_factory=list)
    stop: Finding | None = None
    at: Key = ("", "", "")
    port: str = ""
    door: str = ""
    outside: str = ""
    router: str = ""
    gateways: list[str] = field(default_factory=list)
    translated: set[str] = field(default_factory=set)
    inward: str = ""


def met(events: Sequence[Event]) -> Iterator[Stage]:
    """The stages behind which rows of ours may be."""
    for event in events:
        if isinstance(event, Stage) and event.uuid:
            policy = event.name == _POLICY and event.drops
            if event.name in _ACL or event.backends or "nat" in event.name or policy:
                yield event


class Teller:
    """Tells the way of one packet; `hints` are the rows behind flows, `backend` whom a load balancer gives it to."""

    def __init__(self, behind: Behind, hints: Mapping[str, str], backend: str = "") -> None:
        self._backend = backend
        self._behind, self._index, self._hints = behind, behind.index, hints
        self._place = behind.place
        self._story = Story()
        self._by: Stage | None = None
        self._router = self._source = self._target = self._inport = ""
        self._routed = Stage("")

    def told(self, events: Sequence[Event], beginning: Beginning) -> Story:
        """What became of it."""
        self._source, self._target = beginning.addresses
        for number, event in enumerate(events):
            match event:
                case Entry():
                    self._enter(event)
                case Stage():
                    self._pass(event)
                case NewAddress():
                    self._translate(event)
                case Redirected():
                    self._story.gateways.append(event.port)
                case Output():
                    self._leave(event)
            if self._over:
                rest = events[number + 1 :]
                self._story.gateways += [one.port for one in rest if isinstance(one, Redirected)]
                return self._story
        says = "`ovn-trace` tells of no end that is known here: `detail` shows what it says"
        self._story.stop = Finding(self._story.at, says, symptom=True)
        return self._story

    @property
    def _over(self) -> bool:
        one = self._story
        return bool(one.stop or one.port or one.outside or one.router)

    def _hop(self, kind: str, name: str, says: str) -> None:
        self._story.hops.append(Hop(kind, name, self._place, says))

    def _enter(self, entry: Entry) -> None:
        self._story.door = entry.outport
        switch, router = (self._index.tables[one].get(entry.datapath, {}) for one in (SWITCH, ROUTER))
        if entry.pipeline == "ingress" and switch:
            name = str(switch["name"])
            self._story.at, self._router = ("network", self._place, name), ""
            self._hop("network", name, f"network {name}")
        elif entry.pipeline == "ingress" and router:
            name = str(router["name"])
            self._story.at, self._router = ("router", self._place, name), name
            self._inport = entry.inport
            self._hop("router", name, f"router {name}")

    def _pass(self, stage: Stage) -> None:
        hint = self._hints.get(stage.uuid, "")
        if stage.name == "lr_in_admission" and (resident := _RESIDENT.search(stage.match)):
            self._story.gateways.append(resident[1])
        if stage.name in _ROUTING and stage.outport:
            self._routed = stage
        if stage.backends:
            self._by, self._target = stage, self._backend.rpartition(":")[0].strip("[]")
            name = self._behind.translated(hint)
            self._story.translated.add("dst" if self._router else "balanced")
            resident = _RESIDENT.search(stage.match)
            if resident and resident[1] != f"cr-{self._inport}":
                self._story.inward = resident[1]
                self._story.gateways.append(resident[1])
            says = f"{name}: to {' or '.join(stage.backends)}"
            self._hop(name.partition(" ")[0], name.partition(" ")[2], says)
        elif "nat" in stage.name:
            self._by = stage
        if stage.drops:
            self._story.stop = self._dropped(stage, hint)
        elif stage.name in _ACL and (says := self._behind.allowed(hint)):
            name = says.strip("`").removeprefix("allow ")
            self._hop("allow", name, f"passes{' by' if says[0] == '`' else ':'} {says}")
        elif stage.answers and self._router:
            self._story.router = self._router
        elif stage.name in _ROUTING and stage.next_hop:
            self._hop("hop", stage.next_hop, f"by its {self._behind.route(self._router, stage.next_hop)}")
        elif stage.unknown:
            self._unknown()

    def _translate(self, new: NewAddress) -> None:
        by = self._behind.translated(self._hints.get(self._by.uuid, "")) if self._by else "a translation"
        kind, _, name = by.partition(" ")
        self._story.translated.add(new.side)
        if new.side == "dst":
            self._target = new.address
        what = f"its target is {new.address} from here"
        self._hop(kind, name, f"{by}: {what if new.side == 'dst' else f'it goes on as {new.address}'}")

    def _leave(self, output: Output) -> None:
        if output.type == _VM:
            self._story.port = output.port
        elif output.type == LOCALNET:
            self._story.outside = self._story.at[2]

    def _dropped(self, stage: Stage, hint: str) -> Finding:
        found = self._behind.dropped(hint) if stage.name in _ACL else None
        if found:
            return found
        *_, name = self._story.at
        if stage.name in _ROUTING:
            says = f"it knows no way to {self._target}"
            return Finding(self._story.at, says, advice=f"hop {name} SUBNET via ADDRESS, or an uplink")
        if stage.name == _POLICY:
            return Finding(self._story.at, self._behind.policy(hint))
        if stage.name.startswith("ls_in_l2"):
            return Finding(self._story.at, "nobody on it has the MAC address to which it goes")
        if "port_sec" in stage.name:
            return Finding(self._story.at, "it does not come from, or go to, the addresses that the port has")
        why = f": {stage.match}" if stage.match else ""
        return Finding(self._story.at, f"it is dropped at its stage {stage.name}{why}")

    def _unknown(self) -> None:
        """A router does not know yet who has the next address: outside it asks there, inside nobody has it."""
        routed, router = self._routed, self._index.row(Ref(ROUTER, self._router))
        legs = [leg for leg in legs_of(self._index, router) if self._name(leg.port) == routed.outport]
        wanted, network = routed.next_hop or self._target, legs[0].network if legs else ""
        if not legs or not self._is_external(network):
            says = f"nobody is known to have {wanted} there"
            at: Key = ("network", self._place, network) if network else self._story.at
            loose = has_strangers(self._index, self._index.row(Ref(SWITCH, network)))
            self._story.stop = Finding(at, says, symptom=loose)
            return
        for address in self._own(router):
            self._hop("snat", address, f"it goes on as {address}")
        self._hop("network", network, f"network {network}: {wanted} is asked for there when a packet comes")
        self._story.outside = network

    def _name(self, port: str) -> str:
        return str(self._index.tables[ROUTER_PORT][port]["name"])

    def _is_external(self, network: str) -> bool:
        switch = self._index.row(Ref(SWITCH, network))
        return any(row.get("type") == LOCALNET for _, row in self._index.owned(SWITCH, switch, "ports"))

    def _own(self, router: Row) -> Iterator[str]:
        """As whom a packet goes on from a router to the outside: by an address of its own, or by the router's."""
        source = ipaddress.ip_address(self._source)
        rows = [row for _, row in self._index.owned(ROUTER, router, "nat")]
        for kind in (BOTH_WAYS, "snat"):
            fits = (one for one in rows if one["type"] == kind)
            found = next(
                (one for one in fits if source in ipaddress.ip_network(str(one["logical_ip"]))), None
            )
            if found:
                yield str(found["external_ip"])
                return
