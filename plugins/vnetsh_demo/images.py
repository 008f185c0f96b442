"""The images that every demo host has, and what it costs to have others."""

from __future__ import annotations

from vnetsh.backend import FREE, Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import ActionKind, Change, Fleet, Impact
from vnetsh.model.images import COPY, TEMPLATE

IMAGES_FOLDER = "/var/lib/libvirt/images"
IMAGES = {
    "tiny.qcow2": 16 * 2**20,
    "full.qcow2": 121 * 2**20,
    "cirros.qcow2": 112 * 2**20,
    "debian12.qcow2": 2 * 2**30,
    "debian12.iso": 700 * 2**20,
}
"""Image files and their virtual sizes in bytes."""


def is_served(disk: str) -> bool:
    """Whether it is the URL of a disk on a server."""
    return disk.startswith(("nfs://", "iscsi://", "nbd://", "rbd://"))


def image_exists(disk: str) -> bool:
    """Whether a host has this image: by its name, its path, or, of a server, its URL."""
    return is_served(disk) or name_of(disk) in IMAGES


def name_of(disk: str) -> str:
    """The name of an image that is said by its name, or by its path."""
    return disk.removeprefix(IMAGES_FOLDER + "/")


def path_of(disk: str) -> str:
    """The path of an image that is said by its name, or by its path."""
    return disk if disk.startswith("/") else f"{IMAGES_FOLDER}/{disk}"


def assess(change: Change, fleet: Fleet) -> Assessment:
    """What it costs to fetch an image or to remove it, or what refuses that."""
    image = change.resource
    if change.action is ActionKind.REMOVE:
        for vm in fleet.of_kind("vm", image.place):
            disks = (
                one.text("from")
                for one in fleet.of_kind("disk", image.place)
                if one.parent == ("vm", vm.name)
            )
            if image.name in (vm.text("disk"), vm.text("cdrom"), *disks):
                message = f"image `{image.name}` on {image.place} is needed by vm `{vm.name}`"
                help = f"delete that first: `delete vm {vm.name}`; or keep the image"
                return Assessment(problem=Diagnostic("E544", message, image.at("name"), "", help))
        lost = "" if image.marked else "others put it there, and nothing is known of where from"
        return Assessment(Impact.DESTROY, (), lost) if lost else Assessment(how="it can be fetched again")
    if change.action is not ActionKind.ADD:
        return FREE
    if image_exists(image.name) and COPY not in change.wishes:
        message = f"image `{image.name}` is on {image.place} with other content"
        return Assessment(problem=Diagnostic("E541", message, image.at("name"), "", "choose another name"))
    if TEMPLATE in change.wishes:
        return Assessment(how="copied from its disk; nothing inside is changed")
    if COPY in change.wishes:
        return Assessment(how=f"copied from {change.wishes[COPY]}, and compared")
    return Assessment(how=f"{image.place} fetches it")
