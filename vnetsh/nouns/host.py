"""The noun `host`: how a KVM host is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetsh.schema import (
    FLAG,
    Address,
    Attribute,
    Kind,
    Scope,
    Text,
)

if TYPE_CHECKING:
    pass
from vnetsh.nouns.attributes import _MTU

HOST_KIND = Kind(
    "host",
    help="A KVM host: how it is reached. Belongs into the hosts file; touches nothing by itself.",
    attributes=(
        Attribute(
            "address",
            Address(),
            "Its underlay address: where tunnels end and ssh goes.",
            otherwise="none: no tunnel can end there",
        ),
        Attribute(
            "ssh",
            Text(what="an ssh destination"),
            "ssh destination, as in `ssh NAME`.",
            otherwise="the address, else the name",
        ),
        Attribute(
            "ssh-config", Text(what="a file"), "The ssh config file to use.", otherwise="the user's own"
        ),
        Attribute(
            "mtu",
            _MTU,
            "The MTU of its underlay link, which tunnels are checked against.",
            otherwise="what the link with its address has, else 1500",
        ),
        Attribute("local", FLAG, "The host is this machine: no ssh."),
        Attribute("readonly", FLAG, "Look, never change."),
        Attribute("protected", FLAG, "Never delete anything here."),
    ),
    scope=Scope.INVENTORY,
    example="host kvm1 address 192.0.2.11",
)
