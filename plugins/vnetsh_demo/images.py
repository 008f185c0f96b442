"""The images that every demo host has."""

from __future__ import annotations

IMAGES_FOLDER = "/var/lib/libvirt/images"
IMAGES = {
    "tiny.qcow2": 16 * 2**20,
    "full.qcow2": 121 * 2**20,
    "cirros.qcow2": 112 * 2**20,
    "debian12.qcow2": 2 * 2**30,
    "debian12.iso": 700 * 2**20,
}
"""Image files and their virtual sizes in bytes."""


def image_exists(disk: str) -> bool:
    """Whether a host has this image: by its name, or by its path."""
    return name_of(disk) in IMAGES


def name_of(disk: str) -> str:
    """The name of an image that is said by its name, or by its path."""
    return disk.removeprefix(IMAGES_FOLDER + "/")


def path_of(disk: str) -> str:
    """The path of an image that is said by its name, or by its path."""
    return disk if disk.startswith("/") else f"{IMAGES_FOLDER}/{disk}"
