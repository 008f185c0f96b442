"""What is said of a disk of a vm: its name and the words behind that. Pure."""

from __future__ import annotations

import re
from typing import Any

from vnetsh.schema import FLAG, Attribute, Integer, Name, Part, Size, Text
from vnetsh.schema.values import BadValue, ValueType

LONGEST = 20
"""Characters of a disk's name: it is its serial number, too, and a virtio disk has no longer one."""

_VOLUME = re.compile(r"[^/@?#\s]{1,96}\Z")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\Z")


class DiskName(ValueType):
    """The name of a disk within its vm."""

    usually = "a disk's name"

    def describe(self) -> str:
        """What it may have."""
        return f"a name of letters, digits, `_` and `-`, at most {LONGEST} characters"

    def parse(self, text: str) -> str:
        """The name itself."""
        if len(text) > LONGEST or not _NAME.match(text):
            help = f"{self.describe()}; the image is said with `from`: `disk system from {text}`"
            raise BadValue(f"`{text}` is not a disk's name", help)
        return text


class Usual(ValueType):
    """A word of QEMU's that has a usual value, which is the same as none."""

    usual = ""
    known: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """Those that there mostly are."""
        return self.known

    def describe(self) -> str:
        """The values."""
        return "one of " + ", ".join(f"`{word}`" for word in self.known)

    def parse(self, text: str) -> Any:
        """The word, or None for the usual one."""
        if text not in self.known:
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return None if text == self.usual else text


class Format(Usual):
    """The format of a disk's file."""

    usually = "a format"
    usual = "qcow2"
    known = ("qcow2", "raw")


class Bus(Usual):
    """What a disk is plugged into."""

    usually = "a bus"
    usual = "virtio"
    known = ("virtio", "scsi", "sata", "ide")


class Volume(ValueType):
    """The name of an image of a Ceph cluster."""

    usually = "the name of an image"

    def describe(self) -> str:
        """What it may have."""
        return "a name without spaces, `/`, `@`, `?` and `#`"

    def parse(self, text: str) -> str:
        """The name itself."""
        if not _VOLUME.match(text) or text in (".", ".."):
            raise BadValue(f"`{text}` is not {self.what}", self.describe())
        return text


OWN = {"iscsi": "lun", "rbd": "volume"}
"""By its type, the word for a disk of a pool that has nothing but what its server has made: that is used as it is."""

THICK, THIN = "thick", "thin"
"""Whether all the room of a disk's file is taken at once, or as its guest writes."""

WORDS = (
    Attribute(
        "from",
        Text(what="an image file", offers="image"),
        "Image in the host's image folder, or a path: the template of a thin overlay, or what is copied (`copy`).",
        otherwise="a new disk is empty",
        immutable=True,
        clearable=False,
        excludes=("file",),
    ),
    Attribute("copy", FLAG, "Copy the image whole: the disk needs it no more.", immutable=True, column=False),
    Attribute(
        "file",
        Text(what="an image file", offers="image"),
        "An image that is there, by its name in the image folder, its path, or its URL on a server: it is the disk "
        "itself.",
        otherwise="one is made",
        immutable=True,
        clearable=False,
    ),
    Attribute(
        "pool",
        Name(what="a pool", ref="pool", never="/"),
        "The pool that its new file lies in; one that is there `move disk` brings to another.",
        otherwise="the host's image folder",
        immutable=True,
        instead="move disk {name} to {value}",
        clearable=False,
    ),
    Attribute(
        "lun",
        Integer(what="the number of a LUN", most=16383),
        "Which LUN of its pool, an iSCSI target, it is; it is used as it is.",
        otherwise="none: only a pool that is a target has LUNs",
        immutable=True,
        clearable=False,
    ),
    Attribute(
        "volume",
        Volume(),
        "Which image of its pool, one of a Ceph cluster, it is; it is used as it is.",
        otherwise="none: only a pool of type `rbd` has such",
        immutable=True,
        clearable=False,
        excludes=("lun",),
    ),
    Attribute(
        "size",
        Size(),
        "How large it is for its guest; a larger size makes it grow, a smaller one is refused.",
        otherwise="that of its image",
        clearable=False,
    ),
    Attribute(
        "format",
        Format(),
        "The format of its file.",
        otherwise="`qcow2`; of `file` the file's own",
        immutable=True,
        clearable=False,
        column=False,
    ),
    Attribute(
        THICK,
        FLAG,
        "All the room that it can come to need is taken at once: its guest never finds its host's disk full.",
        immutable=True,
        column=False,
        excludes=(THIN, "file", "lun", "volume"),
    ),
    Attribute(
        THIN,
        FLAG,
        "Its file takes room as its guest writes: what any disk is that is not `thick`.",
        immutable=True,
        column=False,
        excludes=("file", "lun", "volume"),
    ),
    Attribute(
        "bus", Bus(), "What it is plugged into.", otherwise="`virtio`", immutable=True, clearable=False
    ),
)

CDROM = Attribute(
    "cdrom",
    Text(what="an image file", offers="image"),
    "The medium in its CD drive: an image in the host's image folder, or a path. It changes while the vm runs.",
    otherwise="none",
    column=False,
)

DISK = Part(
    "disk",
    help="A disk with a name, by which its guest finds it, too: made new, or a file that is there.",
    kind="disk",
    operands=(Attribute("name", DiskName(), "Its name within the vm.", required=True),),
    attributes=WORDS,
)
