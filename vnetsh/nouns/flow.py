"""The noun `flow`: an OpenFlow rule of a bridge, in the words of ovs-ofctl, under a name of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.model import Resource
from vnetsh.schema import BRIDGE, HOSTS, Attribute, Integer, Kind, Name, Text
from vnetsh.schema.naming import no_bridge
from vnetsh.schema.values import BadValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetsh.schema.lent import Settling

STATE, ACTIVE = "state", "active"

_MORE = frozenset(
    {
        *("table", "priority", "cookie", "actions", "action", "idle_timeout", "hard_timeout", "importance"),
        *("check_overlap", "send_flow_rem", "reset_counts", "no_packet_counts", "no_byte_counts"),
        *("add", "delete", "delete_strict", "modify", "modify_strict", "out_port", "out_group"),
        *("duration", "n_packets", "n_bytes", "idle_age", "hard_age"),
    }
)
"""What ovs-ofctl's text of a flow may say besides the packets."""

_PROTOCOLS = frozenset(
    {
        *("eth", "ip", "ipv4", "ip4", "icmp", "icmp4", "tcp", "tcp4", "udp", "udp4", "sctp", "sctp4"),
        *("ipv6", "ip6", "icmp6", "tcp6", "udp6", "sctp6", "arp", "rarp", "mpls", "mplsm"),
    }
)
"""Words that stand for themselves: ovs-ofctl leaves out what is said behind one, and all of them but the last."""


@dataclass(frozen=True)
class FlowText(Text):
    """A part of a flow as ovs-ofctl takes it: its host's own parser looks at the rest."""

    def parse(self, text: str) -> str:
        """The text, without blanks that say nothing."""
        text = re.sub(r"\s*,[\s,]*", ",", super().parse(text)).strip(" ,")
        if not text or "#" in text or not text.isprintable():
            raise BadValue(f"`{text}` is not {self.what}: ovs-ofctl would not read it to its end", "", "E520")
        self.see(text)
        return text

    def see(self, text: str) -> None:
        """Raise `BadValue` for what is no matter of this part."""


class _Match(FlowText):
    usually = "a match"

    def describe(self) -> str:
        return 'which packets, as ovs-ofctl says it: `"tcp,tp_dst=23"`'

    def see(self, text: str) -> None:
        words = [re.fullmatch(r"([^=:(]*)([=:(]?.*)", word) for word in re.split(r"[,\s]", text)]
        said = [(word[1], word[2]) for word in words if word and word[1]]
        if wrong := sorted({name for name, _ in said} & _MORE):
            raise BadValue(
                f"`{wrong[0]}` is no matter of a match",
                "`table`, `priority` and `actions` are words of the sentence; a flow stays until it is deleted, "
                "and its cookie is its mark",
                "E520",
            )
        protocols = [(name, value) for name, value in said if name in _PROTOCOLS]
        for name, value in protocols:
            if value:
                raise BadValue(
                    f"`{name}` takes no value: ovs-ofctl would leave out `{value}`",
                    f"say what more it is behind a comma: `{name},…`",
                    "E520",
                )
        fields = [name for name, value in said if value[:1] in ("=", ":", "(")]
        twice = [name for name in fields if fields.count(name) > 1] or [name for name, _ in protocols[1:]]
        if twice:
            raise BadValue(
                f"`{text}` says what cannot be at once: of {_both(twice[0], protocols)} only the last one counts",
                "a flow matches one protocol, and one value of each field: say each of them as a `flow` of its own",
                "E520",
            )


def _both(name: str, protocols: Sequence[tuple[str, str]]) -> str:
    """What of a match is there more than once."""
    both = [one for one, _ in protocols]
    return " and ".join(f"`{one}`" for one in both) if name in both else f"several `{name}`"


class _Actions(FlowText):
    usually = "actions"

    def describe(self) -> str:
        return 'what is done with them, as ovs-ofctl says it: `drop`, `normal`, `"mod_vlan_vid:5,normal"`'

    def see(self, text: str) -> None:
        if re.search(r"(?:^|[,(\s])learn\b", text):
            raise BadValue(
                "a flow that learns makes others, which nobody declared and nobody takes back",
                "say each of these as a `flow` of its own",
                "E520",
            )


def _settle(flow: Resource, settler: Settling) -> Sequence[Resource]:
    """Its bridge must be there. One that its switch has lost, or has otherwise, is put back."""
    bridge = flow.text("bridge")
    if not settler.find("bridge", flow.place, bridge):
        settler.refuse(no_bridge(flow, bridge, "bridge", settler.fleet))
        return []
    return [flow.with_attributes(**{STATE: ACTIVE})]


FLOW_KIND = Kind(
    "flow",
    subject=Name(what="a flow's name"),
    help="An OpenFlow rule of an Open vSwitch bridge, in the words of ovs-ofctl. Each start of ovs-vswitchd loses it, "
    "until it is said again.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute("bridge", BRIDGE, "The bridge whose packets it is about.", required=True, immutable=True),
        Attribute(
            "table",
            Integer(what="a table", most=254),
            "The table it is in.",
            default=0,
            immutable=True,
            clearable=False,
            backends=("ovs",),
        ),
        Attribute(
            "priority",
            Integer(what="a priority", most=65535),
            "Of flows that match the one with the highest counts.",
            default=32768,
            clearable=False,
            backends=("ovs",),
        ),
        Attribute(
            "match",
            _Match(),
            "Which packets it takes.",
            otherwise="all",
            backends=("ovs",),
        ),
        Attribute(
            "actions",
            _Actions(),
            "What is done with them.",
            required=True,
            clearable=False,
            backends=("ovs",),
        ),
        Attribute(
            STATE,
            Text(),
            "`active`; `lost` where the switch has it no longer, `changed` where it has another one in its place.",
            settable=False,
        ),
    ),
    requires=("bridge",),
    rides_on=("bridge",),
    realised_with="bridge",
    brings=(),
    settle=_settle,
    example='flow no_telnet on kvm1 bridge vswitch11 priority 200 match "tcp,tp_dst=23" actions drop',
)
