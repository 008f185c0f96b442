"""What a vm's NIC is, as its guest sees it: attributes of a port that is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vnetsh.model import LINK_DOWN, LINK_UP
from vnetsh.schema import Address, Attribute, Choice, Integer, Ipv4Address, Name, Text
from vnetsh.schema.values import BadValue, ValueType

USUAL = "virtio"
"""The model that a NIC has when nothing is said: so it is shown only where it is another."""


class Model(ValueType):
    """A model of NICs, in QEMU's words; the usual one is the same as none."""

    usually = "a model"

    def describe(self) -> str:
        """What it takes, with what there mostly is."""
        return f"a model of QEMU's: `{USUAL}`, `e1000`, `e1000e`, `rtl8139` …"

    def parse(self, text: str) -> Any:
        """The model, or None for the usual one."""
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", text):
            raise BadValue(f"`{text}` is not a model of NICs", self.describe())
        return None if text == USUAL else text


class UsualChoice(Choice):
    """One of a few words, of which the first is the same as none."""

    def parse(self, text: str) -> Any:
        """The word, or None for the first."""
        word = super().parse(text)
        return None if word == self.choices[0] else word


LINK = Attribute(
    "link",
    UsualChoice(what="the state of a link", choices=(LINK_UP, LINK_DOWN)),
    "Whether the NIC's cable is in: with its link `down` the guest sees none, and nothing passes.",
    otherwise=f"`{LINK_UP}`",
    backends=("libvirt",),
)
"""Changed at once, in the guest that runs and in its definition."""


@dataclass(frozen=True)
class Senders(ValueType):
    """Who a guest may send as: `mac`, or addresses."""

    what: str = "addresses, or `mac`"
    many: bool = True
    ordered: bool = False

    def describe(self) -> str:
        """How it is written."""
        return "IPv4 addresses, or `mac`: `10.0.0.5, 10.0.0.6`"

    def parse(self, text: str) -> str:
        """The word itself, or the address."""
        return text if text == MAC_ONLY else Ipv4Address().parse(text)


MAC_ONLY = "mac"

SECURITY = Attribute(
    "security",
    Senders(),
    "Port security: its guest may send by the NIC's own MAC only and, where addresses are said, as these only.",
    otherwise="none",
    column=False,
    backends=("libvirt",),
)
"""At Linux bridges."""

INTERFACE = "interface-id"

NETWORKED = Attribute(
    INTERFACE,
    Text(),
    "What a network of many hosts knows the NIC by, as its switch tells it.",
    settable=False,
    column=False,
    backends=("libvirt",),
    inner=True,
)
"""Of a NIC that is on no bridge of its host's alone."""

ADDRESS = Attribute(
    "address",
    Address(what="a list of addresses", many=True),
    "Its addresses on a network of many hosts, which its guest gets by DHCP and may send from.",
    otherwise="the first that is free there",
    column=False,
    apart=True,
)

NIC = (
    Attribute("model", Model(), "What the guest takes the NIC for.", otherwise=f"`{USUAL}`"),
    Attribute(
        "queues",
        Integer(what="a number of queues", least=2, most=256),
        f"Queues that the guest's vcpus share its packets out among; of a `{USUAL}` NIC.",
        otherwise="one",
    ),
    Attribute(
        "network",
        Name(what="a libvirt network"),
        "The network of libvirt's, on its host, of which it is: the bridge that is said is that network's.",
        otherwise="none: it is on the bridge itself",
        column=False,
        backends=("libvirt",),
    ),
)
"""They count from the NIC's making: for others it is unplugged and one like it plugged in."""
