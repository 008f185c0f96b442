"""Names that vnetsh gives: unique, and no longer than the kernel keeps."""

from __future__ import annotations

import re

_STRANGE = re.compile(r"[^A-Za-z0-9_.-]+")
"""What a vm's name can have in quotes, and a name that vnetsh gives has not."""


def port_name(vm: str, number: int) -> str:
    """`<vm>_portN`, shortened to the kernel's 15 characters without clashing with another vm's."""
    plain = _STRANGE.sub("_", vm).strip("_.-")
    name, end = f"{plain}_port{number}", f"p{number}"
    return short_name(name, end, vm) if plain == vm else _with_checksum(plain, end, vm)


def name_of_many(first: str, name: str) -> str:
    """A name of at most 15 characters for one of thousands: itself, or the beginning of `first` and a long checksum."""
    if len(name) <= 15:
        return name
    import hashlib

    number, digits = int(hashlib.sha256(name.encode()).hexdigest(), 16), ""
    for _ in range(7):  # 36 to the 7th: of a thousand names two are the same once in a hundred thousand times
        number, digit = divmod(number, 36)
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[digit]
    return f"{first[:7].rstrip('_')}_{digits}"


def short_name(name: str, end: str = "", of: str = "") -> str:
    """A name of at most 15 characters: itself, or its beginning, the checksum of what it is `of`, and its end."""
    return name if len(name) <= 15 else _with_checksum(name, end, of or name)


def _with_checksum(name: str, end: str, of: str) -> str:
    import zlib

    # The checksum of the whole name keeps `long-name-a` and `long-name-b` apart.
    suffix = f"{zlib.crc32(of.encode()) % 36**4:05x}{end}"
    return name[: 15 - len(suffix) - 1].rstrip("_") + "_" + suffix
