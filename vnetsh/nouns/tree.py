"""The verb `tree`: how hosts, bridges, uplinks, ports, vms and tunnels hang together, drawn."""

from __future__ import annotations

from vnetsh.schema import BRIDGE, HOSTS, PORT, VM, Answer, Attribute, Name, Verb
from vnetsh.schema.lent import Asking
from vnetsh.schema.phrase import Phrase

_ON = Attribute("on", HOSTS, "Only these hosts.", otherwise="all", clearable=False)
_TUNNEL = Name(what="a tunnel", ref="tunnel")


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.tree_grown import answer

    return answer(action, asking)


def _form(kind: str, type: Name, help: str, example: str) -> Verb:
    return Verb(f"tree {kind}", help=help, subject=type, attributes=(_ON,), answer=_answer, example=example)


TREE = Verb(
    "tree",
    help="Draw what hangs together: hosts, their bridges, uplinks, tunnels with where they lead, ports and vms.",
    attributes=(_ON,),
    answer=_answer,
    forms=(
        _form("vm", VM, "From a vm on: its NICs, their bridges, and whatever they are joined to.", "tree vm web1"),
        _form("bridge", BRIDGE, "From a bridge on.", "tree bridge vswitch02 on kvm1"),
        _form("port", Name(PORT.what, ref="port", longest=PORT.longest, never=PORT.never, or_nic=True),
              "From a port on.", "tree port web1_port1"),
        _form("tunnel", _TUNNEL, "From a tunnel on, at both its ends.", "tree tunnel gre12"),
    ),
    example="tree on kvm1",
)  # fmt: skip
