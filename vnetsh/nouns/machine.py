"""What the machine of a vm is made of, beside its memory, vcpus and disk: attributes of the noun `vm`."""

from __future__ import annotations

from vnetsh.schema import Attribute, Choice

MACHINE = (
    Attribute(
        "autostart",
        Choice(what="whether it is started with its host", choices=("yes",)),
        "Start it when its host starts.",
        otherwise="no",
    ),
)
"""Attributes of a vm."""
