"""The verb `expect`: what is to be so, seen at its place in the script. What it means is read when one is said."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.model import Trial
from vnetsh.nouns.port import VLANS
from vnetsh.schema import (
    BRIDGE,
    HOST,
    PORT,
    VM,
    Answer,
    Attribute,
    Duration,
    Foreseen,
    Integer,
    InterfaceAddress,
    Ipv4Address,
    Name,
    Percent,
    Text,
    Verb,
)
from vnetsh.schema.lent import Asking, Settling
from vnetsh.schema.phrase import Phrase

WAY = Name(what="a way, each end a vm, a host or an address", refs=("vm", "host"), way=True, never="/")
"""From whom to whom."""


def _answer(action: Phrase, asking: Asking) -> Answer:
    from vnetsh.nouns.expecting import answer

    return answer(action, asking)


def _foresee(action: Phrase, settler: Settling) -> Foreseen | None:
    from vnetsh.nouns.expecting import foresee

    return foresee(action, settler)


ADDRESS = Attribute(
    "address",
    Ipv4Address(),
    "The target's address.",
    otherwise="one that its host or its guest's agent knows, or that is seen",
    clearable=False,
)
OWN = Attribute(
    "as",
    InterfaceAddress(),
    "A free address of the source's network, with its prefix: a port beside the source may use it.",
    otherwise="none: such a port sees by ARP alone",
    clearable=False,
)
_WITHIN = Attribute(
    "within", Duration(), "The time in which it is to come true.", default=Trial.within, clearable=False
)
_TCP_PORT = Attribute(
    "port",
    Integer(what="a TCP port", least=1, most=65535),
    "The target's port.",
    required=True,
    clearable=False,
)
_LOSS = Attribute(
    "loss",
    Percent(what="a loss"),
    "What may be lost, at most.",
    otherwise="one answer is enough",
    clearable=False,
)


def _form(name: str, help: str, example: str, **more: object) -> Verb:
    return replace(
        Verb(name, help=help, answer=_answer, foresee=_foresee, example=example),
        **more,  # type: ignore[arg-type]
    )


EXPECT = Verb(
    "expect",
    help="See that something is so; else the script ends there, with exit code 1.",
    forms=(
        _form(
            "expect ping",
            "One reaches another.",
            "expect ping web1 -> web2 loss 1% within 10s",
            subject=WAY,
            attributes=(_LOSS, _WITHIN, ADDRESS, OWN),
        ),
        _form(
            "expect no ping",
            "One does not reach another.",
            "expect no ping web1 -> db",
            subject=WAY,
            attributes=(_WITHIN, ADDRESS, OWN),
        ),
        _form(
            "expect tcp",
            "One gets a connection to a port of another.",
            "expect tcp web1 -> db port 5432",
            subject=WAY,
            attributes=(
                _TCP_PORT,
                _WITHIN,
                ADDRESS,
                OWN,
            ),
        ),
        _form(
            "expect no tcp",
            "One gets no connection to a port of another, for what is between them does not let it.",
            "expect no tcp web1 -> db port 22",
            subject=WAY,
            attributes=(_TCP_PORT, _WITHIN, ADDRESS),
        ),
        _form(
            "expect vm",
            "A vm is on a host, or in a state.",
            "expect vm web1 on kvm2",
            subject=VM,
            attributes=(
                Attribute("on", HOST, "The host.", clearable=False),
                Attribute("state", Text(), "Its state, as `show vms` has it.", clearable=False),
            ),
        ),
        _form(
            "expect port",
            "A port, or a vm's NIC, is where it should be.",
            "expect port web1_port1 bridge vswitch02 vlan 10",
            subject=replace(PORT, ref="port", or_nic=True),
            attributes=(
                Attribute("on", HOST, "The host.", clearable=False),
                Attribute("bridge", BRIDGE, "The bridge.", clearable=False),
                *(replace(one, backends=(), otherwise="whichever") for one in VLANS),
                Attribute("vm", VM, "The vm whose NIC it is."),
            ),
        ),
    ),
    example="expect ping web1 -> web2",
)
