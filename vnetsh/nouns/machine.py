"""What the machine of a vm is made of, beside its memory, vcpus and disk: attributes of the noun `vm`."""

from __future__ import annotations

from vnetsh.schema import Attribute, Choice, Integer, Size

MACHINE = (
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
