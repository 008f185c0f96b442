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
        said = {re.split("[=:]", word.strip(), maxsplit=1)[0].strip() for word in re.split(r"[,\s]", text)}
        if wrong := sorted(said & _MORE):
            raise BadValue(
                f"`{wrong[0]}` is no matter of a match",
                "`table`, `priority` and `actions` are words of the sentence; a flow stays until it is deleted, "
                "and its cookie is its mark",
                "E520",
            )


class _Actions(FlowText):
    usually = "actions"

    def describe(self) -> str:
        return 'what is done with them, as ovs-ofctl says it: `drop`, `normal`, `"mod_vlan_vid:5,normal"`'

    def see(self, text: str) -> None:
        if re.search(r"\blearn\(", text):
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
