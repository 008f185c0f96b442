"""The type of names: what is called so, how long it may be, which characters it has in quotes and without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vnetsh.model.nics import is_nic_name
from vnetsh.schema.values import BadValue, ValueType

LINK_LENGTH = 15
"""What the kernel keeps of an interface's name, in bytes."""

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")

_NOT_IN_LINKS = " /:"  # dev_valid_name() of the kernel
_NOT_IN_VMS = "/"  # libvirt makes files of their names

ANY = "any"
"""Stands for whatever there is, where a type takes it; so nothing can be called so."""

ROOT = "/"
"""Before a `qualified` name that gets no other one in front, though it is said in a block that would put one there."""


@dataclass(frozen=True)
class Name(ValueType):
    """A name: letters, digits, `_`, `.` and `-`, these two not at an end; 63 characters at most, or `longest`.

    In quotes it may have whatever prints, but no character of `never`; where that is None it may be no more than
    without them.

    `qualified`: the name of something inside of another thing, said `acme/web` from outside; `/public` is that of
    something in none, wherever it is said. `or_any` takes the
    word `any`, too; `or_nic` a vm's NIC without a name, `web1/52:54:00:12:34:56`. One of
    several kinds (`refs`) may be said with its kind: `network:web`.
    """

    what: str = "a name"
    longest: int = 63
    qualified: bool = False
    or_any: bool = False
    or_nic: bool = False
    never: str | None = None

    def words(self) -> Sequence[str]:
        """`any`, where it is taken."""
        return (ANY,) if self.or_any else ()

    def describe(self) -> str:
        """What is named, and how long the name may be where that is less than usual."""
        what = f"{self.what}, or `{ANY}`" if self.or_any else self.what
        return what if self.longest == Name.longest else f"{what}, at most {self.longest} characters"

    def parse(self, text: str) -> str:
        """The name itself."""
        if (text == ANY and self.or_any) or (self.or_nic and is_nic_name(text)):
            return text
        for name in self._parts(text):
            self._see(name)
        return text

    def _parts(self, text: str) -> Sequence[str]:
        """The names that it is made of, without its kind."""
        kind, _, rest = text.rpartition(":")
        name = rest if kind in self.refs else text
        return name.removeprefix(ROOT).split("/", maxsplit=1) if self.qualified else [name]

    def parse_quoted(self, text: str) -> str:
        """The name itself, whatever others have called the thing."""
        if self.never is None or self.bare(text) or (self.or_nic and is_nic_name(text)):
            return self.parse(text)
        if not text.strip() or not text.isprintable():
            raise BadValue("a name has characters that can be seen", "choose another name")
        wrong = next((char for char in text if char in self.never), "")
        if wrong or text in (".", ".."):
            what = f"`{wrong}`" if wrong.strip() else "a blank" if wrong else "nothing but dots"
            raise BadValue(f"{self.what} cannot have {what}: `{text}`", "choose another name")
        self._see_length(text)
        return text

    def bare(self, text: str) -> bool:
        """Whether a name has only the characters that need no quotes."""
        return all(_NAME.match(part) for part in self._parts(text))

    def _see(self, text: str) -> None:
        if text == ANY:
            raise BadValue(
                f"`{ANY}` is no name: it stands for whatever there is", "choose another name", "E119"
            )
        if not _NAME.match(text):
            quotes = "" if self.never is None else "; others in quotes only"
            raise BadValue(
                f"`{text}` is not a name",
                f"letters, digits, `_`, `.` and `-`; not beginning or ending with `-` or `.`{quotes}",
            )
        self._see_length(text)

    def _see_length(self, text: str) -> None:
        length = len(text.encode()) if self.longest == LINK_LENGTH else len(text)
        if length > self.longest:
            unit = "characters" if length == len(text) else "bytes"
            raise BadValue(
                f"`{text}` has {length} {unit}; at most {self.longest} fit",
                "the kernel keeps 15 characters of an interface's name"
                if self.longest == LINK_LENGTH
                else "",
            )


HOST = Name(what="a host", ref="host")
HOST_OR_ANY = replace(HOST, or_any=True)
HOSTS = Name(what="a list of hosts", ref="host", many=True)
ENDS = Name(what="a pair of hosts", ref="host", link=True)
BRIDGE = Name(what="a bridge", ref="bridge", longest=LINK_LENGTH, never=_NOT_IN_LINKS)
PORT = Name(what="a port's name", longest=LINK_LENGTH, never=_NOT_IN_LINKS)
NIC = Name(what="a NIC", offers="nic", longest=LINK_LENGTH, never=_NOT_IN_LINKS)
VM = Name(what="a vm", ref="vm", never=_NOT_IN_VMS)
VMS = replace(VM, each=True)
VM_LIST = replace(VM, what="a list of vms", many=True, ordered=False)
VM_NAME = Name(what="a vm's name", never=_NOT_IN_VMS)
