"""Images that are made of a vm's disk, or come from another host: how a change says so, and an image afterwards."""

from __future__ import annotations

from vnetsh.model.resource import Resource

TEMPLATE = "template"
"""What a change of an image may wish: that it is made of this disk, `VM/NAME`, of a vm that is off."""

COPY, COPIED_POOL = "copy", "from-pool"
"""That it is copied from this host, where it lies in that pool, or in none."""

_VM, _HOST = "vm ", "host "


def made_of(vm: str) -> str:
    """Where an image comes from that was made of a vm's disk."""
    return f"{_VM}{vm}"


def maker_of(image: Resource) -> str:
    """The vm of whose disk an image was made; empty of any other."""
    said = image.text("from")
    return said.removeprefix(_VM) if said.startswith(_VM) else ""


def copied_from(host: str) -> str:
    """Where one comes from of which nothing was known but the host that had it."""
    return f"{_HOST}{host}"


def comes_again(image: Resource) -> bool:
    """Whether where it comes from is an address, from which it can be fetched once more."""
    return "://" in image.text("from")
