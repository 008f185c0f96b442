"""What the machine of a vm is made of, beside its memory, vcpus and disk: attributes of the noun `vm`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetsh.schema import Attribute, Choice, Integer, Size
from vnetsh.schema.values import BadValue, ValueType

if TYPE_CHECKING:
    from vnetsh.model import Value

FAMILIES = {"pc": "pc-i440fx-", "q35": "pc-q35-"}
"""Names that stand for the newest machine type of a family, as a host has it."""

BOOTS = ("disk", "network", "cdrom", "floppy")
"""What a vm can boot from."""


class Word(ValueType):
    """A word of QEMU's."""

    usually = "a word"

    def parse(self, text: str) -> str:
        """The word itself."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", text):
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text


class MachineType(Word):
    """A machine type; a family's name means each of it, so that a newer host changes nothing."""

    usually = "a machine type"

    def describe(self) -> str:
        """What it takes, with what there mostly is."""
        return "a machine type of the host's QEMU: `q35`, `pc`, `pc-q35-7.2` …"

    def same(self, one: Value, other: Value) -> bool:
        """Whether they are the same, or one is of the other's family."""
        return one == other or any(
            isinstance(exact, str) and exact.startswith(FAMILIES.get(str(name), "\0"))
            for name, exact in ((one, other), (other, one))
        )


class Topology(ValueType):
    """How many sockets, cores a socket and threads a core there are."""

    usually = "a topology"

    def parse(self, text: str) -> str:
        """The topology itself."""
        if not re.fullmatch(r"[1-9][0-9]{0,3}(x[1-9][0-9]{0,3}){2}", text):
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text

    def describe(self) -> str:
        """How it is written."""
        return "SOCKETSxCORESxTHREADS, for example `1x4x2`: eight vcpus, two a core"


MACHINE = (
    Attribute(
        "machine",
        MachineType(),
        "The machine that its guest sees; another version of the same counts from its next start.",
        otherwise="what its host's libvirt prefers",
        clearable=False,
        column=False,
    ),
    Attribute(
        "cpu",
        Word(what="a CPU: `host-model`, `host-passthrough`, `maximum` or a model's name"),
        "The CPU that its guest sees; another one counts from its next start.",
        otherwise="`host-model` under KVM, else what QEMU has",
        clearable=False,
        column=False,
    ),
    Attribute(
        "topology",
        Topology(),
        "How its vcpus are sockets, cores and threads; another one counts from its next start.",
        otherwise="as many sockets as vcpus",
        column=False,
    ),
    Attribute(
        "firmware",
        Choice(what="a firmware", choices=("uefi", "uefi-secure")),
        "What its machine begins with: UEFI, or UEFI that boots only what is signed.",
        otherwise="what its machine has: a BIOS, on x86",
        immutable=True,
        column=False,
    ),
    Attribute(
        "tpm",
        Choice(what="a TPM's version", choices=("2.0", "1.2")),
        "A TPM of its own, which its host emulates.",
        otherwise="none",
        immutable=True,
        column=False,
    ),
    Attribute(
        "graphics",
        Choice(what="a way to its screen", choices=("vnc", "spice")),
        "A screen, keyboard and mouse, to be reached from its host alone (its loopback address).",
        otherwise="none: a serial console",
        immutable=True,
        column=False,
    ),
    Attribute(
        "boot",
        Choice(what="what it boots from", choices=BOOTS, many=True),
        "What it boots from, in this order; another order counts from its next start.",
        otherwise="`disk`, or `network` where it has none",
        column=False,
    ),
    Attribute(
        "memory-max",
        Size(),
        "How much memory it can be given while it runs; another ceiling counts from its next start.",
        otherwise="its `memory`",
    ),
    Attribute(
        "vcpus-max",
        Integer(what="a number of vcpus", least=1, most=1024),
        "How many vcpus it can be given while it runs; another ceiling counts from its next start.",
        otherwise="its `vcpus`",
    ),
    Attribute(
        "autostart",
        Choice(what="whether it is started with its host", choices=("yes",)),
        "Start it when its host starts.",
        otherwise="no",
    ),
)
"""Attributes of a vm."""
