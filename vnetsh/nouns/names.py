"""Names that vnetsh gives: unique, and no longer than the kernel keeps."""

from __future__ import annotations


def port_name(vm: str, number: int) -> str:
    """`<vm>_portN`, shortened to the kernel's 15 characters without clashing with another vm's."""
    return short_name(f"{vm}_port{number}", f"p{number}", vm)


def short_name(name: str, end: str = "", of: str = "") -> str:
    """A name of at most 15 characters: itself, or its beginning, the checksum of what it is `of`, and its end."""
    if len(name) <= 15:
        return name
    import zlib

    # The checksum of the whole name keeps `long-name-a` and `long-name-b` apart.
    suffix = f"{zlib.crc32((of or name).encode()) % 36**4:05x}{end}"
    return name[: 15 - len(suffix) - 1].rstrip("_") + "_" + suffix
