"""The noun `disk`: a disk of a vm that has a name, said inside of the vm's sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.model import Resource
from vnetsh.model.disks import place_of
from vnetsh.nouns.disk_words import OWN, THICK, THIN, WORDS
from vnetsh.schema import Attribute, Kind, Name, Size, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetsh.schema.lent import Settling
    from vnetsh.schema.phrase import Phrase

_DEVICE = re.compile(r"(?:[hsv]d|xvd)[a-z]+\Z")
"""What a disk is called that has no name: as its machine calls it."""

SOURCES = ("from", "file", "size")
"""What tells of a new disk what is on it."""


def disk_name(vm: str, name: str) -> str:
    """What a disk is called among all of a host: by its vm and its name."""
    return f"{vm}/{name}"


def short_name(disk: Resource) -> str:
    """The name of a disk within its vm."""
    return disk.name.rpartition("/")[2]


def disk_of(declaration: Phrase, part: Phrase, host: str) -> Resource:
    """The disk that a part of a vm's sentence declares."""
    values = {key: part.value(key) for key in part.attributes}
    words = {**part.words, "name": part.place("name")}
    name = disk_name(declaration.name, str(part.value("name")))
    return Resource("disk", name, host, values, ("vm", declaration.name), span=part.span, words=words)


def exported_disk(disk: Resource) -> Resource:
    """A disk as its vm's sentence says it: a LUN of a pool needs no URL, nor does an image of Ceph's."""
    own = any(disk.get(word) is not None for word in OWN.values())
    attributes = {word: value for word, value in disk.attributes.items() if not (own and word == "file")}
    return replace(disk, name=short_name(disk), attributes=attributes)


def no_pool(name: str, host: str, span: Span | None, settler: Settling) -> Diagnostic:
    """That a host has no pool of that name."""
    names = [one.name for one in settler.fleet.of_kind("pool", host)]
    help = did_you_mean(name, names, f"to make it: `pool {name} on {host} path DIR`")
    return Diagnostic("E472", f"host `{host}` has no pool `{name}`", span, help=help)


def _in_its_pool(disk: Resource, there: Resource, settler: Settling) -> Resource:
    """A disk that is there, where it lies in the pool that is said: as it is seen, be that in none.

    So the host's image folder is none, and a LUN is one whose pool is yet to be made.
    """
    pool = settler.find("pool", disk.place, disk.text("pool")) if disk.get("pool") else None
    lies, _, last = there.text("path").rpartition("/")
    if pool is None or lies != place_of(pool):
        return disk
    disk = disk.with_attributes(pool=there.get("pool"))
    word = own_word(pool)
    return disk.with_attributes(**{word: there.get(word)}) if word and last == str(disk.get(word)) else disk


def own_word(pool: Resource) -> str:
    """The word for a disk of a pool that has nothing but what its server has made; empty of any other."""
    return OWN.get(pool.text("type"), "")


def _not_its_own(disk: Resource, pool: Resource) -> Diagnostic | None:
    """That a new disk is to be a LUN or an image of a pool that has none, or none of one that has nothing else."""
    word = own_word(pool)
    said = next((one for one in OWN.values() if disk.get(one) is not None), "")
    if said == word:
        return None
    if said and not word:
        what = "LUNs: it is no iSCSI target" if said == "lun" else "such images: it is none of a Ceph cluster"
        message = f"pool `{pool.name}` on {pool.place} has no {what}"
        return Diagnostic("E582", message, disk.at(said), help=f"say `size 5G` in place of `{said}`")
    message = f"pool `{pool.name}` on {pool.place} {is_a_servers(pool)}: a disk there is one of its {_THEIRS[word]}s"
    example = f"disk {short_name(disk)} pool {pool.name} {word} {'1' if word == 'lun' else 'web1'}"
    help = f"say which: `{example}`; it is used as it is, and never formatted"
    return Diagnostic("E582", message, disk.at(said or "pool"), help=help)


_THEIRS = {"lun": "LUN", "volume": "image"}


def is_a_servers(pool: Resource) -> str:
    """What a pool is that has nothing but what its server has made, in words."""
    return "is an iSCSI target" if own_word(pool) == "lun" else "is one of a Ceph cluster"


def on_volumes(pool: Resource, span: Span | None) -> Diagnostic | None:
    """That a disk is to lie in a volume group: nothing is made there, and what is there moves to no other host."""
    if pool.get("type") != "logical":
        return None
    message = f"pool `{pool.name}` on {pool.place} is a volume group: no disk is made there, and none is used"
    help = "a block device moves with no vm: make a file system on a volume, mount it, and say `pool NAME path DIR`"
    return Diagnostic("E602", message, span, help=help)


def on_a_server(disk: Resource, pool: Resource, span: Span | None) -> Diagnostic | None:
    """That a thick disk is to lie where nobody can take room for it."""
    if not disk.get(THICK) or not pool.get("source"):
        return None
    message = f"disk `{short_name(disk)}` cannot be thick in pool `{pool.name}`: that is a server's"
    help = "QEMU's own NFS client takes no room ahead: leave `thick` out, or say a pool that is a folder"
    return Diagnostic("E583", message, span, help=help)


def _otherwise(disk: Resource, there: Resource) -> Diagnostic | None:
    """That a disk is said to be thin which is thick, or the other way round."""
    is_now, said = (THICK, THIN) if there.get(THICK) else (THIN, THICK)
    if not disk.get(said):
        return None
    named = f"disk `{short_name(disk)}` of vm `{(disk.parent or ('vm', ''))[1]}`"
    help = f"give the vm a {said} one beside it, and have its guest copy"
    return Diagnostic("E583", f"{named} is {is_now}, and does not become {said}", disk.at(said), help=help)


def settle_disk(disk: Resource, settler: Settling) -> Sequence[Resource]:
    """A disk that is there only grows; a new one is made of something."""
    there = settler.fleet.get("disk", disk.place, disk.name)
    said, pool = disk.text("pool"), settler.find("pool", disk.place, disk.text("pool"))
    if said and pool is None:
        settler.refuse(no_pool(said, disk.place, disk.at("pool"), settler))
        return []
    if pool and there is None and not disk.record:
        if problem := on_volumes(pool, disk.at("pool")) or _not_its_own(disk, pool):
            settler.refuse(problem)
            return []
        if word := own_word(pool):
            disk = disk.with_attributes(file=f"{place_of(pool)}/{disk.get(word)}")
        if problem := on_a_server(disk, pool, disk.at(THICK)):
            settler.refuse(problem)
            return []
    if there and (problem := _otherwise(disk, there)):
        settler.refuse(problem)
        return []
    if disk.get(THIN):  # so is each that is not thick
        disk = replace(
            disk, attributes={word: value for word, value in disk.attributes.items() if word != THIN}
        )
    name, vm = short_name(disk), (disk.parent or ("vm", ""))[1]
    if there is None:
        if any(disk.get(word) is not None for word in (SOURCES[:2] if _DEVICE.match(name) else SOURCES)):
            return [disk]
        known = [short_name(one) for one in settler.fleet.disks(Resource("vm", vm, disk.place, {}))]
        listing = f"it has {', '.join(f'`{one}`' for one in known)}; " if known else ""
        settler.refuse(
            Diagnostic(
                "E468",
                f"vm `{vm}` has no disk `{name}`, and nothing is said to make one of",
                disk.at("name"),
                "not found",
                f"{listing}to make one say `size 5G`, `from IMAGE` or `file PATH`, and a name that no device has",
            )
        )
        return []
    have, size = there.get("size"), disk.get("size")
    if isinstance(have, int) and isinstance(size, int) and size < have:
        settler.refuse(
            Diagnostic(
                "E467",
                f"disk `{name}` of vm `{vm}` has {Size().show(have)}, and cannot become smaller: what lies behind "
                f"{Size().show(size)} would be cut off",
                disk.at("size"),
                help="make a smaller one beside it, have the guest copy what it needs, and delete this one",
            )
        )
        return []
    return [_in_its_pool(disk, there, settler)]


DISK_KIND = Kind(
    "disk",
    subject=Name(what="a disk, `VM/NAME`", qualified=True, never=""),
    help="A disk of a vm. Said inside `vm` sentences; elsewhere it is `VM/NAME`.",
    attributes=(
        Attribute("vm", Name(what="a vm", ref="vm"), "The vm that has it.", settable=False),
        *WORDS,
        Attribute("path", Text(what="a file"), "Its file on the host.", settable=False),
    ),
    sayable=False,
    brings=(),
    settle=settle_disk,
)
