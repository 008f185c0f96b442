"""What a vm says of where it belongs: beside whom, in which zones, and the hosts that it was drained from."""

from __future__ import annotations

from vnetsh.schema import HOSTS, VM_LIST, Attribute, Name

BELONGING = (
    Attribute(
        "apart",
        VM_LIST,
        "The vms that it is not to be on one host with. To say it of one of two is enough.",
        otherwise="none",
        column=False,
    ),
    Attribute(
        "apart-zones",
        VM_LIST,
        "The vms that it is not to be in one zone with, and so not on one host. To say it of one of two is enough.",
        otherwise="none",
        column=False,
    ),
    Attribute(
        "together",
        VM_LIST,
        "The vms that it is to be on one host with. To say it of one of two is enough.",
        otherwise="none",
        column=False,
    ),
    Attribute(
        "zone",
        Name(what="a list of zones", many=True, ordered=False, offers="zone"),
        "The zones of availability of which it is to be in one.",
        otherwise="any",
        column=False,
    ),
    Attribute(
        "drained",
        HOSTS,
        "The hosts that it was drained from, and where it was put: `undrain` brings it back.",
        settable=False,
    ),
)
