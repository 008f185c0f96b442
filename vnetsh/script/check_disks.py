"""The static checks of what is said of disks. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.model.disks import DISKS, ERASE
from vnetsh.nouns.disk import SOURCES, short_name
from vnetsh.nouns.disk_words import OWN
from vnetsh.script.script import Script

SECTOR = 512


def disks_make_sense(script: Script) -> Iterator[Diagnostic]:
    """What is said of a disk goes together, whatever the hosts hold."""
    for disk in script.resources:
        if disk.kind != "disk":
            continue
        name, image = short_name(disk), disk.get("from")
        if disk.get("copy") and not image and any(disk.get(word) is not None for word in SOURCES):
            yield Diagnostic(
                "E230",
                f"disk `{name}` has nothing to copy",
                disk.at("copy"),
                help="say the image: `from IMAGE copy`; or leave `copy` out",
            )
        yield from _lies_somewhere(disk, name)
        size = disk.get("size")
        if isinstance(size, int) and size % SECTOR:
            yield Diagnostic(
                "E230",
                f"disk `{name}` cannot have {size} bytes: a disk has whole sectors of {SECTOR} bytes",
                disk.at("size"),
                help=f"`size {-(-size // SECTOR) * SECTOR}B`, or a round number: `size 1G`",
            )
        if image and disk.get("format") and not disk.get("copy"):
            yield Diagnostic(
                "E230",
                f"disk `{name}` cannot be {disk.get('format')}: a thin overlay is qcow2",
                disk.at("format"),
                help=f"have it copied whole: `from {image} copy format {disk.get('format')}`",
            )


def _lies_somewhere(disk: Resource, name: str) -> Iterator[Diagnostic]:
    """A file that is there lies where it lies, and a LUN is what it is, as is an image of Ceph's: of a pool."""
    own = next((word for word in OWN.values() if disk.get(word) is not None), "")
    what = "LUN" if own == "lun" else "image of Ceph's"
    if disk.get("file") and (disk.get("pool") or own):
        word = own or "pool"
        message = f"disk `{name}` is a file that is there: it has no `{word}`"
        yield Diagnostic("E230", message, disk.at(word), help=f"say `file` or `{word}`")
    elif own and not disk.get("pool"):
        message = f"disk `{name}` is a{'n' if own == 'volume' else ''} {what}, and of which pool is not said"
        url = "iscsi://SERVER/TARGET" if own == "lun" else "rbd://MONITOR/POOL"
        help = f'`pool NAME {own} {disk.get(own)}`, or `file "{url}/{disk.get(own)}"`'
        yield Diagnostic("E230", message, disk.at(own), help=help)
    elif own and (word := next((word for word in ("from", "copy") if disk.get(word)), "")):
        named = f"a{'n' if own == 'volume' else ''} {what}"
        message = f"disk `{name}` is {named}, which is used as it is: nothing is written to it"
        help = f"leave `{word}` out; what is to be on it is written by hand: `qemu-img convert -n`"
        yield Diagnostic("E230", message, disk.at(word), help=help)


def only_disks_are_erased(script: Script) -> Iterator[Diagnostic]:
    """The files that a deletion takes along are those of a disk, or of a vm's disks that it names."""
    fitting = {"disk": ERASE, "vm": DISKS}
    for segment in script.segments:
        action = segment.action
        if action is None or action.schema.name != "delete":
            continue
        kind = script.vocabulary.kind_of_word(action.name)
        fits = fitting.get(kind.name, "") if kind else ""
        for word in (ERASE, DISKS):
            if kind and word != fits and action.value(word):
                help = {"vm": "say which: `disks system, data`", "disk": "say `erase`"}
                yield Diagnostic(
                    "E231",
                    f"`delete {kind.name}` takes no `{word}`",
                    action.place(word),
                    help=help.get(kind.name, "leave it out: only disks have files that could go, too"),
                )
